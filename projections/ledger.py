"""Every money contact as a line with a debit or a credit, and what is left of it to settle.

The questions asked of these tables are in balances.py, the rule of settling is settlement.py. An
account is one stream in one currency. Entries that come in their order are settled from what is
left over of earlier ones, however many these are; an entry that comes late, is corrected, withdrawn
or filed elsewhere, and every reversal, has its account settled anew from the first line on.

An item without a due date of its own is due so many days after it happened (in UTC) as the credit
terms said that stood in the log before it, or 30 where none did. Later terms do not move it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from operator import add, attrgetter, sub
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    Uuid,
    literal,
    select,
    text,
    tuple_,
)

from domain.customers.contacts import Payment, Purchase, Repair
from domain.customers.details import CreditTerms
from domain.customers.events import (
    ContactCorrected,
    ContactFiledElsewhere,
    ContactFiledHere,
    ContactWithdrawn,
    CreditTermsSet,
    CustomerErased,
    PaymentLogged,
    PurchaseLogged,
    RepairAdvanced,
    RepairReceived,
    TellsContact,
)
from domain.customers.repairs import Repaired, RepairStep
from domain.money import to_minor
from domain.personal import text_of
from domain.root import Envelope
from projections.due_days import DueDays, are_many, due_days_table
from projections.projection import Projection
from projections.rows import Rows
from projections.settlement import Entry, Kind, Settlement
from projections.statements import Values
from projections.tables import Moment, place

DAYS_TO_PAY = CreditTerms(currency="").days_to_pay
"""Days to pay of a customer with whom nothing else was agreed."""

FEW = 256
"""So many lines left over are read at once with those of other accounts; more, bit by bit."""

metadata = MetaData()

lines = Table(
    "ledger",
    metadata,
    Column("contact_id", Uuid, primary_key=True),
    Column("stream", Uuid, primary_key=True),
    Column("currency", String(3), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("occurred_at", Moment, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("number", Text, nullable=False),
    Column("names", Text, nullable=False),
    Column("due_on", Date),
    Column("debit_minor", BigInteger, nullable=False),
    Column("credit_minor", BigInteger, nullable=False),
    Column("left_minor", BigInteger, nullable=False),
    Index("ix_ledger_stream", "stream", "occurred_at", "position"),
    # Holds all that is asked about what is left, so that the lines themselves are not read.
    Index(
        "ix_ledger_left",
        *("stream", "currency", "occurred_at", "position", "due_on", "left_minor"),
        sqlite_where=text("left_minor > 0"),
        postgresql_where=text("left_minor > 0"),
    ),
)
"""The lines that count. `position` is that of the first telling on this stream, `number` the
contact's own, `names` what it pays, returns or reverses; only debits have a `due_on`; `left_minor`
is what is still open of a debit, or spare of a credit."""

clearings = Table(
    "clearings",
    metadata,
    Column("credit_position", BigInteger, primary_key=True, autoincrement=False),
    Column("item_position", BigInteger, primary_key=True, autoincrement=False),
    Column("amount_minor", BigInteger, nullable=False),
    Index("ix_clearings_item", "item_position"),
    sqlite_with_rowid=False,
)
"""How much of which credit cleared which item of the same stream, by their positions."""

accounts = Table(
    "accounts",
    metadata,
    Column("stream", Uuid, primary_key=True),
    Column("currency", String(3), primary_key=True),
    Column("bought_minor", BigInteger, nullable=False),
    Column("returned_minor", BigInteger, nullable=False),
    Column("charged_minor", BigInteger, nullable=False),
    Column("paid_minor", BigInteger, nullable=False),
    Column("refunded_minor", BigInteger, nullable=False),
    Column("reversed_minor", BigInteger, nullable=False),
    Column("open_minor", BigInteger, nullable=False),
    Column("spare_minor", BigInteger, nullable=False),
    Column("left_count", Integer, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("last_position", BigInteger, nullable=False),
)
"""The sums of each account's lines, how many have something left, and where the last one stands."""

due_days = due_days_table(metadata)

_SUMS, _LEFT, _LEFT_COUNT = slice(2, 8), slice(8, 11), 10  # where they stand in a row

credit_terms = Table(
    "credit_terms",
    metadata,
    Column("stream", Uuid, primary_key=True),
    Column("currency", String(3), primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("decided_at", Moment, nullable=False),
    Column("limit_minor", BigInteger),
    Column("days_to_pay", Integer, nullable=False),
    Column("on_hold", Boolean, nullable=False),
    Column("hold_reason", Text, nullable=False),
)
"""All terms that were ever decided; those with the highest position are in force."""

repair_numbers = Table(
    "repair_numbers",
    metadata,
    Column("contact_id", Uuid, primary_key=True),
    Column("stream", Uuid, primary_key=True),
    Column("number", Text, nullable=False),
)
"""What the charge for a repair is called, kept until there is one."""

IS_LEFT = lines.c.left_minor > text("0")  # not a parameter: the partial indexes say just this
IS_OPEN = IS_LEFT & lines.c.due_on.is_not(None)


class Line(NamedTuple):
    """A row of the ledger without what is left of it."""

    contact_id: UUID
    stream: UUID
    currency: str
    kind: Kind
    occurred_at: datetime
    position: int
    number: str
    names: str
    due_on: date | None
    debit_minor: int
    credit_minor: int

    @property
    def account(self) -> Account:
        return self.stream, self.currency

    @property
    def order(self) -> tuple[datetime, int]:
        return self.occurred_at, self.position

    @property
    def entry(self) -> Entry:
        """What the rule of settling looks at."""
        return Entry(
            position=self.position,
            occurred_at=self.occurred_at,
            kind=self.kind,
            debit=self.debit_minor,
            credit=self.credit_minor,
            number=self.number,
            names=self.names,
        )


Account = tuple[UUID, str]
Key = tuple[UUID, UUID]


def line_of(row: Any) -> Line:
    """The line that a row of the ledger holds."""
    return Line._make(row[:-1])


class Balances(Projection):
    """What each customer bought, returned, paid and owes, and which payment cleared what."""

    name = "balances"
    version = 1
    tables = (lines, clearings, accounts, due_days, credit_terms, repair_numbers)
    topics = (
        PurchaseLogged,
        PaymentLogged,
        RepairReceived,
        RepairAdvanced,
        ContactCorrected,
        ContactFiledHere,
        ContactFiledElsewhere,
        ContactWithdrawn,
        CreditTermsSet,
        CustomerErased,
    )

    def fold(self, rows: Rows, batch: Sequence[Envelope]) -> None:
        page = _Lines(rows, batch)
        for envelope in batch:
            page.take(envelope)
        page.write_terms()
        _settle(rows, before=page.before, now=page.now)


class _Lines:
    """The lines that a batch is about, as they were `before` and as they are `now` (None: gone)."""

    def __init__(self, rows: Rows, batch: Sequence[Envelope]) -> None:
        self._rows = rows
        told = {about for each in batch if (about := each.event.about) is not None}
        self.before: dict[Key, tuple[Line, int]] = {
            (row.contact_id, row.stream): (line_of(row), row.left_minor)
            for row in rows.fetch(lines, lines.c.contact_id, told)
        }
        self.now: dict[Key, Line | None] = {}
        streams = {each.originator_id for each in batch}
        terms = rows.fetch(credit_terms, credit_terms.c.stream, streams)
        self._days: dict[Account, int] = {
            (row.stream, row.currency): row.days_to_pay
            for row in sorted(terms, key=lambda row: row.position)
        }
        self._new_terms: list[Values] = []
        self._erased: list[Values] = []
        repairs = {each.event.about for each in batch if _may_tell_repair(each)} - {None}
        self._numbers: dict[Key, str] = {
            (row.contact_id, row.stream): row.number
            for row in rows.fetch(repair_numbers, repair_numbers.c.contact_id, repairs)
        }
        self._new_numbers: dict[Key, str | None] = {}

    def take(self, envelope: Envelope) -> None:
        """Let one event change the lines."""
        stream = envelope.originator_id
        match envelope.event:
            case ContactFiledHere(filed=Repair() as repair, steps=steps):
                self._receive(envelope, repair)
                for step in steps:
                    self._advance(envelope, repair.contact_id, step)
            case TellsContact() as told:
                match told.contact:
                    case Purchase() as purchase:
                        self._buy(envelope, purchase)
                    case Payment() as payment:
                        self._pay(envelope, payment)
                    case Repair() as repair:
                        self._receive(envelope, repair)
            case RepairAdvanced(contact_id=contact_id, step=step):
                self._advance(envelope, contact_id, step)
            case (
                ContactWithdrawn(contact_id=contact_id)
                | ContactFiledElsewhere(contact_id=contact_id)
            ):
                key = contact_id, stream
                if self._line(key):
                    self.now[key] = None
                if key in self._numbers:
                    del self._numbers[key]
                    self._new_numbers[key] = None
            case CreditTermsSet(terms=terms):
                self._decide(envelope, terms)
            case CustomerErased():
                self._erased.append({"stream": stream, "hold_reason": ""})

    def write_terms(self) -> None:
        """Keep the terms and the numbers of repairs that the batch told."""
        self._rows.insert(credit_terms, self._new_terms)
        self._rows.update(credit_terms, self._erased, by=("stream",))
        told = self._new_numbers.items()
        self._rows.upsert(
            repair_numbers,
            [{"contact_id": c, "stream": s, "number": n} for (c, s), n in told if n is not None],
        )
        self._rows.delete_rows(
            repair_numbers, [{"contact_id": c, "stream": s} for (c, s), n in told if n is None]
        )

    def _line(self, key: Key) -> Line | None:
        if key in self.now:
            return self.now[key]
        known = self.before.get(key)
        return known[0] if known else None

    def _position(self, key: Key, envelope: Envelope) -> int:
        """A line stands in the order of its first telling, whatever is corrected in it later."""
        line = self._line(key)
        return line.position if line else place(envelope)

    def _buy(self, envelope: Envelope, purchase: Purchase) -> None:
        key = purchase.contact_id, envelope.originator_id
        total = purchase.total_minor
        self.now[key] = Line(
            *key,
            currency=purchase.currency,
            kind=purchase.transaction,
            occurred_at=purchase.occurred_at,
            position=self._position(key, envelope),
            number=purchase.number or "",
            names=purchase.original or "",
            due_on=self._due(envelope, purchase.currency, purchase.occurred_at, purchase.due_on)
            if total > 0
            else None,
            debit_minor=max(total, 0),
            credit_minor=max(-total, 0),
        )

    def _pay(self, envelope: Envelope, payment: Payment) -> None:
        key = payment.contact_id, envelope.originator_id
        is_credit = payment.transaction == "payment"
        amount = payment.amount_minor
        self.now[key] = Line(
            *key,
            currency=payment.currency,
            kind=payment.transaction,
            occurred_at=payment.occurred_at,
            position=self._position(key, envelope),
            number=payment.number or "",
            names=(payment.pays if is_credit else payment.original) or "",
            # What we must have back is due at once.
            due_on=None if is_credit else payment.occurred_at.date(),
            debit_minor=0 if is_credit else amount,
            credit_minor=amount if is_credit else 0,
        )

    def _receive(self, envelope: Envelope, repair: Repair) -> None:
        key = repair.contact_id, envelope.originator_id
        self._numbers[key] = self._new_numbers[key] = repair.number or ""
        if charge := self._line(key):
            self.now[key] = charge._replace(number=repair.number or "")

    def _advance(self, envelope: Envelope, contact_id: UUID, step: RepairStep) -> None:
        if not isinstance(step, Repaired) or not step.charge or step.currency is None:
            return
        key = contact_id, envelope.originator_id
        self.now[key] = Line(
            *key,
            currency=step.currency,
            kind="repair",
            occurred_at=step.taken_at,
            position=self._position(key, envelope),
            number=self._numbers.get(key, ""),
            names="",
            due_on=self._due(envelope, step.currency, step.taken_at, step.due_on),
            debit_minor=to_minor(step.charge, step.currency),
            credit_minor=0,
        )

    def _due(
        self, envelope: Envelope, currency: str, happened: datetime, told: date | None
    ) -> date:
        if told is not None:
            return told
        days = self._days.get((envelope.originator_id, currency), DAYS_TO_PAY)
        return happened.date() + timedelta(days=days)

    def _decide(self, envelope: Envelope, terms: CreditTerms) -> None:
        stream, currency = envelope.originator_id, terms.currency
        self._days[stream, currency] = terms.days_to_pay
        limit = terms.limit
        self._new_terms.append(
            {
                "stream": stream,
                "currency": currency,
                "position": place(envelope),
                "decided_at": envelope.happened_at,
                "limit_minor": None if limit is None else to_minor(limit, currency),
                "days_to_pay": terms.days_to_pay,
                "on_hold": terms.on_hold,
                "hold_reason": text_of(terms.hold_reason),
            }
        )


def _may_tell_repair(envelope: Envelope) -> bool:
    return not isinstance(envelope.event, PurchaseLogged | PaymentLogged | RepairReceived)


# --- settling ---------------------------------------------------------------------------------


class _Change:
    """What a batch changes in one account."""

    def __init__(self) -> None:
        self.gained: list[Line] = []
        self.lost: list[Line] = []


def _settle(
    rows: Rows, *, before: dict[Key, tuple[Line, int]], now: dict[Key, Line | None]
) -> None:
    """Write the lines as they are now, and what is left of all lines of their accounts."""
    changes: defaultdict[Account, _Change] = defaultdict(_Change)
    dated: dict[Account, list[Values]] = {}
    for key, line in now.items():
        was = before[key][0] if before and key in before else None
        if was and line and was._replace(due_on=line.due_on) == line:
            dated.setdefault(line.account, []).append(_key(line) | {"due_on": line.due_on})
            continue
        if was is not None:
            changes[was.account].lost.append(was)
        if line is not None:
            changes[line.account].gained.append(line)
    rows.update(lines, [row for some in dated.values() for row in some])
    rows.delete_rows(lines, [_key(line) for change in changes.values() for line in change.lost])
    streams = {stream for stream, _ in (*changes, *dated)}
    known = {
        (row.stream, row.currency): row for row in rows.fetch(accounts, accounts.c.stream, streams)
    }
    settling = _Settling(rows)
    anew: dict[Account, _Change] = {}
    further: dict[Account, tuple[_Change, Any]] = {}
    for account, change in changes.items():
        stands = known.get(account)
        if _needs_all(change, stands):
            anew[account] = change
        else:
            further[account] = change, stands
    settling.anew(anew)
    settling.further(further)
    settling.write()
    if settling.is_crowded or any(are_many(row.left_count) for row in known.values()):
        settling.write_due_days(known, anew=(*anew, *dated))


def _needs_all(change: _Change, account: Any) -> bool:
    """Whether what is left over of earlier lines is not enough to settle the change."""
    if change.lost or any(line.kind == "reversal" for line in change.gained):
        return True
    if account is None or min(line.order for line in change.gained) > _last(account):
        return False
    had_credits = account.returned_minor or account.paid_minor
    return bool(had_credits) or any(line.credit_minor for line in change.gained)


class _Settling:
    """Settles accounts and gathers the rows to write."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._lines: list[Values] = []
        self._left: list[Values] = []
        self._clearings: list[Values] = []
        self._accounts: list[tuple[Any, ...]] = []
        self._closed: list[Account] = []
        self._due = DueDays(due_days, lines)

    @property
    def is_crowded(self) -> bool:
        """Whether one of the accounts has very many lines left now."""
        return any(are_many(row[_LEFT_COUNT]) for row in self._accounts)

    def anew(self, changes: dict[Account, _Change]) -> None:
        """Settle accounts from their first line on."""
        known: defaultdict[Account, list[tuple[Line, int]]] = defaultdict(list)
        streams = {stream for stream, _ in changes}
        for row in self._rows.fetch(lines, lines.c.stream, streams):
            known[row.stream, row.currency].append((line_of(row), row.left_minor))
        self._rows.delete(clearings, clearings.c.credit_position, self._credits(known, changes))
        for account, change in changes.items():
            every = [line for line, _ in known[account]] + change.gained
            if not every:
                self._closed.append(account)
                continue
            settlement = Settlement.of(line.entry for line in every)
            rest, last = settlement.left, max(line.order for line in every)
            self._keep(rest, settlement.cleared, known[account], change.gained)
            self._accounts.append((*account, *_sums(every), *_sums_left(rest, every), *last))

    def further(self, changes: dict[Account, tuple[_Change, Any]]) -> None:
        """Settle further lines of accounts from what is left over."""
        left = self._left_over(changes)
        for account, (change, stands) in changes.items():
            gained = change.gained
            if len(gained) > 1:
                gained.sort(key=attrgetter("order"))
            known = left.get(account, [])
            rest, cleared = _further(known, gained)
            if stands is not None and are_many(stands.left_count):
                for line, was in (*known, *((line, 0) for line in gained)):
                    self._due.move(account, line.due_on, rest.get(line.position, 0) - was)
            more = self._keep(rest, cleared, known, gained)
            sums, last = _sums(gained), gained[-1].order
            if stands is not None:
                sums = list(map(add, sums, stands[_SUMS]))
                more = list(map(add, more, stands[_LEFT]))
                last = max(last, _last(stands))
            self._accounts.append((*account, *sums, *more, *last))

    def write(self) -> None:
        """Write all that was gathered."""
        self._rows.insert(lines, self._lines, (*Line._fields, "left_minor"))
        self._rows.update(lines, self._left)
        self._rows.insert(clearings, self._clearings, clearings.c.keys())
        self._rows.upsert(accounts, self._accounts, accounts.c.keys())
        self._rows.delete_rows(accounts, self._closed, ("stream", "currency"))

    def write_due_days(self, known: Mapping[Account, Any], *, anew: Iterable[Account]) -> None:
        """Write what is open by day due, of the accounts with very many lines left."""
        before = {account: row.left_count for account, row in known.items()}
        now = before | {row[:2]: row[_LEFT_COUNT] for row in self._accounts}
        now |= dict.fromkeys(self._closed, 0)
        self._due.write(self._rows, before=before, now=now, anew=anew)

    def _keep(
        self,
        rest: Mapping[int, int],
        cleared: Mapping[tuple[int, int], int],
        known: Iterable[tuple[Line, int]],
        gained: Iterable[Line],
    ) -> list[int]:
        """Gather what is written; returns by how much open, spare and the lines left changed."""
        self._clearings += [(*pair, amount) for pair, amount in cleared.items()]
        for line in gained:
            self._lines.append((*line, rest.get(line.position, 0)))
        before = []
        for line, was in known:
            before.append(line)
            if rest.get(line.position, 0) != was:
                self._left.append(_key(line) | {"left_minor": rest.get(line.position, 0)})
        now = _sums_left(rest, (*before, *gained))
        if not before:
            return now
        was_left = {line.position: was for line, was in known}
        return list(map(sub, now, _sums_left(was_left, before)))

    @staticmethod
    def _credits(
        known: dict[Account, list[tuple[Line, int]]], changes: dict[Account, _Change]
    ) -> list[int]:
        """The positions of all credits that may have cleared something."""
        lost = [line for change in changes.values() for line in change.lost]
        kept = [line for account in changes for line, _ in known.get(account, [])]
        return [line.position for line in (*lost, *kept) if line.credit_minor]

    def _left_over(
        self, changes: dict[Account, tuple[_Change, Any]]
    ) -> defaultdict[Account, list[tuple[Line, int]]]:
        """What is left of earlier lines, as far as the changes can touch it.

        An account without an entry here has what it has left; nothing of it will be touched.
        """
        left: defaultdict[Account, list[tuple[Line, int]]] = defaultdict(list)
        few: set[Account] = set()
        for account, (change, stands) in changes.items():
            if stands is None or not stands.left_count:
                continue
            if not any(
                line.credit_minor if stands.open_minor else line.debit_minor
                for line in change.gained
            ):
                continue  # items beside open items, or credit beside spare credit, clear nothing
            if stands.left_count <= FEW or stands.spare_minor:
                few.add(account)
            else:
                left[account] = list(self._oldest_open(account, change.gained))
        streams = {stream for stream, _ in few}
        for row in self._rows.fetch(lines, lines.c.stream, streams, among="left_minor > 0"):
            if (account := (row.stream, row.currency)) in few:
                left[account].append((line_of(row), row.left_minor))
        return left

    def _oldest_open(self, account: Account, gained: Iterable[Line]) -> Iterator[tuple[Line, int]]:
        """The open items that the credits name, and the oldest, as many as they can clear."""
        stream, currency = account
        items = (
            select(lines)
            .where(lines.c.stream == stream, lines.c.currency == currency, IS_OPEN)
            .order_by(lines.c.occurred_at, lines.c.position)
        )
        names = {line.names for line in gained if line.credit_minor and line.names}
        named = self._rows.select(items.where(lines.c.number.in_(names))) if names else []
        seen = {row.position for row in named}
        yield from ((line_of(row), row.left_minor) for row in named)
        rest = sum(line.credit_minor for line in gained)
        page = self._rows.select(items.limit(FEW))
        while page:
            for row in page:
                if row.position not in seen:
                    yield line_of(row), row.left_minor
                rest -= row.left_minor
                if rest <= 0:
                    return
            place = tuple_(literal(row.occurred_at, Moment), literal(row.position))
            after = tuple_(lines.c.occurred_at, lines.c.position) > place
            page = self._rows.select(items.where(after).limit(FEW))


def _further(
    known: Sequence[tuple[Line, int]], gained: Sequence[Line]
) -> tuple[Mapping[int, int], Mapping[tuple[int, int], int]]:
    """What is left by position after further lines in their order, and what cleared what."""
    credit = sum(line.credit_minor for line in gained)
    if not known and not (credit and any(line.debit_minor for line in gained)):
        return {line.position: line.debit_minor or line.credit_minor for line in gained}, {}
    settlement = Settlement.resumed((line.entry, rest) for line, rest in known)
    for line in gained:
        settlement.settle(line.entry)
    return settlement.left, settlement.cleared


def _sums(some: Iterable[Line]) -> list[int]:
    """What was bought, returned, charged, paid, refunded and reversed."""
    bought = returned = charged = paid = refunded = reversed_ = 0
    for line in some:
        match line.kind:
            case "payment":
                paid += line.credit_minor
            case "refund":
                refunded += line.debit_minor
            case "reversal":
                reversed_ += line.debit_minor
            case "repair":
                charged += line.debit_minor
            case _:
                bought += line.debit_minor
                returned += line.credit_minor
    return [bought, returned, charged, paid, refunded, reversed_]


def _sums_left(rest: Mapping[int, int], some: Iterable[Line]) -> list[int]:
    """What is open, what is spare, and how many lines have something left."""
    opened = spare = count = 0
    for line in some:
        if amount := rest.get(line.position):
            count += 1
            if line.debit_minor:
                opened += amount
            else:
                spare += amount
    return [opened, spare, count]


def _key(line: Line) -> dict[str, Any]:
    return {"contact_id": line.contact_id, "stream": line.stream}


def _last(account: Any) -> tuple[datetime, int]:
    return account.last_at, account.last_position
