"""A disk that refuses one write or sync: the caller is told, and the next try succeeds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.kit import nothing_lost, on_file, recorded
from tests.faults.tracing import CALLS, Point, some, strike

FULL = {"pwrite64": "error=ENOSPC", "fdatasync": "error=EIO", "ftruncate": "error=ENOSPC"}
BROKEN = dict.fromkeys(CALLS, "error=EIO")


@pytest.mark.parametrize("faults", [FULL, BROKEN], ids=["full", "broken"])
def test_an_error_at_any_call_reaches_the_caller_and_loses_nothing(
    tmp_path: Path, every_call: list[Point], faults: dict[str, str]
) -> None:
    premises = on_file(tmp_path)
    points = some(every_call, 16)
    struck = strike("a_few_insisting", faults, premises, points)
    assert struck.ends == [0] * len(points)
    assert len(struck.acknowledged) == 4 * len(points)
    assert any("Nothing was recorded" in error for error in struck.errors)
    nothing_lost(premises, struck.acknowledged)


def test_who_is_told_that_nothing_was_recorded_finds_nothing_recorded(
    tmp_path: Path, every_call: list[Point]
) -> None:
    premises = on_file(tmp_path)
    struck = strike("a_few_giving_up", BROKEN, premises, some(every_call, 16, only="fdatasync"))
    told = dict(error.removeprefix("error: ").split(" ", 1) for error in struck.errors)
    with premises.open() as rapport:
        there = recorded(rapport).keys()
    certain = {deed for deed, words in told.items() if "Nothing was recorded" in words}
    assert certain
    assert not certain & there
    uncertain = {deed for deed, words in told.items() if "is not certain" in words}
    assert uncertain & there, "a failed sync never left anything: then it may be told as certain"


def test_an_error_that_the_caller_is_not_told_would_be_found_out(
    tmp_path: Path, every_call: list[Point]
) -> None:
    premises = on_file(tmp_path)
    struck = strike("unheard", FULL, premises, some(every_call, 12))
    with pytest.raises(AssertionError, match="acknowledged deeds are lost"):
        nothing_lost(premises, struck.acknowledged)
