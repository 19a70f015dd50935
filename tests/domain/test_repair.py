"""The course of a repair: what may follow what."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from domain.customers.customer import Customer
from domain.customers.repairs import (
    MAY_FOLLOW,
    Approved,
    Declined,
    Diagnosed,
    Quoted,
    Repaired,
    RepairStep,
    Returned,
)
from domain.errors import Invalid, Refused
from domain.root import Envelope
from tests.domain.kit import NOW, act, anna, filed, phone_call, repair

START = NOW - timedelta(hours=20)
DIAGNOSED = Diagnosed(taken_at=START + timedelta(hours=1))
QUOTED = Quoted(taken_at=START + timedelta(hours=2), amount=Decimal(80), currency="EUR")
APPROVED = Approved(taken_at=START + timedelta(hours=3))
DECLINED = Declined(taken_at=START + timedelta(hours=3))
REPAIRED = Repaired(
    taken_at=START + timedelta(hours=4), minutes=30, charge=Decimal(80), currency="EUR"
)
GOODWILL = Repaired(taken_at=START + timedelta(hours=4), minutes=30)
RETURNED = Returned(taken_at=START + timedelta(hours=5))


def course(*steps: RepairStep) -> tuple[Customer, list[Envelope]]:
    """A repair that has gone through these steps."""
    customer, received = anna(), repair(occurred_at=START)
    customer.log(received, act=act())
    events = customer.collect_events()
    for step in steps:
        was = filed(customer, received.contact_id, events)
        customer.advance_repair(was, step, act=act())
        events += customer.collect_events()
    return customer, events


@pytest.mark.parametrize(
    "steps",
    [
        (DIAGNOSED, QUOTED, APPROVED, REPAIRED, RETURNED),
        (DIAGNOSED, QUOTED, DECLINED, RETURNED),
        (DIAGNOSED, GOODWILL, RETURNED),
        (QUOTED, APPROVED, REPAIRED),
        (RETURNED,),
    ],
)
def test_a_repair_may_take_these_courses(steps: tuple[RepairStep, ...]) -> None:
    _, events = course(*steps)
    assert len(events) == 1 + len(steps)


@pytest.mark.parametrize(
    ("before", "step"),
    [
        ((), APPROVED),
        ((), REPAIRED),
        ((DIAGNOSED,), APPROVED),
        ((DIAGNOSED, QUOTED), REPAIRED),
        ((DIAGNOSED, QUOTED, DECLINED), REPAIRED),
        ((RETURNED,), DIAGNOSED),
    ],
)
def test_a_step_that_cannot_follow_is_refused(
    before: tuple[RepairStep, ...], step: RepairStep
) -> None:
    with pytest.raises(Refused, match="cannot become"):
        course(*before, step)


def test_nobody_is_charged_without_having_agreed() -> None:
    with pytest.raises(Refused) as refusal:
        course(DIAGNOSED, REPAIRED)
    assert refusal.value.field == "charge"


def test_the_same_step_told_twice_is_taken_once() -> None:
    _, events = course(DIAGNOSED, DIAGNOSED)
    assert len(events) == 2


def test_a_step_is_not_taken_before_the_one_it_follows() -> None:
    with pytest.raises(Invalid) as refusal:
        course(DIAGNOSED, Returned(taken_at=START))
    assert refusal.value.field == "taken_at"


def test_a_phone_call_has_no_steps() -> None:
    customer, call = anna(), phone_call()
    customer.log(call, act=act())
    was = filed(customer, call.contact_id, customer.collect_events())
    with pytest.raises(Refused, match="Only a repair"):
        customer.advance_repair(was, DIAGNOSED, act=act())


def test_every_stage_says_what_may_follow_and_every_step_can_be_reached() -> None:
    reachable = {step for following in MAY_FOLLOW.values() for step in following}
    assert reachable | {"received"} == set(MAY_FOLLOW)


@pytest.mark.parametrize(
    ("until", "in_warranty"),
    [(None, False), (START.date(), True), (START.date() - timedelta(days=1), False)],
)
def test_a_warranty_runs_to_the_end_of_its_last_day(
    until: date | None, *, in_warranty: bool
) -> None:
    assert repair(occurred_at=START, warranty_until=until).in_warranty is in_warranty
