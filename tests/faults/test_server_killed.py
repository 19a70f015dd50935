"""The whole PostgreSQL server is killed under load, and starts again with all that was said."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import servers
from tests.faults.children import Child, children
from tests.faults.clusters import amcheck, kill_hard
from tests.faults.deeds import log_until_it_fails
from tests.faults.kit import SEED, Premises, founded, nothing_lost, rounds
from tests.faults.weaker import log_without_waiting_until_it_fails
from tests.servers import Postgres

RESTART_SECONDS = 5
DEEDS = 3
"""What each process has done at least before the server dies."""


@pytest.fixture
def server(postgres_programs: Path) -> Iterator[Postgres]:
    """A server of the test's own, to be killed."""
    with servers.postgres(postgres_programs) as server:
        yield server


def killed_under_load(
    server: Postgres, premises: Premises, work: Callable[..., None], times: int
) -> dict[str, int]:
    """What two processes were told, each time until the server was killed under them."""
    chance = random.Random(SEED)
    acknowledged: dict[str, int] = {}
    for number in range(times):
        with children(*(Child(work, premises, 2 * number + n) for n in range(2))) as both:
            for child in both:
                child.await_deeds(DEEDS)
            time.sleep(chance.uniform(0, 0.6))
            kill_hard(server)
            for child in both:
                child.finish()
                acknowledged |= child.acknowledged
        begun = time.monotonic()
        server.start()
        assert time.monotonic() - begun < RESTART_SECONDS
    return acknowledged


def test_a_killed_server_loses_nothing_that_was_acknowledged(
    server: Postgres, postgres_programs: Path, tmp_path: Path
) -> None:
    premises = founded(server.new_database(), tmp_path)
    acknowledged = killed_under_load(server, premises, log_until_it_fails, rounds(3))
    assert len(acknowledged) >= 2 * DEEDS * rounds(3)
    nothing_lost(premises, acknowledged)
    amcheck(postgres_programs, server, premises.database_url)


def test_a_log_that_does_not_wait_for_the_disk_would_be_found_out(
    server: Postgres, tmp_path: Path
) -> None:
    premises = founded(server.new_database(), tmp_path)
    acknowledged = killed_under_load(
        server, premises, log_without_waiting_until_it_fails, rounds(3)
    )
    with pytest.raises(AssertionError, match="acknowledged deeds are lost"):
        nothing_lost(premises, acknowledged)
