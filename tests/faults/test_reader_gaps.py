"""A reader at the end of the log never passes a position that is committed later."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from adapters.database import writing
from adapters.log.postgres_pen import PostgresPen
from tests.logs import Logs, open_log, visits

SLOW_SECONDS = 1.0


@pytest.fixture
def logs(postgres_url: str, tmp_path: Path) -> Iterator[Logs]:
    """A log in which an event from the slow source has its position long before it is committed."""
    logs = open_log(postgres_url, tmp_path)
    with writing(logs.engine) as connection:
        connection.execute(
            text(
                "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS "
                f"'BEGIN PERFORM pg_sleep({SLOW_SECONDS}); RETURN NEW; END'"
            )
        )
        connection.execute(
            text(
                "CREATE TRIGGER dawdle AFTER INSERT ON events FOR EACH ROW "
                "WHEN (NEW.source = 'slow') EXECUTE FUNCTION dawdle()"
            )
        )
    yield logs
    logs.log.close()
    logs.engine.dispose()


def read_while_one_dawdles(logs: Logs) -> tuple[list[int], list[int]]:
    """The positions that a reader at the end of the log met, and those that the log holds."""
    slow = threading.Thread(target=logs.log.append, args=[visits(1, source="slow")])
    quick = threading.Thread(target=logs.log.append, args=[visits(1, source="quick")])
    seen: list[int] = []

    def read() -> None:
        after = seen[-1] if seen else 0
        seen.extend(each.position or 0 for each in logs.log.page(after, 10**9, 10))

    slow.start()
    time.sleep(SLOW_SECONDS / 4)
    quick.start()
    while slow.is_alive() or quick.is_alive():
        read()
        time.sleep(0.01)
    read()
    with logs.engine.connect() as connection:
        stored = connection.execute(text("SELECT position FROM events ORDER BY position"))
        return seen, list(stored.scalars())


def test_an_event_that_is_committed_late_is_not_passed_by(logs: Logs) -> None:
    seen, stored = read_while_one_dawdles(logs)
    assert seen == stored == [1, 2]


def test_a_writer_who_does_not_wait_for_its_turn_would_be_found_out(logs: Logs) -> None:
    assert isinstance(logs.log.pen, PostgresPen)
    logs.log.pen._lock = "SELECT 1"
    seen, stored = read_while_one_dawdles(logs)
    assert stored == [1, 2]
    assert seen == [2]
