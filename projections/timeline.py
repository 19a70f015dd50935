"""What passed between us and a customer: one line a contact, newest first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from heapq import merge
from itertools import chain, islice
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Date,
    Index,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    Uuid,
    and_,
    func,
    literal,
    or_,
    select,
    tuple_,
)

from domain.customers.contacts import (
    Contact,
    Email,
    Letter,
    Payment,
    PhoneCall,
    Purchase,
    Repair,
    kind_of,
)
from domain.customers.events import (
    ContactCorrected,
    ContactFiledElsewhere,
    ContactFiledHere,
    ContactNoted,
    ContactWithdrawn,
    CustomerErased,
    EmailLogged,
    FollowUpDone,
    FollowUpSet,
    LetterLogged,
    PaymentLogged,
    PhoneCallLogged,
    PurchaseLogged,
    Registered,
    RepairAdvanced,
    RepairReceived,
    TellsContact,
)
from domain.customers.repairs import RECEIVED, Diagnosed, Repaired, RepairStep, step_name
from domain.money import to_minor
from domain.personal import Personal, text_of
from domain.root import FORM, Envelope
from projections.projection import Projection
from projections.rows import Rows
from projections.tables import NEVER, Moment
from projections.words import folded, pattern

KINDS = ("phone_call", "email", "letter", "purchase", "payment", "repair")

SUMMARY_CHARACTERS = 200
EXCERPT_CHARACTERS = 300
SEARCHED_CHARACTERS = 20_000
"""What lies further back in a long e-mail is not found by a search."""

ITEMS_NAMED = 3
"""A purchase names so many of its items in the timeline."""

metadata = MetaData()

# Words about persons stand in summary, excerpt, words and later_words, empty where there are none.
# `words` is what the contact says, folded for the search; `later_words` what notes and steps added.
timeline_entries = Table(
    "timeline",
    metadata,
    Column("contact_id", Uuid, primary_key=True),
    Column("stream", Uuid, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("occurred_at", Moment, nullable=False),
    Column("zone", Text, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("direction", String(8), nullable=False),
    Column("summary", Text, nullable=False),
    Column("excerpt", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("amount_minor", BigInteger),
    Column("currency", String(3), nullable=False),
    Column("transaction", String(16), nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("talk_seconds", Integer),
    Column("stage", String(16), nullable=False),
    Column("number", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("by", Uuid, nullable=False),
    Column("source", Text, nullable=False),
    Column("by_hand", Boolean, nullable=False),
    Column("corrections", Integer, nullable=False),
    Column("notes", Integer, nullable=False),
    Column("attachments", Integer, nullable=False),
    Column("follow_up_on", Date),
    Column("is_late", Boolean, nullable=False),
    Column("is_withdrawn", Boolean, nullable=False),
    Column("moved_to", Uuid),
    Column("moved_from", Uuid),
    Column("words", Text, nullable=False),
    Column("later_words", Text, nullable=False),
)
Index(
    "ix_timeline_order",
    timeline_entries.c.stream,
    timeline_entries.c.occurred_at,
    timeline_entries.c.position,
    timeline_entries.c.kind,
)
Index(
    "ix_timeline_by_hand",
    timeline_entries.c.by,
    timeline_entries.c.position,
    sqlite_where=timeline_entries.c.by_hand,
    postgresql_where=timeline_entries.c.by_hand,
)

# One row for each customer. `last_contact_at` is NEVER for those without a contact that counts.
contact_counts = Table(
    "contact_counts",
    metadata,
    Column("stream", Uuid, primary_key=True),
    Column("phone_call", Integer, nullable=False),
    Column("email", Integer, nullable=False),
    Column("letter", Integer, nullable=False),
    Column("purchase", Integer, nullable=False),
    Column("payment", Integer, nullable=False),
    Column("repair", Integer, nullable=False),
    Column("last_contact_at", Moment, nullable=False),
)
Index("ix_contact_counts_last", contact_counts.c.last_contact_at, contact_counts.c.stream)

_Key = tuple[UUID, UUID]
_Values = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One contact as it stands after its corrections.

    `occurred_at` and `recorded_at` are aware UTC. `summary` and `excerpt` are words (summary,
    subject or fault; start of note or body), empty once forgotten; `what` is no person's words:
    the items bought (the first ones of `lines`), the method of payment, the item repaired. `amount_minor` is in minor units
    of `currency` and signed as the customer sees it: above zero for what they bought or paid,
    below for what came back; None where the contact has no amount. `position` is that of its
    first telling on this stream. `stage` is that of a repair. `number` is of order, payment or
    repair. `is_late` means that somebody gave a reason for
    writing it down only long afterwards.
    A contact that was filed on another customer has `moved_to`; one that came from another has
    `moved_from`. Neither a withdrawn nor a moved one counts anywhere.
    """

    contact_id: UUID
    stream: UUID
    kind: str
    occurred_at: datetime
    zone: str
    recorded_at: datetime
    position: int
    direction: str
    summary: str
    excerpt: str
    what: str
    lines: int
    amount_minor: int | None
    currency: str
    transaction: str
    outcome: str
    reason: str
    talk_seconds: int | None
    stage: str
    number: str
    channel: str
    by: UUID
    source: str
    corrections: int
    notes: int
    attachments: int
    follow_up_on: date | None
    is_late: bool
    is_withdrawn: bool
    moved_to: UUID | None
    moved_from: UUID | None

    @property
    def key(self) -> tuple[datetime, int]:
        """Where the entry stands in the timeline; `timeline(before=key)` goes on after it."""
        return self.occurred_at, self.position


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some entries, newest first, and where the next page begins (None: that was all)."""

    entries: tuple[Entry, ...]
    before: tuple[datetime, int] | None


class Timeline(Projection):
    """One row for each contact on each customer it was filed on, and the counts of each customer."""

    name, version = "timeline", 1
    tables = (timeline_entries, contact_counts)
    topics = (
        Registered,
        PhoneCallLogged,
        EmailLogged,
        LetterLogged,
        PurchaseLogged,
        PaymentLogged,
        RepairReceived,
        ContactCorrected,
        ContactFiledHere,
        ContactWithdrawn,
        ContactFiledElsewhere,
        ContactNoted,
        FollowUpSet,
        FollowUpDone,
        RepairAdvanced,
        CustomerErased,
    )

    def fold(self, rows: Rows, batch: Sequence[Envelope]) -> None:
        told: dict[_Key, list[Envelope]] = {}
        for envelope in batch:
            if (contact_id := envelope.event.about) is not None:
                told.setdefault((contact_id, envelope.originator_id), []).append(envelope)
        before = _stored(rows, told)
        new: list[_Values] = []
        changed: list[tuple[_Values, _Values]] = []
        for key, envelopes in told.items():
            was = before.get(key) if before else None
            now = _after(envelopes, dict(was) if was else None)
            if was and now:
                changed.append((was, now))
            elif now:
                new.append(now)
        rows.insert(timeline_entries, new)
        rows.upsert(timeline_entries, [now for _, now in changed])
        erased = {e.originator_id for e in batch if isinstance(e.event, CustomerErased)}
        rows.update(timeline_entries, [_blank(stream) for stream in sorted(erased)], by=("stream",))
        registered = [e.originator_id for e in batch if isinstance(e.event, Registered)]
        _count(rows, registered, new, changed)


def timeline(
    connection: Connection,
    identity: Sequence[UUID],
    *,
    kinds: Collection[str] = (),
    search: str = "",
    before: tuple[datetime, int] | None = None,
    limit: int = 25,
) -> Page:
    """A page of the contacts of a customer, of these kinds (all when none is named).

    `search` are words that all must occur in what was said or written, in any script, whole or
    in part. No entry comes twice or is left out while paging, also when entries are added.
    """
    c = timeline_entries.c
    conditions = [_holds(word) for word in folded(search).split()]
    if kinds:
        conditions.append(c.kind.in_(kinds))
    if before is not None:
        last = tuple_(literal(before[0], Moment), literal(before[1], BigInteger))
        conditions.append(tuple_(c.occurred_at, c.position) < last)
    if len(identity) > 1:
        conditions.append(_told_once(identity))
    query = (
        select(*_columns())
        .where(*conditions)
        .order_by(c.occurred_at.desc(), c.position.desc())
        .limit(limit + 1)
    )
    # One query for each stream, because the index gives each one in order and not their union.
    found = [connection.execute(query.where(c.stream == stream)).all() for stream in identity]
    newest = merge(*found, key=attrgetter("occurred_at", "position"), reverse=True)
    entries = tuple(_entry(row) for row in islice(newest, limit + 1))
    more = len(entries) > limit
    return Page(entries=entries[:limit], before=entries[limit - 1].key if more else None)


def counts_by_kind(connection: Connection, identity: Sequence[UUID]) -> Mapping[str, int]:
    """How many contacts of each of the six kinds count, zeros included."""
    sums = [func.coalesce(func.sum(contact_counts.c[kind]), 0) for kind in KINDS]
    found = connection.execute(select(*sums).where(contact_counts.c.stream.in_(identity))).one()
    return {kind: int(count) for kind, count in zip(KINDS, found, strict=True)}


def last_contact_at(connection: Connection, identity: Sequence[UUID]) -> datetime | None:
    """When the latest contact that counts took place; None when there was none."""
    c = contact_counts.c
    query = select(func.max(c.last_contact_at)).where(c.stream.in_(identity))
    return happened(connection.execute(query).scalar())


def happened(moment: datetime | None) -> datetime | None:
    """The moment, or None where the tables say NEVER."""
    return None if moment is None or moment == NEVER else moment


def entry(connection: Connection, contact_id: UUID) -> Entry | None:
    """One contact where it is filed now, withdrawn or not; None when there is no such contact."""
    c = timeline_entries.c
    query = (
        select(*_columns())
        .where(c.contact_id == contact_id)
        .order_by(c.moved_to.is_not(None), c.position.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return _entry(row) if row else None


def recent_by(connection: Connection, staff: UUID, limit: int = 10) -> list[Entry]:
    """The contacts that this member of staff wrote down last, by hand, the latest first."""
    c = timeline_entries.c
    query = (
        select(*_columns())
        .where(c.by == staff, c.by_hand, c.moved_to.is_(None))
        .order_by(c.position.desc())
        .limit(limit)
    )
    return [_entry(row) for row in connection.execute(query)]


# --- folding --------------------------------------------------------------------------------------


def _stored(rows: Rows, told: Collection[_Key]) -> dict[_Key, _Values]:
    """The stored rows of these contacts."""
    found = rows.fetch(
        timeline_entries, timeline_entries.c.contact_id, [contact for contact, _ in told]
    )
    return {key: row._asdict() for row in found if (key := (row.contact_id, row.stream)) in told}


def _after(envelopes: Iterable[Envelope], row: _Values | None) -> _Values | None:
    """The row of a contact after what was told about it; None when it was never told itself."""
    for envelope in envelopes:
        event = envelope.event
        if isinstance(event, TellsContact):
            row = _told(envelope, event, row)
        elif row is not None:
            _change(row, envelope)
    return row


def _told(envelope: Envelope, event: TellsContact, known: _Values | None) -> _Values:
    """The row after a telling of the whole contact: the first one, a correction, or a re-filing."""
    contact = event.contact
    if isinstance(event, ContactFiledHere):
        row = _first(envelope, contact)
        row.update(moved_from=event.origin, notes=len(event.notes))
        for step in event.steps:
            _advance(row, step)
        _add_words(row, *event.notes)
        return row
    if known is None:
        return _first(envelope, contact)
    stage = known["stage"]
    charged = known["amount_minor"], known["currency"]
    known.update(_content(contact))
    known["corrections"] += 1
    if isinstance(contact, Repair):
        known["stage"], known["amount_minor"], known["currency"] = stage, *charged
    return known


def _first(envelope: Envelope, contact: Contact) -> _Values:
    row = _content(contact)
    row["contact_id"] = contact.contact_id
    row["stream"] = envelope.originator_id
    row["recorded_at"] = envelope.recorded_at
    row["position"] = envelope.position
    row["by"] = envelope.by
    row["source"] = envelope.source or ""
    row["by_hand"] = envelope.source is None or envelope.source == FORM
    row.update(_UNTOUCHED)
    return row


_UNTOUCHED: _Values = {
    "corrections": 0,
    "notes": 0,
    "follow_up_on": None,
    "is_withdrawn": False,
    "moved_to": None,
    "moved_from": None,
    "later_words": "",
}
"""How a contact begins."""


def _content(contact: Contact) -> _Values:
    """The columns that follow from what a contact says."""
    row: _Values = {
        **_NOTHING,
        "kind": kind_of(contact),
        "occurred_at": contact.occurred_at,
        "zone": contact.zone or "",
        "outcome": contact.outcome or "",
        "reason": contact.reason or "",
        "is_late": contact.late_because is not None,
    }
    summary, note = text_of(contact.summary), text_of(contact.note)
    headline, long = "", ""
    searched: tuple[str, ...] = ()
    match contact:
        case PhoneCall():
            row["direction"] = contact.direction
            row["talk_seconds"] = contact.talk_seconds
            row["what"] = contact.staff or ""
            searched = (text_of(contact.from_number), text_of(contact.to_number))
        case Email():
            row["direction"] = contact.direction
            row["attachments"] = len(contact.attachments)
            headline, long = text_of(contact.subject), text_of(contact.body)
            everybody = (contact.from_address, *contact.to_addresses, *contact.cc_addresses)
            searched = tuple(map(text_of, everybody))
        case Letter():
            row["direction"] = contact.direction
            row["attachments"] = len(contact.scans)
            headline = text_of(contact.subject)
        case Purchase():
            row["what"] = _items_named(contact)
            row["lines"] = len(contact.lines)
            row["amount_minor"] = contact.total_minor
            row["currency"] = contact.currency
            row["transaction"] = contact.transaction
            row["number"] = contact.number or ""
            row["channel"] = contact.channel or ""
            searched = (contact.number or "", contact.place or "", *_items(contact))
        case Payment():
            inward = contact.transaction == "payment"
            row["what"] = contact.method or ""
            row["amount_minor"] = contact.amount_minor if inward else -contact.amount_minor
            row["currency"] = contact.currency
            row["transaction"] = contact.transaction
            row["number"] = contact.number or ""
            searched = (contact.number or "", contact.pays or "", text_of(contact.reference))
        case Repair():
            row["what"] = contact.item
            row["stage"] = RECEIVED
            row["number"] = contact.number or ""
            headline = text_of(contact.fault)
            searched = (contact.number or "", contact.item, contact.serial or "")
    said = " ".join(filter(None, (summary, headline, note, long, row["what"], *searched)))
    row["summary"] = (summary or headline)[:SUMMARY_CHARACTERS]
    row["excerpt"] = (note or long)[:EXCERPT_CHARACTERS]
    row["words"] = folded(said[:SEARCHED_CHARACTERS])
    return row


_NOTHING: _Values = {
    "direction": "",
    "what": "",
    "lines": 0,
    "amount_minor": None,
    "currency": "",
    "transaction": "",
    "talk_seconds": None,
    "stage": "",
    "number": "",
    "channel": "",
    "attachments": 0,
}
"""What only some kinds of contact say."""


def _items_named(purchase: Purchase) -> str:
    return ", ".join([line.description or line.item for line in purchase.lines[:ITEMS_NAMED]])


def _items(purchase: Purchase) -> list[str]:
    words: list[str] = []
    for line in purchase.lines:
        words += (line.item, line.description, *line.serials)
    return words


def _change(row: _Values, envelope: Envelope) -> None:
    match envelope.event:
        case ContactWithdrawn():
            row.update(is_withdrawn=True, follow_up_on=None)
        case ContactFiledElsewhere(destination=destination):
            row.update(moved_to=destination, follow_up_on=None)
        case ContactNoted(note=note):
            row["notes"] += 1
            _add_words(row, note)
        case FollowUpSet(on=on):
            row["follow_up_on"] = on
        case FollowUpDone():
            row["follow_up_on"] = None
        case RepairAdvanced(step=step):
            _advance(row, step)


def _advance(row: _Values, step: RepairStep) -> None:
    row["stage"] = step_name(step)
    _add_words(row, step.note)
    if isinstance(step, Diagnosed):
        _add_words(row, step.finding)
    if isinstance(step, Repaired) and step.charge is not None and step.currency is not None:
        row["amount_minor"] = to_minor(step.charge, step.currency)
        row["currency"] = step.currency


def _add_words(row: _Values, *words: Personal | None) -> None:
    said = [row["later_words"], *(folded(text_of(each)) for each in words)]
    row["later_words"] = " ".join(filter(None, said))


def _blank(stream: UUID) -> _Values:
    return {"stream": stream, "summary": "", "excerpt": "", "words": "", "later_words": ""}


def _counts(row: _Values) -> bool:
    return not row["is_withdrawn"] and row["moved_to"] is None


def _lost_time(before: _Values, now: _Values) -> bool:
    """Whether the contact may have been the last one, and is so no longer."""
    return _counts(before) and (
        not _counts(now) or bool(now["occurred_at"] < before["occurred_at"])
    )


def _find_last(rows: Rows, streams: Collection[UUID]) -> None:
    """Look up anew when the last contact of these customers was."""
    if not streams:
        return
    c = timeline_entries.c
    last = (
        select(c.occurred_at)
        .where(c.stream == contact_counts.c.stream, ~c.is_withdrawn, c.moved_to.is_(None))
        .order_by(c.occurred_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = select(contact_counts.c.stream, last.label("last")).where(
        contact_counts.c.stream.in_(streams)
    )
    rows.update(
        contact_counts,
        [
            {"stream": row.stream, "last_contact_at": row.last or NEVER}
            for row in rows.select(query)
        ],
    )


def _count(
    rows: Rows,
    registered: Iterable[UUID],
    new: Iterable[_Values],
    changed: Collection[tuple[_Values, _Values]],
) -> None:
    """Add to the counts of customers what came, and take off what no longer counts."""
    counts: dict[UUID, _Values] = {stream: _none_of(stream) for stream in registered}
    for sign, row in chain(((1, row) for row in new), _signed(changed)):
        stream = row["stream"]
        count = counts.get(stream) or counts.setdefault(stream, _none_of(stream))
        if _counts(row):
            count[row["kind"]] += sign
            if sign > 0 and row["occurred_at"] > count["last_contact_at"]:
                count["last_contact_at"] = row["occurred_at"]
    rows.upsert(contact_counts, list(counts.values()), add=KINDS, greatest=["last_contact_at"])
    _find_last(rows, {now["stream"] for was, now in changed if _lost_time(was, now)})


def _signed(changed: Iterable[tuple[_Values, _Values]]) -> Iterator[tuple[int, _Values]]:
    for was, now in changed:
        yield -1, was
        yield 1, now


def _none_of(stream: UUID) -> _Values:
    return {"stream": stream, **_NO_CONTACT}


_NO_CONTACT: _Values = {**dict.fromkeys(KINDS, 0), "last_contact_at": NEVER}


# --- asking ---------------------------------------------------------------------------------------

_SHOWN = tuple(field.name for field in fields(Entry))


def _columns() -> list[Column[Any]]:
    return [timeline_entries.c[name] for name in _SHOWN]


def _entry(row: Row[Any]) -> Entry:
    return Entry(**dict(zip(_SHOWN, row, strict=True)))


def _holds(word: str) -> ColumnElement[bool]:
    c, like = timeline_entries.c, pattern(word)
    return or_(c.words.like(like, escape="\\"), c.later_words.like(like, escape="\\"))


def _told_once(identity: Sequence[UUID]) -> ColumnElement[bool]:
    """Of a contact that moved between streams of this customer, only where it is now."""
    c, other = timeline_entries.c, timeline_entries.alias()
    here = (
        select(other.c.contact_id)
        .where(
            other.c.contact_id == c.contact_id,
            other.c.stream.in_(identity),
            other.c.moved_to.is_(None),
        )
        .exists()
    )
    return or_(c.moved_to.is_(None), and_(c.moved_to.not_in(identity), ~here))
