"""The same folds, stopped at a moment: in what was known then, or in what was true then.

The tables are folded into a scratch SQLite database, of which the same questions can be asked
as of the live ones.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine, NullPool, create_engine

from domain.root import Envelope, Unreadable
from projections import generations
from projections.folding import Log, Page
from projections.projection import Projection
from projections.rows import Rows
from projections.statements import TableSet

PAGE = 5_000


Model = tuple[Projection, TableSet]


class Scratch(NamedTuple):
    """Where a scratch database comes from, and the models that it has tables for."""

    engine: Engine
    models: Sequence[Model]


class CannotFold(Exception):
    """An event up to the moment asked for cannot be read, so no true answer can be given."""


def fold(projections: Sequence[Projection], events: Iterable[Envelope | Unreadable]) -> Connection:
    """A database in memory with the tables of these models, folded from the events of a few
    streams, by position. Closing the connection ends it. Raises CannotFold.
    """
    scratch = _scratch(tuple(projections))
    connection = scratch.engine.connect()
    try:
        _fold(connection, scratch.models, list(events))
    except BaseException:
        connection.close()
        raise
    return connection


def known_at(
    events: Iterable[Envelope | Unreadable], moment: datetime
) -> Iterator[Envelope | Unreadable]:
    """What had been recorded by then: a beginning of the log, as that only goes forward."""
    return takewhile(lambda each: _known(each, moment), events)


def true_at(
    events: Sequence[Envelope | Unreadable], moment: datetime
) -> list[Envelope | Unreadable]:
    """What had happened by then, as we know it today, corrections included."""
    later = contacts_after(events, moment)
    return [each for each in events if happened_by(each, moment, later)]


def contacts_after(events: Iterable[Envelope | Unreadable], moment: datetime) -> set[UUID]:
    """The contacts that, by the last telling of them, happened after the moment."""
    later: set[UUID] = set()
    for each in events:
        if isinstance(each, Unreadable) or not each.event.tells_contact:
            continue
        if (contact := each.event.about) is not None:
            if each.happened_at > moment:
                later.add(contact)
            else:
                later.discard(contact)
    return later


def happened_by(envelope: Envelope | Unreadable, moment: datetime, later: set[UUID]) -> bool:
    """Whether the event counts at the moment; `later` is what `contacts_after` gave.

    A contact counts by its last telling, whatever was said of it earlier. What was so all along
    counts whenever we learnt of it. Anything else counts from when it happened, and where that
    was not told, from when it was recorded.
    """
    if isinstance(envelope, Unreadable):
        return True  # nothing shows that it does not count, so folding it says what is wrong
    event = envelope.event
    if event.about is not None and event.about in later:
        return False
    if event.tells_contact or event.is_timeless:
        return True
    return envelope.happened_at <= moment


@contextmanager
def population(
    projection: Projection,
    log: Log,
    *,
    position: int | None = None,
    known: datetime | None = None,
    true: datetime | None = None,
) -> Iterator[Connection]:
    """A whole read model as of a position, of what was known, or of what was true at a moment.

    It lies in a file that is removed at the end; memory does not grow with the log. Raises
    CannotFold.
    """
    upto = log.head() if position is None else min(position, log.head())
    later = set() if true is None else contacts_after(_all(log, upto, known), true)
    with TemporaryDirectory(prefix="rapport-as-of-") as folder:
        engine = _in_file(Path(folder) / "as-of.db")
        try:
            with engine.connect() as connection:
                models = _create(connection, (projection,))
                for page in _pages(log, upto, known):
                    _fold(connection, models, page if true is None else _by(page, true, later))
                    connection.commit()
                yield connection
        finally:
            engine.dispose()


def _pages(log: Log, upto: int, known: datetime | None) -> Iterator[Page]:
    after = 0
    while page := log.page(after, upto, PAGE):
        before = page if known is None else list(known_at(page, known))
        yield before
        if len(before) < len(page):
            return
        after = page[-1].position or upto


def _all(log: Log, upto: int, known: datetime | None) -> Iterator[Envelope | Unreadable]:
    for page in _pages(log, upto, known):
        yield from page


def _by(page: Page, moment: datetime, later: set[UUID]) -> Page:
    return [each for each in page if happened_by(each, moment, later)]


def _known(envelope: Envelope | Unreadable, moment: datetime) -> bool:
    if isinstance(envelope, Unreadable):
        return True  # it bears no time; the next event that does draws the line
    return envelope.recorded_at is not None and envelope.recorded_at <= moment


def _fold(connection: Connection, models: Sequence[Model], page: Page) -> None:
    for each in page:
        if isinstance(each, Unreadable):
            raise CannotFold(
                f"{each.topic} at position {each.position} cannot be read ({each.problem}), so it "
                "is not known what was so on that day."
            )
    readable = [each for each in page if isinstance(each, Envelope)]
    for projection, tables in models:
        if batch := projection.wants(readable):
            projection.fold(Rows(connection, tables), batch)


@lru_cache(maxsize=32)
def _scratch(projections: tuple[Projection, ...]) -> Scratch:
    """An engine that gives each connection a database of its own, with empty tables.

    Creating tables takes longer than folding a customer, so it is done once and copied.
    """
    template = sqlite3.connect(":memory:")
    engine = create_engine("sqlite://", creator=lambda: template, poolclass=NullPool)
    with engine.connect() as connection:
        models = _create(connection, projections)
        connection.commit()
        image = template.serialize()

    def copy() -> sqlite3.Connection:
        database = sqlite3.connect(":memory:", check_same_thread=False)
        database.deserialize(image)
        return database

    return Scratch(create_engine("sqlite://", creator=copy, poolclass=NullPool), models)


def _in_file(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode = OFF")
    return engine


def _create(connection: Connection, projections: Iterable[Projection]) -> list[Model]:
    models: list[Model] = []
    for projection in projections:
        tables = generations.tables_of(projection, generations.first_of(projection))
        projection.create(connection, tables.tables.values())
        models.append((projection, tables))
    return models
