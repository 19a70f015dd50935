"""Processes that fold or rebuild die, or do it together: nobody ever reads half of anything."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import func, literal, select, union_all

from adapters.wiring import Rapport
from projections import positions
from tests.faults.children import Child, children, killed_at_random
from tests.faults.deeds import deeds, do, follow, keep_at_it, rebuild_again_and_again
from tests.faults.kit import SEED, Premises, check_read_models, founded, nothing_lost, rounds
from tests.faults.weaker import rebuild_in_place


def counted(rapport: Rapport) -> dict[str, int]:
    """How many rows each table of each read model shows, all at one moment."""
    tables = [
        table
        for projection in rapport.projector.projections.values()
        for table in projection.tables
    ]
    counts = (select(literal(table.name), func.count()).select_from(table) for table in tables)
    with positions.reading(rapport.tables) as connection:
        return dict(connection.execute(union_all(*counts)).all())


def busy(database_url: str, folder: Path, contacts: int) -> Premises:
    """A hub with some history, all of it folded."""
    premises = founded(database_url, folder)
    with premises.open() as rapport:
        for (deed, command), _ in zip(
            deeds("b", random.Random(SEED)), range(contacts), strict=False
        ):
            do(rapport, deed, command)
        rapport.projector.catch_up()
    return premises


def seen_while(premises: Premises, work: Callable[..., None], times: int) -> list[dict[str, int]]:
    """What a reader saw, each different view once, while processes did the work and were killed.

    Each has done it at least once by then, and dies somewhere in the next time.
    """
    chance, views = random.Random(SEED), list[dict[str, int]]()
    with premises.open() as rapport:
        for number in range(times):
            with children(Child(work, premises, number)) as (child,):
                child.await_begin()
                until = time.monotonic() + chance.uniform(0.1, 1.0)
                while time.monotonic() < until or (child.is_alive() and not child.acknowledged):
                    view = counted(rapport)
                    if view not in views:
                        views.append(view)
                child.kill()
    return views


def test_whoever_reads_during_rebuilds_that_are_killed_sees_whole_tables(
    database_url: str, tmp_path: Path
) -> None:
    premises = busy(database_url, tmp_path, 60)
    with premises.open() as rapport:
        whole = counted(rapport)
    assert seen_while(premises, rebuild_again_and_again, rounds(3)) == [whole]
    with premises.open() as rapport:
        rapport.projector.rebuilding.rebuild()
        assert counted(rapport) == whole
        check_read_models(rapport)


def test_a_rebuild_in_place_would_be_found_out(tmp_path: Path) -> None:
    premises = busy(f"sqlite:///{tmp_path / 'rapport.db'}", tmp_path, 60)
    assert len(seen_while(premises, rebuild_in_place, rounds(2))) > 1


def test_projectors_of_two_processes_killed_by_turns_fold_everything_once(
    database_url: str, tmp_path: Path
) -> None:
    premises, chance = founded(database_url, tmp_path), random.Random(SEED)
    with children(Child(keep_at_it, premises, 99, rounds(40)), Child(follow, premises, 0)) as (
        writing,
        _,
    ):
        killed_at_random(follow, premises, rounds=rounds(3), chance=chance)
        writing.finish()
    nothing_lost(premises, writing.acknowledged)
