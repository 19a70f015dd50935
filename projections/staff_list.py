"""The people who work with the hub, now and before."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, Connection, MetaData, Row, String, Table, Text, Uuid, select

from domain.root import Envelope
from domain.staff.member import Joined, Left, Renamed, RoleGiven
from projections.projection import Projection
from projections.rows import Rows
from projections.tables import Moment, lookup_text
from projections.words import folded

staff = Table(
    "staff",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("sort_key", lookup_text(), nullable=False),
    Column("sign_in_name", Text, nullable=False),
    Column("sign_in_key", lookup_text(), nullable=False, index=True),
    Column("role", String(16), nullable=False),
    Column("joined_at", Moment, nullable=False),
    Column("has_left", Boolean, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffMember:
    """One member of staff; `role` is agent, manager, auditor or administrator."""

    id: UUID
    name: str
    sign_in_name: str
    role: str
    joined_at: datetime
    has_left: bool


class StaffList(Projection):
    """One row for each member of staff."""

    name, version = "staff_list", 1
    tables = (staff,)
    topics = (Joined, RoleGiven, Renamed, Left)

    def fold(self, rows: Rows, batch: Sequence[Envelope]) -> None:
        now: dict[UUID, dict[str, Any]] = {
            row.id: row._asdict()
            for row in rows.fetch(staff, staff.c.id, {envelope.stream for envelope in batch})
        }
        for envelope in batch:
            if isinstance(envelope.event, Joined):
                now[envelope.stream] = _joined(envelope, envelope.event)
            elif (row := now.get(envelope.stream)) is not None:
                _change(row, envelope)
        rows.upsert(staff, list(now.values()))


def member(connection: Connection, member_id: UUID) -> StaffMember | None:
    """One member of staff, also one who has left; None when there is no such person."""
    row = connection.execute(select(staff).where(staff.c.id == member_id)).one_or_none()
    return _member(row) if row else None


def by_sign_in_name(connection: Connection, sign_in_name: str) -> StaffMember | None:
    """Who signs in under this name (capitals do not matter) and has not left.

    Of two with one name it is the one who joined first.
    """
    query = (
        select(staff)
        .where(staff.c.sign_in_key == folded(sign_in_name), ~staff.c.has_left)
        .order_by(staff.c.joined_at, staff.c.id)
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return _member(row) if row else None


def members(connection: Connection, *, also_left: bool = False) -> list[StaffMember]:
    """All members of staff by name."""
    query = select(staff).order_by(staff.c.sort_key, staff.c.id)
    if not also_left:
        query = query.where(~staff.c.has_left)
    return [_member(row) for row in connection.execute(query)]


def names(connection: Connection, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """The names of these people; who is not staff (a source, the hub itself) is left out."""
    if not ids:
        return {}
    query = select(staff.c.id, staff.c.name).where(staff.c.id.in_(ids))
    return {row.id: row.name for row in connection.execute(query)}


def _joined(envelope: Envelope, event: Joined) -> dict[str, Any]:
    return {
        "id": envelope.stream,
        "name": event.name.text,
        "sort_key": folded(event.name.text),
        "sign_in_name": event.sign_in_name.text,
        "sign_in_key": folded(event.sign_in_name.text),
        "role": event.role,
        "joined_at": envelope.happened_at,
        "has_left": False,
    }


def _change(row: dict[str, Any], envelope: Envelope) -> None:
    match envelope.event:
        case RoleGiven(role=role):
            row["role"] = role
        case Renamed(name=name):
            row.update(name=name.text, sort_key=folded(name.text))
        case Left():
            row["has_left"] = True


def _member(row: Row[Any]) -> StaffMember:
    return StaffMember(
        id=row.id,
        name=row.name,
        sign_in_name=row.sign_in_name,
        role=row.role,
        joined_at=row.joined_at,
        has_left=row.has_left,
    )
