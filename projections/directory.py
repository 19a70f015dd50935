"""Finding a customer by whatever somebody knows: a part of a name, a number, an address.

Every name, address and number of a customer is kept under each of its beginnings (`Johanna`, `ohanna`,
`hanna` …), so that a search for any part of it is a range of an ordinary index, on every database,
in every script, for one letter as for ten.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, Literal, NamedTuple
from uuid import UUID

from msgspec import UNSET
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Index,
    MetaData,
    Row,
    Select,
    SmallInteger,
    String,
    Table,
    Text,
    Uuid,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    tuple_,
    union,
)

from domain.customers.contacts import Contact, Payment, Purchase, Repair
from domain.customers.details import Details
from domain.customers.events import (
    ContactCorrected,
    ContactFiledElsewhere,
    ContactFiledHere,
    ContactWithdrawn,
    CustomerErased,
    DetailsChanged,
    IdentifierAdded,
    IdentifierRetired,
    PaymentLogged,
    PurchaseLogged,
    Registered,
    RepairReceived,
    TellsContact,
)
from domain.customers.identifiers import Identifier
from domain.personal import Personal
from domain.root import Envelope
from projections import links
from projections.projection import Projection
from projections.rows import Rows
from projections.tables import NEVER, Moment, lookup_text
from projections.timeline import KINDS, contact_counts, happened
from projections.words import after_prefix, compact, digits, folded, pattern, tokens

Sort = Literal["name", "last_contact", "registered"]
Cursor = tuple[str, str]
"""Where a page of the list begins: opaque, and safe to write into an address."""

TERM_CHARACTERS = 48
"""What lies further back in a long name is found from a later beginning."""

SHORTEST_NUMBER = 3
"""Of a telephone number at least so many last digits are needed."""

START, WORD, INSIDE, CITY = 0, 1, 2, 3
"""Where in a name, address or number a term begins; a city is looked for beside other words only."""

NAMELESS = "\U0010ffff"
"""Sorts whoever has no name behind all others."""

metadata = MetaData()

# `known_by` is the first identifier ever told, for customers without a name. `words` is what a
# search of several words looks through besides the identifiers.
customers = Table(
    "directory_customers",
    metadata,
    Column("stream", Uuid, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("customer_kind", String(8), nullable=False),
    Column("name", Text, nullable=False),
    Column("known_by", Text, nullable=False),
    Column("city", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("sort_key", lookup_text(), nullable=False),
    Column("registered_at", Moment, nullable=False),
    Column("is_erased", Boolean, nullable=False),
)
Index("ix_directory_customers_name", customers.c.sort_key, customers.c.stream)
Index("ix_directory_customers_registered", customers.c.registered_at, customers.c.stream)

# Identifiers in use. `whole` is the normal form as it is compared.
known_identifiers = Table(
    "directory_identifiers",
    metadata,
    Column("stream", Uuid, primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("system", Text, primary_key=True),
    Column("normal", Text, primary_key=True),
    Column("whole", Text, nullable=False),
    Column("shown", Text, nullable=False),
)

# The key is the whole row: no second copy of it is needed.
terms = Table(
    "directory_terms",
    metadata,
    Column("place", SmallInteger, primary_key=True, autoincrement=False),
    Column("term", lookup_text(), primary_key=True),
    Column("stream", Uuid, primary_key=True),
    Column("kind", String(8), primary_key=True),
    sqlite_with_rowid=False,
)

# Numbers on purchases, payments and repairs: `term` is letters and digits only.
numbers = Table(
    "directory_numbers",
    metadata,
    Column("contact_id", Uuid, primary_key=True),
    Column("stream", Uuid, primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("term", lookup_text(), primary_key=True, index=True),
    Column("shown", Text, nullable=False),
)

_Term = tuple[int, str, str]
_TermRow = tuple[int, str, str, UUID]
_TERM_COLUMNS = ("place", "term", "kind", "stream")
_IN_ORDER = itemgetter(0, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A customer that matches; linked streams are one line, that of the stream registered first.

    `label` is the name, or what a nameless customer is known by. `matched` says by what it was
    found (name, email, phone, number, order, payment, repair, serial) and `shown` is that as it
    was written down. `contact_id` is the purchase, payment or repair that bears the number.
    """

    customer_id: UUID
    label: str
    customer_kind: str
    is_erased: bool
    matched: str
    shown: str
    contact_id: UUID | None
    last_contact_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One line of the list of customers."""

    customer_id: UUID
    label: str
    customer_kind: str
    city: str
    registered_at: datetime
    last_contact_at: datetime | None
    contacts: int
    is_erased: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """Some lines of the list, and the cursor of the next page (None: that was all)."""

    customers: tuple[Listed, ...]
    next_cursor: Cursor | None


class Directory(Projection):
    """The customers with all that they are found by."""

    name, version = "directory", 1
    tables = (customers, known_identifiers, terms, numbers)
    topics = (
        Registered,
        DetailsChanged,
        IdentifierAdded,
        IdentifierRetired,
        CustomerErased,
        PurchaseLogged,
        PaymentLogged,
        RepairReceived,
        ContactCorrected,
        ContactFiledHere,
        ContactWithdrawn,
        ContactFiledElsewhere,
    )

    def fold(self, rows: Rows, batch: Sequence[Envelope]) -> None:
        self._fold_customers(rows, [e for e in batch if e.event.about is None])
        self._fold_numbers(rows, [e for e in batch if e.event.about is not None])

    def _fold_customers(self, rows: Rows, batch: Sequence[Envelope]) -> None:
        cards = _cards(rows, batch)
        before = {stream: (card.terms(), set(card.identifiers)) for stream, card in cards.items()}
        for envelope in batch:
            if isinstance(envelope.event, Registered):
                cards[envelope.stream] = _Card(_begun(envelope, envelope.event))
            if (card := cards.get(envelope.stream)) is not None:
                card.change(envelope)
        gone: list[_TermRow] = []
        new: list[_TermRow] = []
        lost: list[tuple[UUID, str, str, str]] = []
        for stream, card in cards.items():
            had_terms, had_identifiers = before.get(stream, (set[_Term](), set[_Key]()))
            has = card.terms()
            gone += ((*term, stream) for term in had_terms - has)
            new += ((*term, stream) for term in has - had_terms)
            lost += ((stream, *key) for key in had_identifiers - card.identifiers.keys())
        rows.upsert(customers, [card.row for card in cards.values()])
        rows.delete_rows(known_identifiers, lost, ("stream", "kind", "system", "normal"))
        kept = [row for card in cards.values() for row in card.identifiers.values()]
        rows.upsert(known_identifiers, kept)
        rows.delete_rows(terms, gone, _TERM_COLUMNS)
        new.sort(key=_IN_ORDER)  # in the order of the index: fewer pages
        rows.insert(terms, new, _TERM_COLUMNS)

    def _fold_numbers(self, rows: Rows, batch: Sequence[Envelope]) -> None:
        borne: dict[tuple[UUID, UUID], Sequence[tuple[str, str]]] = {}
        for envelope in batch:
            event = envelope.event
            if (contact_id := event.about) is None:
                continue
            contact = event.contact if isinstance(event, TellsContact) else None
            borne[contact_id, envelope.stream] = () if contact is None else _numbers_of(contact)
        kept = rows.fetch(numbers, numbers.c.contact_id, [contact for contact, _ in borne])
        stale = {(row.contact_id, row.stream) for row in kept} & borne.keys()
        rows.delete_rows(numbers, list(stale), ("contact_id", "stream"))
        new = {
            (contact_id, stream, kind, term): shown
            for (contact_id, stream), told in borne.items()
            for kind, shown in told
            for term in _number_terms(shown)
        }
        rows.insert(numbers, [(*key, shown) for key, shown in new.items()], numbers.c.keys())


def find(connection: Connection, text: str, limit: int = 20) -> list[Found]:
    """The customers that match the text, the likeliest first.

    First come exact numbers and addresses, then what starts with the text, then what has a word
    that starts with it, then what has it inside. Several words must all match. A telephone number
    may be typed in any way, or only in part; of an erased customer the numbers on purchases,
    payments and repairs still find it.
    """
    wanted, hits = _wanted(text), dict[UUID, _Hit]()
    _ask(connection, _questions(wanted), hits, enough=limit * _SPARE)
    if wanted.words:  # the rarest one leads: whoever has all of them has that one
        words = sorted(wanted.words, key=lambda word: (_rows_of(connection, word), -len(word)))
        _ask(connection, _with_all(words), hits, enough=limit * _SPARE)
    return _found(connection, list(hits.values()), limit)


def listing(
    connection: Connection,
    *,
    search: str = "",
    sort: Sort = "name",
    descending: bool = False,
    cursor: Cursor | None = None,
    limit: int = 50,
    kind: str | None = None,
) -> ListPage:
    """A page of all customers, in a stable order, a group of linked ones once.

    `kind` is person or firm. A cursor is only good for the same search, sort and direction.
    """
    listed: list[Row[Any]] = []
    while True:
        wanted = limit + 1 - len(listed)
        query = _list_query(connection, search, sort, cursor, kind, descending=descending).limit(
            wanted
        )
        scanned = connection.execute(query).all()
        mains = _mains(connection, [row.stream for row in scanned])
        listed += [row for row in scanned if mains[row.stream] == row.stream]
        more = len(listed) > limit
        if more or len(scanned) < wanted:
            return ListPage(
                customers=tuple(_listed(row) for row in listed[:limit]),
                next_cursor=_cursor(listed[limit - 1], sort) if more else None,
            )
        cursor = _cursor(scanned[-1], sort)


def cursor_of(connection: Connection, customer_id: UUID, sort: Sort) -> Cursor | None:
    """Where a customer stands in the list, to go on from there; None for one who is not in it."""
    query = _list_query(connection, "", sort, None, None, descending=False).where(
        customers.c.stream == customer_id
    )
    row = connection.execute(query).one_or_none()
    return _cursor(row, sort) if row else None


def count(connection: Connection) -> int:
    """How many customers are known, each stream for itself."""
    return connection.execute(select(func.count()).select_from(customers)).scalar_one()


def labels(connection: Connection, streams: Collection[UUID]) -> dict[UUID, str]:
    """What these customers are called, each stream for itself; empty for one who was erased."""
    query = select(customers.c.stream, label().label("called"))
    found = connection.execute(query.where(customers.c.stream.in_(streams)))
    return {row.stream: row.called for row in found}


def label() -> ColumnElement[str]:
    """What a customer is called where one line must do: the name, else the first identifier."""
    return case((customers.c.name != "", customers.c.name), else_=customers.c.known_by)


# --- folding --------------------------------------------------------------------------------------

_Key = tuple[str, str, str]


class _Card:
    """What the directory knows of one customer while a batch is folded."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.row = row
        self.identifiers: dict[_Key, dict[str, Any]] = {}

    def change(self, envelope: Envelope) -> None:
        match envelope.event:
            case Registered(details=details, identifiers=identifiers):
                self._name(details)
                for identifier in identifiers:
                    self._add(identifier)
            case DetailsChanged(details=details):
                self._name(details)
            case IdentifierAdded(identifier=identifier):
                self._add(identifier)
            case IdentifierRetired(identifier=identifier):
                self.identifiers.pop(_key(identifier), None)
            case CustomerErased():
                self.identifiers.clear()
                self.row.update(name="", known_by="", city="", is_erased=True)
        shown = self.row["name"] or self.row["known_by"]
        self.row["words"] = tokens(f"{self.row['name']} {self.row['city']}")
        self.row["sort_key"] = folded(shown) or NAMELESS

    def terms(self) -> set[_Term]:
        """Everything that this customer is found by."""
        found = set(_name_terms(tokens(self.row["name"])))
        found.update((CITY, word, "name") for word in tokens(self.row["city"]).split())
        for identifier in self.identifiers.values():
            found.update(_identifier_terms(identifier["kind"], identifier["whole"]))
        return found

    def _name(self, details: Details) -> None:
        if details.name is not UNSET:
            self.row["name"] = _text(details.name)
        if details.address is not UNSET:
            self.row["city"] = _text(details.address.city if details.address else None)

    def _add(self, identifier: Identifier) -> None:
        kind, system, normal = key = _key(identifier)
        if not normal:
            return  # it belongs to somebody who was forgotten since
        self.row["known_by"] = self.row["known_by"] or identifier.typed.text
        self.identifiers[key] = {
            "stream": self.row["stream"],
            "kind": kind,
            "system": system,
            "normal": normal,
            "whole": _whole(kind, normal),
            "shown": identifier.typed.text,
        }


def _cards(rows: Rows, batch: Sequence[Envelope]) -> dict[UUID, _Card]:
    """The stored state of the customers that the batch changes."""
    begun = {e.stream for e in batch if isinstance(e.event, Registered)}
    streams = {e.stream for e in batch} - begun
    cards = {
        row.stream: _Card(row._asdict())
        for row in rows.fetch(customers, customers.c.stream, streams)
    }
    for row in rows.fetch(known_identifiers, known_identifiers.c.stream, streams):
        cards[row.stream].identifiers[row.kind, row.system, row.normal] = row._asdict()
    return cards


def _begun(envelope: Envelope, event: Registered) -> dict[str, Any]:
    return {
        "stream": envelope.stream,
        "position": envelope.position,
        "customer_kind": event.customer_kind,
        "name": "",
        "known_by": "",
        "city": "",
        "words": "",
        "sort_key": NAMELESS,
        "registered_at": envelope.happened_at,
        "is_erased": False,
    }


def _key(identifier: Identifier) -> _Key:
    return identifier.kind, identifier.system or "", identifier.normal.text


def _text(words: Personal | None | object) -> str:
    return words.text if isinstance(words, Personal) else ""


def _whole(kind: str, normal: str) -> str:
    if kind == "phone":
        return digits(normal)
    return tokens(normal) if kind == "email" else compact(normal)


def _name_terms(name: str) -> Iterator[_Term]:
    """Each beginning inside a name: of the whole, of a word, and inside a word."""
    place = START
    for start, letter in enumerate(name):
        if letter == " ":
            place = WORD
            continue
        yield place, name[start : start + TERM_CHARACTERS], "name"
        place = INSIDE


def _identifier_terms(kind: str, whole: str) -> Iterator[_Term]:
    if not whole:
        return
    yield START, whole[:TERM_CHARACTERS], kind
    if kind == "email":
        for start, letter in enumerate(whole):
            if letter == " ":
                yield WORD, whole[start + 1 : start + 1 + TERM_CHARACTERS], kind
    elif kind == "phone":
        for start in range(1, len(whole) - SHORTEST_NUMBER + 1):
            yield INSIDE, whole[start:], kind
    else:
        yield from ((WORD, tail, kind) for tail in _tail(whole))


def _tail(number: str) -> Iterator[str]:
    """The digits that a number ends with, when letters stand before them: `so12345` → `12345`."""
    tail = re.search(r"\d{4,}$", number)
    if tail is not None and tail.start() > 0:
        yield tail[0][:TERM_CHARACTERS]


def _numbers_of(contact: Contact) -> list[tuple[str, str]]:
    """The kinds and numbers that a contact can be found by, as they were written down."""
    match contact:
        case Purchase():
            told = [("order", contact.number)]
            told += [("serial", serial) for line in contact.lines for serial in line.serials]
        case Payment():
            told = [("payment", contact.number)]
        case Repair():
            told = [("repair", contact.number), ("serial", contact.serial)]
        case _:
            told = []
    return [(kind, number) for kind, number in told if number]


def _number_terms(shown: str) -> Iterator[str]:
    whole = compact(shown)[:TERM_CHARACTERS]
    if whole:
        yield whole
        yield from _tail(whole)


# --- finding --------------------------------------------------------------------------------------

_SPARE = 3
"""So many times the wanted number is looked up, because several hits may be one customer."""

_PLACES = (START, WORD, INSIDE, CITY)

_MANY = 1000
"""Words that are kept more often than this are all alike."""

_NUMBER = re.compile(r"\+?\(?\d[\d\s()/.\-]{5,}\d")
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]*")
_DIALLED = re.compile(r"[\d\s()+/.\-]+")


class _Hit(NamedTuple):
    """A stream that matches, and by what; the contact that bears it, for a number on one."""

    stream: UUID
    kind: str
    term: str
    contact_id: UUID | None = None
    shown: str = ""


class _Wanted(NamedTuple):
    """What somebody looks for, in the forms in which it may be kept.

    `phrases` are forms of the whole text; `words` are its words when there are several, unless
    they are one address; `national` are forms of a number dialled with its country, as it is kept where
    that was not known.
    """

    phrases: tuple[str, ...]
    words: tuple[str, ...] = ()
    national: tuple[str, ...] = ()


def _wanted(text: str) -> _Wanted:
    if _DIALLED.fullmatch(text) and any(c.isdecimal() for c in text):
        return _wanted_number(text)
    words = () if _ADDRESS.fullmatch(text.strip()) else tuple(_words(text))
    phrases = tuple(dict.fromkeys(filter(None, (tokens(text), compact(text)))))
    return _Wanted(phrases, words if len(words) > 1 else ())


def _wanted_number(text: str) -> _Wanted:
    dialled = digits(text)
    forms = tuple(dict.fromkeys(filter(None, (compact(text), dialled, tokens(text)))))
    abroad = text.strip().startswith(("+", "00")) and len(dialled) >= 9
    national = tuple(dialled[n:].lstrip("0") for n in (1, 2, 3)) if abroad else ()
    return _Wanted(forms, national=national)


def _words(text: str) -> list[str]:
    """The words of a search; a telephone number among them is one word, however it is spaced."""
    return [
        *tokens(_NUMBER.sub(" ", text)).split(),
        *(digits(number) for number in _NUMBER.findall(text)),
    ]


def _ask(
    connection: Connection,
    questions: Iterable[Select[Any]],
    hits: dict[UUID, _Hit],
    *,
    enough: int,
) -> None:
    """Add to the hits what the queries find, one after the other, until there are enough."""
    for question in questions:
        if len(hits) >= enough:
            return
        for row in connection.execute(question.limit(enough)):
            hits.setdefault(row.stream, _Hit(*row))


def _questions(wanted: _Wanted) -> Iterator[Select[Any]]:
    """The queries to ask one after the other, the likeliest customers first."""
    phrases = wanted.phrases
    if not phrases:
        return
    yield _in_numbers(numbers.c.term.in_(phrases))
    yield _in_terms(START, terms.c.term.in_((*phrases, *wanted.national)))
    for place in (START, WORD):
        yield from (_in_terms(place, _begins(terms.c.term, phrase)) for phrase in phrases)
    for phrase in phrases:
        if len(phrase) >= SHORTEST_NUMBER:
            yield _in_numbers(_begins(numbers.c.term, phrase))
    if not wanted.words:
        yield from (_in_terms(INSIDE, _begins(terms.c.term, phrase)) for phrase in phrases)


def _rows_of(connection: Connection, word: str) -> int:
    """How often a word is kept, counted only as far as it matters which one is rarer."""
    c = terms.c
    return _some(connection, select(c.stream).where(c.place.in_(_PLACES), _begins(c.term, word)))


def _some(connection: Connection, query: Select[Any]) -> int:
    """The number of rows, or _MANY."""
    some = query.limit(_MANY).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()


def _with_all(words: Sequence[str]) -> Iterator[Select[Any]]:
    """Who has the first of these words in a name, address or number, and the others anywhere."""
    beside = [_occurs(word) for word in words[1:]]
    for place in _PLACES:
        found = _in_terms(place, _begins(terms.c.term, words[0]))
        yield found.join(customers, customers.c.stream == terms.c.stream).where(*beside)


def _in_terms(place: int, condition: ColumnElement[bool]) -> Select[Any]:
    c = terms.c
    return (
        select(c.stream, c.kind, c.term)
        .where(c.place == place, condition)
        .order_by(c.term, c.stream)
    )


def _in_numbers(condition: ColumnElement[bool]) -> Select[Any]:
    c = numbers.c
    return (
        select(c.stream, c.kind, c.term, c.contact_id, c.shown)
        .where(condition)
        .order_by(c.term, c.contact_id)
    )


def _begins(column: ColumnElement[str], prefix: str) -> ColumnElement[bool]:
    prefix = prefix[:TERM_CHARACTERS]
    return and_(column >= prefix, column < after_prefix(prefix))


def _occurs(word: str) -> ColumnElement[bool]:
    """Whether a word is anywhere in the customer's name, city, addresses or numbers."""
    like, c = pattern(word), known_identifiers.c
    known = select(c.stream).where(c.stream == customers.c.stream, c.whole.like(like, escape="\\"))
    return or_(customers.c.words.like(like, escape="\\"), known.exists())


def _found(connection: Connection, hits: Sequence[_Hit], limit: int) -> list[Found]:
    """The customers behind the hits, in the order of the hits."""
    groups = links.identities(connection, [hit.stream for hit in hits])
    members = _members(connection, {stream for group in groups.values() for stream in group})
    shown = _identifiers_shown(connection, hits)
    found: dict[UUID, Found] = {}
    for hit in hits:
        group = [members[stream] for stream in groups[hit.stream] if stream in members]
        if not group or hit.stream not in members:
            continue
        main = min(group, key=_rank)
        if main.stream not in found:
            found[main.stream] = Found(
                customer_id=main.stream,
                label=main.label,
                customer_kind=main.customer_kind,
                is_erased=main.is_erased,
                matched=hit.kind,
                shown=hit.shown or shown.get(hit) or members[hit.stream].label,
                contact_id=hit.contact_id,
                last_contact_at=happened(max(row.last_contact_at for row in group)),
            )
    return list(found.values())[:limit]


def _members(connection: Connection, streams: Collection[UUID]) -> dict[UUID, Row[Any]]:
    query = _lines().where(customers.c.stream.in_(streams))
    return {row.stream: row for row in connection.execute(query)}


def _rank(row: Row[Any]) -> tuple[bool, int]:
    """Of linked customers the one that ranks lowest stands for all."""
    return row.is_erased, row.position


def _identifiers_shown(connection: Connection, hits: Sequence[_Hit]) -> dict[_Hit, str]:
    """For hits by address or number, that as it was typed."""
    c = known_identifiers.c
    wanted = [hit for hit in hits if hit.kind in ("email", "phone", "number")]
    query = select(c.stream, c.kind, c.whole, c.shown).where(
        c.stream.in_([hit.stream for hit in wanted])
    )
    by_stream: defaultdict[tuple[UUID, str], list[tuple[str, str]]] = defaultdict(list)
    for stream, kind, whole, shown in connection.execute(query):
        by_stream[stream, kind].append((whole, shown))
    return {
        hit: shown
        for hit in wanted
        for whole, shown in by_stream[hit.stream, hit.kind]
        if hit.term in whole
    }


# --- listing --------------------------------------------------------------------------------------


def _lines() -> Select[Any]:
    """Customers with what is shown of them in a line."""
    c, counts = customers.c, contact_counts.c
    total = sum((counts[kind] for kind in KINDS[1:]), start=counts[KINDS[0]])
    return select(
        c.stream,
        c.position,
        label().label("label"),
        c.customer_kind,
        c.city,
        c.sort_key,
        c.registered_at,
        c.is_erased,
        func.coalesce(counts.last_contact_at, literal(NEVER, Moment)).label("last_contact_at"),
        func.coalesce(total, 0).label("contacts"),
    ).outerjoin_from(customers, contact_counts, counts.stream == c.stream)


def _list_query(
    connection: Connection,
    search: str,
    sort: Sort,
    cursor: Cursor | None,
    kind: str | None,
    *,
    descending: bool,
) -> Select[Any]:
    order, stream = _order(sort)
    query = _lines()
    if sort == "last_contact":  # in the order of its index, and not of all customers
        query = query.where(contact_counts.c.stream.is_not(None))
    if kind is not None:
        query = query.where(customers.c.customer_kind == kind)
    for condition in _matching(connection, search):
        query = query.where(condition)
    if cursor is not None:
        here, last = tuple_(order, stream), _place(cursor, sort)
        query = query.where(here < last if descending else here > last)
    if descending:
        return query.order_by(order.desc(), stream.desc())
    return query.order_by(order, stream)


def _order(sort: Sort) -> tuple[Column[Any], Column[Any]]:
    if sort == "last_contact":
        return contact_counts.c.last_contact_at, contact_counts.c.stream
    order = customers.c.sort_key if sort == "name" else customers.c.registered_at
    return order, customers.c.stream


def _place(cursor: Cursor, sort: Sort) -> Any:
    value, stream = cursor
    last = literal(value, Text()) if sort == "name" else literal(_moment(value), Moment)
    return tuple_(last, literal(UUID(stream), Uuid()))


def _cursor(row: Row[Any], sort: Sort) -> Cursor:
    if sort == "name":
        return row.sort_key, row.stream.hex
    moment = row.last_contact_at if sort == "last_contact" else row.registered_at
    return moment.isoformat(), row.stream.hex


def _moment(value: str) -> datetime:
    return datetime.fromisoformat(value)


def _matching(connection: Connection, search: str) -> list[ColumnElement[bool]]:
    """What must hold of a customer that matches all words of a search."""
    if _DIALLED.fullmatch(search):
        forms = [_wanted_number(search).phrases]
    else:
        forms = [(word,) for word in _words(search)]
    return [or_(*(_has(connection, word) for word in words)) for words in forms if words]


def _has(connection: Connection, word: str) -> ColumnElement[bool]:
    """Whether a customer has the word: looked up where it is rare, else tried one by one.

    What begins the numbers of very many purchases does not tell customers apart and is left out.
    """
    if _rows_of(connection, word) >= _MANY:
        return _occurs(word)
    by_term = select(terms.c.stream).where(terms.c.place.in_(_PLACES), _begins(terms.c.term, word))
    by_number = select(numbers.c.stream).where(_begins(numbers.c.term, word))
    if _some(connection, by_number) >= _MANY:
        return customers.c.stream.in_(by_term)
    return customers.c.stream.in_(union(by_term, by_number))


def _mains(connection: Connection, streams: Sequence[UUID]) -> dict[UUID, UUID]:
    """For each of these streams the one that stands for all that are linked with it."""
    groups = links.identities(connection, streams)
    linked = {stream for group in groups.values() if len(group) > 1 for stream in group}
    members = _members(connection, linked) if linked else {}
    mains = {stream: stream for stream in streams}
    for stream, group in groups.items():
        known = [members[each] for each in group if each in members]
        if known:
            mains[stream] = min(known, key=_rank).stream
    return mains


def _listed(row: Row[Any]) -> Listed:
    return Listed(
        customer_id=row.stream,
        label=row.label,
        customer_kind=row.customer_kind,
        city=row.city,
        registered_at=row.registered_at,
        last_contact_at=happened(row.last_contact_at),
        contacts=row.contacts,
        is_erased=row.is_erased,
    )
