"""A process that dies at a write or a sync, whichever one it is, leaves nothing lost or half done."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.faults.kit import nothing_lost, on_file
from tests.faults.tracing import CALLS, Point, some, strike

KILL = dict.fromkeys(CALLS, "signal=KILL")


def test_a_kill_at_any_call_loses_nothing(tmp_path: Path, every_call: list[Point]) -> None:
    premises = on_file(tmp_path)
    points = some(every_call, 24)
    struck = strike("a_few", KILL, premises, points)
    assert struck.ends == [signal.SIGKILL] * len(points)
    assert struck.acknowledged
    nothing_lost(premises, struck.acknowledged)


def test_an_acknowledgement_before_the_commit_would_be_found_out(
    tmp_path: Path, every_call: list[Point]
) -> None:
    premises = on_file(tmp_path)
    struck = strike("too_early", KILL, premises, some(every_call, 8, only="pwrite64"))
    with pytest.raises(AssertionError, match="acknowledged deeds are lost"):
        nothing_lost(premises, struck.acknowledged)
