"""What was known on a day, and what was true on a day, by the same folds as today's tables."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.root import Envelope, Unreadable
from projections import as_of
from projections.engine import Projection
from projections.folding import Page
from tests.follow_kit import (
    START,
    Corrected,
    Moved,
    Purchases,
    Told,
    Withdrawn,
    bought,
    contact,
    customer,
    histories,
    opened,
    ordinary,
    rows_in,
    rows_of,
)

PURCHASES: tuple[Projection, ...] = (Purchases(),)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def recorded(tmp_path: Path, told: Sequence[Told]) -> Page:
    with opened(f"sqlite:///{tmp_path}/rapport.db") as (log, _):
        head = log.append(told)
        return log.page(0, head, head)


def amounts(events: Sequence[Envelope | Unreadable]) -> dict[str, int]:
    """Cents by purchase that was not withdrawn."""
    with as_of.fold(PURCHASES, events) as connection:
        return {str(row[0]): row[2] for row in rows_of(connection)[0] if not row[3]}


def test_one_customer_as_of_now_looks_as_in_the_live_tables(database_url: str) -> None:
    with opened(database_url) as (log, projector):
        log.append(ordinary(100))
        projector.catch_up()
        live = [row for row in rows_in(projector.engine)[0] if row[1] == customer(3)]
        with as_of.fold(PURCHASES, log.streams([customer(3)])) as connection:
            assert rows_of(connection)[0] == live
        with as_of.fold(PURCHASES, []) as connection:
            assert rows_of(connection) == [[], []]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(told=histories, cut=st.integers(0, 40))
def test_what_was_known_is_what_the_live_tables_showed_then(
    told: list[Told], cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("known") / "rapport.db"
    with opened(f"sqlite:///{path}") as (log, projector):
        log.append(told[:cut])
        projector.catch_up()
        showed = rows_in(projector.engine)
        log.append(told[cut:])
        then = START + timedelta(minutes=cut)
        page = log.page(0, 1_000, 1_000)
        with as_of.fold(PURCHASES, list(as_of.known_at(page, then))) as connection:
            assert rows_of(connection) == showed
        with as_of.population(PURCHASES[0], log, known=then) as connection:
            assert rows_of(connection) == showed
        with as_of.population(PURCHASES[0], log, position=cut) as connection:
            assert rows_of(connection) == showed


def test_a_purchase_counts_from_the_day_it_happened(tmp_path: Path) -> None:
    events = recorded(tmp_path, [(1, bought(1, 10, on=day(5))), (1, bought(2, 20, on=day(9)))])
    assert amounts(as_of.true_at(events, day(4))) == {}
    assert amounts(as_of.true_at(events, day(5))) == {str(contact(1)): 10}
    assert len(amounts(as_of.true_at(events, day(9)))) == 2


def test_the_corrected_day_counts_and_not_the_one_told_first(tmp_path: Path) -> None:
    earlier = [
        (1, bought(1, 10, on=day(9))),
        (1, Corrected(contact_id=contact(1), cents=11, occurred_at=day(2))),
    ]
    later = [
        (2, bought(2, 20, on=day(2))),
        (2, Corrected(contact_id=contact(2), cents=22, occurred_at=day(9))),
    ]
    events = recorded(tmp_path, [*earlier, *later])
    assert amounts(as_of.true_at(events, day(3))) == {str(contact(1)): 11}
    assert amounts(as_of.true_at(events, day(9))) == {str(contact(1)): 11, str(contact(2)): 22}


def test_what_was_withdrawn_later_was_never_true(tmp_path: Path) -> None:
    events = recorded(
        tmp_path, [(1, bought(1, 10, on=day(1))), (1, Withdrawn(contact_id=contact(1)))]
    )
    assert amounts(as_of.true_at(events, day(2))) == {}
    assert amounts(list(as_of.known_at(events, START + timedelta(minutes=1)))) == {
        str(contact(1)): 10
    }


def test_what_has_its_own_day_counts_from_that_day(tmp_path: Path) -> None:
    events = recorded(
        tmp_path, [(1, Moved(town="Ulm", occurred_at=day(3))), (1, Moved(town="Bonn"))]
    )
    assert len(as_of.true_at(events, day(2))) == 1
    assert len(as_of.true_at(events, day(3))) == 2


def test_all_customers_on_a_day_are_each_customer_on_that_day(database_url: str) -> None:
    with opened(database_url) as (log, _):
        told: list[Told] = [
            (number % 5, bought(number, number, on=day(number % 17))) for number in range(300)
        ]
        told += [(0, Corrected(contact_id=contact(10), cents=1, occurred_at=day(30)))]
        head = log.append(told)
        with as_of.population(Purchases(), log, true=day(8)) as connection:
            everybody = rows_of(connection)[0]
        one_by_one = []
        for number in range(5):
            events = as_of.true_at(list(log.streams([customer(number)], head)), day(8))
            with as_of.fold(PURCHASES, events) as connection:
                one_by_one += rows_of(connection)[0]
        assert sorted(everybody) == sorted(one_by_one)
        assert contact(10) not in {row[0] for row in everybody}


def test_an_unreadable_event_is_no_ground_for_a_guess(tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path}/rapport.db") as (log, _):
        log.append([(1, bought(1))])
        head = log.append_stored(1, "shop.flown_to_the_moon", "{}")
        log.append([(1, bought(2))])
        events = log.page(0, head + 1, 10)
        with pytest.raises(as_of.CannotFold, match=r"shop\.flown_to_the_moon at position 2"):
            as_of.fold(PURCHASES, events)
        known = list(as_of.known_at(events, START + timedelta(minutes=1)))
        assert len(known) == 2  # it may have been known then


def test_one_customer_takes_milliseconds(tmp_path: Path) -> None:
    events = recorded(tmp_path, [(1, bought(number)) for number in range(20)])
    as_of.fold(PURCHASES, events).close()
    started = time.perf_counter()
    for _ in range(20):
        as_of.fold(PURCHASES, events).close()
    assert (time.perf_counter() - started) / 20 < 0.05
