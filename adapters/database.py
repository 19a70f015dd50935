"""The databases: how each is opened, and brought to the schema that this version expects."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

import migrations
from adapters import sqlite
from adapters.sqlite import Unusable

__all__ = [
    "Outdated",
    "Unusable",
    "check",
    "checkpoint",
    "connect_keys",
    "connect_log",
    "connect_tables",
    "current",
    "upgrade",
    "writing",
]

Schema = Literal["log", "keys"]
"""The two databases: the log with what is folded from it, and, apart from it, the keys."""

UPGRADE_SECONDS = 120.0
"""How long an upgrade waits for another process that is upgrading the same database."""

_ADVISORY_LOCK = 0x526170706F7274  # "Rapport" in ASCII: whoever upgrades holds it
_log = logging.getLogger(__name__)


class Outdated(Exception):
    """The schema of a database is not the one that this version works with."""


def connect_log(url: str | URL) -> Engine:
    """Open the database of the log, in which what was acknowledged survives a power failure.

    Raises Unusable when the database or the environment is set up so that this cannot be kept.
    """
    if os.environ.get("POSTGRES_ENABLE_DB_FUNCTIONS"):
        raise Unusable(
            "POSTGRES_ENABLE_DB_FUNCTIONS is set. With it readers of the log miss events and apply "
            "others twice: remove it from the environment."
        )
    url = make_url(url)
    if url.get_backend_name() == "sqlite":
        engine = sqlite.connect(url, synchronous="FULL", journal="WAL")
        return _checked(engine, sqlite.assert_full_wal)
    return _checked(_connect_postgres(url), _refuse_unsafe_postgres)


def connect_tables(url: str | URL) -> Engine:
    """Open the same database for the read models, which can be folded again: faster commits."""
    url = make_url(url)
    if url.get_backend_name() == "sqlite":
        return sqlite.connect(url, synchronous="NORMAL", journal="WAL")
    return _connect_postgres(url, "-c synchronous_commit=off")


def connect_keys(url: str | URL) -> Engine:
    """Open the key database. Each commit is on disk before the words that need the key are written.

    SQLite keeps no write-ahead log here, in which a destroyed key would live on; with its
    rollback journal only EXTRA also syncs the directory.
    """
    url = make_url(url)
    if url.get_backend_name() == "sqlite":
        return sqlite.connect(url, synchronous="EXTRA", journal="DELETE")
    return _checked(_connect_postgres(url), _refuse_unsafe_postgres)


def _checked(engine: Engine, check: Callable[[Engine], None]) -> Engine:
    try:
        check(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes: on SQLite it takes the write lock at once.

    A transaction that reads first and asks for the lock later is refused by SQLite as soon as
    somebody else has written in between.
    """
    with engine.connect().execution_options(immediate=True) as connection, connection.begin():
        yield connection


def checkpoint(engine: Engine) -> None:
    """Bring the write-ahead log of a SQLite database into its file; nothing on PostgreSQL."""
    if engine.dialect.name == "sqlite":
        sqlite.checkpoint(engine)


def upgrade(url: str | URL, schema: Schema = "log") -> None:
    """Create or bring up to date the tables. Any number of processes may do so at once.

    Raises Unusable when another process has held the upgrade for two minutes.
    """
    url = make_url(url)
    with _upgrade_lock(url), _plain(url, schema) as connection:
        config = _config(schema)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def current(url: str | URL, schema: Schema = "log") -> str | None:
    """The revision of the database's schema; None before the first upgrade."""
    with _plain(make_url(url), schema) as connection:
        context = MigrationContext.configure(connection, opts={"version_table": f"{schema}_schema"})
        return context.get_current_revision()


def check(url: str | URL, schema: Schema = "log") -> None:
    """Make sure that the schema is the one this version expects. Raises Outdated."""
    expected = ScriptDirectory.from_config(_config(schema)).get_current_head()
    found = current(url, schema)
    if found != expected:
        raise Outdated(
            f"The {schema} database is at schema {found or 'none'}, this version needs {expected}. "
            "Stop all processes, make a backup, then run `rapport db upgrade`."
        )


def _config(schema: Schema) -> Config:
    config = Config()
    place = Path(migrations.__file__).parent
    config.set_main_option("script_location", str(place).replace("%", "%%"))
    config.set_main_option("version_locations", str(place / schema).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["schema"] = schema
    return config


@contextmanager
def _plain(url: URL, schema: Schema) -> Iterator[Connection]:
    """One connection, closed afterwards, to a database that need not have any table yet."""
    if url.get_backend_name() == "sqlite":
        sqlite.file_of(url).absolute().parent.mkdir(parents=True, exist_ok=True)
        journal: Literal["WAL", "DELETE"] = "WAL" if schema == "log" else "DELETE"
        engine = sqlite.connect(url, synchronous="EXTRA", journal=journal)
    else:
        engine = _connect_postgres(url)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def _upgrade_lock(url: URL) -> Iterator[None]:
    if url.get_backend_name() == "sqlite":
        path = sqlite.file_of(url).absolute()
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(f"{path}.upgrade", timeout=UPGRADE_SECONDS):
                yield
        except Timeout:
            raise Unusable(
                f"Another process has been upgrading {path} for two minutes. Look for it, and start "
                "again when it has ended."
            ) from None
        return
    engine = _connect_postgres(url)
    try:
        with engine.connect() as connection:
            connection.execute(text(f"SET lock_timeout = '{int(UPGRADE_SECONDS)}s'"))
            try:
                connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _ADVISORY_LOCK})
            except OperationalError as error:
                raise Unusable(
                    "Another process has been upgrading the database for two minutes, or it cannot "
                    f"be reached: {error.orig}"
                ) from error
            yield  # closing the connection gives the lock back
            connection.invalidate()
    finally:
        engine.dispose()


def _connect_postgres(url: URL, options: str = "") -> Engine:
    """An engine with deadlines of its own: whoever waits is told within seconds."""
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg")
    return create_engine(
        url,
        isolation_level="READ COMMITTED",
        pool_size=10,
        max_overflow=20,
        pool_timeout=5,
        connect_args={
            "connect_timeout": 3,
            "tcp_user_timeout": 5000,
            "keepalives_idle": 5,
            "keepalives_interval": 1,
            "keepalives_count": 5,
            "options": f"-c timezone=UTC -c lock_timeout=5s {options}".strip(),
        },
    )


def _refuse_unsafe_postgres(engine: Engine) -> None:
    with engine.connect() as connection:
        settings = {
            name: connection.execute(text(f"SHOW {name}")).scalar_one()
            for name in ("fsync", "full_page_writes", "synchronous_commit")
        }
    for name in ("fsync", "full_page_writes"):
        if settings[name] == "off":
            raise Unusable(
                f"The PostgreSQL server runs with {name}=off and can lose the whole history in a "
                f"power failure. Set {name}=on in postgresql.conf and restart it."
            )
    if settings["synchronous_commit"] == "off":
        _log.warning(
            "PostgreSQL runs with synchronous_commit=off: contacts acknowledged in the last moments "
            "before a failure can be lost. Set it to on."
        )
