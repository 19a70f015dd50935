"""Whether a customer may buy on credit today, in one word and with the figures that gave it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Code = Literal["on_hold", "over_limit", "overdue", "cash_only", "late", "near_limit", "good"]
CODES: tuple[Code, ...] = (
    "on_hold",
    "over_limit",
    "overdue",
    "cash_only",
    "late",
    "near_limit",
    "good",
)
"""All standings, the gravest first."""

NEAR_LIMIT_PERCENT = 80
"""From this share of the limit on, the next purchase may be the one too many."""

LATE_DAYS = 30
"""Up to so many days past due a customer is late; after that the account is overdue."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What was decided for an account in one currency; over linked customers, the stricter of all.

    `limit_minor` is None where no limit was set.
    """

    currency: str
    limit_minor: int | None = None
    days_to_pay: int = 30
    on_hold: bool = False
    hold_reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class CreditStanding:
    """How a customer stands in one currency, and the figures that say so. Minor units.

    on_hold     the account was put on hold, for `hold_reason` (empty once it was forgotten)
    over_limit  `used_minor` is more than `limit_minor`
    overdue     the oldest open item is `overdue_days` past due, more than LATE_DAYS
    cash_only   the limit is zero and nothing is owed
    late        the oldest open item is past due by `overdue_days`, at most LATE_DAYS
    near_limit  `used_minor` has reached NEAR_LIMIT_PERCENT of `limit_minor`
    good        none of these
    """

    code: Code
    currency: str
    limit_minor: int | None
    used_minor: int
    overdue_minor: int
    overdue_days: int
    hold_reason: str

    @property
    def available_minor(self) -> int | None:
        """What may still be bought on credit; None without a limit, below zero when exceeded."""
        return None if self.limit_minor is None else self.limit_minor - self.used_minor

    @property
    def is_good(self) -> bool:
        """Whether nothing speaks against further credit."""
        return self.code == "good"


def strictest(terms: Iterable[Terms], currency: str) -> Terms:
    """The terms of a customer who is several streams: lowest limit, fewest days, any hold."""
    every = list(terms)
    limits = [one.limit_minor for one in every if one.limit_minor is not None]
    reasons = [one.hold_reason for one in every if one.on_hold and one.hold_reason]
    return Terms(
        currency=currency,
        limit_minor=min(limits, default=None),
        days_to_pay=min((one.days_to_pay for one in every), default=30),
        on_hold=any(one.on_hold for one in every),
        hold_reason="; ".join(dict.fromkeys(reasons)),
    )


def standing(
    terms: Terms, *, used_minor: int, overdue_minor: int, overdue_days: int
) -> CreditStanding:
    """The gravest thing that can be said of an account that owes `used_minor`."""
    return CreditStanding(
        code=_code(terms, used_minor, overdue_days),
        currency=terms.currency,
        limit_minor=terms.limit_minor,
        used_minor=used_minor,
        overdue_minor=overdue_minor,
        overdue_days=overdue_days,
        hold_reason=terms.hold_reason,
    )


def gravest(standings: Iterable[CreditStanding]) -> CreditStanding | None:
    """The one to show when there is room for one; None when there is no account at all."""
    return min(standings, key=lambda one: (CODES.index(one.code), one.currency), default=None)


def _code(terms: Terms, used_minor: int, overdue_days: int) -> Code:
    limit = terms.limit_minor
    if terms.on_hold:
        return "on_hold"
    if limit is not None and used_minor > limit:
        return "over_limit"
    if overdue_days > LATE_DAYS:
        return "overdue"
    if limit == 0:
        return "cash_only"
    if overdue_days > 0:
        return "late"
    if limit is not None and used_minor * 100 >= limit * NEAR_LIMIT_PERCENT:
        return "near_limit"
    return "good"
