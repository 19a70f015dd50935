"""What cannot be read or folded stops its own customer only, is shown, and can be tried again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from adapters.database import writing
from adapters.wiring import Rapport
from domain.root import Act, Envelope
from projections import timeline
from projections.engine import StillFails
from projections.rows import Rows
from tests.faults.kit import PEOPLE, check_read_models, founded, on_file
from tests.faults.weaker import fold_without_parking
from tests.scenario import phone_call, registered
from tests.telling import tell

POISONED, HEALTHY, _ = PEOPLE
START = datetime(2026, 1, 5, 10, tzinfo=UTC)
CALLED = "customer.phone_call_logged"

Stored = tuple[str, bytes]
"""The topic and the content of an event, as they lie in the log."""


@pytest.fixture
def rapport(database_url: str, tmp_path: Path) -> Iterator[Rapport]:
    """A hub that has folded everything so far."""
    with founded(database_url, tmp_path).open() as rapport:
        yield rapport


def unknown_topic(_: Rapport) -> Stored:
    return "customer.flown_to_the_moon", b"{}"


def broken_json(_: Rapport) -> Stored:
    return CALLED, b'{"call":{"contact_id"'


def broken_utf8(_: Rapport) -> Stored:
    return CALLED, b'{"call":"\xff\xfe"}'


def sealed_for_somebody_else(rapport: Rapport) -> Stored:
    """A call whose words bear the seal of another customer, as when two rows were swapped."""
    tell(rapport, phone_call(HEALTHY, "asks for the price"))
    with rapport.engine.connect() as connection:
        state: str = connection.execute(
            text("SELECT state FROM events ORDER BY position DESC LIMIT 1")
        ).scalar_one()
    return CALLED, state.encode()


def slip_in(rapport: Rapport, customer: UUID, stored: Stored) -> int:
    """Put an event into the log that this hub would never write; returns its position."""
    sqlite = rapport.settings.is_sqlite
    state = "CAST(:state AS TEXT)" if sqlite else "convert_from(:state, 'UTF8')"
    with writing(rapport.engine) as connection:
        connection.execute(
            text(
                'INSERT INTO events (stream, version, topic, recorded_at, "by", state) SELECT '  # noqa: S608 - our words
                f"stream, max(version) + 1, :topic, max(recorded_at), stream, {state} "
                "FROM events WHERE stream = :stream GROUP BY stream"
            ),
            {
                "topic": stored[0],
                "state": stored[1],
                "stream": customer.hex if sqlite else customer,
            },
        )
    return rapport.log.head()


def calls_shown(rapport: Rapport) -> int:
    """How many calls the healthy customer's timeline shows."""
    with rapport.tables.connect() as connection:
        return sum(timeline.counts_by_kind(connection, [HEALTHY]).values())


def test_a_poisoned_customer_is_parked_and_shown_while_the_others_go_on(rapport: Rapport) -> None:
    poisons = [unknown_topic, broken_json, sealed_for_somebody_else]
    if rapport.settings.is_sqlite:
        poisons.append(broken_utf8)
    else:
        with pytest.raises(DBAPIError, match="invalid byte sequence"):
            slip_in(rapport, POISONED, broken_utf8(rapport))
    slipped_in: set[tuple[UUID, int]] = set()
    for poison in poisons:
        customer, stored = tell(rapport, registered(poison.__name__)), poison(rapport)
        slipped_in.add((customer, slip_in(rapport, customer, stored)))
    before = calls_shown(rapport)
    for number in range(3):
        tell(rapport, phone_call(HEALTHY, f"call {number}"))
    rapport.projector.catch_up()
    assert calls_shown(rapport) == before + 3
    status = rapport.projector.status()
    assert {each.position for each in status} == {rapport.log.head()}
    assert max(each.parked for each in status) == len(poisons)
    parked = rapport.projector.parked()
    assert {(each.stream, each.position) for each in parked} == slipped_in
    assert all(each.error for each in parked)
    for each in parked:
        with pytest.raises(StillFails):
            rapport.projector.retry(each.projection, each.stream)


def fails_for_the_poisoned(
    self: timeline.Timeline, rows: Rows, batch: Sequence[Envelope], fold: Callable[..., None]
) -> None:
    if any(each.stream == POISONED for each in batch):
        raise ZeroDivisionError
    fold(self, rows, batch)


def test_after_the_fold_was_mended_the_parked_events_are_folded(
    rapport: Rapport, monkeypatch: pytest.MonkeyPatch
) -> None:
    fold = timeline.Timeline.fold
    monkeypatch.setattr(
        timeline.Timeline,
        "fold",
        lambda self, rows, batch: fails_for_the_poisoned(self, rows, batch, fold),
    )
    for number in range(3):
        tell(rapport, phone_call(POISONED, f"call {number}"), phone_call(HEALTHY, "the same"))
    assert calls_shown(rapport) == 3
    parked = rapport.projector.parked()
    assert [each.projection for each in parked] == ["timeline"] * 3
    assert parked[0].error.startswith("ZeroDivisionError")
    monkeypatch.undo()
    assert rapport.projector.retry("timeline", POISONED) == 3
    check_read_models(rapport)


def test_keys_out_of_reach_park_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not the event's fault: it is folded as soon as the keys are back."""
    premises = on_file(tmp_path)
    with premises.open() as rapport:
        position = rapport.hub.handle(registered("Carla").command, Act(by=POISONED, at=START))
    monkeypatch.setattr("adapters.sqlite.LOCK_SECONDS", 0.2)
    with premises.open() as rapport:
        thief = sqlite3.connect(tmp_path / "keys.db", isolation_level=None)
        thief.execute("BEGIN EXCLUSIVE")
        assert not rapport.projector.fold_now(position)
        assert rapport.projector.trouble is not None
        assert rapport.projector.parked() == []
        thief.close()
        assert rapport.projector.fold_now(position)
        assert rapport.projector.parked() == []
        check_read_models(rapport)


def test_a_projector_that_parks_nothing_would_be_found_out(
    rapport: Rapport, monkeypatch: pytest.MonkeyPatch
) -> None:
    fold_without_parking(monkeypatch)
    position = slip_in(rapport, POISONED, unknown_topic(rapport))
    tell(rapport, phone_call(HEALTHY, "call"))
    with pytest.raises(AssertionError):
        assert {each.position for each in rapport.projector.parked()} == {position}
