"""A log of its own for each test, and small events to fill it with."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import Engine

from adapters.database import connect_keys, connect_log, upgrade
from adapters.event_store import EventLog, Mapper, known_events
from adapters.keyring import Keyring
from adapters.log.recorder import Clock, now
from domain.personal import Personal
from domain.root import Envelope, Event

AGENT = UUID("00000000-0000-4000-8000-00000000a9e7")


class Visit(Event, frozen=True, kw_only=True):
    """Somebody came by; nothing in it tells who."""

    TOPIC = "test.visit"
    contact_id: UUID | None = None
    spent: Decimal = Decimal(0)
    at: datetime | None = None

    @property
    def about(self) -> UUID | None:
        return self.contact_id


class Remark(msgspec.Struct, frozen=True, kw_only=True, tag="remark"):
    said: Personal
    on: str = "today"


class Gift(msgspec.Struct, frozen=True, kw_only=True, tag="gift"):
    item: str


class Talk(Event, frozen=True, kw_only=True):
    """Words in every place where words can stand."""

    TOPIC = "test.talk"
    name: Personal
    nickname: Personal | None = None
    addresses: tuple[Personal, ...] = ()
    topics: tuple[Remark, ...] = ()
    last: Remark | Gift | None = None


@dataclass(frozen=True, kw_only=True)
class Logs:
    """A log, its keys, and where they lie."""

    url: str
    keys_url: str
    log: EventLog
    keyring: Keyring

    @property
    def engine(self) -> Engine:
        return self.log.engine


def open_log(
    url: str, folder: Path, *, clock: Clock = now, master: bytes | None = None, base: type = Event
) -> Logs:
    """A log at this address with its keys in a file of the folder, brought up to date."""
    keys_url = f"sqlite:///{folder / 'keys.db'}"
    upgrade(url)
    upgrade(keys_url, "keys")
    keyring = Keyring(connect_keys(keys_url), master or secrets.token_bytes(32))
    log = EventLog(connect_log(url), Mapper(known_events(base), keyring), clock)
    return Logs(url=url, keys_url=keys_url, log=log, keyring=keyring)


def happened(event: Event, stream: UUID | None = None, version: int = 1, **act: Any) -> Envelope:
    """The event in its envelope, not recorded yet."""
    return Envelope(
        originator_id=stream or uuid4(), originator_version=version, event=event, by=AGENT, **act
    )


def visits(count: int, stream: UUID | None = None, **act: Any) -> Sequence[Envelope]:
    """So many visits, one after the other, of one customer."""
    stream = stream or uuid4()
    return [happened(Visit(), stream, version, **act) for version in range(1, count + 1)]
