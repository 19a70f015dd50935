"""The keys to words about persons."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")
    op.create_table(
        "keys",
        sa.Column("stream", sa.Uuid, nullable=False),
        sa.Column("wrapped", sa.LargeBinary),
        sa.Column("master", sa.String(16), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("destroyed_at", moment),
        sa.PrimaryKeyConstraint("stream", name="pk_keys"),
    )
