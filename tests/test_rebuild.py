"""A rebuild goes on beside the live tables; whoever reads sees the old rows or the new ones."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import Column, Integer, MetaData, String, Table, Uuid, inspect, select

from domain.root import Envelope
from projections import positions
from projections.engine import Projection, Projector, RebuildStopped, Rows
from projections.rebuild import NotBuilding, NothingToCompare, Rebuild
from tests.follow_kit import (
    Bought,
    Brittle,
    Purchases,
    Told,
    bought,
    customer,
    histories,
    opened,
    ordinary,
    rows_in,
    spending,
)

ROUNDS = int(os.environ.get("RAPPORT_FAULT_ROUNDS", "3"))


def table_names(projector: Projector) -> set[str]:
    return set(inspect(projector.engine).get_table_names()) - {"shop_log", "projections", "parked"}


LIVE = {"purchases", "spending"}


def test_a_rebuilt_model_has_the_same_rows_and_takes_the_place_of_the_old(
    database_url: str,
) -> None:
    with opened(database_url) as (log, projector):
        head = log.append(ordinary(300))
        projector.catch_up()
        before = rows_in(projector.engine)
        progress: list[tuple[int, int]] = []
        comparison = projector.rebuild("purchases", lambda *at: progress.append(at))
        assert comparison is not None
        assert comparison.equal
        assert comparison.position == head
        assert comparison.difference is None
        assert progress[-1] == (head, head)
        assert rows_in(projector.engine) == before
        assert [(each.generation, each.state) for each in projector.status()] == [
            (1, "old"),
            (2, "live"),
        ]
        assert table_names(projector) == LIVE | {f"{name}__old1" for name in LIVE}
        assert projector.rebuilding.retire("purchases") == [1]
        assert table_names(projector) == LIVE


def test_rebuilding_again_and_again_leaves_one_old_generation(database_url: str) -> None:
    with opened(database_url) as (log, projector):
        log.append(ordinary(20))
        projector.catch_up()
        before = rows_in(projector.engine)
        for _ in range(3):
            projector.rebuild("purchases")
        assert rows_in(projector.engine) == before
        assert len(table_names(projector)) == 4
        log.append([(1, bought(1_000))])
        projector.catch_up()
        assert len(rows_in(projector.engine)[0]) == 21


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(told=histories)
def test_any_history_rebuilt_gives_the_rows_it_has_live(
    told: list[Told], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("rebuilt") / "rapport.db"
    with opened(f"sqlite:///{path}", page=3) as (log, projector):
        log.append(told)
        projector.catch_up()
        assert projector.verify("purchases").equal


def test_a_wrong_row_is_named_by_its_key(database_url: str) -> None:
    with opened(database_url) as (log, projector):
        log.append(ordinary(50))
        projector.catch_up()
        with positions.writing(projector.engine) as connection:
            connection.execute(
                spending.update().where(spending.c.stream == customer(3)).values(cents=1)
            )
        comparison = projector.verify("purchases")
        assert not comparison.equal
        assert comparison.difference is not None
        assert str(customer(3)) in comparison.difference
        assert comparison.difference.endswith("differs in cents")
        assert table_names(projector) == LIVE


def test_a_missing_row_is_named_by_its_key(database_url: str) -> None:
    with opened(database_url) as (log, projector):
        log.append([(1, bought(1))])
        projector.catch_up()
        with positions.writing(projector.engine) as connection:
            connection.execute(spending.delete())
        difference = projector.verify("purchases").difference
        assert difference == f"spending: stream {customer(1)} is missing in the live table"


def test_comparing_is_pinned_although_live_lags_or_runs_ahead(database_url: str) -> None:
    with opened(database_url) as (log, projector):
        log.append(ordinary(50))
        rebuild = projector.rebuilding
        rebuild.start(["purchases"])
        rebuild.fold(["purchases"])
        assert rebuild.compare("purchases").equal  # live had folded nothing
        log.append(ordinary(50, first=50))
        projector.catch_up()
        assert rebuild.compare("purchases").equal  # the new tables were behind


# --- beside the living -------------------------------------------------------------------------


def test_readers_see_no_empty_or_mixed_table_while_writing_goes_on(database_url: str) -> None:
    stop = threading.Event()
    seen: list[int] = []
    wrong: list[str] = []

    def write() -> None:
        with opened(database_url) as (log, _):
            first = 1_000
            while not stop.is_set():
                log.append(ordinary(3, first=first))
                first += 3
                time.sleep(0.002)

    def follow() -> None:
        with opened(database_url) as (_, projector):
            projector.run(stop)

    def read() -> None:
        with opened(database_url) as (_, projector):
            while not stop.is_set():
                with projector.engine.connect() as connection:
                    totals = connection.execute(select(spending)).all()
                count = sum(row.events for row in totals)
                if seen and count < seen[-1]:
                    wrong.append(f"{count} events after {seen[-1]}")
                seen.append(count)

    with opened(database_url) as (log, projector):
        log.append(ordinary(500))
        projector.catch_up()
        threads = [threading.Thread(target=each) for each in (write, follow, read)]
        for thread in threads:
            thread.start()
        try:
            deadline = time.monotonic() + 30
            while len(seen) <= 10 and time.monotonic() < deadline:  # the reader has begun
                time.sleep(0.01)
            for _ in range(3):
                comparison = Rebuild(log, projector.engine, [Purchases()], page=50).rebuild()
                assert comparison[0].equal
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        projector.catch_up()
        assert wrong == []
        assert len(seen) > 10
        assert projector.verify("purchases").equal


def test_the_switch_folds_what_was_recorded_since(database_url: str) -> None:
    with opened(database_url) as (log, projector):
        log.append(ordinary(50))
        rebuild = projector.rebuilding
        rebuild.start(["purchases"])
        rebuild.fold(["purchases"])
        head = log.append(ordinary(50, first=50))
        rebuild.switch("purchases")
        assert [(e.state, e.position) for e in projector.status() if e.state == "live"] == [
            ("live", head)
        ]
        assert len(rows_in(projector.engine)[0]) == 100


# --- killed, stopped, given up -------------------------------------------------------------------


def _rebuild(url: str) -> None:
    with opened(url) as (log, projector):
        Rebuild(log, projector.engine, [Purchases()], page=5).rebuild()


def test_a_rebuild_killed_at_any_moment_goes_on_where_it_was(database_url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    with opened(database_url) as (log, projector):
        log.append(ordinary(400))
        projector.catch_up()
        before = rows_in(projector.engine)
        reached = [0]
        for _ in range(ROUNDS):
            child = spawn.Process(target=_rebuild, args=[database_url])
            child.start()
            until = time.monotonic() + 30
            while _building(projector) <= reached[-1] and time.monotonic() < until:
                time.sleep(0.002)
            assert child.pid is not None
            os.kill(child.pid, signal.SIGKILL)
            child.join()
            assert rows_in(projector.engine) == before
            reached.append(_building(projector))
        assert reached == sorted(set(reached))  # it never began anew
        projector.rebuild("purchases")
        assert rows_in(projector.engine) == before


def _building(projector: Projector) -> int:
    return max((e.position for e in projector.status() if e.state == "building"), default=0)


def test_a_rebuild_stops_at_an_event_it_cannot_fold_and_names_it(database_url: str) -> None:
    brittle = Brittle()
    with opened(database_url, brittle) as (log, projector):
        log.append(ordinary(20))
        position = log.append([(2, bought(900, 666))])
        log.append(ordinary(20, first=20))
        projector.catch_up()
        before = rows_in(projector.engine)
        with pytest.raises(RebuildStopped, match=rf"at position {position}: shop.bought"):
            projector.rebuild("purchases")
        assert rows_in(projector.engine) == before
        brittle.cents = None
        projector.rebuild("purchases")
        assert projector.parked() == []
        assert len(rows_in(projector.engine)[0]) == 41


def test_a_rebuild_stops_at_an_unreadable_event(database_url: str) -> None:
    with opened(database_url) as (log, projector):
        log.append_stored(1, "shop.flown_to_the_moon", "{}")
        with pytest.raises(RebuildStopped, match="knows no such topic"):
            projector.rebuild("purchases")


def test_a_rebuild_that_is_given_up_leaves_nothing(database_url: str) -> None:
    with opened(database_url) as (log, projector):
        log.append(ordinary(20))
        projector.rebuilding.start(["purchases"])
        assert len(table_names(projector)) == 4
        assert projector.rebuilding.abandon("purchases") == [2]
        assert table_names(projector) == LIVE
        with pytest.raises(NotBuilding, match="start it first"):
            projector.rebuilding.switch("purchases")
        with pytest.raises(LookupError, match="There are: purchases"):
            projector.rebuild("purchase")


# --- a new version -------------------------------------------------------------------------------

_second = MetaData()
by_size = Table(
    "spending",
    _second,
    Column("stream", Uuid, primary_key=True),
    Column("size", String(10), nullable=False),
)
counted = Table(
    "counted", _second, Column("size", String(10), primary_key=True), Column("n", Integer)
)


class BySize(Projection):
    """The second version of the model: one table changed, one gone, one new."""

    name, version = "purchases", 2
    tables: ClassVar[tuple[Table, ...]] = (by_size, counted)
    topics = (Bought,)

    def fold(self, rows: Rows, batch: Sequence[Envelope]) -> None:
        new: dict[Any, dict[str, Any]] = {}
        for each in batch:
            new[each.stream] = {"stream": each.stream, "size": "small"}
        rows.upsert(by_size, list(new.values()))
        rows.upsert(counted, [{"size": "small", "n": 1}] * len(batch), add=["n"])


def test_a_new_version_with_other_tables_takes_over_and_is_followed(database_url: str) -> None:
    with opened(database_url) as (log, projector):
        log.append(ordinary(20))
        projector.catch_up()
        newer = Projector(log, projector.engine, [BySize()])
        assert len(newer.outdated()) == 1
        newer.rebuilding.start(["purchases"])
        newer.rebuilding.fold(["purchases"])
        with pytest.raises(NothingToCompare, match="another version"):
            newer.rebuilding.compare("purchases")
        assert newer.rebuild("purchases") is None
        assert newer.outdated() == []
        assert table_names(newer) == {
            "spending", "counted", "purchases__old1", "spending__old1",
        }  # fmt: skip
        head = log.append([(99, bought(5_000))])
        assert newer.fold_now(head)
        with newer.engine.connect() as connection:
            assert len(connection.execute(select(by_size)).all()) == 8
        assert projector.outdated()[0].stored == 2  # what still runs the old program stands still
        projector.catch_up()
        newer.rebuilding.retire("purchases")
        assert table_names(newer) == {"spending", "counted"}


def test_all_models_are_rebuilt_together(tmp_path: Path) -> None:
    class Others(BySize):
        name = "others"
        tables = (counted,)
        version = 1

        def fold(self, rows: Rows, batch: Sequence[Envelope]) -> None:
            rows.upsert(counted, [{"size": "all", "n": 1}] * len(batch), add=["n"])

    with opened(f"sqlite:///{tmp_path}/rapport.db", Purchases(), Others()) as (log, projector):
        log.append(ordinary(200))
        projector.catch_up()
        comparisons = projector.rebuilding.rebuild()
        assert {each.name for each in comparisons} == {"purchases", "others"}
        assert all(each.equal for each in comparisons)
