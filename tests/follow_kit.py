"""A small business to be followed: its events, a real log of them, and one read model of them."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID, uuid5

import msgspec
from hypothesis import strategies as st
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    Uuid,
    func,
    insert,
    select,
)

from adapters.database import connect_tables
from domain.root import Envelope, Event, Unreadable
from projections import positions
from projections.engine import Projection, Projector, Rows, create_missing
from projections.tables import Moment

START = datetime(2026, 1, 1, 9, tzinfo=UTC)
SPACE = UUID("6d2f4c3e-0d0c-4c2b-9d52-6c1f3f1f1d10")
STAFF = uuid5(SPACE, "staff")


def customer(number: int) -> UUID:
    return uuid5(SPACE, f"customer {number}")


def contact(number: int) -> UUID:
    return uuid5(SPACE, f"contact {number}")


# --- what happens ------------------------------------------------------------------------------


class Bought(Event, frozen=True, kw_only=True):
    TOPIC = "shop.bought"
    contact_id: UUID
    cents: int

    @property
    def about(self) -> UUID | None:
        return self.contact_id

    @property
    def tells_contact(self) -> bool:
        return True


class Corrected(Bought, frozen=True, kw_only=True):
    TOPIC = "shop.corrected"


class Withdrawn(Event, frozen=True, kw_only=True):
    TOPIC = "shop.withdrawn"
    contact_id: UUID

    @property
    def about(self) -> UUID | None:
        return self.contact_id


class Moved(Event, frozen=True, kw_only=True):
    """The customer moved house; the read model of purchases does not care."""

    TOPIC = "shop.moved"
    town: str


class Erased(Event, frozen=True, kw_only=True):
    TOPIC = "shop.erased"


TOPICS: dict[str, type[Event]] = {
    kind.TOPIC: kind for kind in (Bought, Corrected, Withdrawn, Moved, Erased)
}

# --- the log -----------------------------------------------------------------------------------

_metadata = MetaData()
_events = Table(
    "shop_log",
    _metadata,
    Column("position", Integer, primary_key=True),
    Column("stream", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("topic", String(50), nullable=False),
    Column("content", Text, nullable=False),
    sqlite_autoincrement=True,
)

Told = tuple[int, Event]
"""The number of a customer, and what happened to it."""


class ShopLog:
    """A real table of events; one is recorded each minute."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def create(self) -> None:
        with positions.writing(self.engine) as connection:
            _metadata.create_all(connection)

    def append(self, told: Iterable[Told]) -> int:
        """Record what happened, in one transaction; returns the position of the last event."""
        with positions.writing(self.engine) as connection:
            return self._insert(
                connection,
                [
                    (customer(number), event.TOPIC, msgspec.json.encode(event).decode())
                    for number, event in told
                ],
            )

    def append_stored(self, number: int, topic: str, content: str) -> int:
        """Record bytes that this version of the program cannot read."""
        with positions.writing(self.engine) as connection:
            return self._insert(connection, [(customer(number), topic, content)])

    def head(self) -> int:
        with self.engine.connect() as connection:
            return connection.scalar(select(func.max(_events.c.position))) or 0

    def page(self, after: int, upto: int, limit: int) -> list[Envelope | Unreadable]:
        query = (
            select(_events)
            .where(_events.c.position > after, _events.c.position <= upto)
            .order_by(_events.c.position)
            .limit(limit)
        )
        with self.engine.connect() as connection:
            return [_read(row) for row in connection.execute(query)]

    def streams(
        self, ids: Collection[UUID], upto: int | None = None
    ) -> Iterator[Envelope | Unreadable]:
        upto = self.head() if upto is None else upto
        for each in self.page(0, upto, upto):
            if each.originator_id in ids:
                yield each

    def wait(self, after: int, timeout: float) -> int:
        deadline = time.monotonic() + timeout
        while (head := self.head()) <= after and time.monotonic() < deadline:
            time.sleep(0.005)
        return head

    def _insert(self, connection: Connection, rows: Sequence[tuple[UUID, str, str]]) -> int:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("LOCK TABLE shop_log IN EXCLUSIVE MODE")
        if rows:
            connection.execute(
                insert(_events),
                [
                    {"stream": stream, "version": 1, "topic": topic, "content": content}
                    for stream, topic, content in rows
                ],
            )
        return connection.scalar(select(func.max(_events.c.position))) or 0


def _read(row: Any) -> Envelope | Unreadable:
    kind = TOPICS.get(row.topic)
    if kind is None:
        return _unreadable(row, "this version knows no such topic")
    try:
        event = msgspec.json.decode(row.content, type=kind)
    except ValueError as error:
        return _unreadable(row, str(error))
    return Envelope(
        originator_id=row.stream,
        originator_version=row.version,
        event=event,
        by=STAFF,
        position=row.position,
        recorded_at=START + timedelta(minutes=row.position),
    )


def _unreadable(row: Any, problem: str) -> Unreadable:
    return Unreadable(
        originator_id=row.stream,
        originator_version=row.version,
        position=row.position,
        topic=row.topic,
        problem=problem,
    )


# --- a read model --------------------------------------------------------------------------------

shop = MetaData()
purchases = Table(
    "purchases",
    shop,
    Column("contact_id", Uuid, primary_key=True),
    Column("stream", Uuid, nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("withdrawn", Boolean, nullable=False),
    Column("occurred_at", Moment),
    Index("ix_purchases_stream", "stream"),
)
spending = Table(
    "spending",
    shop,
    Column("stream", Uuid, primary_key=True),
    Column("events", Integer, nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("largest", BigInteger),
    Column("first_position", BigInteger, nullable=False),
    Column("last_position", BigInteger, nullable=False),
)


class Purchases(Projection):
    """What each customer bought: a row for each purchase, and what comes out of them."""

    name, version = "purchases", 1
    tables: ClassVar[tuple[Table, ...]] = (purchases, spending)
    topics = (Bought, Corrected, Withdrawn, Erased)

    def fold(self, rows: Rows, batch: Sequence[Envelope]) -> None:
        start = 0
        for index, envelope in enumerate(batch):  # what is erased is gone before what comes later
            if isinstance(envelope.event, Erased):
                self._fold(rows, batch[start:index])
                start = index + 1
                rows.delete(purchases, purchases.c.stream, [envelope.stream])
                rows.delete(spending, spending.c.stream, [envelope.stream])
        self._fold(rows, batch[start:])

    def _fold(self, rows: Rows, batch: Sequence[Envelope]) -> None:
        ids = {each.event.about for each in batch}
        known: dict[UUID, Mapping[str, Any]] = {
            row.contact_id: row._asdict()
            for row in rows.fetch(purchases, purchases.c.contact_id, ids)
        }
        before = {key: row["cents"] for key, row in known.items() if not row["withdrawn"]}
        owners = {key: row["stream"] for key, row in known.items()}
        changed: dict[UUID, Mapping[str, Any]] = {}
        totals: defaultdict[UUID, list[int]] = defaultdict(lambda: [0, 0])
        seen: list[dict[str, Any]] = []
        for each in batch:
            self._refuse(each)
            event = each.event
            cents: int | None = None
            match event:
                case Bought(contact_id=key):
                    cents = event.cents
                    owner = owners.setdefault(key, each.stream)
                    row = {
                        "contact_id": key,
                        "stream": owner,
                        "cents": cents,
                        "withdrawn": False,
                        "occurred_at": event.occurred_at,
                    }
                case Withdrawn(contact_id=key) if key in owners:
                    owner = owners[key]
                    row = {**(changed.get(key) or known[key]), "withdrawn": True}
                case _:
                    continue
            changed[key] = row
            amount = 0 if row["withdrawn"] else row["cents"]
            seen.append(
                {
                    "stream": owner,
                    "events": 1,
                    "cents": amount - before.get(key, 0),
                    "largest": cents,
                    "first_position": each.position,
                    "last_position": each.position,
                }
            )
            before[key] = amount
            totals[owner][0] += 1
        rows.upsert(purchases, list(changed.values()))
        rows.upsert(
            spending,
            seen,
            add=["events", "cents"],
            greatest=["largest", "last_position"],
            least=["first_position"],
        )

    def _refuse(self, envelope: Envelope) -> None:
        """A broken fold, for the tests that need one."""


class Brittle(Purchases):
    """The same, but it fails on a purchase of this many cents."""

    cents: int | None = 666

    def _refuse(self, envelope: Envelope) -> None:
        if isinstance(envelope.event, Bought) and envelope.event.cents == self.cents:
            raise ArithmeticError("Anna's purchase is a number of the beast")


# --- following it ------------------------------------------------------------------------------


@contextmanager
def opened(
    url: str, *projections: Projection, page: int = 100
) -> Iterator[tuple[ShopLog, Projector]]:
    """A log and its projector, on a database that may be there already."""
    engine = connect_tables(url)
    try:
        log = ShopLog(engine)
        log.create()
        models = projections or (Purchases(),)
        create_missing(engine, models)
        yield log, Projector(log, engine, models, page=page)
    finally:
        engine.dispose()


def rows_of(connection: Connection, *tables: Table) -> list[list[Any]]:
    """All rows of the tables, by key."""
    return [
        [
            tuple(row)
            for row in connection.execute(select(table).order_by(*table.primary_key.columns))
        ]
        for table in tables or (purchases, spending)
    ]


def rows_in(engine: Engine) -> list[list[Any]]:
    with engine.connect() as connection:
        return rows_of(connection)


def bought(number: int, cents: int = 100, *, on: datetime | None = None) -> Bought:
    return Bought(contact_id=contact(number), cents=cents, occurred_at=on)


def ordinary(count: int, *, customers: int = 7, first: int = 0) -> list[Told]:
    """Purchases of several customers, some of them corrected or withdrawn."""
    told: list[Told] = []
    for number in range(first, first + count):
        who = number % customers
        told.append((who, bought(number, 100 + number)))
        if number % 5 == 0:
            told.append((who, Corrected(contact_id=contact(number), cents=50)))
        if number % 11 == 0:
            told.append((who, Withdrawn(contact_id=contact(number))))
        if number % 13 == 0:
            told.append((who, Moved(town="Ulm")))
    return told


def _told(customers: int = 3, contacts: int = 4) -> st.SearchStrategy[Told]:
    """Anything happening to anybody; a contact belongs to the customer of its number."""
    days = st.none() | st.integers(0, 20).map(lambda day: START + timedelta(days=day))
    one = st.integers(0, customers * contacts - 1)
    cents = st.integers(-5_000, 5_000)
    event = st.one_of(
        st.builds(
            lambda n, c, d: (n, Bought(contact_id=contact(n), cents=c, occurred_at=d)),
            one,
            cents,
            days,
        ),
        st.builds(
            lambda n, c, d: (n, Corrected(contact_id=contact(n), cents=c, occurred_at=d)),
            one,
            cents,
            days,
        ),
        st.builds(lambda n: (n, Withdrawn(contact_id=contact(n))), one),
        st.builds(lambda n: (n, Moved(town="Ulm")), one),
        st.builds(lambda n: (n, Erased()), one),
    )
    return event.map(lambda pair: (pair[0] % customers, pair[1]))


histories = st.lists(_told(), max_size=40)
