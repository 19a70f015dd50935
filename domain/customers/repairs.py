"""The course of a repair: which step may follow which, and what each one says."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import msgspec

from domain.errors import Invalid, Refused
from domain.money import require_currency
from domain.personal import Personal


class Step(
    msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, tag_field="step"
):
    """One step of a repair, and when it was taken (aware UTC)."""

    taken_at: datetime
    note: Personal | None = None

    def check(self) -> None:
        """Refuse what cannot be true of any such step. Raises Invalid, naming the field."""
        if self.taken_at.tzinfo is None:
            raise Invalid("Say in which time zone this happened.", field="taken_at")


class Diagnosed(Step, frozen=True, kw_only=True, tag="diagnosed"):
    """The fault was found."""

    finding: Personal | None = None


class Quoted(Step, frozen=True, kw_only=True, tag="quoted"):
    """A price was offered, tax included."""

    amount: Decimal
    currency: str
    valid_until: date | None = None

    def check(self) -> None:
        super().check()
        require_currency(self.currency)
        if not self.amount.is_finite() or self.amount < 0:
            raise Invalid("A quote is an amount of zero or more.", field="amount")


class Approved(Step, frozen=True, kw_only=True, tag="approved"):
    """The customer agreed to the quote."""


class Declined(Step, frozen=True, kw_only=True, tag="refused"):
    """The customer did not agree to the quote."""


class Part(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A part that was used; `unit_cost` is what one cost us, where known."""

    item: str
    quantity: Decimal
    unit_cost: Decimal | None = None


class Repaired(Step, frozen=True, kw_only=True, tag="repaired"):
    """The work was done. `charge` is what the customer owes for it, tax included; None: nothing."""

    parts: tuple[Part, ...] = ()
    minutes: int = 0
    charge: Decimal | None = None
    currency: str | None = None
    due_on: date | None = None

    def check(self) -> None:
        super().check()
        if self.minutes < 0:
            raise Invalid("Minutes of work are zero or more.", field="minutes")
        if self.charge is not None:
            if not self.charge.is_finite() or self.charge < 0:
                raise Invalid("A charge is an amount of zero or more.", field="charge")
            if self.currency is None:
                raise Invalid("Say in which currency the repair is charged.", field="currency")
            require_currency(self.currency)


class Returned(Step, frozen=True, kw_only=True, tag="returned"):
    """The item went back to the customer; the repair is over."""


RepairStep = Diagnosed | Quoted | Approved | Declined | Repaired | Returned

RECEIVED = "received"
MAY_FOLLOW: dict[str, tuple[str, ...]] = {
    RECEIVED: ("diagnosed", "quoted", "returned"),
    "diagnosed": ("quoted", "repaired", "returned"),
    "quoted": ("approved", "refused"),
    "approved": ("repaired", "returned"),
    "refused": ("returned",),
    "repaired": ("returned",),
    "returned": (),
}


def step_name(step: RepairStep) -> str:
    """The stage a repair is in after this step, as stored: diagnosed, quoted, approved …"""
    return str(step.__struct_config__.tag)


def require_step(stage: str, step: RepairStep, *, approved: bool) -> None:
    """Refuse a step that cannot follow the stage, or a charge that nobody agreed to."""
    name = step_name(step)
    if name not in MAY_FOLLOW[stage]:
        raise Refused(
            "A repair that is {stage} cannot become {step}. Next may come: {next}.",
            field="step",
            stage=stage,
            step=name,
            next=", ".join(MAY_FOLLOW[stage]) or "nothing, it is over",
        )
    if isinstance(step, Repaired) and step.charge and not approved:
        raise Refused(
            "Nobody agreed to a charge. Quote it and log the approval first, or charge nothing.",
            field="charge",
        )
