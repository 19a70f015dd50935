"""Connections break at any moment, and people send their forms again: each deed is done once."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.faults.children import Child, children
from tests.faults.deeds import OPEN, Deed, deeds, deliver, keep_at_it
from tests.faults.kit import SEED, Premises, founded, nothing_lost, rounds
from tests.faults.weaker import deliver_without_reference
from tests.servers import Postgres

PEOPLE_AT_WORK = 3
PROCESSES = 8


def test_dropped_connections_lose_and_double_nothing(
    postgres_server: Postgres, postgres_url: str, tmp_path: Path
) -> None:
    premises, chance = founded(postgres_url, tmp_path), random.Random(SEED)
    dropped, each = 0, rounds(40)
    with (
        children(*(Child(keep_at_it, premises, n, each) for n in range(PEOPLE_AT_WORK))) as working,
        psycopg.connect(
            f"host={postgres_server.folder} user=rapport dbname=postgres", autocommit=True
        ) as administrator,
    ):
        for child in working:
            child.await_begin()
        while any(child.is_alive() for child in working):
            time.sleep(chance.uniform(0, 0.06))
            dropped += drop_one(administrator, postgres_url, chance)
        for child in working:
            child.finish()
    assert dropped > PEOPLE_AT_WORK
    acknowledged = {deed: at for child in working for deed, at in child.acknowledged.items()}
    assert len(acknowledged) == PEOPLE_AT_WORK * each
    nothing_lost(premises, acknowledged)


def drop_one(administrator: psycopg.Connection, url: str, chance: random.Random) -> int:
    """Cut one of the connections to the database; 0 when there is none."""
    name = url.partition("@/")[2].partition("?")[0]
    found = administrator.execute(
        "SELECT pid FROM pg_stat_activity WHERE datname = %s ORDER BY pid", [name]
    ).fetchall()
    if not found:
        return 0
    administrator.execute("SELECT pg_terminate_backend(%s)", chance.choice(found))
    return 1


def deliveries(chance: random.Random) -> tuple[list[Deed], list[list[Deed]]]:
    """Messages about three customers, and how they are dealt out: each comes one to three times."""
    messages = [deed for deed, _ in zip(deeds("m", chance), range(rounds(60)), strict=False)]
    messages = [each for each in messages if type(each[1]).__name__ != "FileElsewhere"]
    dealt: list[list[Deed]] = [[] for _ in range(PROCESSES)]
    for message in messages:
        for hand in chance.choices(dealt, k=chance.randint(1, 3)):
            hand.append(message)
    for hand in dealt:
        chance.shuffle(hand)
    return messages, dealt


def delivered(premises: Premises, work: Callable[..., None]) -> dict[str, set[int]]:
    """Where each message lies, as every one of its deliveries was told."""
    messages, dealt = deliveries(random.Random(SEED))
    told: dict[str, set[int]] = {deed: set() for deed, _ in messages}
    with children(*(Child(work, premises, hand) for hand in dealt)) as delivering:
        for child in delivering:
            child.finish()
            for said, position in child.said.items():
                if said != OPEN:
                    told[said.partition(" ")[0]].add(position)
    return told


def test_what_is_delivered_thrice_and_in_any_order_is_recorded_once(
    database_url: str, tmp_path: Path
) -> None:
    premises = founded(database_url, tmp_path)
    told = delivered(premises, deliver)
    assert {len(positions) for positions in told.values()} == {1}
    nothing_lost(premises, {deed: position for deed, (position,) in told.items()})


def test_a_delivery_without_its_reference_would_be_found_out(tmp_path: Path) -> None:
    premises = founded(f"sqlite:///{tmp_path / 'rapport.db'}", tmp_path)
    delivered(premises, deliver_without_reference)
    with pytest.raises(AssertionError, match="is recorded as"):
        nothing_lost(premises, {})
