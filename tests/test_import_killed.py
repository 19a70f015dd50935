"""An import that is killed, or meets another one, ends in the same history as one that is not."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from domain.customers.events import PurchaseLogged
from domain.root import Envelope
from tests.files import HEADER, SALES, Office, counts, told

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = int(os.environ.get("RAPPORT_FAULT_ROUNDS", "3"))

LINES = [
    f"A{n // 2},2026-01-05 10:{n % 60:02},{n // 2 % 400},PEN,{n % 9 + 1},1.50" for n in range(8_000)
]
VARYING = SALES.replace("varies = []", 'varies = ["occurred_at"]')


def start(folder: Path, url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.import_once", str(folder), url],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def prepared(folder: Path) -> Path:
    folder.mkdir()
    (folder / "file.csv").write_text("\n".join([HEADER, *LINES]), encoding="utf-8")
    (folder / "mapping.toml").write_text(VARYING, encoding="utf-8")
    return folder


@pytest.fixture(params=["sqlite", "postgresql"])
def log_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'log.db'}"
    else:
        yield request.getfixturevalue("postgres_url")


@pytest.fixture
def expected(tmp_path: Path) -> dict[tuple[UUID, int], tuple[Any, ...]]:
    """What an import that nothing disturbs records."""
    folder = prepared(tmp_path / "undisturbed")
    with Office.at(folder) as office:
        office.take_file("sales", folder / "file.csv", folder / "mapping.toml")
        return told(office.everything())


@pytest.mark.slow
def test_killed_in_the_middle_and_run_again_ends_in_the_same_history(
    log_url: str, tmp_path: Path, expected: dict[tuple[UUID, int], tuple[Any, ...]]
) -> None:
    folder = prepared(tmp_path / "killed")
    chance = random.Random(7)
    for _ in range(ROUNDS):
        importing = start(folder, log_url)
        assert importing.stdout is not None
        importing.stdout.readline()
        time.sleep(chance.uniform(0, 0.4))
        importing.kill()
        importing.communicate()
    with Office.at(folder, log_url) as office:
        half = office.everything()
        assert told(half).items() <= expected.items()
        summary = office.take_file("sales", folder / "file.csv", folder / "mapping.toml")
        everything = office.everything()
    assert summary.new + summary.unchanged == len(LINES)
    assert told(everything) == expected
    assert len(everything) == len(expected)


def test_two_imports_of_one_file_at_once_record_everything_once(
    log_url: str, tmp_path: Path, expected: dict[tuple[UUID, int], tuple[Any, ...]]
) -> None:
    folder = prepared(tmp_path / "both")
    both = [start(folder, log_url) for _ in range(2)]
    for importing in both:
        importing.communicate(timeout=120)
    assert [importing.returncode for importing in both] == [0, 0]
    with Office.at(folder, log_url) as office:
        everything = office.everything()
    assert told(everything) == expected
    purchases = [e for e in everything if isinstance(e.event, PurchaseLogged)]
    assert len(purchases) == len(LINES) // 2


def test_what_another_import_told_in_the_meantime_is_not_told_again(tmp_path: Path) -> None:
    """The other import comes between this one's decision and its writing."""
    folder = prepared(tmp_path / "busy")
    with Office.at(folder) as office, Office.at(folder) as other:
        office.take_sales(*LINES[:20], mapping=VARYING)
        append, meanwhile = office.logs.log.append, iter([LINES[20:30]])

        def somebody_first(envelopes: Sequence[Envelope]) -> Sequence[int]:
            for lines in meanwhile:
                other.take_sales(*lines, mapping=VARYING, name="other.csv")
            return append(envelopes)

        office.logs.log.append = somebody_first  # type: ignore[method-assign]
        summary = office.take_sales(*LINES[:40], mapping=VARYING)
        purchases = [e for e in office.everything() if isinstance(e.event, PurchaseLogged)]
    assert counts(summary) == {"unchanged": 30, "new": 10}
    assert len(purchases) == 20
