"""What the tables of all read models share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Dialect, Text, TypeDecorator

from domain.root import Envelope

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

NEVER = datetime.min.replace(tzinfo=UTC)
"""Earlier than everything that happened: sorts whoever never had a contact to the end."""


class Moment(TypeDecorator[datetime]):
    """An aware time, kept as whole microseconds since 1970 in UTC, because SQLite forgets zones.

    What is read back is aware, in UTC.
    """

    impl = BigInteger
    cache_ok = True

    # In place of `process_bind_param`, around which SQLAlchemy would call twice for each value.
    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], int | None]:
        return _microseconds

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[int | None], datetime | None]:
        return _moment


def _microseconds(value: datetime | None) -> int | None:
    return None if value is None else (value - _EPOCH) // _MICROSECOND


def _moment(value: int | None) -> datetime | None:
    return None if value is None else _EPOCH + timedelta(microseconds=value)


def lookup_text() -> Text:
    """Text compared by code point on every database, so that all with one prefix are a range."""
    return Text().with_variant(Text(collation="C"), "postgresql")


def place(envelope: Envelope) -> int:
    """The position of an event that is being folded. Raises ValueError for one not recorded."""
    if envelope.position is None:
        raise ValueError("only an event that the log has recorded can be folded")
    return envelope.position
