"""What the desk keeps beside the history: sign-ins, sessions, drafts, and when each job ran."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "credentials",
        sa.Column("staff_id", sa.Uuid, nullable=False),
        sa.Column("sign_in_name", sa.String(200), nullable=False),
        sa.Column("folded_name", sa.String(400), nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("staff_id", name="pk_credentials"),
        sa.UniqueConstraint("folded_name", name="uq_credentials_folded_name"),
    )
    op.create_table(
        "sign_in_attempts",
        sa.Column("subject_hash", sa.String(64), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("forgotten_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("subject_hash", name="pk_sign_in_attempts"),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("staff_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("last_seen_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
    )
    op.create_index("ix_sessions_staff_id", "sessions", ["staff_id"])
    op.create_table(
        "preferences",
        sa.Column("staff_id", sa.Uuid, nullable=False),
        sa.Column("language", sa.String(35)),
        sa.Column("zone", sa.String(64)),
        sa.Column("theme", sa.String(10), nullable=False),
        sa.Column("density", sa.String(10), nullable=False),
        sa.Column("shortcuts", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("staff_id", name="pk_preferences"),
    )
    op.create_table(
        "drafts",
        sa.Column("staff_id", sa.Uuid, nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.Column("saved_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("staff_id", "key", name="pk_drafts"),
    )
    op.create_index("ix_drafts_saved_at", "drafts", ["saved_at"])
    op.create_table(
        "sent_forms",
        sa.Column("key", sa.String(100), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("location", sa.Text),
        sa.Column("sent_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_sent_forms"),
    )
    op.create_index("ix_sent_forms_sent_at", "sent_forms", ["sent_at"])
    op.create_table(
        "job_runs",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("error", sa.Text),
        sa.PrimaryKeyConstraint("name", name="pk_job_runs"),
    )
