"""How databases are opened and upgraded, and which are refused."""

from __future__ import annotations

import logging
import multiprocessing
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, text

from adapters import accesses, keyring, sqlite
from adapters.database import (
    Outdated,
    Unusable,
    check,
    connect_keys,
    connect_log,
    connect_tables,
    current,
    upgrade,
    writing,
)
from adapters.desk.tables import desk_metadata
from adapters.log import tables
from adapters.scheduler import jobs_metadata
from projections import positions
from tests import servers

STARTS = 20


def test_twenty_processes_that_start_at_once_all_find_the_schema_ready(database_url: str) -> None:
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["adapters.database", "tests.test_databases"])
    started = [processes.Process(target=_start, args=(database_url,)) for _ in range(STARTS)]
    for process in started:
        process.start()
    for process in started:
        process.join(60)
    assert [process.exitcode for process in started] == [0] * STARTS


def _start(url: str) -> None:
    upgrade(url)
    check(url)
    connect_log(url).dispose()


def test_the_migrations_make_the_tables_that_the_code_expects(
    database_url: str, tmp_path: Path
) -> None:
    upgrade(database_url)
    upgrade(f"sqlite:///{tmp_path / 'keys.db'}", "keys")
    everything = [
        tables.metadata,
        positions.metadata,
        desk_metadata,
        jobs_metadata,
        accesses.metadata,
    ]
    assert _differences(database_url, "log", everything) == []
    assert _differences(f"sqlite:///{tmp_path / 'keys.db'}", "keys", [keyring.metadata]) == []


def _differences(url: str, schema: str, metadata: list[MetaData]) -> list[object]:
    engine = connect_tables(url) if schema == "log" else connect_keys(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": f"{schema}_schema", "compare_type": True}
        )
        found: list[object] = compare_metadata(context, _together(metadata))
    engine.dispose()
    return found


def _together(parts: list[MetaData]) -> MetaData:
    whole = MetaData()
    for part in parts:
        for table in part.tables.values():
            table.to_metadata(whole)
    return whole


def test_a_database_without_tables_is_told_apart_from_an_upgraded_one(database_url: str) -> None:
    assert current(database_url) is None
    with pytest.raises(Outdated, match="rapport db upgrade"):
        check(database_url)
    upgrade(database_url)
    upgrade(database_url)
    check(database_url)


def test_what_was_acknowledged_is_on_disk(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'rapport.db'}"
    for engine, expected in (
        (connect_log(url), ("wal", 2, 1, 1, 0)),
        (connect_tables(url), ("wal", 1, 1, 1, 0)),
        (connect_keys(f"sqlite:///{tmp_path / 'keys.db'}"), ("delete", 3, 1, 1, 0)),
    ):
        with engine.connect() as connection:
            names = "journal_mode synchronous foreign_keys secure_delete wal_autocheckpoint".split()
            found = tuple(connection.execute(text(f"PRAGMA {name}")).scalar_one() for name in names)
        assert found == expected
        engine.dispose()


def test_a_transaction_that_writes_takes_the_lock_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'rapport.db'}"
    upgrade(url)
    engine = connect_log(url)
    with engine.begin() as reader, writing(engine) as writer:
        reader.execute(text("SELECT count(*) FROM events"))
        assert writer.execute(text("SELECT count(*) FROM events")).scalar_one() == 0
        with sqlite.raw(engine) as third:
            third.execute("PRAGMA busy_timeout = 50")
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                third.execute("BEGIN IMMEDIATE")
    engine.dispose()


def test_a_network_file_system_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("adapters.sqlite._file_system_of", lambda _path: "nfs4")
    with pytest.raises(Unusable, match=r"network file system \(nfs4\)"):
        connect_log(f"sqlite:///{tmp_path / 'rapport.db'}")


def test_the_file_system_is_the_one_of_the_innermost_mount() -> None:
    if not Path("/proc/self/mounts").exists():
        pytest.skip("only Linux tells its mounts in /proc")
    assert sqlite._file_system_of(Path("/proc/self/rapport.db")) == "proc"
    assert sqlite._file_system_of(Path("/rapport.db")) not in {"", "proc"}


def test_a_history_in_memory_is_refused() -> None:
    with pytest.raises(Unusable, match="name a file"):
        connect_log("sqlite:///:memory:")


def test_the_library_setting_that_loses_events_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("POSTGRES_ENABLE_DB_FUNCTIONS", "y")
    with pytest.raises(Unusable, match="remove it"):
        connect_log(f"sqlite:///{tmp_path / 'rapport.db'}")


def test_a_server_that_does_not_sync_is_refused(
    postgres_programs: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with servers.postgres(postgres_programs) as server:
        url = server.new_database()
        engine = connect_log(url)
        with writing(engine) as connection:
            connection.execute(text("ALTER ROLE rapport SET synchronous_commit = off"))
        engine.dispose()
        with caplog.at_level(logging.WARNING):
            connect_log(url).dispose()
        assert "synchronous_commit=off" in caplog.text
        server.stop()
        (server.folder / "data" / "postgresql.auto.conf").write_text("fsync = off\n")
        server.start()
        with pytest.raises(Unusable, match="fsync=on"):
            connect_log(url)
