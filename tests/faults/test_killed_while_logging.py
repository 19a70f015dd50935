"""Whoever was told that a contact is recorded finds it recorded, although the process was killed."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.faults.children import killed_at_random
from tests.faults.deeds import keep_logging, keep_logging_beside_a_projector
from tests.faults.kit import SEED, founded, nothing_lost, on_file, rounds
from tests.faults.weaker import too_early


def test_a_kill_while_logging_loses_nothing(database_url: str, tmp_path: Path) -> None:
    premises, chance = founded(database_url, tmp_path), random.Random(SEED)
    acknowledged = killed_at_random(keep_logging, premises, rounds=rounds(5), chance=chance)
    acknowledged |= killed_at_random(
        keep_logging_beside_a_projector, premises, rounds=rounds(5), chance=chance
    )
    assert acknowledged
    nothing_lost(premises, acknowledged)


def test_an_acknowledgement_before_the_commit_would_be_found_out(
    tmp_path: Path,
) -> None:
    premises = on_file(tmp_path)
    acknowledged = killed_at_random(
        too_early, premises, rounds=rounds(6), chance=random.Random(SEED)
    )
    with pytest.raises(AssertionError, match="acknowledged deeds are lost"):
        nothing_lost(premises, acknowledged)
