"""Setups that break a promise: the drills must find them out, or they would find nothing."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from uuid import UUID

import pytest
from eventsourcing.persistence import PersistenceError
from sqlalchemy import URL, Connection, Engine

from adapters import database, scheduler, sqlite
from adapters.wiring import Rapport
from domain.errors import Busy
from domain.root import Act, Envelope
from projections import folding, positions
from projections.folding import Held, Page, Target
from tests.faults.deeds import FEW, OPEN, Deed, Say, deeds, do, log_until_it_fails
from tests.faults.kit import Premises
from tests.scenario import AGENT


def too_early(say: Say, premises: Premises, run: int) -> None:
    """A contact is acknowledged before it has been recorded."""
    _too_early(say, premises, deeds(run, random.Random(run)))


def a_few_too_early(say: Say, premises: Premises, run: int) -> None:
    """As `too_early`, for a short while."""
    _too_early(say, premises, islice(deeds(run, random.Random(FEW)), 4))


def _too_early(say: Say, premises: Premises, some: Iterable[Deed]) -> None:
    with premises.open() as rapport:
        say(OPEN, 0)
        for deed, command in some:
            say(deed, rapport.log.head() + int(deed.rpartition("/")[2]))
            do(rapport, deed, command)


def a_few_errors_unheard(say: Say, premises: Premises, run: int) -> None:
    """An error of the disk is not told to the caller."""
    with premises.open() as rapport:
        for deed, command in islice(deeds(run, random.Random(FEW)), 4):
            try:
                say(deed, do(rapport, deed, command))
            except PersistenceError:
                say(deed, rapport.log.head() + int(deed.rpartition("/")[2]))


def sync_the_log_less(synchronous: str) -> None:
    """Open SQLite's connections of this process with less than FULL; the log must then lose."""
    connect = sqlite.connect

    def less(url: URL, **settings: Any) -> Engine:
        if settings["journal"] == "WAL":
            settings["synchronous"] = synchronous
        return connect(url, **settings)

    sqlite.connect = less
    sqlite.assert_full_wal = _unchecked


def log_without_waiting_until_it_fails(say: Say, premises: Premises, run: int) -> None:
    """PostgreSQL acknowledges what it has not written to the disk yet."""
    database.connect_log = database.connect_tables
    log_until_it_fails(say, premises, run)


def deliver_without_reference(say: Say, premises: Premises, messages: Sequence[Deed]) -> None:
    """The source's own reference for a message is not recorded with it."""
    with premises.open() as rapport:
        say(OPEN, 0)
        for deed, command in messages:
            act = Act(by=AGENT, at=datetime.now(UTC), correlation=deed)
            with suppress(Busy):
                rapport.hub.handle(command, act)


def rebuild_in_place(say: Say, premises: Premises, run: int) -> None:
    """Read models are emptied and filled again while they are read."""
    with premises.open() as rapport:
        say(OPEN, 0)
        while True:
            for projection in rapport.projector.projections.values():
                with positions.writing(rapport.tables) as connection:
                    for table in projection.tables:
                        connection.execute(table.delete())
                    of_it = positions.projections.c.name == projection.name
                    connection.execute(
                        positions.projections.update().where(of_it).values(position=0)
                    )
            rapport.projector.catch_up()
            say(f"{run}-rebuilt", 0)


def fold_without_parking(patch: pytest.MonkeyPatch) -> None:
    """What cannot be read is passed over in silence."""
    fold = folding.fold

    def readable_only(
        connection: Connection, target: Target, page: Page, waiting: set[UUID], *, carefully: bool
    ) -> list[Held]:
        page = [each for each in page if isinstance(each, Envelope)]
        return fold(connection, target, page, waiting, carefully=carefully)

    patch.setattr(folding, "fold", readable_only)


def _unchecked(engine: Engine) -> None:
    """Whatever the engine does is taken for safe."""


def lead_without_asking(patch: pytest.MonkeyPatch) -> None:
    """Every scheduler takes itself for the only one."""

    @contextmanager
    def me(_: Rapport) -> Iterator[Callable[[], bool]]:
        yield lambda: True

    patch.setattr(scheduler, "_only_one", me)
