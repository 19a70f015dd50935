"""What a customer owes, since when and why: questions to the ledger.

A customer may be several linked streams (`identity`). Where only one of them has entries in a
currency, what is open is read as it was settled by the fold; where several have, their entries are
settled together here, by the same rule, as if they had always been one. All amounts are integers
in the currency's minor unit, and amounts of two currencies are never added.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Select, Uuid, case, func, literal, or_, select, tuple_

from projections.due_days import are_many
from projections.ledger import (
    IS_LEFT,
    IS_OPEN,
    Balances,
    Line,
    accounts,
    clearings,
    credit_terms,
    due_days,
    line_of,
    lines,
)
from projections.settlement import Kind, Settlement
from projections.standing import CreditStanding, Terms, gravest, standing, strictest
from projections.tables import Moment

__all__ = [
    "Ageing",
    "Balance",
    "Balances",
    "Clearing",
    "LedgerCursor",
    "LedgerLine",
    "OpenItem",
    "OwedCursor",
    "OwedTotal",
    "Owing",
    "TermsDecided",
    "ageing",
    "ageing_totals",
    "balances",
    "clearings_among",
    "clearings_of",
    "credit",
    "ledger",
    "open_items",
    "owed_overview",
    "owed_totals",
    "standings",
    "terms_history",
    "terms_of",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Balance:
    """The sums of a customer's entries in one currency.

    `charged_minor` is for repairs, `reversed_minor` for payments that were taken back. Of what is
    open, `overdue_minor` was due before the day of the question; `open_count` are the open items.
    """

    currency: str
    bought_minor: int
    returned_minor: int
    charged_minor: int
    paid_minor: int
    refunded_minor: int
    reversed_minor: int
    open_minor: int
    spare_minor: int
    overdue_minor: int
    open_count: int

    @property
    def owed_minor(self) -> int:
        """What the customer owes us; below zero when we owe them."""
        return self.open_minor - self.spare_minor


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenItem:
    """A sale, charged repair, refund or reversal that is not cleared in full."""

    stream: UUID
    contact_id: UUID
    kind: Kind
    number: str
    currency: str
    occurred_at: datetime
    due_on: date
    amount_minor: int
    open_minor: int

    def days_overdue(self, on: date) -> int:
        """Days past due on that day; zero when it is not."""
        return max((on - self.due_on).days, 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ageing:
    """What is open in one currency, by days past due: none, 1-30, 31-60, 61-90, more than 90."""

    currency: str
    not_due_minor: int
    to_30_minor: int
    to_60_minor: int
    to_90_minor: int
    over_90_minor: int

    @property
    def total_minor(self) -> int:
        """All that is open."""
        due = self.to_30_minor + self.to_60_minor + self.to_90_minor + self.over_90_minor
        return self.not_due_minor + due


class LedgerCursor(NamedTuple):
    """Where a line stands in the ledger; the next page begins before it."""

    occurred_at: datetime
    position: int


@dataclass(frozen=True, kw_only=True, slots=True)
class LedgerLine:
    """One entry, what is still open or spare of it, and what was owed right after it."""

    stream: UUID
    contact_id: UUID
    kind: Kind
    currency: str
    occurred_at: datetime
    position: int
    number: str
    names: str
    due_on: date | None
    debit_minor: int
    credit_minor: int
    open_minor: int
    balance_minor: int

    @property
    def cursor(self) -> LedgerCursor:
        """Where the line stands."""
        return LedgerCursor(self.occurred_at, self.position)


@dataclass(frozen=True, kw_only=True, slots=True)
class Clearing:
    """How much of a credit went to an item."""

    currency: str
    credit_contact: UUID
    credit_number: str
    item_contact: UUID
    item_number: str
    amount_minor: int


@dataclass(frozen=True, kw_only=True, slots=True)
class TermsDecided:
    """Credit terms of one stream, and when they were decided."""

    stream: UUID
    decided_at: datetime
    position: int
    terms: Terms


class OwedCursor(NamedTuple):
    """Where a customer stands in the overview; the next page begins after it."""

    overdue_minor: int
    open_minor: int
    stream: UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class Owing:
    """What one stream has open in one currency."""

    stream: UUID
    currency: str
    open_minor: int
    overdue_minor: int
    oldest_due_on: date

    @property
    def cursor(self) -> OwedCursor:
        """Where the customer stands in the overview."""
        return OwedCursor(self.overdue_minor, self.open_minor, self.stream)


@dataclass(frozen=True, kw_only=True, slots=True)
class OwedTotal:
    """What all customers together have open in one currency."""

    currency: str
    customers: int
    open_minor: int
    overdue_minor: int


def balances(connection: Connection, identity: Sequence[UUID], *, on: date) -> list[Balance]:
    """The sums of the customer's entries, by currency, with what was overdue on a day."""
    by_currency = _accounts(connection, identity)
    return _balances(by_currency, _open_by_day(connection, identity, by_currency), on)


def _balances(
    by_currency: dict[str, list[Any]], opened_by_day: Mapping[str, _Open], on: date
) -> list[Balance]:
    found = []
    for currency, rows in sorted(by_currency.items()):
        due, count = opened_by_day[currency]
        opened = sum(due.values())
        owed = sum(row.open_minor - row.spare_minor for row in rows)
        found.append(
            Balance(
                currency=currency,
                bought_minor=sum(row.bought_minor for row in rows),
                returned_minor=sum(row.returned_minor for row in rows),
                charged_minor=sum(row.charged_minor for row in rows),
                paid_minor=sum(row.paid_minor for row in rows),
                refunded_minor=sum(row.refunded_minor for row in rows),
                reversed_minor=sum(row.reversed_minor for row in rows),
                open_minor=opened,
                spare_minor=opened - owed,
                overdue_minor=sum(minor for day, minor in due.items() if day < on),
                open_count=count,
            )
        )
    return found


def open_items(
    connection: Connection,
    identity: Sequence[UUID],
    currency: str | None = None,
    *,
    limit: int | None = None,
) -> list[OpenItem]:
    """What is not cleared in full, the oldest first; of one currency, or of all.

    At most `limit` items; None: all of them.
    """
    by_currency = _accounts(connection, identity)
    items = []
    for each in by_currency if currency is None else {currency} & set(by_currency):
        items += [
            OpenItem(
                stream=line.stream,
                contact_id=line.contact_id,
                kind=line.kind,
                number=line.number,
                currency=line.currency,
                occurred_at=line.occurred_at,
                due_on=line.due_on,
                amount_minor=line.debit_minor,
                open_minor=left,
            )
            for line, left in _left(connection, by_currency[each], each, limit)
            if line.due_on is not None and line.debit_minor
        ]
    return sorted(items, key=lambda item: item.occurred_at)[:limit]


def ageing(connection: Connection, identity: Sequence[UUID], *, on: date) -> list[Ageing]:
    """What is open, by currency and by how long it has been due on a day."""
    opened = _open_by_day(connection, identity, _accounts(connection, identity))
    return [_aged(currency, due, on) for currency, (due, _) in sorted(opened.items()) if due]


def ledger(
    connection: Connection,
    identity: Sequence[UUID],
    *,
    currency: str | None = None,
    before: LedgerCursor | None = None,
    limit: int = 50,
) -> list[LedgerLine]:
    """A page of the customer's entries, the latest first, of one currency or of all.

    `balance_minor` counts the entries of the line's own currency. The next page comes with the
    cursor of the last line.
    """
    by_currency = _accounts(connection, identity)
    owed = {
        each: sum(row.open_minor - row.spare_minor for row in rows)
        for each, rows in by_currency.items()
    }
    page = select(lines).where(lines.c.stream.in_(identity))
    newer = select(lines.c.currency, func.sum(lines.c.debit_minor - lines.c.credit_minor))
    newer = newer.where(lines.c.stream.in_(identity)).group_by(lines.c.currency)
    if currency is not None:
        page = page.where(lines.c.currency == currency)
    if before is not None:
        place = tuple_(lines.c.occurred_at, lines.c.position)
        cursor = tuple_(literal(before.occurred_at, Moment), literal(before.position))
        page = page.where(place < cursor)
        for each, amount in connection.execute(newer.where(place >= cursor)):
            owed[each] -= int(amount)
    page = page.order_by(lines.c.occurred_at.desc(), lines.c.position.desc()).limit(limit)
    together = _left_together(connection, by_currency)
    found = []
    for row in connection.execute(page):
        left = together[row.currency].get(row.position, 0) if row.currency in together else None
        found.append(
            LedgerLine(
                stream=row.stream,
                contact_id=row.contact_id,
                kind=row.kind,
                currency=row.currency,
                occurred_at=row.occurred_at,
                position=row.position,
                number=row.number,
                names=row.names,
                due_on=row.due_on,
                debit_minor=row.debit_minor,
                credit_minor=row.credit_minor,
                open_minor=row.left_minor if left is None else left,
                balance_minor=owed[row.currency],
            )
        )
        owed[row.currency] -= row.debit_minor - row.credit_minor
    return found


def clearings_among(
    connection: Connection, identity: Sequence[UUID], contacts: Collection[UUID]
) -> dict[UUID, list[Clearing]]:
    """`clearings_of` each of these contacts, such as those of one page of the ledger."""
    chosen = select(lines).where(lines.c.contact_id.in_(contacts), lines.c.stream.in_(identity))
    asked = [line_of(row) for row in connection.execute(chosen)]
    by_currency = _accounts(connection, identity)
    pairs: list[tuple[Line, Line, int]] = []
    for currency in {line.currency for line in asked}:
        here = [line for line in asked if line.currency == currency]
        if len(by_currency[currency]) > 1:
            every, settlement = _settled(connection, by_currency[currency], currency)
            by_position = {line.position: line for line in every}
            cleared = settlement.cleared.items()
            pairs += [(by_position[c], by_position[i], minor) for (c, i), minor in cleared]
        else:
            pairs += _cleared_about(connection, here)
    told: defaultdict[UUID, list[Clearing]] = defaultdict(list)
    wanted = {line.contact_id for line in asked}
    for credit, item, amount in sorted(pairs, key=lambda pair: (pair[0].order, pair[1].order)):
        clearing = Clearing(
            currency=credit.currency,
            credit_contact=credit.contact_id,
            credit_number=credit.number,
            item_contact=item.contact_id,
            item_number=item.number,
            amount_minor=amount,
        )
        for contact in {credit.contact_id, item.contact_id} & wanted:
            told[contact].append(clearing)
    return dict(told)


def clearings_of(
    connection: Connection, identity: Sequence[UUID], contact_id: UUID
) -> list[Clearing]:
    """What a payment or return cleared, or which ones cleared an item, the oldest first."""
    return clearings_among(connection, identity, [contact_id]).get(contact_id, [])


def terms_of(connection: Connection, identity: Sequence[UUID]) -> list[Terms]:
    """The credit terms in force, by currency; over several streams, the stricter ones."""
    latest: dict[tuple[str, UUID], Terms] = {}
    for decided in reversed(terms_history(connection, identity)):
        latest[decided.terms.currency, decided.stream] = decided.terms
    by_currency: defaultdict[str, list[Terms]] = defaultdict(list)
    for (currency, _), terms in latest.items():
        by_currency[currency].append(terms)
    return [strictest(terms, currency) for currency, terms in sorted(by_currency.items())]


def terms_history(connection: Connection, identity: Sequence[UUID]) -> list[TermsDecided]:
    """All credit terms that were ever decided, the latest first."""
    query = select(credit_terms).where(credit_terms.c.stream.in_(identity))
    return [
        TermsDecided(
            stream=row.stream,
            decided_at=row.decided_at,
            position=row.position,
            terms=Terms(
                currency=row.currency,
                limit_minor=row.limit_minor,
                days_to_pay=row.days_to_pay,
                on_hold=row.on_hold,
                hold_reason=row.hold_reason,
            ),
        )
        for row in connection.execute(query.order_by(credit_terms.c.position.desc()))
    ]


def standings(
    connection: Connection, identity: Sequence[UUID], *, on: date
) -> list[CreditStanding]:
    """How the customer stands on a day, in each currency with entries or terms."""
    terms = {each.currency: each for each in terms_of(connection, identity)}
    by_currency = _accounts(connection, identity)
    opened = _open_by_day(connection, identity, by_currency)
    owed = {each.currency: each for each in _balances(by_currency, opened, on)}
    found = []
    for currency in sorted(terms.keys() | owed.keys()):
        balance = owed.get(currency)
        oldest = min(opened[currency].due, default=on) if balance else on
        found.append(
            standing(
                terms.get(currency, Terms(currency=currency)),
                used_minor=max(balance.owed_minor, 0) if balance else 0,
                overdue_minor=balance.overdue_minor if balance else 0,
                overdue_days=max((on - oldest).days, 0),
            )
        )
    return found


def credit(connection: Connection, identity: Sequence[UUID], *, on: date) -> CreditStanding | None:
    """The gravest of the customer's standings; None with neither entries nor terms."""
    return gravest(standings(connection, identity, on=on))


def owed_overview(
    connection: Connection,
    *,
    on: date,
    currency: str,
    after: OwedCursor | None = None,
    limit: int = 50,
) -> list[Owing]:
    """A page of those who have something open in a currency, the most overdue on a day first.

    One row a stream. The next page comes with the cursor of the last row.
    """
    each = _owing(on).where(lines.c.currency == currency).subquery()
    place = tuple_(each.c.overdue_minor, each.c.open_minor, each.c.stream)
    query = select(each).order_by(
        each.c.overdue_minor.desc(), each.c.open_minor.desc(), each.c.stream.desc()
    )
    if after is not None:
        cursor = (literal(after.overdue_minor), literal(after.open_minor))
        query = query.where(place < tuple_(*cursor, literal(after.stream, Uuid)))
    return [
        Owing(
            stream=row.stream,
            currency=currency,
            open_minor=int(row.open_minor),
            overdue_minor=int(row.overdue_minor),
            oldest_due_on=row.oldest_due_on,
        )
        for row in connection.execute(query.limit(limit))
    ]


def owed_totals(connection: Connection, *, on: date) -> list[OwedTotal]:
    """What is open in each currency over all customers, and overdue on a day."""
    each = _owing(on).subquery()
    query = select(
        each.c.currency,
        func.count().label("customers"),
        func.sum(each.c.open_minor).label("open_minor"),
        func.sum(each.c.overdue_minor).label("overdue_minor"),
    )
    return [
        OwedTotal(
            currency=row.currency,
            customers=row.customers,
            open_minor=int(row.open_minor),
            overdue_minor=int(row.overdue_minor),
        )
        for row in connection.execute(query.group_by(each.c.currency).order_by(each.c.currency))
    ]


def ageing_totals(connection: Connection, *, on: date) -> list[Ageing]:
    """What is open over all customers, by currency and by how long it has been due on a day."""
    due: defaultdict[str, Counter[date]] = defaultdict(Counter)
    query = select(lines.c.currency, lines.c.due_on, func.sum(lines.c.left_minor)).where(IS_OPEN)
    for currency, day, amount in connection.execute(
        query.group_by(lines.c.currency, lines.c.due_on)
    ):
        due[currency][day] += int(amount)
    return [_aged(currency, days, on) for currency, days in sorted(due.items())]


# --- helpers ----------------------------------------------------------------------------------


def _accounts(connection: Connection, identity: Sequence[UUID]) -> dict[str, list[Any]]:
    """The rows of the customer's accounts, by currency."""
    by_currency: defaultdict[str, list[Any]] = defaultdict(list)
    for row in connection.execute(select(accounts).where(accounts.c.stream.in_(identity))):
        by_currency[row.currency].append(row)
    return dict(by_currency)


def _left(
    connection: Connection, rows: list[Any], currency: str, limit: int | None = None
) -> list[tuple[Line, int]]:
    """The lines of one currency that are not used up, with what is left of each.

    Of an account that is one stream's alone, at most `limit` lines, the oldest.
    """
    if len(rows) > 1:
        every, settlement = _settled(connection, rows, currency)
        rest = settlement.left
        return [(line, rest[line.position]) for line in every if line.position in rest]
    query = (
        select(lines)
        .where(lines.c.stream == rows[0].stream, lines.c.currency == currency, IS_LEFT)
        .order_by(lines.c.occurred_at, lines.c.position)
        .limit(limit)
    )
    return [(line_of(row), row.left_minor) for row in connection.execute(query)]


def _left_together(
    connection: Connection, by_currency: dict[str, list[Any]]
) -> dict[str, dict[int, int]]:
    """What is left by position, for the currencies in which several streams have entries."""
    return {
        currency: {line.position: left for line, left in _left(connection, rows, currency)}
        for currency, rows in by_currency.items()
        if len(rows) > 1
    }


def _cleared_about(connection: Connection, asked: Sequence[Line]) -> list[tuple[Line, Line, int]]:
    """Credit, item and amount of what was cleared by or with these lines, as the fold settled it.

    `asked` are of one account.
    """
    places = [line.position for line in asked]
    about = or_(clearings.c.credit_position.in_(places), clearings.c.item_position.in_(places))
    stored = list(connection.execute(select(clearings).where(about)))
    involved = {row.credit_position for row in stored} | {row.item_position for row in stored}
    stream = asked[0].stream
    query = select(lines).where(lines.c.stream == stream, lines.c.position.in_(involved))
    by_position = {row.position: line_of(row) for row in connection.execute(query)}
    return [
        (by_position[row.credit_position], by_position[row.item_position], row.amount_minor)
        for row in stored
    ]


def _settled(
    connection: Connection, rows: Iterable[Any], currency: str
) -> tuple[list[Line], Settlement]:
    """All lines of several streams in one currency, settled as one account."""
    streams = [row.stream for row in rows]
    query = select(lines).where(lines.c.stream.in_(streams), lines.c.currency == currency)
    every = [line_of(row) for row in connection.execute(query)]
    return every, Settlement.of(line.entry for line in every)


class _Open(NamedTuple):
    """What is open in one currency by day due, and in how many items."""

    due: Counter[date]
    items: int


def _open_by_day(
    connection: Connection, identity: Sequence[UUID], by_currency: dict[str, list[Any]]
) -> dict[str, _Open]:
    """What is open, by currency and day due; `by_currency` are the customer's accounts."""
    opened = {
        currency: _Open(Counter(), rows[0].left_count if rows[0].open_minor else 0)
        for currency, rows in by_currency.items()
        if len(rows) == 1
    }
    crowded = [each for each in opened if are_many(opened[each].items)]
    c = due_days.c
    counted = select(c.currency, c.due_on, c.open_minor).where(
        c.stream.in_(identity), c.currency.in_(crowded)
    )
    added = (
        select(lines.c.currency, lines.c.due_on, func.sum(lines.c.left_minor))
        .where(lines.c.stream.in_(identity), lines.c.currency.in_(opened.keys() - crowded), IS_OPEN)
        .group_by(lines.c.stream, lines.c.currency, lines.c.due_on)
    )
    for query in (added, counted) if crowded else (added,):
        for currency, day, amount in connection.execute(query):
            opened[currency].due[day] += int(amount)
    for currency in by_currency.keys() - opened.keys():
        due, left = Counter[date](), _left(connection, by_currency[currency], currency)
        items = [(line.due_on, rest) for line, rest in left if line.due_on is not None]
        for day, rest in items:
            due[day] += rest
        opened[currency] = _Open(due, len(items))
    return opened


def _aged(currency: str, due: Counter[date], on: date) -> Ageing:
    def between(least: int, most: float) -> int:
        return sum(minor for day, minor in due.items() if least <= (on - day).days <= most)

    return Ageing(
        currency=currency,
        not_due_minor=between(-(10**7), 0),
        to_30_minor=between(1, 30),
        to_60_minor=between(31, 60),
        to_90_minor=between(61, 90),
        over_90_minor=between(91, 10**7),
    )


def _owing(on: date) -> Select[Any]:
    overdue = case((lines.c.due_on < on, lines.c.left_minor), else_=0)
    return (
        select(
            lines.c.stream,
            lines.c.currency,
            func.sum(lines.c.left_minor).label("open_minor"),
            func.sum(overdue).label("overdue_minor"),
            func.min(lines.c.due_on).label("oldest_due_on"),
        )
        .where(IS_OPEN)
        .group_by(lines.c.stream, lines.c.currency)
    )
