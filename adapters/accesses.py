"""Who looked at whom: every reading and exporting of a customer, kept and never changed.

It is no part of the history, since nothing happened to the customer; but an auditor asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Engine,
    Identity,
    Integer,
    MetaData,
    String,
    Table,
    Uuid,
    insert,
    select,
)

from adapters.database import writing
from adapters.log.recorder import now
from adapters.log.tables import NAMING, Moment

metadata = MetaData(naming_convention=NAMING)

accesses = Table(
    "accesses",
    metadata,
    Column(
        "id",
        BigInteger().with_variant(Integer, "sqlite"),
        Identity(always=True),
        primary_key=True,
    ),
    Column("at", Moment, nullable=False),
    Column("by", Uuid, nullable=False),
    Column("what", String(64), nullable=False),
    Column("customer", Uuid, index=True),
    Column("contact", Uuid),
    Column("status", Integer, nullable=False),
    Column("correlation", String(64)),
    sqlite_autoincrement=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One look at a customer or contact, or at a list of them (both are None).

    `what` names the page, export or command; `status` is what came of it, as HTTP says it.
    """

    at: datetime
    by: UUID
    what: str
    customer: UUID | None
    contact: UUID | None
    status: int
    correlation: str | None


class Accesses:
    """The record of who looked at whom.

    `engine` need not wait for the disk: a power failure may take the looks of the last moment,
    and nothing else depends on them.
    """

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = now) -> None:
        self._engine = engine
        self._clock = clock

    def record(
        self,
        *,
        by: UUID,
        what: str,
        customer: UUID | None = None,
        contact: UUID | None = None,
        status: int = 200,
        correlation: str | None = None,
    ) -> None:
        """Keep that somebody looked."""
        with writing(self._engine) as connection:
            connection.execute(
                insert(accesses).values(
                    at=self._clock(),
                    by=by,
                    what=what,
                    customer=customer,
                    contact=contact,
                    status=status,
                    correlation=correlation,
                )
            )

    def of_customer(self, streams: Sequence[UUID], *, limit: int = 100) -> list[Access]:
        """Who looked at this customer, the latest first."""
        columns = [column for column in accesses.c if column.name != "id"]
        query = (
            select(*columns)
            .where(accesses.c.customer.in_(streams))
            .order_by(accesses.c.id.desc())
            .limit(limit)
        )
        with self._engine.connect() as connection:
            return [Access(**row._asdict()) for row in connection.execute(query)]
