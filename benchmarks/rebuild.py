"""Rebuilding all read models: against the stock ProjectionRunner, and as the log grows.

python -m benchmarks.rebuild [--events 100000 1000000] [--stock-events 2000] [--rounds 2]

Each size is folded by a process of its own, so that its peak of memory is its own. With
`--events 100000 1000000 5000000` it takes about half an hour on two cores, and 25 GB of disk.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from adapters import database
from benchmarks import stock
from benchmarks.logs import open_log
from benchmarks.measure import databases, folder, peak_memory_mb, per_second, report
from benchmarks.samples import histories, without_words
from projections import positions
from projections.rebuild import Rebuild
from projections.registry import ALL

CHUNK = 10_000
EVENTS_A_CUSTOMER = 20
STOCK_CHUNK = 100
"""Its `save` of a thousand events and more never returned on PostgreSQL."""

_Item = TypeVar("_Item")


def fill(url: str, place: Path, events: int) -> None:
    """Write a log of so many events, a twentieth as many customers."""
    log = open_log(url, place)
    for chunk in _chunks(histories(max(events // EVENTS_A_CUSTOMER, 1), events)):
        log.append(chunk)
    log.engine.dispose()


def rebuild(url: str, place: Path) -> dict[str, float]:
    """Fold the log into tables beside whatever there is, and drop them."""
    log = open_log(url, place)
    tables = database.connect_tables(url)
    with positions.writing(tables) as connection:
        positions.metadata.create_all(connection)
    models = [model() for model in ALL]
    names = [model.name for model in models]
    work = Rebuild(log, tables, models)
    work.start(names)
    started, used = time.perf_counter(), time.process_time()
    work.fold(names)
    seconds, used = time.perf_counter() - started, time.process_time() - used
    for name in names:
        work.abandon(name)
    return {"seconds": seconds, "own processor seconds": used, "peak MB": peak_memory_mb()}


def stock_seconds(new_database: Callable[[], str], events: int) -> float:
    """The library's runner with one read model of one table, over purchases."""
    url = new_database()
    stock.save(url, without_words(max(events // EVENTS_A_CUSTOMER, 1), events), chunk=STOCK_CHUNK)
    started = time.perf_counter()
    stock.project(url, events)
    return time.perf_counter() - started


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, nargs="+", default=[100_000, 300_000])
    parser.add_argument("--stock-events", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--on", nargs="+", help="sqlite, postgresql, or both (all there are)")
    parser.add_argument("--fold", nargs=2, metavar=("URL", "FOLDER"), help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.fold:
        print(json.dumps(rebuild(wanted.fold[0], Path(wanted.fold[1]))))
        return
    figures: dict[str, Any] = {"read models": len(ALL), "cores busy": os.getloadavg()[0]}
    with databases() as makers, folder() as place:
        for kind, new_database in makers.items():
            if wanted.on and kind not in wanted.on:
                continue
            figures[kind] = {}
            for events in wanted.events:
                figures[kind][f"{events} events"] = _growth(
                    new_database, place, events, wanted.rounds if kind == "postgresql" else 1,
                    wanted.stock_events if kind == "postgresql" else 0,
                )  # fmt: skip
    report("rebuild", figures)


def _growth(
    new_database: Callable[[], str], place: Path, events: int, rounds: int, stock_events: int
) -> dict[str, Any]:
    """Rebuild and the stock runner in turn, so many rounds."""
    url = new_database()
    fill(url, place, events)
    ours: list[dict[str, float]] = []
    theirs: list[float] = []
    for _ in range(rounds):
        if stock_events:
            theirs.append(stock_seconds(new_database, stock_events))
        ours.append(_in_a_process(url, place))
    rate = per_second(events, [round_["seconds"] for round_ in ours])
    found: dict[str, Any] = {
        "events/s": rate,
        "events for each of our own processor seconds": per_second(
            events, [round_["own processor seconds"] for round_ in ours]
        ),
        "peak MB": max(round_["peak MB"] for round_ in ours),
    }
    if theirs:
        found["stock events/s"] = per_second(stock_events, theirs)
        found["times the stock runner"] = round(rate / found["stock events/s"], 1)
    return found


def _in_a_process(url: str, place: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.rebuild", "--fold", url, str(place)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def _chunks(items: Iterable[_Item]) -> Iterator[Sequence[_Item]]:
    rest = iter(items)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


if __name__ == "__main__":
    main()
