"""The log keeps what the eventsourcing library promises its applications, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from eventsourcing.tests import persistence

from adapters.database import connect_log, upgrade
from adapters.log.recorder import LogRecorder, Recorder, snapshot_recorder


class _OnDatabase:
    """Gives the library's test cases, which know no fixtures, an empty log each."""

    @pytest.fixture(autouse=True)
    def _log(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
        url = self.database(request, tmp_path)
        upgrade(url)
        self.engine = connect_log(url)
        self.recorder = LogRecorder(self.engine)
        yield
        for thread in threading.enumerate():  # the library does not wait for its readers
            if thread is not threading.current_thread() and not thread.daemon:
                thread.join(10)
        self.recorder.bell.close()
        self.engine.dispose()

    def database(self, request: pytest.FixtureRequest, tmp_path: Path) -> str:
        raise NotImplementedError


class _OnSQLite(_OnDatabase):
    def database(self, request: pytest.FixtureRequest, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path / 'rapport.db'}"


class _OnPostgres(_OnDatabase):
    def database(self, request: pytest.FixtureRequest, tmp_path: Path) -> str:
        url: str = request.getfixturevalue("postgres_url")
        return url


class _Snapshots(persistence.AggregateRecorderTestCase):
    __test__ = False

    def create_recorder(self) -> Recorder:
        return snapshot_recorder(self.engine)  # type: ignore[attr-defined]


class _Log(persistence.ApplicationRecorderTestCase[LogRecorder]):
    __test__ = False

    def create_recorder(self) -> LogRecorder:
        recorder: LogRecorder = self.recorder  # type: ignore[attr-defined]
        return recorder

    def test_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class _OneWriter(persistence.NonInterleavingNotificationIDsBaseCase):
    __test__ = False

    def create_recorder(self) -> LogRecorder:
        recorder: LogRecorder = self.recorder  # type: ignore[attr-defined]
        return recorder


class TestSnapshotsOnSQLite(_OnSQLite, _Snapshots):
    __test__ = True


class TestLogOnSQLite(_OnSQLite, _Log):
    __test__ = True


class TestOneWriterOnSQLite(_OnSQLite, _OneWriter):
    __test__ = True


@pytest.mark.postgres
class TestSnapshotsOnPostgres(_OnPostgres, _Snapshots):
    __test__ = True


@pytest.mark.postgres
class TestLogOnPostgres(_OnPostgres, _Log):
    __test__ = True


@pytest.mark.postgres
class TestOneWriterOnPostgres(_OnPostgres, _OneWriter):
    __test__ = True
