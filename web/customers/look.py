"""One customer as looked at: now, or as of a past day, with the same questions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property
from uuid import UUID

from flask import request
from flask_babel import get_timezone, gettext
from marshmallow import ValidationError
from sqlalchemy import Connection

from domain.errors import Invalid, NotFound, Refused
from domain.identity import SYSTEM
from projections import balances, follow_ups, links, profile, repairs, staff_list, timeline
from projections.balances import Ageing, Balance, OpenItem
from projections.follow_ups import FollowUp
from projections.profile import Profile
from projections.repairs import RepairRow
from projections.standing import CreditStanding, gravest
from web.customers.fields import Day, local
from web.services import services

OPEN_ITEMS_OFFERED = 100
"""From so many open items, the oldest, a payment's purchase is chosen; others are typed in."""


@dataclass(frozen=True)
class Look:
    """A customer, and the connection on which everything about them is asked.

    `as_of` is the day whose truth is shown, `known_at` the day whose knowledge; None is today.
    """

    connection: Connection
    customer: Profile
    identity: Sequence[UUID]
    as_of: date | None
    known_at: date | None

    @property
    def is_now(self) -> bool:
        """Whether this is how things stand, and may be changed."""
        return self.as_of is None and self.known_at is None

    @property
    def can_change(self) -> bool:
        """Whether anything may be recorded about the customer from this page."""
        return self.is_now and not self.customer.is_erased

    @cached_property
    def on(self) -> date:
        """The day for which dues and standings are told."""
        return self.as_of or self.known_at or today()

    @cached_property
    def balances(self) -> list[Balance]:
        """What is owed, by currency."""
        return balances.balances(self.connection, self.identity, on=self.on)

    @cached_property
    def standings(self) -> dict[str, CreditStanding]:
        """The credit standing, by currency."""
        found = balances.standings(self.connection, self.identity, on=self.on)
        return {standing.currency: standing for standing in found}

    @property
    def credit(self) -> CreditStanding | None:
        """The gravest standing; None with neither entries nor terms."""
        return gravest(self.standings.values())

    @cached_property
    def ageing(self) -> dict[str, Ageing]:
        """What is open by age, by currency."""
        found = balances.ageing(self.connection, self.identity, on=self.on)
        return {each.currency: each for each in found}

    @cached_property
    def open_items(self) -> list[OpenItem]:
        """What is not paid in full, the oldest first."""
        return balances.open_items(self.connection, self.identity)

    @cached_property
    def oldest_open_items(self) -> list[OpenItem]:
        """The first of the open items: so many as somebody will choose from."""
        return balances.open_items(self.connection, self.identity, limit=OPEN_ITEMS_OFFERED)

    @cached_property
    def repairs(self) -> list[RepairRow]:
        """The repairs that are not over."""
        found = repairs.repairs_of(self.connection, self.identity)
        return [each for each in found if each.stage in repairs.OPEN_STAGES]

    @cached_property
    def follow_ups(self) -> list[FollowUp]:
        """What is still to be done."""
        return follow_ups.open_for(self.connection, self.identity)

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many contacts of each kind there were."""
        return timeline.counts_by_kind(self.connection, self.identity)

    @cached_property
    def last_contact_at(self) -> datetime | None:
        """When the latest contact took place."""
        return timeline.last_contact_at(self.connection, self.identity)

    @property
    def currencies(self) -> list[str]:
        """The currencies that the customer has an account in, the one with most owed first."""
        owed = sorted(self.balances, key=lambda each: -abs(each.owed_minor))
        return [each.currency for each in owed]


class NobodyYet(Refused):
    """The customer is known today, and was not on the day that is asked for."""

    message = "Nothing was known of this customer by then. Choose a later day."


@contextmanager
def looking_at(customer_id: UUID) -> Iterator[Look]:
    """The customer, as of the days that the address asks for.

    Raises NotFound, Invalid, and NobodyYet when nothing of the customer was recorded by then.
    """
    as_of, known_at = _asked("as_of"), _asked("known_at")
    if as_of is None and known_at is None:
        with services().tables.connect() as connection:
            yield _look(connection, customer_id, None, None)
        return
    past = services().past(customer_id, true_at=_end(as_of), known_at=_end(known_at))
    with past as then:
        if not then.position:
            raise NobodyYet
        yield _look(then.connection, customer_id, as_of, known_at)


def today() -> date:
    """The day on the reader's calendar."""
    return local(datetime.now(UTC)).date()


def staff_names(ids: Collection[UUID | None]) -> dict[UUID, str]:
    """What the people behind these ids are called today; the hub itself is one of them."""
    wanted = {each for each in ids if each is not None}
    with services().tables.connect() as connection:
        found = dict(staff_list.names(connection, wanted))
    return {**found, SYSTEM: gettext("Rapport itself")}


def _look(
    connection: Connection, customer_id: UUID, as_of: date | None, known_at: date | None
) -> Look:
    identity = links.identity(connection, customer_id)
    customer = profile.profile(connection, identity)
    if customer is None:
        raise NotFound("customer", customer_id)
    return Look(connection, customer, identity, as_of, known_at)


def _asked(name: str) -> date | None:
    text = request.args.get(name, "")
    if not text:
        return None
    try:
        return Day().deserialize(text)
    except ValidationError:
        raise Invalid(
            "{text!r} is no day. Write it as year, month and day, such as 2026-11-23.",
            field=name,
            text=text[:40],
        ) from None


def _end(day: date | None) -> datetime | None:
    """The last moment of a day on the reader's calendar."""
    if day is None:
        return None
    return datetime.combine(day, time.max, get_timezone()).astimezone(UTC)
