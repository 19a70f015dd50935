"""Where each repair stands, what it was quoted and charged at, and the steps that led there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Index,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    Text,
    Uuid,
    func,
    literal,
    select,
    tuple_,
)

from domain.customers.contacts import Repair
from domain.customers.events import (
    ContactCorrected,
    ContactFiledElsewhere,
    ContactFiledHere,
    ContactWithdrawn,
    RepairAdvanced,
    RepairReceived,
)
from domain.customers.repairs import (
    MAY_FOLLOW,
    RECEIVED,
    Quoted,
    Repaired,
    RepairStep,
    Returned,
    step_name,
)
from domain.money import to_minor
from domain.root import Envelope
from projections.projection import Projection
from projections.rows import Rows
from projections.tables import Moment, place

OPEN_STAGES: tuple[str, ...] = tuple(stage for stage, then in MAY_FOLLOW.items() if then)
"""The stages of a repair that is not over, in the order of its course."""

UNPROMISED = date.max
"""Sorts a repair that was promised for no day behind all others."""

metadata = MetaData()

repairs = Table(
    "repairs",
    metadata,
    Column("contact_id", Uuid, primary_key=True),
    Column("stream", Uuid, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("number", Text, nullable=False),
    Column("item", Text, nullable=False),
    Column("serial", Text, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("stage", String(12), nullable=False),
    Column("stage_since", Moment, nullable=False),
    Column("in_warranty", Boolean, nullable=False),
    Column("warranty_until", Date),
    Column("purchase_number", Text, nullable=False),
    Column("promised_on", Date, nullable=False),
    Column("quoted_minor", BigInteger),
    Column("quoted_currency", String(3), nullable=False),
    Column("charge_minor", BigInteger),
    Column("charge_currency", String(3), nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("parts_cost", Text),
    Column("finished_at", Moment),
    Column("steps", Integer, nullable=False),
    Index("ix_repairs_stage", "stage", "promised_on", "received_at", "position"),
    Index("ix_repairs_stream", "stream", "received_at"),
)

repair_steps = Table(
    "repair_steps",
    metadata,
    Column("contact_id", Uuid, primary_key=True),
    Column("stream", Uuid, primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    Column("taken_at", Moment, nullable=False),
    Column("step", String(12), nullable=False),
    Column("amount_minor", BigInteger),
    Column("currency", String(3), nullable=False),
    Column("minutes", Integer),
)


class BoardCursor(NamedTuple):
    """Where a repair stands on the board; the next page begins after it."""

    promised_on: date
    received_at: datetime
    position: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RepairRow:
    """One repair as it stands now.

    `quoted_minor` and `charge_minor` are in minor units of their currency; None: not quoted, not
    charged. `minutes` is the time worked, `parts_cost` what the parts cost us, None where the
    cost of a part is not known or none was used. `finished_at` is when the item went back.
    """

    contact_id: UUID
    stream: UUID
    position: int
    number: str
    item: str
    serial: str
    received_at: datetime
    stage: str
    stage_since: datetime
    in_warranty: bool
    warranty_until: date | None
    purchase_number: str
    promised_on: date | None
    quoted_minor: int | None
    quoted_currency: str
    charge_minor: int | None
    charge_currency: str
    minutes: int
    parts_cost: Decimal | None
    finished_at: datetime | None

    @property
    def cursor(self) -> BoardCursor:
        """Where the repair stands on the board."""
        return BoardCursor(self.promised_on or UNPROMISED, self.received_at, self.position)

    def is_late(self, on: date) -> bool:
        """Whether it was promised for an earlier day and is not over."""
        return self.finished_at is None and self.promised_on is not None and self.promised_on < on


@dataclass(frozen=True, kw_only=True, slots=True)
class RepairStepRow:
    """One step of a repair: the amount quoted or charged, the minutes worked, where it had any."""

    contact_id: UUID
    position: int
    taken_at: datetime
    step: str
    amount_minor: int | None
    currency: str
    minutes: int | None


class Repairs(Projection):
    """All repairs that count, each with its course."""

    name = "repairs"
    version = 1
    tables = (repairs, repair_steps)
    topics = (
        RepairReceived,
        RepairAdvanced,
        ContactCorrected,
        ContactFiledHere,
        ContactFiledElsewhere,
        ContactWithdrawn,
    )

    def fold(self, rows: Rows, batch: Sequence[Envelope]) -> None:
        page = _Course(rows, batch)
        for envelope in batch:
            page.take(envelope)
        page.write()


class _Course:
    """The repairs that a batch is about, as dicts of columns; None: gone."""

    def __init__(self, rows: Rows, batch: Sequence[Envelope]) -> None:
        self._rows = rows
        told = {about for each in batch if (about := each.event.about) is not None}
        self._known: dict[tuple[UUID, UUID], dict[str, Any] | None] = {
            (row.contact_id, row.stream): row._asdict()
            for row in rows.fetch(repairs, repairs.c.contact_id, told)
        }
        self._stored = set(self._known)
        self._left: set[tuple[UUID, UUID]] = set()
        self._changed: set[tuple[UUID, UUID]] = set()
        self._steps: dict[tuple[UUID, UUID], list[dict[str, Any]]] = {}

    def take(self, envelope: Envelope) -> None:
        """Let one event change its repair."""
        match envelope.event:
            case ContactFiledHere(filed=Repair() as repair, steps=steps):
                self._receive(envelope, repair)
                for step in steps:
                    self._advance(envelope, repair.contact_id, step)
            case RepairReceived(repair=repair) | ContactCorrected(corrected=Repair() as repair):
                self._receive(envelope, repair)
            case RepairAdvanced(contact_id=contact_id, step=step):
                self._advance(envelope, contact_id, step)
            case (
                ContactWithdrawn(contact_id=contact_id)
                | ContactFiledElsewhere(contact_id=contact_id)
            ):
                key = contact_id, envelope.originator_id
                if self._known.get(key):
                    self._known[key] = None
                    self._steps.pop(key, None)
                    self._left.add(key)

    def write(self) -> None:
        """Write what was changed."""
        # What left may have come back since, with its course: then all of it is written anew.
        keys = [{"contact_id": c, "stream": s} for c, s in sorted(self._left & self._stored)]
        self._rows.delete_rows(repairs, keys)
        self._rows.delete_rows(repair_steps, keys)
        self._rows.upsert(
            repairs, [row for key in sorted(self._changed) if (row := self._known[key]) is not None]
        )
        self._rows.insert(
            repair_steps, [step for course in self._steps.values() for step in course]
        )

    def _receive(self, envelope: Envelope, repair: Repair) -> None:
        key = repair.contact_id, envelope.originator_id
        row = self._known.get(key) or {
            "contact_id": repair.contact_id,
            "stream": envelope.originator_id,
            "position": place(envelope),
            "stage": RECEIVED,
            "quoted_minor": None,
            "quoted_currency": "",
            "charge_minor": None,
            "charge_currency": "",
            "minutes": 0,
            "parts_cost": None,
            "finished_at": None,
            "steps": 0,
        }
        row |= {
            "number": repair.number or "",
            "item": repair.item,
            "serial": repair.serial or "",
            "received_at": repair.occurred_at,
            "in_warranty": repair.in_warranty,
            "warranty_until": repair.warranty_until,
            "purchase_number": repair.purchase_number or "",
            "promised_on": repair.promised_on or UNPROMISED,
        }
        if not row["steps"]:
            row["stage_since"] = repair.occurred_at
        self._known[key] = row
        self._changed.add(key)

    def _advance(self, envelope: Envelope, contact_id: UUID, step: RepairStep) -> None:
        key = contact_id, envelope.originator_id
        row = self._known.get(key)
        if row is None:
            raise LookupError("a repair that is not here took a further step")
        told = _told_by(step)
        row |= {"stage": step_name(step), "stage_since": step.taken_at, "steps": row["steps"] + 1}
        match step:
            case Quoted():
                row |= {
                    "quoted_minor": told["amount_minor"],
                    "quoted_currency": told["currency"],
                }
            case Repaired():
                row |= {
                    "charge_minor": told["amount_minor"],
                    "charge_currency": told["currency"],
                    "minutes": step.minutes,
                    "parts_cost": _cost_of_parts(step),
                }
            case Returned():
                row["finished_at"] = step.taken_at
        self._changed.add(key)
        self._steps.setdefault(key, []).append(
            {
                "contact_id": contact_id,
                "stream": envelope.originator_id,
                "ordinal": row["steps"],
                "position": place(envelope),
                "taken_at": step.taken_at,
                "step": step_name(step),
                **told,
            }
        )


def board(
    connection: Connection,
    *,
    stages: Collection[str] = OPEN_STAGES,
    promised_before: date | None = None,
    after: BoardCursor | None = None,
    limit: int = 50,
) -> list[RepairRow]:
    """A page of the repairs in these stages, by the day promised; unpromised ones come last.

    `promised_before` leaves out those that were promised for that day or later, or for none. The
    next page comes with the cursor of the last row.
    """
    order = (repairs.c.promised_on, repairs.c.received_at, repairs.c.position)
    query = select(repairs).where(repairs.c.stage.in_(stages)).order_by(*order)
    if promised_before is not None:
        query = query.where(repairs.c.promised_on < promised_before)
    if after is not None:
        cursor = (literal(after.promised_on), literal(after.received_at, Moment))
        query = query.where(tuple_(*order) > tuple_(*cursor, literal(after.position)))
    return _read(connection, query.limit(limit))


def stage_counts(connection: Connection, *, promised_before: date | None = None) -> dict[str, int]:
    """How many repairs are in each stage, zeros included, in the order of the course.

    With `promised_before` only those that were promised for an earlier day.
    """
    query = select(repairs.c.stage, func.count().label("repairs")).group_by(repairs.c.stage)
    if promised_before is not None:
        query = query.where(repairs.c.promised_on < promised_before)
    found = {row.stage: row.repairs for row in connection.execute(query)}
    return {stage: found.get(stage, 0) for stage in MAY_FOLLOW}


def repairs_of(connection: Connection, identity: Sequence[UUID]) -> list[RepairRow]:
    """A customer's repairs, the latest first."""
    query = select(repairs).where(repairs.c.stream.in_(identity))
    return _read(
        connection, query.order_by(repairs.c.received_at.desc(), repairs.c.position.desc())
    )


def repair(connection: Connection, contact_id: UUID) -> RepairRow | None:
    """One repair; None when there is none that counts under this id."""
    found = _read(connection, select(repairs).where(repairs.c.contact_id == contact_id))
    return found[0] if found else None


def course(connection: Connection, contact_id: UUID) -> list[RepairStepRow]:
    """The steps of a repair, in their order."""
    query = select(repair_steps).where(repair_steps.c.contact_id == contact_id)
    return [
        RepairStepRow(
            contact_id=row.contact_id,
            position=row.position,
            taken_at=row.taken_at,
            step=row.step,
            amount_minor=row.amount_minor,
            currency=row.currency,
            minutes=row.minutes,
        )
        for row in connection.execute(query.order_by(repair_steps.c.ordinal))
    ]


# --- helpers ----------------------------------------------------------------------------------


def _told_by(step: RepairStep) -> dict[str, Any]:
    """Amount, currency and minutes of a step."""
    match step:
        case Quoted(amount=amount, currency=currency):
            return {
                "amount_minor": to_minor(amount, currency),
                "currency": currency,
                "minutes": None,
            }
        case Repaired(charge=Decimal() as charge, currency=str() as currency):
            return {
                "amount_minor": to_minor(charge, currency),
                "currency": currency,
                "minutes": step.minutes,
            }
        case Repaired():
            return {"amount_minor": None, "currency": "", "minutes": step.minutes}
    return {"amount_minor": None, "currency": "", "minutes": None}


def _cost_of_parts(step: Repaired) -> str | None:
    """The cost of all parts as decimal text; None unless it is known of each one."""
    costs = [part.quantity * part.unit_cost for part in step.parts if part.unit_cost is not None]
    return str(sum(costs)) if costs and len(costs) == len(step.parts) else None


def _read(connection: Connection, query: Select[Any]) -> list[RepairRow]:
    return list(map(_row, connection.execute(query)))


def _row(row: Any) -> RepairRow:
    return RepairRow(
        contact_id=row.contact_id,
        stream=row.stream,
        position=row.position,
        number=row.number,
        item=row.item,
        serial=row.serial,
        received_at=row.received_at,
        stage=row.stage,
        stage_since=row.stage_since,
        in_warranty=row.in_warranty,
        warranty_until=row.warranty_until,
        purchase_number=row.purchase_number,
        promised_on=None if row.promised_on == UNPROMISED else row.promised_on,
        quoted_minor=row.quoted_minor,
        quoted_currency=row.quoted_currency,
        charge_minor=row.charge_minor,
        charge_currency=row.charge_currency,
        minutes=row.minutes,
        parts_cost=None if row.parts_cost is None else Decimal(row.parts_cost),
        finished_at=row.finished_at,
    )
