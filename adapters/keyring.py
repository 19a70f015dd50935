"""The keys to words about persons: one for each stream, kept apart from the log."""

from __future__ import annotations

import hashlib
import hmac
import os
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from time import monotonic
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from eventsourcing.persistence import OperationalError
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    LargeBinary,
    MetaData,
    String,
    Table,
    Uuid,
    bindparam,
    exc,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from adapters.database import writing
from adapters.log.tables import NAMING, Moment

CACHED = 50_000
"""Keys kept in memory."""

CACHED_SECONDS = 45.0
"""How long a key is used without looking again: another process may have destroyed it."""

_BLIND = UUID(int=0)  # the row of the key to the blind index, which belongs to no stream
_NONCE = 12
_AT_ONCE = 5_000

metadata = MetaData(naming_convention=NAMING)

keys = Table(
    "keys",
    metadata,
    Column("stream", Uuid, primary_key=True),
    Column("wrapped", LargeBinary),
    Column("master", String(16), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("destroyed_at", Moment),
)


class KeyTrouble(Exception):
    """A key cannot be had; the message says what to do."""


class Keyring:
    """One 256-bit key a stream, each wrapped by the master key, in a database of their own.

    `master` is 32 bytes. Raises KeyTrouble when the keys there were wrapped by another one.
    """

    def __init__(self, engine: Engine, master: bytes) -> None:
        self._engine = engine
        self._master = AESGCM(master)
        self._mark = mark_of(master)
        self._lock = threading.Lock()
        self._cached: OrderedDict[UUID, tuple[AESGCM | None, float]] = OrderedDict()
        self._blind = self._blind_key()

    # --- for whoever reads or writes words ---

    def key_for(self, stream: UUID) -> AESGCM | None:
        """The key of a stream; None when it was destroyed.

        Raises KeyTrouble when the key database does not know the stream: then it is older than
        the log, and what it lost must not be taken for forgotten.
        """
        return self.keys_for([stream])[stream]

    def keys_for(self, streams: Collection[UUID]) -> dict[UUID, AESGCM | None]:
        """As `key_for`, for many streams with one query."""
        found = self._from_cache(streams)
        if missing := [stream for stream in streams if stream not in found]:
            with _reachable(), self._engine.connect() as connection:
                found |= self._read(connection, missing)
            if lost := [stream for stream in missing if stream not in found]:
                raise KeyTrouble(
                    f"The key database does not know the key of {lost[0]}, although the log holds "
                    "words sealed with it. Restore the latest backup of the key database."
                )
        return found

    def create(self, streams: Collection[UUID]) -> dict[UUID, AESGCM | None]:
        """The keys of the streams, made where there was none, and on disk when this returns.

        Two who create one at the same time get the same. None for a stream that was forgotten:
        it never gets a key again.
        """
        found = self._from_cache(streams)
        if missing := [stream for stream in streams if stream not in found]:
            with _reachable(), self._engine.connect() as connection:
                found |= self._read(connection, missing)
            if new := [stream for stream in missing if stream not in found]:
                with _reachable(), writing(self._engine) as connection:
                    self._insert(connection, new)
                    made = self._read(connection, new)
                found |= made
        return found

    def destroy(self, stream: UUID) -> None:
        """Destroy the key of a stream for ever. Twice changes nothing.

        Other processes may use it for less than a minute more. The row stays, without the key,
        so that the stream never gets another one. SQLite overwrites the key in the file;
        PostgreSQL keeps the old row until it is vacuumed.
        """
        if stream == _BLIND:
            raise ValueError("the key to the blind index belongs to no person")
        now = datetime.now(UTC)
        with _reachable(), writing(self._engine) as connection:
            gone = {"wrapped": None, "destroyed_at": now}
            of_stream = update(keys).where(keys.c.stream == stream, keys.c.destroyed_at.is_(None))
            if connection.execute(of_stream.values(gone)).rowcount == 0:
                row = {"stream": stream, "master": self._mark, "created_at": now, **gone}
                self._insert_rows(connection, [row])
        with self._lock:
            self._cached[stream] = None, monotonic() + CACHED_SECONDS

    def blind(self, kind: str, normal_text: str) -> str:
        """What an address or number is looked up by: tells whether two are equal, and no more.

        HMAC-SHA256 in hexadecimal. It stays the same when the master key changes.
        """
        return hmac.new(self._blind, f"{kind}\n{normal_text}".encode(), hashlib.sha256).hexdigest()

    # --- for the administrator ---

    def rewrap(self, new_master: bytes) -> int:
        """Wrap every key anew, in one transaction; returns how many.

        Other processes must be started again with the new master key.
        """
        wrapper, mark, count = AESGCM(new_master), mark_of(new_master), 0
        with _reachable(), writing(self._engine) as connection:
            last = None
            while rows := self._some(connection, after=last):
                changed = [
                    {
                        "row": stream,
                        "again": _wrap(wrapper, self._unwrap(stream, wrapped, by), stream),
                        "mark": mark,
                    }
                    for stream, wrapped, by in rows
                ]
                connection.execute(
                    update(keys)
                    .where(keys.c.stream == bindparam("row"))
                    .values(wrapped=bindparam("again"), master=bindparam("mark")),
                    changed,
                )
                last, count = rows[-1][0], count + len(rows)
        self._master, self._mark = wrapper, mark
        return count

    def _some(self, connection: Connection, after: UUID | None) -> list[Any]:
        query = select(keys.c.stream, keys.c.wrapped, keys.c.master).where(
            keys.c.wrapped.is_not(None)
        )
        if after is not None:
            query = query.where(keys.c.stream > after)
        return list(connection.execute(query.order_by(keys.c.stream).limit(_AT_ONCE)))

    # --- rows and cache ---

    def _from_cache(self, streams: Collection[UUID]) -> dict[UUID, AESGCM | None]:
        now, found = monotonic(), {}
        with self._lock:
            for stream in streams:
                if (entry := self._cached.get(stream)) is None:
                    continue
                key, until = entry
                if until > now:
                    found[stream] = key
                    self._cached.move_to_end(stream)
                else:
                    del self._cached[stream]
        return found

    def _read(self, connection: Connection, streams: Collection[UUID]) -> dict[UUID, AESGCM | None]:
        found: dict[UUID, AESGCM | None] = {}
        for some in _pieces(streams):
            rows = connection.execute(
                select(keys.c.stream, keys.c.wrapped, keys.c.master, keys.c.destroyed_at).where(
                    keys.c.stream.in_(some)
                )
            )
            for stream, wrapped, mark, destroyed_at in rows:
                gone = destroyed_at is not None or wrapped is None
                found[stream] = None if gone else AESGCM(self._unwrap(stream, wrapped, mark))
        self._remember(found)
        return found

    def _remember(self, found: dict[UUID, AESGCM | None]) -> None:
        until = monotonic() + CACHED_SECONDS
        with self._lock:
            for stream, key in found.items():
                self._cached[stream] = key, until
                self._cached.move_to_end(stream)
            while len(self._cached) > CACHED:
                self._cached.popitem(last=False)

    def _insert(self, connection: Connection, streams: Collection[UUID]) -> None:
        now = datetime.now(UTC)
        self._insert_rows(
            connection,
            [
                {
                    "stream": stream,
                    "wrapped": _wrap(self._master, AESGCM.generate_key(256), stream),
                    "master": self._mark,
                    "created_at": now,
                    "destroyed_at": None,
                }
                for stream in sorted(
                    streams
                )  # one order, so that two creators never wait crosswise
            ],
        )

    def _insert_rows(self, connection: Connection, rows: list[dict[str, Any]]) -> None:
        dialect = postgresql if self._engine.dialect.name == "postgresql" else sqlite
        connection.execute(dialect.insert(keys).on_conflict_do_nothing(), rows)

    def _blind_key(self) -> bytes:
        of_row = select(keys.c.wrapped, keys.c.master).where(keys.c.stream == _BLIND)
        with _reachable(), self._engine.connect() as connection:
            row = connection.execute(of_row).one_or_none()
        if row is None:
            with _reachable(), writing(self._engine) as connection:
                self._insert(connection, [_BLIND])
                row = connection.execute(of_row).one()
        return self._unwrap(_BLIND, row[0], row[1])

    def _unwrap(self, stream: UUID, wrapped: bytes, mark: str) -> bytes:
        try:
            return self._master.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], stream.bytes)
        except InvalidTag as error:
            if mark != self._mark:
                raise KeyTrouble(
                    "The keys were wrapped by another master key than the one given now. Restore "
                    "the file or the setting it came from; nothing can be read without it."
                ) from error
            raise KeyTrouble(
                f"The key of {stream} was changed in the key database. Restore its backup."
            ) from error


def _wrap(master: AESGCM, key: bytes, stream: UUID) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + master.encrypt(nonce, key, stream.bytes)


def mark_of(master: bytes) -> str:
    """Which master key this is, without telling anything of it."""
    return hashlib.sha256(b"rapport master " + master).hexdigest()[:16]


def _pieces(streams: Collection[UUID]) -> Iterator[list[UUID]]:
    everything = list(streams)
    for start in range(0, len(everything), _AT_ONCE):
        yield everything[start : start + _AT_ONCE]


@contextmanager
def _reachable() -> Iterator[None]:
    """Turns a database that is gone, full or locked into the library's OperationalError."""
    try:
        yield
    except (exc.OperationalError, exc.TimeoutError) as error:
        raise OperationalError(
            f"The key database cannot be used just now ({getattr(error, 'orig', error)}). "
            "Nothing was recorded: try again."
        ) from error
