"""What is still to be done about a contact, when and by whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Date,
    Index,
    MetaData,
    Select,
    Table,
    Text,
    Uuid,
    and_,
    or_,
    select,
)

from domain.customers.events import (
    ContactFiledElsewhere,
    ContactWithdrawn,
    CustomerErased,
    FollowUpDone,
    FollowUpSet,
)
from domain.root import Envelope
from projections.directory import customers, label
from projections.projection import Projection
from projections.rows import Rows
from projections.timeline import timeline_entries

follow_ups = Table(
    "follow_ups",
    MetaData(),
    Column("contact_id", Uuid, primary_key=True),
    Column("stream", Uuid, primary_key=True, index=True),
    Column("position", BigInteger, nullable=False),
    Column("on", Date, nullable=False),
    Column("staff", Uuid),
    Column("what", Text, nullable=False),
)
Index("ix_follow_ups_due", follow_ups.c.staff, follow_ups.c.on)


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """One open follow-up. `staff` is None when anybody may do it; `customer` is the name shown."""

    contact_id: UUID
    stream: UUID
    customer: str
    kind: str
    on: date
    staff: UUID | None
    what: str


class FollowUps(Projection):
    """One row for each open follow-up; what is done, withdrawn or moved away has none."""

    name, version = "follow_ups", 1
    tables = (follow_ups,)
    topics = (FollowUpSet, FollowUpDone, ContactWithdrawn, ContactFiledElsewhere, CustomerErased)

    def fold(self, rows: Rows, batch: Sequence[Envelope]) -> None:
        now: dict[tuple[UUID, UUID], dict[str, Any] | None] = {}
        erased: set[UUID] = set()
        for envelope in batch:
            match envelope.event:
                case FollowUpSet() as event:
                    now[event.contact_id, envelope.stream] = _planned(envelope, event)
                case CustomerErased():
                    erased.add(envelope.stream)
                case event if event.about is not None:
                    now[event.about, envelope.stream] = None
        over = [{"contact_id": c, "stream": s} for (c, s), row in now.items() if row is None]
        rows.delete_rows(follow_ups, over)
        rows.upsert(follow_ups, [row for row in now.values() if row is not None])
        rows.delete(follow_ups, follow_ups.c.stream, erased)


def due(connection: Connection, staff: UUID, on: date, *, limit: int = 50) -> list[FollowUp]:
    """What this person, or anybody, has to do on or before a day, the most overdue first."""
    c = follow_ups.c
    mine = or_(c.staff == staff, c.staff.is_(None))
    return _asked(connection, _open().where(mine, c.on <= on).limit(limit))


def open_for(connection: Connection, identity: Sequence[UUID]) -> list[FollowUp]:
    """What is still to be done for a customer, the earliest first."""
    return _asked(connection, _open().where(follow_ups.c.stream.in_(identity)))


def _planned(envelope: Envelope, event: FollowUpSet) -> dict[str, Any]:
    return {
        "contact_id": event.contact_id,
        "stream": envelope.stream,
        "position": envelope.position,
        "on": event.on,
        "staff": event.staff,
        "what": event.what.text if event.what is not None else "",
    }


def _open() -> Select[Any]:
    """Open follow-ups, with what other read models call the customer and the contact."""
    c, told = follow_ups.c, timeline_entries
    here = and_(told.c.contact_id == c.contact_id, told.c.stream == c.stream)
    return (
        select(
            c.contact_id, c.stream, label().label("customer"), told.c.kind, c.on, c.staff, c.what
        )
        .outerjoin_from(follow_ups, customers, customers.c.stream == c.stream)
        .outerjoin(told, here)
        .order_by(c.on, c.position)
    )


def _asked(connection: Connection, query: Select[Any]) -> list[FollowUp]:
    return [
        FollowUp(
            contact_id=row.contact_id,
            stream=row.stream,
            customer=row.customer or "",
            kind=row.kind or "",
            on=row.on,
            staff=row.staff,
            what=row.what,
        )
        for row in connection.execute(query)
    ]
