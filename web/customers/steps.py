"""The course of a repair: what happened, what may come next, and the forms that say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from flask import request
from flask_babel import gettext
from marshmallow import ValidationError, fields, pre_load, validates_schema

from domain.customers.filed import Filed
from domain.customers.repairs import (
    MAY_FOLLOW,
    Approved,
    Declined,
    Diagnosed,
    Part,
    Quoted,
    Repaired,
    RepairStep,
    Returned,
)
from projections import repairs
from projections.repairs import RepairRow
from projections.timeline import Entry
from web.customers.contact_forms import check_places, personal
from web.customers.fields import Amount, Choice, Currency, Day, Moment, Rows, Words, gathered
from web.customers.look import Look
from web.forms import Form, filled_in

PART_ROWS = 3

Values = dict[str, Any]


class StepForm(Form):
    """What every step says. An empty time means now."""

    step = Choice(tuple({step for steps in MAY_FOLLOW.values() for step in steps}), required=True)
    taken_at = Moment()
    note = Words(longest=5000, several_lines=True)

    struct: ClassVar[type[RepairStep]]

    @classmethod
    def told(cls, said: Values, now: datetime) -> RepairStep:
        """The step that the form tells of."""
        return cls.struct(
            taken_at=said["taken_at"] or now,
            note=personal(said["note"]),
            **cls.content(said),
        )

    @classmethod
    def content(cls, _said: Values) -> Values:
        """What only this step says."""
        return {}


class DiagnosedForm(StepForm):
    """The fault was found."""

    finding = Words(longest=5000, several_lines=True)
    struct = Diagnosed

    @classmethod
    def content(cls, said: Values) -> Values:
        return {"finding": personal(said["finding"])}


class QuotedForm(StepForm):
    """A price was offered."""

    amount = Amount(required=True)
    currency = Currency(required=True)
    valid_until = Day()
    struct = Quoted

    @validates_schema
    def _no_part_of_a_cent(self, said: Values, **_: Any) -> None:
        if said.get("amount") is not None and said.get("currency"):
            check_places(said["amount"], said["currency"], "amount")

    @classmethod
    def content(cls, said: Values) -> Values:
        return {name: said[name] for name in ("amount", "currency", "valid_until")}


class ApprovedForm(StepForm):
    """The customer agreed."""

    struct = Approved


class DeclinedForm(StepForm):
    """The customer did not agree."""

    struct = Declined


class PartForm(Form):
    """One part that was used."""

    item = Words(required=True, longest=120)
    quantity = Amount(load_default=Decimal(1), below=Decimal(10**6))
    unit_cost = Amount()


class RepairedForm(StepForm):
    """The work was done."""

    parts = Rows(PartForm, most=PART_ROWS, load_default=list)
    minutes = fields.Integer(load_default=0)
    charge = Amount()
    currency = Currency(load_default=None)
    due_on = Day()
    struct = Repaired

    @pre_load
    def _gather_parts(self, posted: Mapping[str, Any], **_: Any) -> Values:
        return gathered(posted, "parts")

    @validates_schema
    def _what_it_costs(self, said: Values, **_: Any) -> None:
        if not 0 <= said.get("minutes", 0) < 100_000:
            raise ValidationError([gettext("Minutes of work are zero or more.")], "minutes")
        if said.get("charge") is not None and said.get("currency"):
            check_places(said["charge"], said["currency"], "charge")

    @classmethod
    def content(cls, said: Values) -> Values:
        has_charge = said["charge"] is not None
        return {
            "parts": tuple(_part(row) for row in said["parts"]),
            "minutes": said["minutes"],
            "charge": said["charge"],
            "currency": said["currency"] if has_charge else None,
            "due_on": said["due_on"] if has_charge else None,
        }


def _part(row: Values) -> Part:
    return Part(item=row["item"], quantity=row["quantity"], unit_cost=row["unit_cost"])


class ReturnedForm(StepForm):
    """The item went back."""

    struct = Returned


FORMS: dict[str, type[StepForm]] = {
    "diagnosed": DiagnosedForm,
    "quoted": QuotedForm,
    "approved": ApprovedForm,
    "refused": DeclinedForm,
    "repaired": RepairedForm,
    "returned": ReturnedForm,
}


def step_told(*, now: datetime) -> RepairStep:
    """The step that was posted. Raises Rejected."""
    step = request.form.get("step", "")
    form = FORMS.get(step, StepForm)
    return form.told(filled_in(form), now)


@dataclass(frozen=True)
class Course:
    """A repair as its page shows it: the steps taken, and those that may come next."""

    repair: RepairRow | None
    stage: str
    taken: Sequence[RepairStep]
    next: Sequence[str]
    may_charge: bool
    currency: str

    @classmethod
    def of(cls, look: Look, entry: Entry, filed: Filed) -> Course:
        """The course of this repair. `repair` is None when it was withdrawn or moved."""
        row = repairs.repair(look.connection, entry.contact_id)
        told = row.quoted_currency or row.charge_currency if row else ""
        return cls(
            repair=row,
            stage=filed.repair_stage,
            taken=filed.steps,
            next=MAY_FOLLOW[filed.repair_stage],
            may_charge=filed.is_approved,
            currency=told or next(iter(look.currencies), "EUR"),
        )
