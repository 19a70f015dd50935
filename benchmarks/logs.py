"""Opening a log to measure with, its keys beside it."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from adapters import database
from adapters.event_store import EventLog, Mapper
from adapters.keyring import Keyring
from adapters.log.recorder import now
from adapters.wiring import EVENTS


def open_log(url: str, place: Path) -> EventLog:
    """The log at this URL, made if there is none; its keys lie in `place`, for this URL alone."""
    name = sha256(url.encode()).hexdigest()[:16]
    keys = f"sqlite:///{place / f'{name}.keys'}"
    database.upgrade(url, "log")
    database.upgrade(keys, "keys")
    keyring = Keyring(database.connect_keys(keys), bytes(32))
    return EventLog(database.connect_log(url), Mapper(EVENTS, keyring), now)
