"""What was written to the log once is readable for ever.

`tests/golden/events.jsonl` holds stored events as each version wrote them. Lines are added, never
changed: a line that no longer loads means that a real log no longer loads.

    python -m tests.test_golden        adds lines for events that have none yet
"""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.event_store import Mapper, StoredEnvelope
from adapters.wiring import EVENTS
from domain.root import Envelope
from tests.golden.samples import SAMPLES

FILE = Path(__file__).parent / "golden" / "events.jsonl"
STREAM = UUID("33333333-3333-4333-8333-333333333333")
BY = UUID("44444444-4444-4444-8444-444444444444")


class FixedKeys:
    """A keyring with one key for all, so that the golden file opens on every machine."""

    key = AESGCM(bytes(range(32)))

    def key_for(self, stream: UUID) -> AESGCM | None:
        return self.key

    def keys_for(self, streams: Collection[UUID]) -> dict[UUID, AESGCM | None]:
        return dict.fromkeys(streams, self.key)

    create = keys_for


MAPPER = Mapper(EVENTS, FixedKeys())


def golden() -> list[dict[str, str]]:
    return [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]


def load(line: dict[str, str]) -> Envelope:
    stored = StoredEnvelope(STREAM, 1, line["topic"], line["state"].encode(), by=BY)
    return MAPPER.to_domain_event(stored)


@pytest.mark.parametrize("number", range(len(golden())))
def test_a_stored_event_loads_as_what_it_was(number: int) -> None:
    assert load(golden()[number]).event == SAMPLES[number]


def test_every_event_has_an_example_at_every_version() -> None:
    assert {line["topic"] for line in golden()} == set(EVENTS)


def test_an_auditor_reads_amounts_and_times_with_sql_alone_but_no_name() -> None:
    (purchase,) = (line for line in golden() if line["topic"] == "customer.purchase_logged")
    content = json.loads(purchase["state"])["purchase"]
    assert content["occurred_at"] == "2026-01-05T10:11:12.345678Z"
    assert content["lines"][0]["unit_price"] == "119.90"
    assert content["summary"].startswith("sealed:")
    words = ("Anna", "Hauptstra", "grinder?", "4930", "anna@example.com", "王伟")
    assert not [word for word in words if word in FILE.read_text(encoding="utf-8")]


def add_missing_lines() -> None:
    """Append what SAMPLES has beyond the file; what stands there stays as it is."""
    with FILE.open("a", encoding="utf-8") as file:
        for event in SAMPLES[len(golden()) :]:
            stored = MAPPER.to_stored_event(
                Envelope(originator_id=STREAM, originator_version=1, event=event, by=BY)
            )
            line = {"topic": stored.topic, "state": stored.state.decode()}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    add_missing_lines()
