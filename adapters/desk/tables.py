"""The desk's tables, on SQLite and PostgreSQL alike; migrations create them from here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Dialect,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    Uuid,
)
from sqlalchemy.dialects import postgresql, sqlite

desk_metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """A time, kept as whole milliseconds since 1970 UTC, because SQLite forgets time zones."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else round(value.timestamp() * 1000)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromtimestamp(value / 1000, UTC)


credentials = Table(
    "credentials",
    desk_metadata,
    Column("staff_id", Uuid, primary_key=True),
    Column("sign_in_name", String(200), nullable=False),
    # What sign-in names are compared by: case, width and composition of letters do not matter.
    Column("folded_name", String(400), nullable=False, unique=True),
    Column("password_hash", String(200), nullable=False),
    Column("changed_at", Moment, nullable=False),
)

# Names are kept hashed: people sometimes type their password into the wrong field.
sign_in_attempts = Table(
    "sign_in_attempts",
    desk_metadata,
    Column("subject_hash", String(64), primary_key=True),
    Column("attempts", Integer, nullable=False),
    Column("forgotten_at", Moment, nullable=False),
)

sessions = Table(
    "sessions",
    desk_metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("staff_id", Uuid, nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
)

preferences = Table(
    "preferences",
    desk_metadata,
    Column("staff_id", Uuid, primary_key=True),
    Column("language", String(35)),
    Column("zone", String(64)),
    Column("theme", String(10), nullable=False),
    Column("density", String(10), nullable=False),
    Column("shortcuts", Boolean, nullable=False),
)

drafts = Table(
    "drafts",
    desk_metadata,
    Column("staff_id", Uuid, primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("content", JSON, nullable=False),
    Column("saved_at", Moment, nullable=False),
    Index("ix_drafts_saved_at", "saved_at"),
)

sent_forms = Table(
    "sent_forms",
    desk_metadata,
    Column("key", String(100), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("location", Text),
    Column("sent_at", Moment, nullable=False, index=True),
)

_DIALECTS: Mapping[str, Callable[[Table], postgresql.Insert | sqlite.Insert]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}


def put(
    connection: Connection, table: Table, row: Mapping[str, Any], *, key: Collection[str]
) -> None:
    """Write a row, over the one that has the same key."""
    statement = _DIALECTS[connection.dialect.name](table).values(**row)
    rest = {name: statement.excluded[name] for name in row if name not in key}
    connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=rest))


def put_if_absent(
    connection: Connection, table: Table, row: Mapping[str, Any], *, key: Collection[str]
) -> bool:
    """Write a row unless there is one with the same key; whether it was written."""
    statement = _DIALECTS[connection.dialect.name](table).values(**row)
    result = connection.execute(statement.on_conflict_do_nothing(index_elements=list(key)))
    return result.rowcount == 1
