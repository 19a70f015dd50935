"""How Alembic runs a migration here: on the connection it is given, one transaction a step."""

from __future__ import annotations

from alembic import context

from adapters import keyring
from adapters.log import tables

schema: str = context.config.attributes["schema"]
target = {"log": tables.metadata, "keys": keyring.metadata}[schema]

with context.config.attributes["connection"].begin():
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=target,
        version_table=f"{schema}_schema",
        render_as_batch=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
