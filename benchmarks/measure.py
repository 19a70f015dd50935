"""Timing in turn, so that a noisy machine is noisy for both sides, and printing as JSON."""

from __future__ import annotations

import json
import os
import platform
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests import servers

Timed = Callable[[], object]


def in_turn(sides: Mapping[str, Timed], *, rounds: int) -> dict[str, list[float]]:
    """Seconds of each side in each round; within a round the sides follow one another."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, run in sides.items():
            started = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - started)
    return seconds


def per_second(count: int, seconds: list[float]) -> float:
    """The median rate."""
    return round(count / statistics.median(seconds), 1)


def ratio(ours: list[float], theirs: list[float]) -> dict[str, float]:
    """How many times faster than theirs ours is, round by round."""
    ratios = [their / our for our, their in zip(ours, theirs, strict=True)]
    return {
        "min": round(min(ratios), 3),
        "median": round(statistics.median(ratios), 3),
        "max": round(max(ratios), 3),
    }


def percentile(values: list[float], share: float) -> float:
    """The value that this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def peak_memory_mb() -> float:
    """The largest this process has been."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def report(name: str, figures: dict[str, Any]) -> None:
    """Print the figures, with the machine they were measured on."""
    machine = {
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "system": platform.system(),
    }
    print(json.dumps({"benchmark": name, "machine": machine, **figures}, indent=2))


@contextmanager
def folder() -> Iterator[Path]:
    """A folder on disk that is removed at the end."""
    path = Path(tempfile.mkdtemp(prefix="rapport-benchmark-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def databases() -> Iterator[dict[str, Callable[[], str]]]:
    """For SQLite, and for PostgreSQL where it is installed: a function that makes a new database
    and gives its URL.
    """
    with ExitStack() as stack:
        place = stack.enter_context(folder())
        numbers = iter(range(1_000_000))
        makers: dict[str, Callable[[], str]] = {
            "sqlite": lambda: f"sqlite:///{place / f'{next(numbers)}.db'}"
        }
        if programs := servers.postgres_programs():
            server = stack.enter_context(servers.postgres(programs))
            makers["postgresql"] = server.new_database
        else:
            print("PostgreSQL is not installed: measured on SQLite only", file=sys.stderr)
        yield makers
