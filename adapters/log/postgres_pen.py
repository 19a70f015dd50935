"""The log on PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.persistence import (
    DatabaseError,
    IntegrityError,
    OperationalError,
    PersistenceError,
    ProgrammingError,
    StoredEvent,
)
from psycopg import errors
from sqlalchemy import ColumnElement, Engine, Table, any_, bindparam, literal_column
from sqlalchemy.exc import OperationalError as EngineError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from adapters.log.pen import Pen, Question
from adapters.log.stored import COLUMNS, Row, StoredEnvelope, ToldTwice

CHANNEL = "rapport_log"
"""Where every commit is announced, for whoever waits for new events."""

COPY_FROM = 20
"""So many rows and more go by COPY; fewer are faster as one pipeline of inserts."""

_TYPES = (
    "uuid", "int4", "text", "uuid", "text", "text", "text", "int8", "uuid", "text", "timestamptz"
)  # fmt: skip


class PostgresPen(Pen):
    """Writes under a table lock that lets readers pass; one round trip for an ordinary command."""

    def __init__(self, engine: Engine, table: Table) -> None:
        super().__init__(engine, table)
        self._has_positions = "position" in table.c
        names = ", ".join(f'"{name}"' for name in COLUMNS)
        marks = ", ".join(["%s"] * (len(COLUMNS) - 1))
        later = "greatest(%s, (SELECT recorded_at FROM events ORDER BY position DESC LIMIT 1))"
        given = "%s::timestamptz"
        moment = later.replace("%s", given) if self._has_positions else given
        self._lock = f"LOCK TABLE {table.name} IN EXCLUSIVE MODE"
        self._wait = f"LOCK TABLE {table.name} IN SHARE MODE"
        self._moment = f"SELECT {moment}"
        self._insert = f"INSERT INTO {table.name} ({names}) VALUES ({marks}, {moment})"  # noqa: S608 - our names
        if self._has_positions:
            self._insert += " RETURNING position"
        self._copy = f"COPY {table.name} ({names}) FROM STDIN (FORMAT BINARY)"
        self._top = "SELECT currval(pg_get_serial_sequence('events', 'position'))"
        self._notify = f"NOTIFY {CHANNEL}"
        position = "position" if self._has_positions else "0"
        same = " AND ".join(f'"{name}" IS NOT DISTINCT FROM %s' for name in COLUMNS[:-1])
        self._there = f"SELECT {position} FROM {table.name} WHERE {same}"  # noqa: S608 - our names

    def row(self, stored: StoredEvent) -> Row:
        state = stored.state.decode()
        stream = stored.originator_id
        if not isinstance(stored, StoredEnvelope):
            return (stream, stored.originator_version, stored.topic) + (None,) * 6 + (state,)
        return (
            stream,
            stored.originator_version,
            stored.topic,
            stored.by,
            stored.source,
            stored.source_ref,
            stored.correlation,
            stored.cause,
            stored.contact,
            state,
        )

    def write(self, rows: Sequence[Row], moment: datetime) -> Sequence[int]:
        try:
            return self._write(rows, moment)
        except _Unreachable as error:
            raise OperationalError(
                "The database cannot be reached. Nothing was recorded: try again later."
            ) from error
        except _Lost:
            return self._write_again(rows, moment)
        except (psycopg.Error, EngineError, PoolTimeout) as error:
            raise self.trouble(error) from error

    def _write_again(self, rows: Sequence[Row], moment: datetime) -> Sequence[int]:
        """The server may have committed before the connection broke: look, then decide."""
        try:
            return self._recorded(rows) or self._write(rows, moment)
        except (_Unreachable, _Lost) as error:
            raise OperationalError(
                "The connection to the database was lost, and it cannot be reached to see whether "
                "this was recorded. Look at what is there before you try again."
            ) from error
        except (psycopg.Error, EngineError, PoolTimeout) as error:
            raise self.trouble(error) from error

    def _write(self, rows: Sequence[Row], moment: datetime) -> Sequence[int]:
        with self._connection() as connection:
            if len(rows) < COPY_FROM:
                return self._insert_rows(connection, rows, moment)
            return self._copy_rows(connection, rows, moment)

    def _insert_rows(
        self, connection: psycopg.Connection[Any], rows: Sequence[Row], moment: datetime
    ) -> Sequence[int]:
        cursors = [connection.cursor() for _ in rows]
        with connection.pipeline():
            connection.execute(self._lock)
            for cursor, row in zip(cursors, rows, strict=True):
                cursor.execute(self._insert, (*row, moment), prepare=True)
            if self._has_positions:
                connection.execute(self._notify)
            connection.commit()
        if not self._has_positions:
            return []
        return [_only(cursor) for cursor in cursors]

    def _copy_rows(
        self, connection: psycopg.Connection[Any], rows: Sequence[Row], moment: datetime
    ) -> Sequence[int]:
        cursor = connection.cursor()
        with connection.pipeline():
            connection.execute(self._lock)
            cursor.execute(self._moment, (moment,))
        recorded_at = _only(cursor)
        with cursor.copy(self._copy) as copy:
            copy.set_types(_TYPES)
            for row in rows:
                copy.write_row((*row, recorded_at))
        if not self._has_positions:
            connection.commit()
            return []
        with connection.pipeline():
            cursor.execute(self._top)
            connection.execute(self._notify)
            connection.commit()
        top = _only(cursor)
        return list(range(top - len(rows) + 1, top + 1))

    def _recorded(self, rows: Sequence[Row]) -> Sequence[int]:
        """The positions of the rows if they are there, after a writer that lost us has ended."""
        with self._connection() as connection:
            connection.execute(self._wait)
            first, last = (
                connection.execute(self._there, row).fetchone() for row in (rows[0], rows[-1])
            )
            connection.rollback()
        if first is None or last is None:
            return []
        return list(range(first[0], last[0] + 1)) if self._has_positions else [0]

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection[Any]]:
        """A driver connection of the pool; one that breaks is thrown away.

        Raises _Unreachable when there is none to be had, _Lost when it breaks.
        """
        try:
            pooled = self.engine.raw_connection()
        except (EngineError, psycopg.OperationalError) as error:
            raise _Unreachable() from error
        connection: Any = pooled.driver_connection
        try:
            yield connection
        except psycopg.Error as error:
            if not _rolled_back(connection):
                pooled.invalidate()
                raise _Lost() from error
            raise
        finally:
            pooled.close()

    def ask(self, question: Question, **given: Any) -> list[Any]:
        try:
            try:
                return self._ask(question, given)
            except _Lost:
                return self._ask(question, given)  # the server was restarted in the meantime
        except (_Unreachable, _Lost) as error:
            raise OperationalError("The database cannot be reached. Try again later.") from error
        except (psycopg.Error, PoolTimeout) as error:
            raise self.trouble(error) from error

    def _ask(self, question: Question, given: dict[str, Any]) -> list[Any]:
        with self._connection() as connection:
            cursor = connection.cursor(binary=True)
            found = cursor.execute(question.sql, question.values(given)).fetchall()
            connection.rollback()
            return found

    def among(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        return literal_column(column.name) == any_(bindparam(name))

    def bind(self, value: UUID) -> Any:
        return value

    def bind_all(self, values: Collection[UUID | str]) -> Any:
        return list(values)

    def trouble(self, error: Exception) -> PersistenceError:
        match error:
            case errors.UniqueViolation():
                if "source" in (error.diag.constraint_name or ""):
                    return ToldTwice(
                        "The log already holds an event with this reference "
                        f"({error.diag.message_detail})."
                    )
                return IntegrityError(
                    f"Somebody else wrote to the same stream first ({error.diag.message_detail})."
                )
            case errors.LockNotAvailable() | PoolTimeout():
                return OperationalError(
                    "Others have been writing to the log for 5 seconds. Nothing was recorded: try "
                    "again."
                )
            case errors.DiskFull():
                return OperationalError(
                    "The disk of the database server is full. Nothing was recorded: make room, then "
                    "try again. No restart is needed."
                )
            case errors.UndefinedTable():
                return ProgrammingError(f"{error}: run `rapport db upgrade` first.")
            case psycopg.OperationalError():
                return OperationalError(
                    f"The log did not take this: {error}. Nothing was recorded."
                )
        return DatabaseError(f"PostgreSQL reports: {error}")


def _rolled_back(connection: psycopg.Connection[Any]) -> bool:
    """Whether the transaction is undone; if not, the server is gone and may have committed it.

    In the middle of a pipeline a connection may be broken without knowing it yet.
    """
    if connection.closed or connection.broken:
        return False
    try:
        connection.rollback()
    except psycopg.Error:
        return False
    return True


def _only(cursor: psycopg.Cursor[Any]) -> Any:
    """The one value that a statement gave back."""
    [(value,)] = cursor.fetchall()
    return value


class _Unreachable(Exception):
    """No connection could be made."""


class _Lost(Exception):
    """The connection broke while it was used."""
