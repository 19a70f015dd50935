"""strace as the one who strikes: a fault at each single system call of a short while at work."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.faults.deeds import OPEN
from tests.faults.kit import TIMES, Premises, rounds

ROOT = Path(__file__).resolve().parents[2]
STRACE = shutil.which("strace")


def needs_strace() -> None:
    """Skip the test where strace is missing, or may not trace."""
    if STRACE is None:
        pytest.skip("strace is not installed (Debian: apt install strace)")
    tried = subprocess.run([STRACE, "-qq", "-o", "/dev/null", "true"], check=False)
    if tried.returncode != 0:
        pytest.skip("strace may not trace processes here (ptrace is forbidden)")


CALLS = {"pwrite64": 1_000, "fdatasync": 100, "ftruncate": 50}
"""The system calls by which SQLite changes a file, and more of each than a short while makes."""

Point = tuple[str, int]
"""A call of a process, by name and number: `("pwrite64", 3)` is its third write."""


@dataclass
class Struck:
    """What became of the processes: deeds acknowledged, errors shown, how each one ended."""

    acknowledged: dict[str, int] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)


def strike(
    work: str, faults: Mapping[str, str], premises: Premises, points: Sequence[Point]
) -> Struck:
    """Let one process after the other do the work, and meet a fault at this call of its own.

    `faults` says what befalls which call, as strace's `inject` words it: `error=ENOSPC`.
    """
    injected = [f"inject={call}:{fault}:when={CALLS[call]}" for call, fault in faults.items()]
    idle = [(call, CALLS[call] - number) for call, number in points]
    told = _strace(injected, "/dev/null", work, premises, idle)
    struck = Struck()
    for line in told.splitlines():
        said, number = json.loads(line)
        if said == "end":
            struck.ends.append(number)
        elif said.startswith("error: "):
            struck.errors.append(said)
        elif said != OPEN:
            struck.acknowledged[said] = number
    return struck


def points_of(work: str, premises: Premises, trace: Path) -> list[Point]:
    """Every call by which the work changes a file when nothing disturbs it."""
    _strace([], str(trace), work, premises, [("pwrite64", 0)])
    lines = trace.read_text().splitlines()
    made = {call: sum(f" {call}(" in line for line in lines) for call in CALLS}
    assert all(made[call] < most for call, most in CALLS.items()), made
    return [(call, number) for call in CALLS for number in range(1, made[call] + 1)]


def some(points: Sequence[Point], short: int, *, only: str = "") -> list[Point]:
    """So many of the points, evenly spread, times RAPPORT_FAULT_ROUNDS; all when that is more."""
    among = [point for point in points if point[0].startswith(only)]
    return among[:: max(1, len(among) // rounds(short))]


def _strace(
    expressions: Sequence[str],
    output: str,
    work: str,
    premises: Premises,
    idle: Sequence[Point],
) -> str:
    # Told by the kernel which calls to stop at, strace is faster, but sends no signals.
    filtered = [] if any("signal=" in each for each in expressions) else ["--seccomp-bpf"]
    injected = [word for expression in expressions for word in ("-e", expression)]
    command = [
        *(
            str(STRACE),
            "-f",
            *filtered,
            "-qq",
            "-o",
            output,
            "-e",
            f"trace={','.join(CALLS)}",
            *injected,
        ),
        *(sys.executable, "-m", "tests.faults.each_call", work),
        *(premises.database_url, str(premises.folder)),
        *(f"{call}:{times}" for call, times in idle),
    ]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=250 * TIMES
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
