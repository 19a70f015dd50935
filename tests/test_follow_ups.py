"""What is still to be done, and by whom."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import select

from projections import follow_ups
from projections.follow_ups import FollowUp
from tests.scenario import (
    AGENT,
    COLLEAGUE,
    Scenario,
    erased,
    filed_elsewhere,
    follow_up,
    follow_up_done,
    phone_call,
    registered,
    repair,
    withdrawn,
)


@pytest.fixture
def anna(either_hub: Scenario) -> UUID:
    return either_hub.given(registered("Anna"))


def due(hub: Scenario, on: str, staff: UUID = AGENT) -> list[FollowUp]:
    with hub.asking() as connection:
        return follow_ups.due(connection, staff, date.fromisoformat(on))


def test_what_is_due_comes_the_most_overdue_first(either_hub: Scenario, anna: UUID) -> None:
    hub = either_hub
    call = hub.given(phone_call(anna))
    mended = hub.given(repair(anna))
    hub.given(follow_up(anna, call, on="2026-03-10"))
    hub.given(follow_up(anna, mended, on="2026-03-05", what="is it ready?"))
    assert due(hub, "2026-03-04") == []
    first, second = due(hub, "2026-03-10")
    assert (first.contact_id, first.kind, first.what) == (mended, "repair", "is it ready?")
    assert (first.customer, str(first.on), first.staff) == ("Anna", "2026-03-05", AGENT)
    assert second.contact_id == call


def test_mine_and_what_anybody_may_do_are_due_for_me(either_hub: Scenario, anna: UUID) -> None:
    hub = either_hub
    mine, theirs, anybodys = (hub.given(phone_call(anna)) for _ in range(3))
    hub.given(
        follow_up(anna, mine, on="2026-03-01"),
        follow_up(anna, theirs, on="2026-03-02", staff=COLLEAGUE),
        follow_up(anna, anybodys, on="2026-03-03", staff=None),
    )
    assert [f.contact_id for f in due(hub, "2026-04-01")] == [mine, anybodys]
    assert [f.contact_id for f in due(hub, "2026-04-01", COLLEAGUE)] == [theirs, anybodys]


def test_a_new_plan_replaces_the_old_one(hub: Scenario) -> None:
    anna = hub.given(registered("Anna"))
    call = hub.given(phone_call(anna))
    hub.given(follow_up(anna, call, on="2026-03-01"))
    hub.when(follow_up(anna, call, on="2026-03-20", what="try again"))
    [planned] = due(hub, "2026-04-01")
    assert (str(planned.on), planned.what) == ("2026-03-20", "try again")


def test_what_is_done_withdrawn_or_moved_away_is_due_no_more(hub: Scenario) -> None:
    anna, otto = hub.given(registered("Anna")), hub.given(registered("Otto"))
    done, gone, moved = (hub.given(phone_call(anna)) for _ in range(3))
    hub.given(*(follow_up(anna, contact, on="2026-03-01") for contact in (done, gone, moved)))
    assert len(due(hub, "2026-03-01")) == 3
    hub.when(follow_up_done(anna, done), withdrawn(anna, gone), filed_elsewhere(anna, moved, otto))
    assert due(hub, "2026-03-01") == []


def test_a_customer_shows_what_is_open_for_them_the_earliest_first(hub: Scenario) -> None:
    anna, otto = hub.given(registered("Anna")), hub.given(registered("Otto"))
    late, early, other = (hub.given(phone_call(who)) for who in (anna, anna, otto))
    hub.given(
        follow_up(anna, late, on="2026-03-09"),
        follow_up(anna, early, on="2026-03-01", staff=COLLEAGUE),
        follow_up(otto, other, on="2026-03-01"),
    )
    with hub.asking() as connection:
        found = follow_ups.open_for(connection, [anna])
        assert [f.contact_id for f in found] == [early, late]


def test_nothing_is_left_to_do_for_a_customer_who_was_erased(hub: Scenario) -> None:
    anna = hub.given(registered("Anna"))
    call = hub.given(phone_call(anna))
    hub.given(follow_up(anna, call, on="2026-03-01", what="ask about her mother"))
    hub.when(erased(anna))
    assert due(hub, "2026-04-01") == []
    with hub.asking() as connection:
        assert connection.execute(select(follow_ups.follow_ups)).all() == []
