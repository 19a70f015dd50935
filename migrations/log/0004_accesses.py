"""Who looked at whom; what is recorded cannot be changed or deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    moment = sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")
    op.create_table(
        "accesses",
        sa.Column("id", number, sa.Identity(always=True), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("by", sa.Uuid, nullable=False),
        sa.Column("what", sa.String(64), nullable=False),
        sa.Column("customer", sa.Uuid),
        sa.Column("contact", sa.Uuid),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("correlation", sa.String(64)),
        sa.PrimaryKeyConstraint("id", name="pk_accesses"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_accesses_customer", "accesses", ["customer"])
    _forbid_changes()


def _forbid_changes() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for deed in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER accesses_no_{deed.lower()} BEFORE {deed} ON accesses BEGIN "
                "SELECT RAISE(ABORT, 'who looked at whom is never changed'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER accesses_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON accesses "
        "FOR EACH STATEMENT EXECUTE FUNCTION events_are_for_ever()"
    )
