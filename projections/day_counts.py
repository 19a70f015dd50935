"""How many contacts of each kind and direction took place on each day, in UTC."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Column, Connection, Date, Integer, MetaData, String, Table, Uuid, select

from domain.customers.contacts import Contact, Email, Letter, PhoneCall, kind_of
from domain.customers.events import (
    ContactCorrected,
    ContactFiledElsewhere,
    ContactFiledHere,
    ContactWithdrawn,
    EmailLogged,
    LetterLogged,
    PaymentLogged,
    PhoneCallLogged,
    PurchaseLogged,
    RepairReceived,
    TellsContact,
)
from domain.root import Envelope
from projections.projection import Projection
from projections.rows import Rows

metadata = MetaData()

day_counts = Table(
    "day_counts",
    metadata,
    Column("day", Date, primary_key=True),
    Column("kind", String(12), primary_key=True),
    Column("direction", String(8), primary_key=True),
    Column("contacts", Integer, nullable=False),
)

counted = Table(
    "counted_contacts",
    metadata,
    Column("contact_id", Uuid, primary_key=True),
    Column("stream", Uuid, primary_key=True),
    Column("day", Date, nullable=False),
    Column("kind", String(12), nullable=False),
    Column("direction", String(8), nullable=False),
)
"""As what each contact is counted now, so that a correction can take it back."""

_Cell = tuple[date, str, str]
_Key = tuple[UUID, UUID]


@dataclass(frozen=True, kw_only=True, slots=True)
class DayCount:
    """The contacts of one kind and direction on one day; kinds without direction have an empty one."""

    day: date
    kind: str
    direction: str
    contacts: int


class DayCounts(Projection):
    """Contacts a day, after corrections; a withdrawn one does not count, a moved one counts once."""

    name = "day_counts"
    version = 1
    tables = (day_counts, counted)
    topics = (
        PhoneCallLogged,
        EmailLogged,
        LetterLogged,
        PurchaseLogged,
        PaymentLogged,
        RepairReceived,
        ContactCorrected,
        ContactFiledHere,
        ContactFiledElsewhere,
        ContactWithdrawn,
    )

    def fold(self, rows: Rows, batch: Sequence[Envelope]) -> None:
        now: dict[_Key, _Cell | None] = {}
        for envelope in batch:
            match envelope.event:
                case TellsContact() as told:
                    contact = told.contact
                    now[contact.contact_id, envelope.originator_id] = _cell(contact)
                case ContactWithdrawn(contact_id=gone) | ContactFiledElsewhere(contact_id=gone):
                    now[gone, envelope.originator_id] = None
        before: dict[_Key, _Cell] = {
            (row.contact_id, row.stream): (row.day, row.kind, row.direction)
            for row in rows.fetch(counted, counted.c.contact_id, [contact for contact, _ in now])
        }
        changes = Counter(cell for cell in now.values() if cell)
        changes.subtract(before[key] for key in before if key in now)
        rows.upsert(
            day_counts,
            [(*cell, more) for cell, more in sorted(changes.items()) if more],
            ("day", "kind", "direction", "contacts"),
            add=("contacts",),
        )
        if before:
            rows.delete_where(day_counts, day_counts.c.contacts == 0)
        _keep(rows, before, now)


def _keep(rows: Rows, before: dict[_Key, _Cell], now: dict[_Key, _Cell | None]) -> None:
    columns = ("contact_id", "stream", "day", "kind", "direction")
    if before:
        changed = [(*key, *cell) for key, cell in now.items() if cell and key in before]
        rows.upsert(counted, changed, columns)
        rows.delete_rows(counted, [key for key in before if now.get(key, ()) is None], columns[:2])
        now = {key: cell for key, cell in now.items() if key not in before}
    rows.insert(counted, [(*key, *cell) for key, cell in now.items() if cell], columns)


def counts(connection: Connection, day: date) -> list[DayCount]:
    """The contacts of one day, by kind and direction; what did not occur is left out."""
    return counts_between(connection, day, day)


def counts_between(connection: Connection, first: date, last: date) -> list[DayCount]:
    """The contacts of each day from `first` to `last`, both included, by day, kind and direction."""
    query = (
        select(day_counts)
        .where(day_counts.c.day.between(first, last))
        .order_by(day_counts.c.day, day_counts.c.kind, day_counts.c.direction)
    )
    return [
        DayCount(day=row.day, kind=row.kind, direction=row.direction, contacts=row.contacts)
        for row in connection.execute(query)
    ]


def _cell(contact: Contact) -> _Cell:
    day, kind = contact.occurred_at.date(), kind_of(contact)
    if isinstance(contact, PhoneCall | Email | Letter):
        return day, kind, contact.direction
    return day, kind, ""
