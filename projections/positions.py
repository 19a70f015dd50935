"""Where each read model stands: its generations, their positions, and what is parked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Engine,
    Index,
    Integer,
    MetaData,
    RootTransaction,
    String,
    Table,
    Text,
    Uuid,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)

State = Literal["live", "building", "old"]

metadata = MetaData()

projections = Table(
    "projections",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("state", String(10), nullable=False),
    Column("tables", Text, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
)
"""One row for each generation of each read model; exactly one of them is live."""

parked = Table(
    "parked",
    metadata,
    Column("projection", String(100), primary_key=True),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("stream", Uuid, nullable=False),
    Column("topic", String(200), nullable=False),
    Column("error", Text, nullable=False),
    Column("first_seen", DateTime(timezone=True), nullable=False),
    Index("ix_parked_stream", "projection", "generation", "stream"),
)
"""Events that a read model could not fold, and the later ones of the same streams."""

_ADVISORY_LOCK = 0x52_41_50_50_4F_52_54  # PostgreSQL's lock for whoever creates or switches tables


@dataclass(frozen=True, kw_only=True)
class Generation:
    """One set of tables of a read model, folded up to and including `position`.

    `tables` are their live names, as declared by the version that created them.
    """

    name: str
    number: int
    version: int
    position: int
    state: State
    tables: tuple[str, ...]

    @property
    def suffix(self) -> str:
        """What the names of its tables end in: the live ones bear their plain names."""
        return suffix(self.number, self.state)


def suffix(number: int, state: State) -> str:
    """What the names of a generation's tables end in while it is in this state."""
    return {"live": "", "building": f"__g{number}", "old": f"__old{number}"}[state]


@dataclass(frozen=True, kw_only=True)
class ParkedEvent:
    """An event that waits until somebody has seen to the cause and tries again."""

    projection: str
    position: int
    stream: UUID
    topic: str
    error: str
    first_seen: datetime


@contextmanager
def begin(engine: Engine) -> Iterator[tuple[Connection, RootTransaction]]:
    """A transaction that writes; the engine begins it IMMEDIATE on SQLite when asked so."""
    with (
        engine.connect().execution_options(immediate=True) as connection,
        connection.begin() as transaction,
    ):
        yield connection, transaction


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """As `begin`, for those who commit in any case."""
    with begin(engine) as (connection, _):
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction whose queries all see the same moment."""
    level = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with engine.connect().execution_options(**level) as connection, connection.begin():
        yield connection


def exclude_others(connection: Connection) -> None:
    """Be the only one who creates, switches or drops tables, until the transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_ADVISORY_LOCK)))


def generations(connection: Connection) -> list[Generation]:
    """All generations, by name and number."""
    found = connection.execute(
        select(projections).order_by(projections.c.name, projections.c.generation)
    )
    return [
        Generation(
            name=row.name,
            number=row.generation,
            version=row.version,
            position=row.position,
            state=row.state,
            tables=tuple(row.tables.split()),
        )
        for row in found
    ]


def add(connection: Connection, generation: Generation) -> None:
    """Record a new generation."""
    connection.execute(
        insert(projections).values(
            name=generation.name,
            generation=generation.number,
            version=generation.version,
            position=generation.position,
            state=generation.state,
            tables=" ".join(generation.tables),
            updated_at=datetime.now(UTC),
        )
    )


def hold(connection: Connection, name: str) -> list[Generation]:
    """The generations of one model, which nobody else can move until the transaction ends."""
    connection.execute(
        select(projections.c.name).where(projections.c.name == name).with_for_update()
    )
    return [generation for generation in generations(connection) if generation.name == name]


def set_state(connection: Connection, generation: Generation, state: State) -> None:
    """Record that a generation's tables now have the names of another state."""
    connection.execute(update(projections).where(*_is(generation)).values(state=state))


def remove(connection: Connection, generation: Generation) -> None:
    """Forget a generation, and what was parked in it."""
    connection.execute(delete(projections).where(*_is(generation)))
    connection.execute(
        delete(parked).where(
            parked.c.projection == generation.name, parked.c.generation == generation.number
        )
    )


def advance(connection: Connection, moved: Sequence[Generation], position: int) -> bool:
    """Move generations that all stand at one position to the next; False if one was moved already.

    Comes before the fold: of two workers on one page the second waits here for the first one's
    commit, then finds the position changed. The rows are locked in one order, whoever asks.
    """
    mine = (
        select(projections.c.name, projections.c.generation)
        .where(
            tuple_(projections.c.name, projections.c.generation).in_(
                [(generation.name, generation.number) for generation in moved]
            ),
            projections.c.position == moved[0].position,
            projections.c.state == moved[0].state,
        )
        .order_by(projections.c.name, projections.c.generation)
        .with_for_update()
    )
    changed = connection.execute(
        update(projections)
        .where(tuple_(projections.c.name, projections.c.generation).in_(mine))
        .values(position=position, updated_at=datetime.now(UTC))
    )
    return changed.rowcount == len(moved)


def park(connection: Connection, generation: Generation, events: Iterable[ParkedEvent]) -> None:
    """Keep events aside, in the transaction that moves the position past them."""
    rows = [
        {
            "projection": event.projection,
            "generation": generation.number,
            "position": event.position,
            "stream": event.stream,
            "topic": event.topic,
            "error": event.error,
            "first_seen": event.first_seen,
        }
        for event in events
    ]
    if rows:
        connection.execute(insert(parked), rows)


def parked_streams(connection: Connection) -> defaultdict[tuple[str, int], set[UUID]]:
    """The streams that have something parked, by name and number of the generation."""
    streams: defaultdict[tuple[str, int], set[UUID]] = defaultdict(set)
    for name, number, stream in connection.execute(
        select(parked.c.projection, parked.c.generation, parked.c.stream).distinct()
    ):
        streams[name, number].add(stream)
    return streams


def parked_counts(connection: Connection) -> dict[tuple[str, int], int]:
    """How many events are parked, by name and number of the generation."""
    by = (parked.c.projection, parked.c.generation)
    found = connection.execute(select(*by, func.count()).group_by(*by))
    return {(name, number): count for name, number, count in found}


def parked_events(connection: Connection, *, stream: UUID | None = None) -> list[ParkedEvent]:
    """What is parked in live read models, of all streams or of one, by model and position."""
    query = (
        select(parked)
        .join(
            projections,
            (projections.c.name == parked.c.projection)
            & (projections.c.generation == parked.c.generation),
        )
        .where(projections.c.state == "live")
        .order_by(parked.c.projection, parked.c.position)
    )
    if stream is not None:
        query = query.where(parked.c.stream == stream)
    return [
        ParkedEvent(
            projection=row.projection,
            position=row.position,
            stream=row.stream,
            topic=row.topic,
            error=row.error,
            first_seen=row.first_seen.replace(tzinfo=row.first_seen.tzinfo or UTC),
        )
        for row in connection.execute(query)
    ]


def unpark(connection: Connection, generation: Generation, stream: UUID) -> None:
    """Remove what is parked of a stream, in the transaction that has folded it."""
    connection.execute(
        delete(parked).where(
            parked.c.projection == generation.name,
            parked.c.generation == generation.number,
            parked.c.stream == stream,
        )
    )


def _is(generation: Generation) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return projections.c.name == generation.name, projections.c.generation == generation.number
