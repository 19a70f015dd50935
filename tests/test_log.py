"""What is recorded once stays, in one order that no reader can miss, and is never doubled."""

from __future__ import annotations

import multiprocessing
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import IntegrityError, MapperDeserialisationError, OperationalError
from sqlalchemy import Connection, make_url, text

from adapters.database import checkpoint, writing
from adapters.event_store import Factory, StoredEnvelope, ToldTwice
from adapters.sqlite import raw, wal_bytes
from domain.root import Envelope, Unreadable
from tests import servers
from tests.logs import AGENT, Logs, Visit, happened, open_log, visits
from tests.servers import Postgres

EVERYTHING = 2**63 - 1


@pytest.fixture
def logs(database_url: str, tmp_path: Path) -> Iterator[Logs]:
    opened = open_log(database_url, tmp_path)
    yield opened
    opened.log.close()
    opened.engine.dispose()


def test_what_was_recorded_comes_back_with_its_whole_envelope(logs: Logs) -> None:
    contact = uuid4()
    told = happened(
        Visit(contact_id=contact, spent=Decimal("12.50")),
        source="till",
        source_ref="4711",
        correlation="import 3",
        cause=None,
    )
    [position] = logs.log.append([told])
    [read] = logs.log.page(0, EVERYTHING, 10)
    assert isinstance(read, Envelope)
    assert (read.position, read.by, read.source, read.source_ref) == (1, AGENT, "till", "4711")
    assert read.event == told.event
    assert read.recorded_at is not None
    assert abs(datetime.now(UTC) - read.recorded_at) < timedelta(minutes=1)
    assert logs.log.events_of_contact(contact) == [read]
    assert logs.log.find_sources("till", ["4711", "4712"]) == {
        "4711": (position, told.originator_id, contact)
    }
    assert logs.log.position_of("till", "4711") == position
    assert logs.log.position_of("till", "4712") is None


def test_what_a_source_tells_twice_is_recorded_once(logs: Logs) -> None:
    logs.log.append([happened(Visit(), source="till", source_ref="1")])
    with pytest.raises(ToldTwice):
        logs.log.append([happened(Visit()), happened(Visit(), source="till", source_ref="1")])
    logs.log.append([happened(Visit(), source="web", source_ref="1")])
    assert len(logs.log.page(0, EVERYTHING, 10)) == 2


def test_of_two_who_write_to_one_customer_at_once_one_is_told(logs: Logs) -> None:
    customer = uuid4()
    start = threading.Barrier(2)

    def write() -> bool:
        start.wait()
        try:
            logs.log.append([happened(Visit(), customer)])
        except ToldTwice:
            raise
        except IntegrityError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(future.result() for future in [pool.submit(write), pool.submit(write)]) == [
            False,
            True,
        ]
    assert len(logs.log.page(0, EVERYTHING, 10)) == 1


def test_a_bulk_append_leaves_the_same_rows_as_single_ones(logs: Logs) -> None:
    customer, contact = uuid4(), uuid4()
    events = [
        happened(
            Visit(contact_id=contact if version % 2 else None, spent=Decimal(version)),
            customer,
            version,
            source="till",
            source_ref=f"{version}" if version % 3 else None,
            correlation="é\t\\N",
            cause=version if version % 5 else None,
        )
        for version in range(1, 41)
    ]
    for envelope in events:
        logs.log.append([envelope])
    single = _columns(logs)
    other = uuid4()
    positions = logs.log.append(
        [
            Envelope(
                originator_id=other,
                originator_version=e.originator_version,
                event=e.event,
                by=e.by,
                source="bulk",
                source_ref=e.source_ref,
                correlation=e.correlation,
                cause=e.cause,
            )
            for e in events
        ]
    )
    assert list(positions) == list(range(41, 81))
    bulk = _columns(logs)[40:]
    assert [row[1:] for row in bulk] == [row[1:] for row in single]


def _columns(logs: Logs) -> list[tuple[object, ...]]:
    with logs.engine.connect() as connection:
        return [
            tuple(row)
            for row in connection.execute(
                text(
                    'SELECT stream, version, topic, "by", source_ref, correlation, cause, contact, '
                    "state FROM events ORDER BY position"
                )
            )
        ]


def test_recorded_times_never_run_backwards_when_the_clock_does(
    database_url: str, tmp_path: Path
) -> None:
    times = [datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(hours=h) for h in (0, 2, -30, 1, 3)]
    clock = iter(times)
    logs = open_log(database_url, tmp_path, clock=lambda: next(clock))
    for size in (1, 1, 30, 1, 1):
        logs.log.append(visits(size))
    read = [e.recorded_at for e in logs.log.page(0, EVERYTHING, 100) if isinstance(e, Envelope)]
    assert read == sorted(read, key=lambda moment: moment or times[0])
    assert sorted({moment for moment in read if moment}) == [times[0], times[1], times[4]]
    logs.engine.dispose()


def test_an_auditor_reads_times_and_content_with_sql_alone(logs: Logs) -> None:
    logs.log.append([happened(Visit(spent=Decimal("0.10")))])
    with logs.engine.connect() as connection:
        at, state = connection.execute(text("SELECT recorded_at, state FROM events")).one()
    if isinstance(at, str):
        assert len(at) == len("2026-01-05T10:11:12.000000+00:00")
        at = datetime.fromisoformat(at)
    assert at.utcoffset() == timedelta(0)
    assert state == '{"spent":"0.10"}'


def test_times_are_stored_in_utc_and_never_without_a_zone(logs: Logs) -> None:
    berlin = datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    logs.log.append([happened(Visit(at=berlin))])
    [read] = logs.log.page(0, EVERYTHING, 1)
    assert isinstance(read, Envelope)
    assert isinstance(read.event, Visit)
    assert read.event.at == berlin
    assert read.event.at.utcoffset() == timedelta(0)
    with pytest.raises(ValueError, match="without a zone"):
        logs.log.append([happened(Visit(at=berlin.replace(tzinfo=None)))])


def test_a_reader_of_pages_never_skips_what_writers_commit(logs: Logs) -> None:
    writers, each, size = 4, 25, 15
    done = threading.Event()
    seen: list[int] = []

    def write() -> None:
        for _ in range(each):
            logs.log.append(visits(size))

    def read() -> None:
        after = 0
        while True:
            ended = done.is_set()
            page = logs.log.page(after, EVERYTHING, 7)
            seen.extend(e.position or 0 for e in page)
            after = seen[-1] if seen else 0
            if ended and not page:
                return

    with ThreadPoolExecutor(writers + 1) as pool:
        reader = pool.submit(read)
        for writer in [pool.submit(write) for _ in range(writers)]:
            writer.result()
        done.set()
        reader.result()
    with logs.engine.connect() as connection:
        stored = connection.execute(text("SELECT position FROM events ORDER BY position"))
        assert seen == list(stored.scalars())
    assert len(seen) == writers * each * size


def test_whoever_waits_hears_of_another_process(logs: Logs, tmp_path: Path) -> None:
    assert logs.log.wait(0, timeout=0.05) == 0
    writer = multiprocessing.get_context("spawn").Process(
        target=_append_elsewhere, args=(logs.url, tmp_path / "elsewhere")
    )
    writer.start()
    assert logs.log.wait(0, timeout=30) == 3
    writer.join()
    assert writer.exitcode == 0
    begun = time.monotonic()
    threading.Timer(0.1, logs.log.append, [visits(1)]).start()
    assert logs.log.wait(3, timeout=30) == 4
    assert time.monotonic() - begun < 5


def _append_elsewhere(url: str, folder: Path) -> None:
    folder.mkdir()
    logs = open_log(url, folder)
    logs.log.append(visits(3))
    logs.engine.dispose()


def test_streams_are_read_together_in_the_order_of_the_log(logs: Logs) -> None:
    anna, bert, carl = uuid4(), uuid4(), uuid4()
    for version in range(1, 4):
        logs.log.append([happened(Visit(), stream, version) for stream in (anna, bert, carl)])
    read = [(e.originator_id, e.originator_version) for e in logs.log.streams([anna, carl])]
    assert read == [(s, v) for v in (1, 2, 3) for s in (anna, carl)]
    assert len(list(logs.log.streams([anna, carl], upto=3))) == 2
    assert list(logs.log.streams([])) == []


def test_a_row_that_names_foreign_code_is_shown_and_never_run(logs: Logs) -> None:
    logs.log.insert_events(
        [
            StoredEnvelope(uuid4(), 1, "os:system", b'{"command":"true"}', by=AGENT),
            StoredEnvelope(uuid4(), 1, "test.visit", b'{"spent":"many"}', by=AGENT),
            StoredEnvelope(uuid4(), 1, "test.visit", b"{}"),
        ]
    )
    logs.log.append(visits(1))
    *bad, good = logs.log.page(0, EVERYTHING, 10)
    assert isinstance(good, Envelope)
    assert all(isinstance(found, Unreadable) for found in bad)
    problems = [found.problem for found in bad if isinstance(found, Unreadable)]
    assert "No event is known under 'os:system'" in problems[0]
    assert "cannot be read" in problems[1]
    assert "who did it" in problems[2]
    stored = logs.log.select_events(bad[0].originator_id)
    with pytest.raises(MapperDeserialisationError, match="os:system"):
        logs.log.mapper.to_domain_event(stored[0])


def test_nobody_can_change_or_delete_what_was_recorded(logs: Logs) -> None:
    logs.log.append(visits(1))
    for deed in ("UPDATE events SET topic = 'test.other'", "DELETE FROM events"):
        with pytest.raises(Exception, match="never changed"), writing(logs.engine) as connection:
            connection.execute(text(deed))
    assert len(logs.log.page(0, EVERYTHING, 10)) == 1


def test_an_application_saves_loads_and_keeps_snapshots(logs: Logs) -> None:
    factory = Factory(logs.log)
    store = factory.event_store()
    customer = uuid4()
    recordings = store.put(visits(3, customer))
    assert [recording.notification.id for recording in recordings] == [1, 2, 3]
    assert [e.originator_version for e in store.get(customer, gt=1)] == [2, 3]
    snapshots = factory.event_store(recorder=factory.aggregate_recorder("snapshots"))
    assert snapshots.put([happened(Visit(), customer, 3)]) == []
    [kept] = snapshots.get(customer, desc=True, limit=1)
    assert kept.originator_version == 3
    assert logs.log.head() == 3


# --- faults -----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 50], ids=["one", "bulk"])
def test_a_lost_acknowledgement_is_no_failure_and_no_duplicate(
    postgres_server: Postgres, postgres_url: str, tmp_path: Path, size: int
) -> None:
    with closing(_CutsAfterCommit(postgres_server.folder, tmp_path)) as proxy:
        logs = open_log(
            postgres_url.replace(str(postgres_server.folder), str(proxy.folder)), tmp_path
        )
        logs.log.append(visits(1))
        proxy.armed.set()
        customer = uuid4()
        positions = logs.log.append(visits(size, customer))
        assert not proxy.armed.is_set(), "the connection was never cut"
        assert list(positions) == list(range(2, size + 2))
        assert len(list(logs.log.streams([customer]))) == size
        logs.engine.dispose()


def test_a_command_is_written_after_the_server_was_started_again(
    postgres_programs: Path, tmp_path: Path
) -> None:
    with servers.postgres(postgres_programs) as server:
        logs = open_log(server.new_database(), tmp_path)
        logs.log.append(visits(1))
        server.kill()
        begun = time.monotonic()
        with pytest.raises(OperationalError, match="before you try again"):
            logs.log.append(visits(1))
        with pytest.raises(OperationalError, match="Nothing was recorded"):
            logs.log.append(visits(1))
        assert time.monotonic() - begun < 10
        server.start()
        assert len(logs.log.append(visits(1))) == 1
        assert len(logs.log.page(0, EVERYTHING, 10)) == 2
        logs.engine.dispose()


class _CutsAfterCommit:
    """Between hub and server: once armed, lets one COMMIT through and cuts before the answer."""

    def __init__(self, server: Path, folder: Path) -> None:
        self.folder = folder / "proxy"
        self.folder.mkdir()
        self.armed = threading.Event()
        self._server = str(server / ".s.PGSQL.5432")
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.folder / ".s.PGSQL.5432"))
        self._listener.listen(20)
        self._ends = [self._listener]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                hub, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._server)
            self._ends += [hub, server]
            for one, other, outward in ((hub, server, True), (server, hub, False)):
                thread = threading.Thread(
                    target=self._pass, args=(one, other), kwargs={"outward": outward}
                )
                thread.start()
                self._threads.append(thread)

    def _pass(self, one: socket.socket, other: socket.socket, *, outward: bool) -> None:
        while True:
            try:
                data = one.recv(65536)
                if data and outward and self.armed.is_set() and b"COMMIT" in data:
                    self.armed.clear()
                    one.shutdown(socket.SHUT_RDWR)  # the hub hears nothing more ...
                    other.sendall(data)  # ... but the server hears the COMMIT
                    return
                if not data:
                    break
                other.sendall(data)
            except OSError:
                break
        for end in (one, other):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it is shut already

    def close(self) -> None:
        for end in self._ends:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it is shut already
        for thread in self._threads:
            thread.join(5)
        for end in self._ends:
            end.close()


def test_a_writer_who_waits_too_long_is_told_so(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.sqlite.LOCK_SECONDS", 0.3)
    logs = open_log(database_url, tmp_path)

    def hold(connection: Connection) -> None:
        if make_url(database_url).get_backend_name() == "postgresql":
            connection.execute(text("LOCK TABLE events IN EXCLUSIVE MODE"))

    with writing(logs.engine) as connection:
        hold(connection)
        with pytest.raises(OperationalError, match="try again"):
            logs.log.append(visits(1))
    assert list(logs.log.append(visits(1)))
    logs.engine.dispose()


def test_a_checkpoint_empties_the_write_ahead_log_beside_writers(tmp_path: Path) -> None:
    logs = open_log(f"sqlite:///{tmp_path / 'rapport.db'}", tmp_path)
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            logs.log.append(visits(20))

    with ThreadPoolExecutor(2) as pool:
        writers = [pool.submit(write) for _ in range(2)]
        for _ in range(30):
            checkpoint(logs.engine)
        stop.set()
        for writer in writers:
            writer.result()
    checkpoint(logs.engine)
    assert wal_bytes(logs.engine) < 10_000
    with raw(logs.engine) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert len(logs.log.page(0, EVERYTHING, 10**6)) == logs.log.head()
    logs.engine.dispose()


def test_a_long_write_ahead_log_is_brought_in_by_the_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.log.sqlite_pen.WAL_BYTES_AT_MOST", 100_000)
    logs = open_log(f"sqlite:///{tmp_path / 'rapport.db'}", tmp_path)
    for _ in range(10):
        logs.log.append(visits(300))
    assert wal_bytes(logs.engine) < 400_000
    logs.engine.dispose()


def test_many_contacts_are_looked_up_at_once(logs: Logs) -> None:
    contacts = [uuid4() for _ in range(30)]
    logs.log.append([happened(Visit(contact_id=contact)) for contact in contacts])
    logs.log.append([happened(Visit(contact_id=contacts[0]))])
    found = logs.log.events_of_contacts([*contacts, UUID(int=7)])
    assert set(found) == set(contacts)
    assert len(found[contacts[0]]) == 2
