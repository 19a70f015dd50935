"""Two workers share the folding; one of them runs the jobs, and the other when that one dies."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from adapters import scheduler
from adapters.scheduler import Job, Scheduler
from adapters.wiring import Rapport
from tests.faults.deeds import deeds, do
from tests.faults.kit import SEED, Premises, founded, nothing_lost
from tests.faults.weaker import lead_without_asking

ROOT = Path(__file__).resolve().parents[2]
TAKE_OVER_SECONDS = 30


@contextmanager
def workers(premises: Premises, count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """So many processes of `rapport worker`."""
    command = [sys.executable, "-m", "adapters.cli", "worker"]
    started = [
        subprocess.Popen(command, cwd=ROOT, env=premises.environment()) for _ in range(count)
    ]
    try:
        yield started
    finally:
        for worker in started:
            worker.kill()
            worker.wait()


def wait_until(true: Callable[[], bool], seconds: float, what: str) -> None:
    """Look again and again. Raises AssertionError when it is still not so."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, f"after {seconds} seconds: {what}"
        time.sleep(0.05)


def leader(rapport: Rapport) -> int | None:
    """The server process of whoever holds the lock of the scheduler."""
    high, low = divmod(scheduler._ADVISORY_LOCK, 2**32)
    with rapport.engine.connect() as connection:
        found: int | None = connection.scalar(
            text(
                "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted "
                "AND classid::bigint = :high AND objid::bigint = :low"
            ),
            {"high": high, "low": low},
        )
    return found


def test_of_two_workers_the_other_takes_over_when_the_leader_is_killed(
    postgres_url: str, tmp_path: Path
) -> None:
    premises = founded(postgres_url, tmp_path)
    acknowledged: dict[str, int] = {}
    some = deeds("w", random.Random(SEED))

    def log(rapport: Rapport, count: int) -> int:
        for (deed, command), _ in zip(some, range(count), strict=False):
            acknowledged[deed] = do(rapport, deed, command)
        return rapport.log.head()

    with premises.open() as rapport, workers(premises, 1) as [first]:
        wait_until(lambda: leader(rapport) is not None, 30, "the worker runs no jobs")
        leading = leader(rapport)
        with workers(premises, 1) as [second]:
            assert rapport.projector.wait_for(log(rapport, 30), timeout=30)
            time.sleep(1)
            assert leader(rapport) == leading
            first.kill()
            first.wait()
            killed = time.monotonic()
            head = log(rapport, 30)
            wait_until(
                lambda: leader(rapport) not in (None, leading),
                TAKE_OVER_SECONDS,
                "nobody runs the jobs",
            )
            assert time.monotonic() - killed < TAKE_OVER_SECONDS
            assert rapport.projector.wait_for(head, timeout=30)
            assert second.poll() is None
    nothing_lost(premises, acknowledged)


def most_at_once(database_url: str, folder: Path) -> int:
    """How many of two schedulers run the one job at the same time."""
    running, most, turn = [0], [0], threading.Lock()

    def dawdle(_: Rapport) -> None:
        with turn:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.5)
        with turn:
            running[0] -= 1

    jobs = (Job("dawdle", timedelta(hours=1), dawdle),)
    premises = founded(database_url, folder)
    with premises.open() as one, premises.open() as other:
        both = [Scheduler(rapport, jobs) for rapport in (one, other)]
        for each in both:
            each.start()
        wait_until(lambda: most[0] > 0, 20, "no scheduler runs the job")
        time.sleep(0.4)
        for each in both:
            each.stop()
    return most[0]


def test_of_two_schedulers_one_runs_the_jobs(database_url: str, tmp_path: Path) -> None:
    assert most_at_once(database_url, tmp_path) == 1


def test_two_schedulers_that_do_not_ask_would_be_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_without_asking(monkeypatch)
    assert most_at_once(f"sqlite:///{tmp_path / 'rapport.db'}", tmp_path) == 2
