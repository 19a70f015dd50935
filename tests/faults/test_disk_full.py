"""The disk is full: people are told, nothing is lost, and with more room the same hub goes on."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from eventsourcing.persistence import PersistenceError

from adapters.readiness import problems
from adapters.wiring import Rapport
from tests.faults.deeds import Deed, deeds, do
from tests.faults.kit import SEED, nothing_lost, on_file

MB = 1024 * 1024


class Disk:
    """A file system of its own, so small that it can be filled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, *, but: int) -> None:
        """Take all the room but so many bytes."""
        free = os.statvfs(self.folder).f_bavail * os.statvfs(self.folder).f_frsize
        with (self.folder / "holiday-videos").open("wb") as ballast:
            ballast.write(b"\1" * (free - but))

    def enlarge(self) -> None:
        """As an administrator does, while the hub runs."""
        _mount("-o", "remount,size=64m", str(self.folder))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk of 24 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount the small file system that this test fills")
    mounted = _mount("-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder))
    if mounted.returncode != 0:
        pytest.skip(f"a small file system cannot be mounted here: {mounted.stderr.strip()}")
    yield Disk(folder)
    subprocess.run(["umount", str(folder)], check=True)


def _mount(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["mount", *words], capture_output=True, text=True, check=False)


def log_until_refused(
    rapport: Rapport, some: Iterator[Deed], acknowledged: dict[str, int]
) -> tuple[Deed, str]:
    """The first deed that did not fit any more, and what its caller was told."""
    for deed, command in some:
        try:
            acknowledged[deed] = do(rapport, deed, command)
        except PersistenceError as error:
            return (deed, command), str(error)
        rapport.projector.fold_now(acknowledged[deed])
    raise AssertionError("the deeds came to an end")


def test_a_full_disk_is_told_and_outlived_without_a_restart(disk: Disk) -> None:
    premises = on_file(disk.folder)
    acknowledged: dict[str, int] = {}
    with premises.open() as rapport:
        assert problems(rapport) == []
        disk.fill(but=2 * MB)
        some = deeds("full", random.Random(SEED))
        refused, told = log_until_refused(rapport, some, acknowledged)
        assert acknowledged
        assert "is full" in told
        assert "Nothing was recorded" in told
        [problem] = problems(rapport)
        assert "is full: make room" in problem
        for _ in range(3):
            with pytest.raises(PersistenceError, match="Nothing was recorded"):
                do(rapport, *refused)
        assert rapport.hub.customer(refused[1].customer_id).version > 0  # reading goes on

        disk.enlarge()
        assert problems(rapport) == []
        acknowledged[refused[0]] = do(rapport, *refused)
        for (deed, command), _ in zip(some, range(20), strict=False):
            acknowledged[deed] = do(rapport, deed, command)
            assert rapport.projector.fold_now(acknowledged[deed])
    nothing_lost(premises, acknowledged)


def test_an_acknowledgement_in_spite_of_the_full_disk_would_be_found_out(disk: Disk) -> None:
    premises = on_file(disk.folder)
    acknowledged: dict[str, int] = {}
    with premises.open() as rapport:
        disk.fill(but=2 * MB)
        some = deeds("full", random.Random(SEED))
        refused, _ = log_until_refused(rapport, some, acknowledged)
        acknowledged[refused[0]] = rapport.log.head() + 1
        disk.enlarge()
    with pytest.raises(AssertionError, match=r"1 of .* acknowledged deeds are lost"):
        nothing_lost(premises, acknowledged)
