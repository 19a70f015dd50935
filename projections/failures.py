"""Whose fault a failure is: the event's, or that of the database we run on."""

from __future__ import annotations

import traceback
from typing import Any

from eventsourcing.persistence import OperationalError as LogTrouble
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

_SQLITE_ERROR = 1  # "SQL error or missing table": the statement's fault, though 'operational'
_PROGRAM_LIMIT_EXCEEDED = "54"  # class of SQLSTATEs: a value too long for its index, and the like


def is_trouble(error: BaseException) -> bool:
    """Whether to try again later, because the same event may well succeed then.

    A lost connection, a lock, a full disk, a log or keys out of reach; but not what a single
    event's values bring about.
    """
    if isinstance(error, MemoryError | PoolTimeout | LogTrouble):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    cause: Any = error.orig
    sqlite_code = getattr(cause, "sqlite_errorcode", None)
    if isinstance(error, OperationalError):
        if sqlite_code is not None:
            return bool(sqlite_code & 0xFF != _SQLITE_ERROR)
        return not str(getattr(cause, "sqlstate", None) or "").startswith(_PROGRAM_LIMIT_EXCEEDED)
    if isinstance(error, InterfaceError):
        return not type(cause).__module__.startswith("sqlite3")  # there: a value of a wrong type
    return isinstance(error, InternalError)


def describe(error: BaseException, *, module: str) -> str:
    """What failed, and where in the module.

    Only the database's own trouble is quoted; any other message may hold a person's words.
    """
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    if is_trouble(error) and str(cause):
        return f"{type(cause).__name__}: {str(cause).splitlines()[0]}"
    frames = list(traceback.walk_tb(error.__traceback__))
    own = [place for place in frames if place[0].f_globals.get("__name__") == module]
    if not frames:
        return type(cause).__name__
    frame, line = (own or frames)[-1]
    where = f"{frame.f_globals.get('__name__')}, line {line}, in {frame.f_code.co_name}"
    return f"{type(cause).__name__} ({where})"
