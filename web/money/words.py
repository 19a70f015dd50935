"""What the pages about money call kinds of entries and ages of debts."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import LazyString, lazy_gettext

from projections.balances import Ageing
from projections.settlement import Kind

KINDS: dict[Kind, LazyString] = {
    "sale": lazy_gettext("Sale"),
    "return": lazy_gettext("Return"),
    "cancellation": lazy_gettext("Cancellation"),
    "payment": lazy_gettext("Payment"),
    "refund": lazy_gettext("Refund"),
    "reversal": lazy_gettext("Reversal"),
    "repair": lazy_gettext("Repair"),
}


@dataclass(frozen=True)
class Age:
    """What is open for so long, and its share of all that is open."""

    slug: str
    label: LazyString
    amount_minor: int
    share: float


def ages(ageing: Ageing) -> tuple[Age, ...]:
    """The five ages, the youngest first, also those in which nothing is open."""
    told = (
        ("not-due", lazy_gettext("Not due"), ageing.not_due_minor),
        ("to-30", lazy_gettext("1 to 30 days"), ageing.to_30_minor),
        ("to-60", lazy_gettext("31 to 60 days"), ageing.to_60_minor),
        ("to-90", lazy_gettext("61 to 90 days"), ageing.to_90_minor),
        ("over-90", lazy_gettext("More than 90 days"), ageing.over_90_minor),
    )
    whole = ageing.total_minor or 1
    return tuple(Age(slug, label, minor, minor / whole) for slug, label, minor in told)
