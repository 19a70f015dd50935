"""Words about persons are sealed where they stand, and can be forgotten without a trace."""

from __future__ import annotations

import gc
import json
import re
import secrets
import time
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select, text, update

from adapters.database import connect_keys, writing
from adapters.event_store import Forgotten, StoredEnvelope, Tampered, known_events
from adapters.keyring import CACHED_SECONDS, Keyring, KeyTrouble, keys
from adapters.log.words import SEAL, seal
from domain.personal import Personal
from domain.root import Envelope, Event, Upcast
from tests.logs import AGENT, Gift, Logs, Remark, Talk, Visit, happened, open_log

EVERYTHING = 2**63 - 1

TALK = Talk(
    name=Personal("Anna Ångström"),
    addresses=(Personal("Main Road 1"), Personal("")),
    topics=(Remark(said=Personal("hello")), Remark(said=Personal("called twice"), on="Monday")),
    last=Remark(said=Personal("goodbye")),
)


@pytest.fixture
def logs(database_url: str, tmp_path: Path) -> Iterator[Logs]:
    opened = open_log(database_url, tmp_path)
    yield opened
    opened.log.close()
    opened.engine.dispose()


def _first(logs: Logs) -> Event:
    found = logs.log.page(0, EVERYTHING, 1)[0]
    assert isinstance(found, Envelope), found
    return found.event


def _state(logs: Logs) -> str:
    with logs.engine.connect() as connection:
        state: str = connection.execute(text("SELECT state FROM events")).scalar_one()
    return state


def test_words_are_sealed_in_the_log_wherever_they_stand_and_come_back(logs: Logs) -> None:
    logs.log.append([happened(TALK)])
    state = _state(logs)
    assert not re.search("Anna|Road|hello|called|goodbye", state)
    assert state.count(SEAL) == 6
    assert json.loads(state)["topics"][1]["on"] == "Monday"
    assert _first(logs) == TALK


def test_an_event_without_words_needs_no_key(logs: Logs) -> None:
    logs.log.append([happened(Visit())])
    with logs.keyring._engine.connect() as connection:
        assert (
            connection.execute(text("SELECT count(*) FROM keys")).scalar_one() == 1
        )  # blind index


def test_what_is_not_read_is_not_opened(logs: Logs) -> None:
    logs.log.append([happened(TALK)])
    event = _first(logs)
    assert isinstance(event, Talk)
    logs.keyring.destroy(logs.log.page(0, EVERYTHING, 1)[0].originator_id)
    assert event.name.is_forgotten  # it was still sealed when the key was destroyed


def test_words_of_a_destroyed_key_are_forgotten_and_the_rest_stays(logs: Logs) -> None:
    anna, bert = uuid4(), uuid4()
    logs.log.append([happened(TALK, anna), happened(TALK, bert)])
    logs.keyring.destroy(anna)
    logs.keyring.destroy(anna)
    first, second = (e.event for e in logs.log.page(0, EVERYTHING, 2) if isinstance(e, Envelope))
    assert isinstance(first, Talk)
    assert isinstance(second, Talk)
    assert first.name.is_forgotten
    assert first.name.text == ""
    assert first.topics[1].on == "Monday"
    assert second.name.text == "Anna Ångström"
    with pytest.raises(Forgotten):
        logs.log.append([happened(TALK, anna, 2)])
    logs.log.append([happened(Visit(), anna, 2)])


def test_forgotten_words_stay_forgotten_when_a_state_is_kept_again(logs: Logs) -> None:
    anna, bert = uuid4(), uuid4()
    logs.log.append([happened(TALK, anna)])
    logs.keyring.destroy(anna)
    logs.log.append([happened(_first(logs), bert)])
    kept = logs.log.page(1, EVERYTHING, 1)[0]
    assert isinstance(kept, Envelope)
    assert isinstance(kept.event, Talk)
    assert kept.event.name.is_forgotten


@pytest.mark.parametrize("size", [1, 40])
def test_no_two_seals_share_a_nonce(logs: Logs, size: int) -> None:
    streams = [uuid4() for _ in range(3)]
    logs.log.append([happened(TALK, stream, v) for v in range(1, size + 1) for stream in streams])
    with logs.engine.connect() as connection:
        states = "".join(connection.execute(text("SELECT state FROM events")).scalars())
    nonces = re.findall(r"sealed:([\w-]{16})", states)
    assert len(nonces) == len(set(nonces)) == size * 3 * 6


def test_changed_words_are_refused_when_they_are_opened(logs: Logs) -> None:
    stream = uuid4()
    stored = logs.log.mapper.to_stored_event(happened(TALK, stream))
    content = json.loads(stored.state)
    flipped = (
        content["name"][:-8] + ("A" if content["name"][-8] != "A" else "B") + content["name"][-7:]
    )
    _forge(logs, stream, {**content, "name": flipped})
    event = _first(logs)
    assert isinstance(event, Talk)
    assert event.topics[0].said.text == "hello"
    with pytest.raises(Tampered, match=f"test.talk.{stream}.name"):
        _ = event.name.text


def test_words_moved_to_another_field_are_refused(logs: Logs) -> None:
    stream = uuid4()
    content = json.loads(logs.log.mapper.to_stored_event(happened(TALK, stream)).state)
    content["addresses"].reverse()
    content["name"], content["last"]["said"] = content["last"]["said"], content["name"]
    _forge(logs, stream, content)
    event = _first(logs)
    assert isinstance(event, Talk)
    assert isinstance(event.last, Remark)
    for moved in (event.name, event.last.said, *event.addresses):
        with pytest.raises(Tampered):
            _ = moved.text


def test_words_moved_to_another_customer_are_refused(logs: Logs) -> None:
    anna, bert = uuid4(), uuid4()
    content = json.loads(logs.log.mapper.to_stored_event(happened(TALK, anna)).state)
    logs.keyring.create([bert])
    _forge(logs, bert, content)
    event = _first(logs)
    assert isinstance(event, Talk)
    with pytest.raises(Tampered):
        _ = event.name.text


def test_words_that_lie_open_in_the_log_are_not_believed(logs: Logs) -> None:
    _forge(logs, uuid4(), {"name": "Anna"})
    [found] = logs.log.page(0, EVERYTHING, 1)
    assert "not sealed" in getattr(found, "problem", "")


def _forge(logs: Logs, stream: UUID, content: dict[str, Any]) -> None:
    state = json.dumps(content).encode()
    logs.log.insert_events([StoredEnvelope(stream, 1, "test.talk", state, by=AGENT)])


def test_a_lost_key_is_not_taken_for_a_forgotten_person(logs: Logs, tmp_path: Path) -> None:
    anna = uuid4()
    logs.log.append([happened(TALK, anna)])
    (tmp_path / "restored").mkdir()
    older = open_log(logs.url, tmp_path / "restored")
    event = _first(older)
    assert isinstance(event, Talk)
    with pytest.raises(KeyTrouble, match="Restore the latest backup"):
        _ = event.name.text
    older.engine.dispose()


# --- events that changed their shape ----------------------------------------------------------


class Greeting(Event, frozen=True, kw_only=True):
    """Version 1 had `to` and `word`; the word became a list, then the person moved into a struct."""

    TOPIC = "test.greeting"
    VERSION = 3
    UPCASTS: ClassVar[dict[int, Upcast]] = {
        1: lambda content: {"to": content["to"], "words": [content["word"]]},
        2: lambda content: {"whom": {"said": content["to"]}, "words": content["words"]},
    }
    whom: Remark
    words: tuple[str, ...]


def test_events_of_every_older_shape_are_read_as_the_newest(logs: Logs) -> None:
    stream = uuid4()
    key = logs.keyring.create([stream])[stream]
    assert key is not None
    oldest = {"to": _sealed(key, "test.greeting", stream), "word": "sealed: with a kiss"}
    middle = {"to": _sealed(key, "test.greeting.v2", stream), "words": ["hello", "there"]}
    moved = {"to": oldest["to"], "words": []}
    logs.log.insert_events(
        [
            StoredEnvelope(stream, 1, "test.greeting", json.dumps(oldest).encode(), by=AGENT),
            StoredEnvelope(stream, 2, "test.greeting.v2", json.dumps(middle).encode(), by=AGENT),
            StoredEnvelope(stream, 3, "test.greeting.v2", json.dumps(moved).encode(), by=AGENT),
        ]
    )
    newest = Greeting(whom=Remark(said=Personal("Anna")), words=("hi",))
    logs.log.append([happened(newest, stream, 4)])
    read = [e.event for e in logs.log.page(0, EVERYTHING, 4) if isinstance(e, Envelope)]
    one, two, three, four = (e for e in read if isinstance(e, Greeting))
    assert (one.whom.said.text, one.words) == ("Anna", ("sealed: with a kiss",))
    assert (two.whom.said.text, two.words) == ("Anna", ("hello", "there"))
    assert four == newest
    with pytest.raises(Tampered):
        _ = three.whom.said.text  # sealed for version 1 of the event, and moved to version 2
    with logs.engine.connect() as connection:
        topics = connection.execute(text("SELECT topic FROM events ORDER BY position")).scalars()
        assert list(topics)[-1] == "test.greeting.v3"


def _sealed(key: AESGCM, topic: str, stream: UUID) -> str:
    return seal(key, Personal("Anna"), topic, stream, "to")


def test_two_events_never_share_a_stored_name() -> None:
    class Ours(Event, frozen=True):
        pass

    class One(Ours, frozen=True):
        TOPIC = "test.one"
        VERSION = 2
        UPCASTS: ClassVar[dict[int, Upcast]] = {1: dict}

    assert known_events(Ours) == {"test.one": (One, 1), "test.one.v2": (One, 2)}

    class Other(Ours, frozen=True):
        TOPIC = "test.one"

    with pytest.raises(TypeError, match=r"both stored as 'test.one'"):
        known_events(Ours)

    class Gap(Ours, frozen=True):
        TOPIC = "test.gap"
        VERSION = 2

    with pytest.raises(TypeError, match="no upcast from version 1"):
        known_events(Gap)
    del Ours, One, Other, Gap
    gc.collect()  # so that no other test's search for events finds them


def test_an_event_that_is_not_known_is_not_written(logs: Logs) -> None:
    class Stranger(Visit, frozen=True):
        pass

    with pytest.raises(TypeError, match="not an event of this log"):
        logs.log.append([happened(Stranger())])
    del Stranger
    gc.collect()


def test_a_gift_needs_no_words(logs: Logs) -> None:
    talk = Talk(name=Personal("Anna"), last=Gift(item="tea"))
    logs.log.append([happened(talk)])
    assert _first(logs) == talk


# --- the key database -------------------------------------------------------------------------


def test_two_who_create_a_key_at_once_get_the_same(logs: Logs) -> None:
    streams = [uuid4() for _ in range(20)]
    master = secrets.token_bytes(32)
    logs.keyring.rewrap(master)
    others = [Keyring(connect_keys(logs.keys_url), master) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda keyring: keyring.create(streams), others))
    for stream in streams:
        sealed = seal(_key(others[0], stream), Personal("x"), "t", stream, "p")
        nonce, rest = _parts(sealed)
        for keyring in others[1:]:
            assert _key(keyring, stream).decrypt(nonce, rest, f"t|{stream}|p".encode()) == b"x"


def _key(keyring: Keyring, stream: UUID) -> AESGCM:
    key = keyring.key_for(stream)
    assert key is not None
    return key


def _parts(sealed: str) -> tuple[bytes, bytes]:
    raw = urlsafe_b64decode(sealed.removeprefix(SEAL))
    return raw[:12], raw[12:]


def test_a_destroyed_key_is_gone_from_the_file_and_never_made_again(logs: Logs) -> None:
    anna = uuid4()
    logs.keyring.create([anna])
    file = Path(logs.keys_url.removeprefix("sqlite:///"))
    with logs.keyring._engine.connect() as connection:
        wrapped: bytes = connection.execute(
            select(keys.c.wrapped).where(keys.c.stream == anna)
        ).scalar_one()
    assert wrapped in file.read_bytes()
    logs.keyring.destroy(anna)
    assert not [f for f in file.parent.glob("keys.db*") if wrapped in f.read_bytes()]
    assert logs.keyring.key_for(anna) is None
    assert logs.keyring.create([anna]) == {anna: None}
    never_had_one = uuid4()
    logs.keyring.destroy(never_had_one)
    assert logs.keyring.create([never_had_one]) == {never_had_one: None}


def test_another_process_forgets_within_a_minute(
    logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert CACHED_SECONDS < 60
    monkeypatch.setattr("adapters.keyring.CACHED_SECONDS", 0.2)
    anna, master = uuid4(), secrets.token_bytes(32)
    logs.keyring.rewrap(master)
    other = Keyring(connect_keys(logs.keys_url), master)
    other.create([anna])
    logs.keyring.destroy(anna)
    time.sleep(0.25)
    assert other.key_for(anna) is None


def test_a_new_master_key_opens_everything_and_the_old_one_nothing(logs: Logs) -> None:
    anna, old, new = uuid4(), secrets.token_bytes(32), secrets.token_bytes(32)
    logs.keyring.rewrap(old)
    logs.log.append([happened(TALK, anna)])
    blind = logs.keyring.blind("email", "anna@example.org")
    assert logs.keyring.rewrap(new) == 2  # Anna's, and the one of the blind index
    fresh = Keyring(connect_keys(logs.keys_url), new)
    assert fresh.key_for(anna) is not None
    assert fresh.blind("email", "anna@example.org") == blind
    assert _first(logs) == TALK
    with pytest.raises(KeyTrouble, match="another master key"):
        Keyring(connect_keys(logs.keys_url), old)


def test_a_blind_index_tells_equal_from_different_and_no_more(logs: Logs) -> None:
    blind = logs.keyring.blind
    assert blind("email", "anna@example.org") == blind("email", "anna@example.org")
    assert blind("email", "anna@example.org") != blind("phone", "anna@example.org")
    assert "anna" not in blind("email", "anna@example.org")
    assert len(blind("email", "")) == 64


def test_a_key_that_was_moved_to_another_row_does_not_open(logs: Logs) -> None:
    anna, bert, master = uuid4(), uuid4(), secrets.token_bytes(32)
    logs.keyring.rewrap(master)
    logs.keyring.create([anna, bert])
    with writing(logs.keyring._engine) as connection:
        of_anna = select(keys.c.wrapped).where(keys.c.stream == anna).scalar_subquery()
        connection.execute(update(keys).where(keys.c.stream == bert).values(wrapped=of_anna))
    with pytest.raises(KeyTrouble, match="was changed"):
        Keyring(connect_keys(logs.keys_url), master).key_for(bert)
