"""The one place that knows every concrete class, and puts them together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self
from uuid import UUID

from sqlalchemy import Engine, func, select

from adapters import database
from adapters.accesses import Accesses
from adapters.desk import Desk
from adapters.desk.passwords import CHEAP, STRONG
from adapters.event_store import EventLog, Factory, Mapper, known_events
from adapters.keyring import Keyring
from adapters.log.recorder import Clock, now
from adapters.log.tables import events
from adapters.past import Past, past_of
from adapters.settings import Settings
from adapters.settings import load as load_settings
from domain.events import ALL as ALL_EVENTS
from domain.hub import Hub
from projections.engine import Projector
from projections.registry import ALL

Progress = Callable[[int, int], None]

EVENTS = known_events(*ALL_EVENTS)
"""Every event that the log may hold, by stored name."""


@dataclass(frozen=True)
class Rapport:
    """A hub with everything around it. Close it when done; as a context manager it does so itself.

    `engine` is the log's database with full durability, `tables` the same one for reading and for
    folding read models, whose last moments a power failure may take since they are folded again.
    """

    settings: Settings
    engine: Engine
    tables: Engine
    keys_engine: Engine
    keyring: Keyring
    log: EventLog
    hub: Hub
    projector: Projector
    desk: Desk
    accesses: Accesses

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give all connections back."""
        self.hub.close()
        for engine in (self.tables, self.engine, self.keys_engine):
            engine.dispose()

    def events(self) -> int:
        """How many events the log holds."""
        with self.engine.connect() as connection:
            return connection.scalar(select(func.count()).select_from(events)) or 0

    @contextmanager
    def past(
        self, customer_id: UUID, *, true_at: datetime | None, known_at: datetime | None
    ) -> Iterator[Past]:
        """One customer as of a past moment, to be asked with the same queries as today's tables."""
        past = past_of(
            self.log,
            customer_id,
            projections=tuple(self.projector.projections.values()),
            true_at=true_at,
            known_at=known_at,
        )
        try:
            yield past
        finally:
            past.connection.close()

    def hub_at(self, moment: datetime) -> Hub:
        """A hub whose log records as of a past moment, for demonstration data only."""
        log = EventLog(self.engine, self.log.mapper, lambda: moment)
        return Hub(Factory(log), log, self.keyring)

    def load_demo(self, *, seed: int, progress: Progress, until: datetime | None = None) -> None:
        """Fill an empty hub with the story of the demonstration company, ending today."""
        from adapters.demo import load

        load(self, until=until or datetime.now(UTC), seed=seed, progress=progress)


def upgrade(settings: Settings) -> None:
    """Create or bring up to date the tables of log, desk and keys."""
    database.upgrade(settings.keys_url, "keys")
    database.upgrade(settings.database_url, "log")


def build(settings: Settings | None = None, *, clock: Clock = now) -> Rapport:
    """A hub on the databases that the settings name.

    New databases get their tables. On SQLite, where one process does everything, older ones are
    brought up to date too; on PostgreSQL `rapport db upgrade` does that, when the operator says.
    Raises SettingsError, Unusable, Outdated or KeyTrouble, each saying what to do.
    """
    settings = settings or load_settings()
    if settings.is_sqlite or database.current(settings.database_url, "log") is None:
        upgrade(settings)
    database.check(settings.keys_url, "keys")
    database.check(settings.database_url, "log")
    engine = database.connect_log(settings.database_url)
    tables = database.connect_tables(settings.database_url)
    keys_engine = database.connect_keys(settings.keys_url)
    keyring = Keyring(keys_engine, settings.master_key)
    log = EventLog(engine, Mapper(EVENTS, keyring), clock)
    projector = Projector(log, tables, [projection() for projection in ALL])
    projector.create_missing()
    desk = Desk.at(
        engine,
        strength=CHEAP if settings.cheap_passwords else STRONG,
        idle=timedelta(minutes=settings.idle_minutes),
        longest=timedelta(hours=settings.session_hours),
    )
    return Rapport(
        settings=settings,
        engine=engine,
        tables=tables,
        keys_engine=keys_engine,
        keyring=keyring,
        log=log,
        hub=Hub(Factory(log), log, keyring),
        projector=projector,
        desk=desk,
        accesses=Accesses(tables),
    )
