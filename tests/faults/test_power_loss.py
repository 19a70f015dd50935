"""The power fails at any moment: what was acknowledged is there, and the read models fold on."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.faults.kit import SEED, Premises, nothing_lost, rounds
from tests.faults.power import failures, look, record
from tests.faults.tracing import needs_strace


@pytest.fixture(scope="module", autouse=True)
def traced() -> None:
    needs_strace()


def outcomes(folder: Path, setup: str, images: int) -> Counter[str]:
    """What SQLite found after so many failures of a hub that was set up like this."""
    folder.mkdir()
    found: Counter[str] = Counter()
    for image in failures(record(folder, setup), folder / "image", count=images, seed=SEED):
        seen = look(image)
        found["corrupt" if seen.wrong else "lost" if seen.lost else "whole"] += 1
    return found


def test_a_power_failure_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    folder.mkdir()
    calls = record(folder, "as_it_is")
    opened, wanted = 0, rounds(6)
    for image in failures(calls, tmp_path / "image", count=rounds(300), seed=SEED):
        found = look(image)
        where = f"seed {SEED}, before call {image.moment} of {len(calls)}"
        assert not found.wrong, f"{where}: {found.wrong}"
        assert not found.lost, f"{where}: {len(found.lost)} acknowledged deeds are lost"
        if found.folded_again and opened < wanted and image.moment > opened / wanted * len(calls):
            opened += 1
            for secret in ("master.key", "secret.key"):
                (image.folder / secret).write_bytes((folder / secret).read_bytes())
            premises = Premises(f"sqlite:///{image.folder / 'rapport.db'}", image.folder)
            nothing_lost(premises, image.acknowledged)
    assert opened == wanted


@pytest.mark.parametrize(("setup", "harm"), [("log_normal", "lost"), ("log_off", "corrupt")])
def test_a_log_that_waits_less_for_the_disk_would_be_found_out(
    tmp_path: Path, setup: str, harm: str
) -> None:
    found = outcomes(tmp_path / setup, setup, rounds(120))
    assert found[harm] > 0
