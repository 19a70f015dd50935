"""The log on SQLite."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from eventsourcing.persistence import (
    DatabaseError,
    IntegrityError,
    OperationalError,
    PersistenceError,
    ProgrammingError,
    StoredEvent,
)
from sqlalchemy import ColumnElement, Engine, String, Table, bindparam, func, select, type_coerce
from sqlalchemy.exc import TimeoutError as PoolTimeout

from adapters.log.pen import Pen, Question
from adapters.log.stored import COLUMNS, Row, StoredEnvelope, ToldTwice
from adapters.log.tables import as_text
from adapters.sqlite import LOCK_SECONDS, WAL_BYTES_AT_MOST, checkpoint, raw, wal_bytes


class SQLitePen(Pen):
    """Writes under BEGIN IMMEDIATE. Threads of one process queue for it instead of polling."""

    def __init__(self, engine: Engine, table: Table) -> None:
        super().__init__(engine, table)
        self._turn = threading.Lock()
        self._has_positions = "position" in table.c
        self._wal_due = WAL_BYTES_AT_MOST
        names = ", ".join(f'"{name}"' for name in COLUMNS)
        marks = ", ".join("?" * len(COLUMNS))
        self._insert = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608 - our names
        self._last = "SELECT recorded_at FROM events ORDER BY position DESC LIMIT 1"

    def row(self, stored: StoredEvent) -> Row:
        stream = stored.originator_id
        stream = stream.hex if isinstance(stream, UUID) else UUID(stream).hex
        state = stored.state.decode()
        if not isinstance(stored, StoredEnvelope):
            return (stream, stored.originator_version, stored.topic) + (None,) * 6 + (state,)
        by, contact = stored.by, stored.contact
        return (
            stream,
            stored.originator_version,
            stored.topic,
            None if by is None else by.hex,
            stored.source,
            stored.source_ref,
            stored.correlation,
            stored.cause,
            None if contact is None else contact.hex,
            state,
        )

    def write(self, rows: Sequence[Row], moment: datetime) -> Sequence[int]:
        if not self._turn.acquire(timeout=LOCK_SECONDS):
            raise OperationalError(_BUSY)
        try:
            with raw(self.engine) as connection:
                positions = self._write(connection, rows, as_text(moment))
        except (sqlite3.Error, PoolTimeout) as error:
            raise self.trouble(error) from error
        finally:
            self._turn.release()
        self._checkpoint_when_due()
        return positions

    def _write(
        self, connection: sqlite3.Connection, rows: Sequence[Row], moment: str
    ) -> Sequence[int]:
        cursor = connection.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        try:
            if self._has_positions:
                last = cursor.execute(self._last).fetchone()
                moment = max(moment, last[0]) if last else moment
            if len(rows) == 1:
                cursor.execute(self._insert, (*rows[0], moment))
            else:
                cursor.executemany(self._insert, ((*row, moment) for row in rows))
            top: int = cursor.execute("SELECT last_insert_rowid()").fetchone()[0]
            cursor.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.rollback()
            raise
        return list(range(top - len(rows) + 1, top + 1)) if self._has_positions else []

    def _checkpoint_when_due(self) -> None:
        """Keep the WAL short. When readers hold it, try again after as much again was written."""
        length = wal_bytes(self.engine)
        if length < self._wal_due:
            if length < WAL_BYTES_AT_MOST:
                self._wal_due = WAL_BYTES_AT_MOST
            return
        self._wal_due = length + WAL_BYTES_AT_MOST
        try:
            checkpoint(self.engine)
        except sqlite3.OperationalError:
            return  # somebody writes: what we wrote is safe, and the next write tries again

    def ask(self, question: Question, **given: Any) -> list[Any]:
        try:
            with raw(self.engine) as connection:
                return _answers(connection, question.sql, question.values(given))
        except (sqlite3.Error, PoolTimeout) as error:
            raise self.trouble(error) from error

    def among(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        given = func.json_each(bindparam(name, type_=String)).table_valued("value")
        return type_coerce(column, String).in_(select(given.c.value))

    def bind(self, value: UUID) -> Any:
        return value.hex

    def bind_all(self, values: Collection[UUID | str]) -> Any:
        return json.dumps([v.hex if isinstance(v, UUID) else v for v in values])

    def trouble(self, error: Exception) -> PersistenceError:
        text = str(error)
        if isinstance(error, sqlite3.IntegrityError):
            if "source_ref" in text:
                return ToldTwice(f"The log already holds an event with this reference ({text}).")
            return IntegrityError(f"Somebody else wrote to the same stream first ({text}).")
        if "locked" in text or isinstance(error, PoolTimeout):
            return OperationalError(_BUSY)
        if "full" in text:
            return OperationalError(
                "The disk is full. Nothing was recorded: make room, then try again. No restart is "
                "needed."
            )
        if "no such table" in text:
            return ProgrammingError(f"{text}: run `rapport db upgrade` first.")
        if getattr(error, "sqlite_errorname", "") == "SQLITE_IOERR_FSYNC":
            # It lies in the file, and becomes true if nobody writes before the hub is opened again.
            return OperationalError(
                "The disk failed to sync, so it is not certain whether this was recorded. Look at "
                "what is there before you try again, and have the disk checked."
            )
        if isinstance(error, sqlite3.OperationalError):
            return OperationalError(f"The log did not take this: {text}. Nothing was recorded.")
        return DatabaseError(f"SQLite reports: {text}. Run `rapport doctor`.")


def _answers(connection: sqlite3.Connection, sql: str, values: Any) -> list[Any]:
    """The rows; where one holds bytes that are no text, that one row is marked, not all refused."""
    try:
        return connection.execute(sql, values).fetchall()
    except sqlite3.OperationalError as error:
        if "decode" not in str(error):
            raise
    connection.text_factory = _legible
    try:
        return connection.execute(sql, values).fetchall()
    finally:
        connection.text_factory = str


def _legible(stored: bytes) -> str:
    """Text as it is; of damaged text something that nobody takes for JSON or for a known name."""
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return "\N{REPLACEMENT CHARACTER}" + stored.decode(errors="backslashreplace")


_BUSY = (
    f"Others have been writing to the log for {LOCK_SECONDS:.0f} seconds. Nothing was recorded: "
    "try again."
)
