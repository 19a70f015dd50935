"""What we sell: every item that stood on a purchase, and the warranty of each serial number.

Quantities are kept in millionths, revenue in ten-thousandths of the currency's minor unit, both
as integers: so the sum over any number of lines is exact, and rounded once when it is shown.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Index,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    Text,
    Uuid,
    case,
    func,
    or_,
    select,
)

from domain.customers.contacts import Line, Purchase
from domain.customers.events import (
    ContactCorrected,
    ContactFiledElsewhere,
    ContactFiledHere,
    ContactWithdrawn,
    PurchaseLogged,
)
from domain.money import exponent
from domain.root import Envelope
from projections.projection import Projection
from projections.rows import Rows
from projections.statements import Values
from projections.tables import Moment, lookup_text, place

_QUANTITY_PLACES = 6
_FRACTION_PLACES = 4
_MILLION = Decimal(10**_QUANTITY_PLACES)

metadata = MetaData()

items = Table(
    "items",
    metadata,
    Column("item", Text, primary_key=True),
    Column("description", Text, nullable=False),
    Column("folded_item", lookup_text(), nullable=False),
    Column("folded_description", Text, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("sold", BigInteger, nullable=False),
    Column("returned", BigInteger, nullable=False),
    Column("last_price", Text, nullable=False),
    Column("last_currency", String(3), nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("last_position", BigInteger, nullable=False),
    Index("ix_items_folded_item", "folded_item"),
)
"""One row an item; description and price are those of its latest line, `lines` counts them all."""

item_revenue = Table(
    "item_revenue",
    metadata,
    Column("item", Text, primary_key=True),
    Column("currency", String(3), primary_key=True),
    Column("lines", Integer, nullable=False),
    Column("revenue", BigInteger, nullable=False),
)

item_purchases = Table(
    "item_purchases",
    metadata,
    Column("contact_id", Uuid, primary_key=True),
    Column("stream", Uuid, primary_key=True),
    Column("occurred_at", Moment, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("lines", Text, nullable=False),
    Index("ix_item_purchases_latest", "occurred_at", "position"),
)
"""What each purchase told, so that a correction can take it back; `lines` is a JSON array."""

serials = Table(
    "serials",
    metadata,
    Column("folded_serial", lookup_text(), primary_key=True),
    Column("contact_id", Uuid, primary_key=True),
    Column("stream", Uuid, primary_key=True),
    Column("serial", Text, nullable=False),
    Column("item", Text, nullable=False),
    Column("purchase_number", Text, nullable=False),
    Column("sold_at", Moment, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("is_return", Boolean, nullable=False),
    Column("warranty_until", Date),
    Index("ix_serials_contact", "contact_id"),
)
"""Which purchase or return each serial number stood on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Revenue:
    """What an item brought in one currency, less returns, in minor units."""

    currency: str
    amount_minor: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """An item over all purchases.

    `description`, `last_price` (tax included) and `last_currency` are those of the latest line,
    sold or returned, at `last_at`.
    """

    item: str
    description: str
    sold: Decimal
    returned: Decimal
    last_price: Decimal
    last_currency: str
    last_at: datetime
    revenue: tuple[Revenue, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sold:
    """The sale of a serial number; `warranty_until` is the last day of the warranty, if any."""

    serial: str
    item: str
    stream: UUID
    contact_id: UUID
    purchase_number: str
    sold_at: datetime
    warranty_until: date | None


class Items(Projection):
    """Quantities, revenue and latest price of each item; the sale of each serial number."""

    name = "items"
    version = 1
    tables = (items, item_revenue, item_purchases, serials)
    topics = (
        PurchaseLogged,
        ContactCorrected,
        ContactFiledHere,
        ContactFiledElsewhere,
        ContactWithdrawn,
    )

    def fold(self, rows: Rows, batch: Sequence[Envelope]) -> None:
        about = {about for each in batch if (about := each.event.about) is not None}
        before: dict[_Key, _Told] = {
            (row.contact_id, row.stream): _Told.of(row)
            for row in rows.fetch(item_purchases, item_purchases.c.contact_id, about)
        }
        now: dict[_Key, _Told | None] = {}
        with_serials: dict[_Key, list[Values]] = {}
        for envelope in batch:
            stream = envelope.originator_id
            match envelope.event:
                case (
                    PurchaseLogged(purchase=purchase)
                    | ContactCorrected(corrected=Purchase() as purchase)
                    | ContactFiledHere(filed=Purchase() as purchase)
                ):
                    key = purchase.contact_id, stream
                    known = now.get(key, before.get(key))
                    position = known.position if known else place(envelope)
                    now[key] = _Told.by(purchase, position)
                    with_serials[key] = list(_serials(purchase, stream, position))
                case ContactWithdrawn(contact_id=gone) | ContactFiledElsewhere(contact_id=gone):
                    now[gone, stream] = None
                    with_serials[gone, stream] = []
        _write_purchases(rows, before, now)
        _write_items(rows, _Differences(before, now))
        rows.delete_rows(serials, [_columns(key) for key in with_serials if key in before])
        rows.upsert(serials, [row for told in with_serials.values() for row in told])


def find_items(connection: Connection, text: str, *, limit: int = 10) -> list[Item]:
    """Items whose code starts with the text or whose description has it, in any case.

    Those whose code starts with it come first, then those that were bought most often. An empty
    text finds the ones bought most often.
    """
    folded = text.strip().casefold()
    starts = items.c.folded_item.startswith(folded, autoescape=True)
    within = items.c.folded_description.contains(folded, autoescape=True)
    query = select(items).where(or_(starts, within))
    order = (case((starts, 0), else_=1), items.c.lines.desc(), items.c.item)
    return _with_revenue(connection, query.order_by(*order).limit(limit))


def item(connection: Connection, code: str) -> Item | None:
    """The item with this code, written as on the purchase; None when nobody ever bought it."""
    found = _with_revenue(connection, select(items).where(items.c.item == code))
    return found[0] if found else None


def warranty_of(connection: Connection, serial: str) -> Sold | None:
    """The latest sale of a serial number, in any case; None when it was never sold or came back."""
    query = (
        select(serials)
        .where(serials.c.folded_serial == serial.strip().casefold())
        .order_by(serials.c.sold_at.desc(), serials.c.position.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    if row is None or row.is_return:
        return None
    return Sold(
        serial=row.serial,
        item=row.item,
        stream=row.stream,
        contact_id=row.contact_id,
        purchase_number=row.purchase_number,
        sold_at=row.sold_at,
        warranty_until=row.warranty_until,
    )


# --- what a purchase told ---------------------------------------------------------------------

_Key = tuple[UUID, UUID]
_Line = tuple[str, Decimal, Decimal, str]
"""Item, quantity, unit price, description."""

_decoder = msgspec.json.Decoder(tuple[_Line, ...])


class _Told(NamedTuple):
    """A purchase as far as items are concerned."""

    occurred_at: datetime
    position: int
    currency: str
    lines: tuple[_Line, ...]

    @property
    def order(self) -> tuple[datetime, int]:
        return self.occurred_at, self.position

    @classmethod
    def by(cls, purchase: Purchase, position: int) -> _Told:
        lines = [
            (line.item, line.quantity, line.unit_price, line.description) for line in purchase.lines
        ]
        return cls(purchase.occurred_at, position, purchase.currency, tuple(lines))

    @classmethod
    def of(cls, row: Any) -> _Told:
        return cls(row.occurred_at, row.position, row.currency, _decoder.decode(row.lines))


def _columns(key: _Key) -> dict[str, Any]:
    return {"contact_id": key[0], "stream": key[1]}


def _write_purchases(rows: Rows, before: dict[_Key, _Told], now: dict[_Key, _Told | None]) -> None:
    told = [
        (*key, it.occurred_at, it.position, it.currency, _encode(it.lines).decode())
        for key, it in now.items()
        if it is not None
    ]
    columns = ("contact_id", "stream", "occurred_at", "position", "currency", "lines")
    if before:
        rows.upsert(item_purchases, told, columns)
        gone = [key for key in before if now.get(key, ()) is None]
        rows.delete_rows(item_purchases, gone, columns[:2])
    else:
        rows.insert(item_purchases, told, columns)


_encode = msgspec.json.Encoder().encode


def _serials(purchase: Purchase, stream: UUID, position: int) -> Iterator[Values]:
    for line in purchase.lines:
        for serial in line.serials:
            yield {
                "folded_serial": serial.strip().casefold(),
                "contact_id": purchase.contact_id,
                "stream": stream,
                "serial": serial,
                "item": line.item,
                "purchase_number": purchase.number or "",
                "sold_at": purchase.occurred_at,
                "position": position,
                "is_return": line.quantity < 0,
                "warranty_until": _warranty_until(purchase.occurred_at.date(), line),
            }


def _warranty_until(sold_on: date, line: Line) -> date | None:
    """The same day of the month so many months later, or the last day of a shorter month."""
    if line.warranty_months is None:
        return None
    years, month = divmod(sold_on.month - 1 + line.warranty_months, 12)
    year = sold_on.year + years
    last_day = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(sold_on.day, last_day))


# --- what that changes for the items ----------------------------------------------------------


class _Latest(NamedTuple):
    """Where a line stands in time, and what it said of its item."""

    at: datetime
    position: int
    description: str
    price: Decimal
    currency: str


_Sums = list[int]
"""Of one item in one currency: lines, quantity sold, quantity returned, revenue."""


class _Differences:
    """What a batch changes for the items, and in which purchases a line of theirs was undone."""

    def __init__(self, before: dict[_Key, _Told], now: dict[_Key, _Told | None]) -> None:
        self.sums: defaultdict[str, dict[str, _Sums]] = defaultdict(dict)
        self._latest: dict[str, tuple[_Told, _Line]] = {}
        self.gone: defaultdict[str, set[tuple[datetime, int]]] = defaultdict(set)
        changed = [(before.get(key), told) for key, told in now.items()]
        for was, told in changed:
            if was is not None and was != told:
                self._count(was, -1)
                for code, *_ in was.lines:
                    self.gone[code].add(was.order)
        added = [told for was, told in changed if told is not None and was != told]
        for told in sorted(added, key=lambda told: told.order):
            self._count(told, 1)
            for line in told.lines:
                self._latest[line[0]] = told, line

    def latest(self, code: str) -> _Latest | None:
        """The latest line of an item that came or changed."""
        if code not in self._latest:
            return None
        told, (_, _, price, description) = self._latest[code]
        return _Latest(*told.order, description, price, told.currency)

    def _count(self, told: _Told, sign: int) -> None:
        by_item = self.sums[told.currency]
        for code, quantity, price, _ in told.lines:
            sums = by_item.get(code)
            if sums is None:
                sums = by_item[code] = [0, 0, 0, 0]
            units, revenue = _measured(quantity, price, told.currency)
            sums[0] += sign
            if units > 0:
                sums[1] += units * sign
            else:
                sums[2] -= units * sign
            sums[3] += revenue * sign

    def by_item(self) -> dict[str, _Sums]:
        """The sums of each item, revenue aside, over all currencies."""
        total: dict[str, _Sums] = {}
        for by_item in self.sums.values():
            for code, sums in by_item.items():
                known = total.get(code)
                total[code] = (
                    sums if known is None else [a + b for a, b in zip(known, sums, strict=True)]
                )
        return total


@lru_cache(maxsize=10_000)  # the same few quantities and prices stand on most lines
def _measured(quantity: Decimal, price: Decimal, currency: str) -> tuple[int, int]:
    """The quantity in millionths, and what it brings in ten-thousandths of the minor unit."""
    revenue = (quantity * price).scaleb(exponent(currency) + _FRACTION_PLACES)
    return round(quantity * _MILLION), round(revenue)


def _write_items(rows: Rows, differences: _Differences) -> None:
    by_item = differences.by_item()
    known = {row.item: row for row in rows.fetch(items, items.c.item, by_item)}
    written: list[Values] = []
    gone: list[Values] = []
    for code, sums in sorted(by_item.items()):
        row = known.get(code)
        lines, sold, returned = sums[:3]
        if row is not None:
            lines, sold, returned = row.lines + lines, row.sold + sold, row.returned + returned
        if lines == 0:
            gone.append({"item": code})
            continue
        latest = _latest(rows, code, row, differences)
        written.append(
            {
                "item": code,
                "description": latest.description,
                "folded_item": code.casefold(),
                "folded_description": latest.description.casefold(),
                "lines": lines,
                "sold": sold,
                "returned": returned,
                "last_price": str(latest.price),
                "last_currency": latest.currency,
                "last_at": latest.at,
                "last_position": latest.position,
            }
        )
    rows.upsert(items, written)
    rows.delete_rows(items, gone)
    rows.upsert(
        item_revenue,
        [
            {"item": code, "currency": currency, "lines": sums[0], "revenue": sums[3]}
            for currency, by_code in sorted(differences.sums.items())
            for code, sums in sorted(by_code.items())
        ],
        add=("lines", "revenue"),
    )
    if differences.gone:
        rows.delete_where(item_revenue, item_revenue.c.lines == 0)


def _latest(rows: Rows, code: str, row: Any, differences: _Differences) -> _Latest:
    """The item's latest line after the batch."""
    told = differences.latest(code)
    place = (row.last_at, row.last_position) if row is not None else None
    if told is not None and (place is None or (told.at, told.position) >= place):
        return told
    if place is not None and place not in differences.gone.get(code, ()):
        return _Latest(*place, row.description, Decimal(row.last_price), row.last_currency)
    return _search_latest(rows, code)


def _search_latest(rows: Rows, code: str) -> _Latest:
    """Search the purchases, the latest first: needed only when an item's latest one was undone."""
    start = f"[{msgspec.json.encode(code).decode()},"
    # Not LIKE, for which SQLite takes two codes that differ in case only as the same.
    told = item_purchases.c.lines
    query = (
        select(item_purchases)
        .where(func.replace(told, start, "") != told)
        .order_by(item_purchases.c.occurred_at.desc(), item_purchases.c.position.desc())
        .limit(1)
    )
    purchase = _Told.of(rows.select(query)[0])
    _, _, price, description = [line for line in purchase.lines if line[0] == code][-1]
    return _Latest(purchase.occurred_at, purchase.position, description, price, purchase.currency)


def _with_revenue(connection: Connection, query: Select[Any]) -> list[Item]:
    rows = connection.execute(query).fetchall()
    revenue: defaultdict[str, list[Revenue]] = defaultdict(list)
    codes = [row.item for row in rows]
    earned = select(item_revenue).where(item_revenue.c.item.in_(codes))
    for row in connection.execute(earned.order_by(item_revenue.c.currency)):
        minor = round(Decimal(row.revenue).scaleb(-_FRACTION_PLACES))  # halves to even
        revenue[row.item].append(Revenue(currency=row.currency, amount_minor=minor))
    return [
        Item(
            item=row.item,
            description=row.description,
            sold=_plain(row.sold),
            returned=_plain(row.returned),
            last_price=Decimal(row.last_price),
            last_currency=row.last_currency,
            last_at=row.last_at,
            revenue=tuple(revenue[row.item]),
        )
        for row in rows
    ]


def _plain(millionths: int) -> Decimal:
    """A quantity without idle zeros: 6, 2.5."""
    quantity = Decimal(millionths).scaleb(-_QUANTITY_PLACES)
    whole = quantity.to_integral_value()
    return whole if quantity == whole else quantity.normalize()
