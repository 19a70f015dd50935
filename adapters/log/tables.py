"""The tables of the log, as an auditor finds them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Identity,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.types import TypeEngine

NAMING = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}

metadata = MetaData(naming_convention=NAMING)


class Moment(TypeDecorator[datetime]):
    """An aware time in UTC, to the microsecond: timestamptz, and text that sorts on SQLite."""

    impl = String(32)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(String(32))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> object:
        if value is None or dialect.name == "postgresql":
            return value
        return as_text(value)

    def process_result_value(self, value: object, dialect: Dialect) -> datetime | None:
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        return value if isinstance(value, datetime) else None


def as_text(moment: datetime) -> str:
    """A moment as SQLite keeps it: `2026-01-05T10:11:12.000000+00:00`."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


events = Table(
    "events",
    metadata,
    Column(
        "position",
        BigInteger().with_variant(Integer, "sqlite"),
        Identity(always=True),
        primary_key=True,
    ),
    Column("stream", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("topic", Text, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("by", Uuid),
    Column("source", Text),
    Column("source_ref", Text),
    Column("correlation", Text),
    Column("cause", BigInteger),
    Column("contact", Uuid, index=True),
    Column("state", Text, nullable=False),
    UniqueConstraint("stream", "version"),
    UniqueConstraint("source", "source_ref"),
    sqlite_autoincrement=True,
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("stream", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("topic", Text, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("by", Uuid),
    Column("source", Text),
    Column("source_ref", Text),
    Column("correlation", Text),
    Column("cause", BigInteger),
    Column("contact", Uuid),
    Column("state", Text, nullable=False),
)
