"""The projector folds each event once, in order, whoever else folds and whatever fails."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sqlite3
import threading
import time
from collections.abc import Sequence
from datetime import UTC
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    Text,
    Uuid,
    create_engine,
)

from adapters.database import connect_tables
from domain.root import Envelope
from projections import folding, positions
from projections.engine import AheadOfLog, Projection, Projector, Rows, StillFails
from projections.folding import NextPage
from projections.statements import TableSet
from projections.tables import Moment
from tests.follow_kit import (
    START,
    Bought,
    Brittle,
    Corrected,
    Erased,
    Moved,
    Purchases,
    ShopLog,
    Told,
    bought,
    contact,
    customer,
    histories,
    opened,
    ordinary,
    purchases,
    rows_in,
)

ROUNDS = int(os.environ.get("RAPPORT_FAULT_ROUNDS", "3"))


class Cents(Purchases):
    """A second read model of the same events, with tables of its own name space."""

    name = "cents"
    tables = ()

    def fold(self, rows: Rows, batch: Sequence[Envelope]) -> None:
        """Nothing is kept: only its position matters."""


def fresh_fold(url: str, told: Sequence[Told], *, page: int = 10_000) -> list[list[Any]]:
    """The rows of a new database in which these events were folded."""
    with opened(url, page=page) as (log, projector):
        log.append(told)
        projector.catch_up()
        return rows_in(projector.engine)


# --- one fold ------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(told=histories, cuts=st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_any_cut_of_any_history_into_pages_gives_the_same_rows(
    told: list[Told], cuts: list[int]
) -> None:
    with TemporaryDirectory() as folder:
        whole = fresh_fold(f"sqlite:///{folder}/whole.db", told)
        with opened(f"sqlite:///{folder}/cut.db") as (log, projector):
            log.append(told)
            for index in range(len(told) + 1):
                projector.page = cuts[index % len(cuts)]
                projector.run_once()
            projector.catch_up()
            assert rows_in(projector.engine) == whole


def test_a_page_of_one_and_a_page_of_thousands_give_the_same_rows(database_url: str) -> None:
    told = ordinary(700)
    with opened(database_url, page=10_000) as (log, projector):
        log.append(told)
        projector.catch_up()
        large = rows_in(projector.engine)
    with TemporaryDirectory() as folder:
        assert fresh_fold(f"sqlite:///{folder}/small.db", told, page=7) == large


def test_an_erased_customer_leaves_no_row(database_url: str) -> None:
    with opened(database_url) as (log, projector):
        log.append([*ordinary(30), (3, Erased())])
        projector.catch_up()
        assert not any(row[1] == customer(3) for row in rows_in(projector.engine)[0])


def test_the_position_moves_although_nothing_there_matters(database_url: str) -> None:
    with opened(database_url) as (log, projector):
        log.append([(1, bought(1))])
        head = log.append([(1, Moved(town="Ulm")), (2, Moved(town="Bonn"))])
        projector.catch_up()
        assert [(each.position, each.lag) for each in projector.status()] == [(head, 0)]


def test_read_models_at_different_places_meet_and_go_on_together(database_url: str) -> None:
    with opened(database_url, Purchases(), Cents()) as (log, projector):
        log.append(ordinary(20))
        Projector(log, projector.engine, [Cents()]).catch_up()
        head = log.append(ordinary(20, first=20))
        projector.catch_up()
        assert {each.position for each in projector.status()} == {head}


def test_asking_for_a_position_beyond_the_log_skips_nothing(database_url: str) -> None:
    with opened(database_url) as (log, projector):
        head = log.append([(1, bought(1))])
        projector.catch_up(head + 1_000)
        assert projector.fold_now(head + 1_000)
        log.append([(1, bought(2))])
        projector.catch_up()
        assert len(rows_in(projector.engine)[0]) == 2


def test_a_log_that_was_replaced_by_a_shorter_one_is_refused(tmp_path: Path) -> None:
    with (
        opened(f"sqlite:///{tmp_path}/one.db") as (log, projector),
        opened(f"sqlite:///{tmp_path}/two.db") as (shorter, _),
    ):
        log.append(ordinary(10))
        projector.catch_up()
        shorter.append([(1, bought(1))])
        with pytest.raises(AheadOfLog, match="not the log that these tables came from"):
            Projector(shorter, projector.engine, [Purchases()]).run_once()


# --- one's own writes --------------------------------------------------------------------------


def test_what_was_just_written_can_be_read_at_once(database_url: str) -> None:
    with opened(database_url) as (log, projector):
        position = log.append([(1, bought(1, 4_200))])
        assert projector.fold_now(position)
        assert rows_in(projector.engine)[0][0][2] == 4_200


def test_waiting_returns_as_soon_as_another_projector_has_folded(database_url: str) -> None:
    with opened(database_url) as (log, waiting), opened(database_url) as (_, working):
        stop = threading.Event()
        worker = threading.Thread(target=working.run, args=[stop])
        worker.start()
        try:
            position = log.append(ordinary(50))
            assert waiting.wait_for(position, timeout=10)
            assert len(rows_in(waiting.engine)[0]) == 50
        finally:
            stop.set()
            worker.join()


def test_waiting_for_what_nobody_folds_ends_with_the_time_given(database_url: str) -> None:
    with opened(database_url) as (log, projector):
        started = time.monotonic()
        assert not projector.wait_for(log.append([(1, bought(1))]), timeout=0.2)
        assert time.monotonic() - started < 2


# --- many at once --------------------------------------------------------------------------------


def test_two_projectors_on_one_database_fold_each_event_once(database_url: str) -> None:
    told = ordinary(400)
    with opened(database_url, page=10) as (log, first), opened(database_url, page=7) as (_, second):
        stop = threading.Event()
        workers = [threading.Thread(target=each.run, args=[stop]) for each in (first, second)]
        for worker in workers:
            worker.start()
        head = 0
        for start in range(0, len(told), 40):
            head = log.append(told[start : start + 40])
        assert first.wait_for(head, timeout=60)
        stop.set()
        for worker in workers:
            worker.join()
        with TemporaryDirectory() as folder:
            assert rows_in(first.engine) == fresh_fold(f"sqlite:///{folder}/alone.db", told)


def _project(url: str) -> None:
    with opened(url, page=3) as (_, projector):
        projector.run(threading.Event())


def _project_with_two_commits(url: str) -> None:
    """What must not be done: the rows first, the position in a transaction of its own."""

    def in_two(engine: Engine, page: NextPage, **_: bool) -> bool:
        with positions.writing(engine) as connection:
            for target in page.targets:
                folding.fold(connection, target, page.events, set(), carefully=False)
        time.sleep(0.03)
        with positions.writing(engine) as connection:
            return positions.advance(connection, [t.generation for t in page.targets], page.upto)

    folding._commit_page = in_two
    _project(url)


def killed_at_random(url: str, target: Any, *, rounds: int) -> tuple[list[Any], list[Any]]:
    """The rows after a projector was killed again and again, and those of an undisturbed fold."""
    spawn, chance = multiprocessing.get_context("spawn"), random.Random(17)
    told = ordinary(120 * rounds)
    with opened(url) as (log, projector):
        log.append(told)
        for _ in range(rounds):
            child = spawn.Process(target=target, args=[url])
            before = projector.position()
            child.start()
            deadline = time.monotonic() + 30
            while projector.position() == before and time.monotonic() < deadline:
                time.sleep(0.002)
            time.sleep(chance.random() * 0.05)
            assert child.pid is not None
            os.kill(child.pid, signal.SIGKILL)
            child.join()
        projector.catch_up()
        folded = rows_in(projector.engine)
    with TemporaryDirectory() as folder:
        return folded, fresh_fold(f"sqlite:///{folder}/alone.db", told)


def test_a_projector_killed_at_any_moment_folds_nothing_twice_and_misses_nothing(
    database_url: str,
) -> None:
    folded, undisturbed = killed_at_random(database_url, _project, rounds=ROUNDS)
    assert folded == undisturbed


def test_with_rows_and_position_committed_apart_the_kills_would_show(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/apart.db"
    folded, undisturbed = killed_at_random(url, _project_with_two_commits, rounds=max(ROUNDS, 6))
    assert folded != undisturbed


# --- what fails ----------------------------------------------------------------------------------


def test_a_poison_event_parks_only_its_customer(database_url: str) -> None:
    told = [*ordinary(40), (2, bought(900, 666)), *ordinary(40, first=40)]
    with opened(database_url, Brittle()) as (log, projector):
        log.append(told[:41])
        projector.catch_up()
        log.append(told[41:])
        projector.catch_up()
        parked = projector.parked()
        assert {each.stream for each in parked} == {customer(2)}
        assert parked[0].topic == "shop.bought"
        assert parked[0].error.startswith("ArithmeticError (tests.follow_kit, line ")
        assert all(each.error.startswith("waits behind") for each in parked[1:])
        others = [row for row in rows_in(projector.engine)[0] if row[1] != customer(2)]
    with TemporaryDirectory() as folder:
        healthy = fresh_fold(f"sqlite:///{folder}/healthy.db", told)[0]
    assert others == [row for row in healthy if row[1] != customer(2)]


def test_the_reason_of_a_parked_event_holds_no_words_about_a_person(database_url: str) -> None:
    with opened(database_url, Brittle()) as (log, projector):
        log.append([(2, bought(900, 666))])
        projector.catch_up()
        assert "Anna" not in projector.parked()[0].error


def test_after_mending_what_was_parked_is_folded_in_order(database_url: str) -> None:
    told = [*ordinary(20), (2, bought(900, 666)), (2, Corrected(contact_id=contact(900), cents=7))]
    broken = Brittle()
    with opened(database_url, broken) as (log, projector):
        log.append(told)
        projector.catch_up()
        with pytest.raises(StillFails, match="ArithmeticError"):
            projector.retry("purchases", customer(2))
        assert len(projector.parked()) == 2
        broken.cents = None
        assert projector.retry("purchases", customer(2)) == 2
        assert projector.parked(customer(2)) == []
        assert projector.retry("purchases", customer(2)) == 0
        folded = rows_in(projector.engine)
    with TemporaryDirectory() as folder:
        assert folded == fresh_fold(f"sqlite:///{folder}/healthy.db", told)


def test_two_bad_customers_on_one_page_are_both_found(database_url: str) -> None:
    told = [(1, bought(1, 666)), *ordinary(30, customers=5, first=10), (4, bought(2, 666))]
    with opened(database_url, Brittle(), page=1_000) as (log, projector):
        log.append(told)
        projector.catch_up()
        assert {each.stream for each in projector.parked()} == {customer(1), customer(4)}
        assert len({row[1] for row in rows_in(projector.engine)[0]}) == 4


@pytest.mark.parametrize(
    ("topic", "content"),
    [("shop.flown_to_the_moon", "{}"), ("shop.bought", "{"), ("shop.bought", '{"cents": "x"}')],
)
def test_an_unreadable_event_is_parked_and_never_skipped(
    database_url: str, topic: str, content: str
) -> None:
    with opened(database_url) as (log, projector):
        log.append([(1, bought(1)), (2, bought(2))])
        at = log.append_stored(1, topic, content)
        log.append([(1, bought(3)), (2, bought(4))])
        projector.catch_up()
        parked = projector.parked()
        assert [(each.position, each.topic) for each in parked] == [
            (at, topic),
            (at + 1, "shop.bought"),
        ]
        assert {row[0] for row in rows_in(projector.engine)[0]} == {contact(n) for n in (1, 2, 4)}
        with pytest.raises(StillFails, match="unreadable"):
            projector.retry("purchases", customer(1))


def test_a_value_that_the_database_refuses_parks_its_customer(database_url: str) -> None:
    with opened(database_url) as (log, projector):
        log.append([(1, bought(1)), (2, bought(2, 2**70)), (3, bought(3))])
        projector.catch_up()
        assert [each.stream for each in projector.parked()] == [customer(2)]
        assert projector.trouble is None


def test_a_locked_database_is_waited_for_and_parks_nothing(tmp_path: Path) -> None:
    path = tmp_path / "rapport.db"
    with opened(f"sqlite:///{path}") as (log, projector):
        head = log.append(ordinary(20))
        projector.engine.dispose()
        impatient = create_engine(f"sqlite:///{path}", connect_args={"timeout": 0.05})
        stubborn = Projector(log, impatient, [Purchases()])
        blocker = sqlite3.connect(path, isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        assert not stubborn.fold_now(head)
        stop = threading.Event()
        worker = threading.Thread(target=stubborn.run, args=[stop])
        worker.start()
        try:
            until = time.monotonic() + 10
            while stubborn.trouble is None and time.monotonic() < until:
                time.sleep(0.01)
            assert stubborn.trouble is not None
            assert "locked" in stubborn.trouble
            assert projector.status()[0].lag == head
            blocker.execute("ROLLBACK")
            assert projector.wait_for(head, timeout=10)
        finally:
            stop.set()
            worker.join()
            blocker.close()
            impatient.dispose()
        assert projector.parked() == []
        assert stubborn.trouble is None


def test_a_projector_survives_its_connections_being_cut(postgres_url: str) -> None:
    with opened(postgres_url, page=5) as (_, projector):
        stop = threading.Event()
        worker = threading.Thread(target=projector.run, args=[stop])
        worker.start()
        head = 0
        try:
            for number in range(6):
                with opened(postgres_url) as (log, desk), desk.engine.connect() as connection:
                    head = log.append(ordinary(10, first=10 * number))
                    connection.exec_driver_sql(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE pid <> pg_backend_pid() AND datname = current_database()"
                    )
            with opened(postgres_url) as (_, desk):
                assert desk.wait_for(head, timeout=20)
                assert desk.parked() == []
                assert len(rows_in(desk.engine)[0]) == 60
        finally:
            stop.set()
            worker.join()


# --- versions ------------------------------------------------------------------------------------


def test_a_read_model_of_another_version_is_no_longer_followed_but_still_served(
    database_url: str,
) -> None:
    class Second(Purchases):
        version = 2

    with opened(database_url) as (log, projector):
        log.append([(1, bought(1))])
        projector.catch_up()
        log.append([(1, bought(2))])
        newer = Projector(log, projector.engine, [Second()])
        newer.catch_up()
        assert [(each.name, each.stored, each.code) for each in newer.outdated()] == [
            ("purchases", 1, 2)
        ]
        assert newer.status()[0].lag == 1
        assert len(rows_in(projector.engine)[0]) == 1
        assert projector.outdated() == []


def test_tables_are_created_once_by_however_many_at_once(database_url: str) -> None:
    with opened(database_url) as (_, projector):
        positions_before = projector.status()
        failures: list[BaseException] = []

        def create() -> None:
            try:
                with opened(database_url):
                    pass
            except BaseException as error:  # noqa: BLE001 -- any failure is what the test looks for
                failures.append(error)

        threads = [threading.Thread(target=create) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert projector.status() == positions_before


# --- what folds may ask for --------------------------------------------------------------------


class Probe(Projection):
    """A fold given by the test."""

    name, version, tables = "purchases", 1, Purchases.tables

    def __init__(self, fold: Any) -> None:
        self._given = fold

    def fold(self, rows: Rows, batch: Sequence[Envelope]) -> None:
        self._given(rows)


def purchase(number: int, stream: UUID, cents: int) -> dict[str, Any]:
    return {
        "contact_id": contact(number),
        "stream": stream,
        "cents": cents,
        "withdrawn": False,
        "occurred_at": None,
    }


@pytest.mark.parametrize("count", [3, 500])
def test_few_rows_and_many_are_written_alike(database_url: str, count: int) -> None:
    """On PostgreSQL the many go by COPY, the few by statements."""

    def fold(rows: Rows) -> None:
        many = [purchase(n, customer(n % 2), n) for n in range(count)]
        rows.insert(purchases, many)
        rows.upsert(purchases, [{**row, "cents": 1} for row in many], add=["cents"])
        rows.upsert(purchases, [{**row, "cents": 9} for row in many], keep=["cents", "stream"])
        rows.update(
            purchases, [{"contact_id": row["contact_id"], "withdrawn": True} for row in many]
        )
        rows.update(
            purchases,
            [{"stream": customer(0), "occurred_at": None}] * 2,
            by=["stream"],
        )
        rows.delete_rows(purchases, [{"contact_id": row["contact_id"]} for row in many[1::2]])
        rows.delete_where(purchases, purchases.c.cents > count - 2)
        found = rows.fetch(purchases, purchases.c.contact_id, [row["contact_id"] for row in many])
        assert sorted(row.cents for row in found) == list(range(1, count - 1, 2))
        assert all(row.withdrawn is True for row in found)
        assert all(isinstance(row.contact_id, UUID) for row in found)
        rows.replace(purchases, purchases.c.stream, [customer(0)], many[:1])

    with opened(database_url, Probe(fold)) as (log, projector):
        log.append([(1, bought(1))])
        projector.catch_up()
        assert projector.parked() == []
        assert [row[0] for row in rows_in(projector.engine)[0]] == [contact(0)]


_everything = Table(
    "everything",
    MetaData(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("words", Text),
    Column("price", Numeric(12, 4)),
    Column("day", Date),
    Column("at", Moment),
    Column("zoned", DateTime(timezone=True)),
    Column("yes", Boolean),
    Column("whole", BigInteger),
    Column("who", Uuid),
    Column("tree", JSON),
    Column("raw", LargeBinary),
)


@given(
    words=st.lists(
        st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=9),
        min_size=2,
        max_size=9,
    ),
    tree=st.none() | st.just({"a": ["\t\\", 1]}),
)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_many_rows_keep_every_character_and_kind_of_value(
    database_url: str, words: list[str | None], tree: dict[str, Any] | None
) -> None:
    def row(number: int) -> dict[str, Any]:
        absent = number % 3 == 1
        return {
            "id": number,
            "words": words[number % len(words)],
            "price": None if absent else Decimal(number) / 8,
            "day": None if absent else START.date(),
            "at": None if absent else START,
            "zoned": None if absent else START,
            "yes": None if absent else number % 2 == 0,
            "whole": None if absent else -(2**62) + number,
            "who": None if absent else customer(number),
            "tree": tree,
            "raw": b"\\\n\x00" if tree else None,
        }

    given_rows = [row(number) for number in range(100)]
    engine = connect_tables(database_url)
    try:
        with positions.writing(engine) as connection:
            _everything.drop(connection, checkfirst=True)
            _everything.create(connection)
            Rows(connection, TableSet(1, {_everything: _everything})).insert(
                _everything, given_rows
            )
            found = Rows(connection, TableSet(1, {_everything: _everything})).fetch(
                _everything, _everything.c.id, range(100)
            )
        stored = [each._asdict() for each in sorted(found)]
        for each in stored:  # SQLite forgets the zone of a plain DateTime
            each["zoned"] = each["zoned"] and each["zoned"].replace(tzinfo=UTC)
        assert stored == given_rows
    finally:
        engine.dispose()


def test_rows_that_name_different_columns_are_refused(tmp_path: Path) -> None:
    def fold(rows: Rows) -> None:
        rows.insert(purchases, [purchase(1, customer(1), 1), {"contact_id": contact(2)}])

    with opened(f"sqlite:///{tmp_path}/rapport.db", Probe(fold)) as (log, projector):
        log.append([(1, bought(1))])
        projector.catch_up()
        assert projector.parked()[0].error.startswith("ValueError")


def test_the_shop_log_reads_what_it_wrote(database_url: str) -> None:
    with opened(database_url) as (log, _):
        head = log.append([(1, bought(1, 5)), (2, Moved(town="Ulm"))])
        page = log.page(0, head, 10)
        assert isinstance(page[0], Envelope)
        assert isinstance(page[0].event, Bought)
        assert isinstance(log, ShopLog)
        assert [each.position for each in page] == [head - 1, head]
