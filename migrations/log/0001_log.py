"""The log and its snapshots; what is recorded cannot be changed or deleted."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    position = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "events",
        sa.Column("position", position, sa.Identity(always=True), nullable=False),
        sa.Column("stream", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        *_content(),
        sa.PrimaryKeyConstraint("position", name="pk_events"),
        sa.UniqueConstraint("stream", "version", name="uq_events_stream_version"),
        sa.UniqueConstraint("source", "source_ref", name="uq_events_source_source_ref"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_contact", "events", ["contact"])
    op.create_table(
        "snapshots",
        sa.Column("stream", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        *_content(),
        sa.PrimaryKeyConstraint("stream", "version", name="pk_snapshots"),
    )
    _forbid_changes()


def _content() -> tuple[sa.Column[Any], ...]:
    moment = sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")
    return (
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("recorded_at", moment, nullable=False),
        sa.Column("by", sa.Uuid),
        sa.Column("source", sa.Text),
        sa.Column("source_ref", sa.Text),
        sa.Column("correlation", sa.Text),
        sa.Column("cause", sa.BigInteger),
        sa.Column("contact", sa.Uuid),
        sa.Column("state", sa.Text, nullable=False),
    )


def _forbid_changes() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for deed in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER events_no_{deed.lower()} BEFORE {deed} ON events BEGIN "
                "SELECT RAISE(ABORT, 'the log is never changed: record a correction'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION events_are_for_ever() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'the log is never changed: record a correction'; END $$"
    )
    op.execute(
        "CREATE TRIGGER events_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON events "
        "FOR EACH STATEMENT EXECUTE FUNCTION events_are_for_ever()"
    )
