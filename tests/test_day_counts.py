"""How many contacts a day had, as the day's page counts them."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from projections import day_counts
from projections.day_counts import DayCounts
from tests.pages import assert_pages_do_not_matter
from tests.scenario import (
    Notebook,
    Scenario,
    corrected,
    filed_elsewhere,
    phone_call,
    purchase,
    registered,
    withdrawn,
)

MONDAY, TUESDAY = date(2026, 1, 5), date(2026, 1, 6)


@pytest.fixture
def anna(hub: Scenario) -> UUID:
    return hub.given(registered("Anna"))


def counts(hub: Scenario, day: date) -> dict[tuple[str, str], int]:
    with hub.asking() as connection:
        return {(c.kind, c.direction): c.contacts for c in day_counts.counts(connection, day)}


def test_contacts_are_counted_on_the_day_they_took_place(either_hub: Scenario) -> None:
    hub = either_hub
    anna = hub.given(registered("Anna"))
    hub.given(
        phone_call(anna, on="2026-01-05", direction="in"),
        phone_call(anna, on="2026-01-05 23:59", direction="in"),
        phone_call(anna, on="2026-01-05", direction="out"),
        purchase(anna, on="2026-01-06 00:00"),
    )
    assert counts(hub, MONDAY) == {("phone_call", "in"): 2, ("phone_call", "out"): 1}
    assert counts(hub, TUESDAY) == {("purchase", ""): 1}
    with hub.asking() as connection:
        both = day_counts.counts_between(connection, MONDAY, TUESDAY)
    assert [(c.day, c.contacts) for c in both] == [(MONDAY, 2), (MONDAY, 1), (TUESDAY, 1)]


def test_a_corrected_contact_is_counted_once_where_it_belongs(hub: Scenario, anna: UUID) -> None:
    call = hub.given(phone_call(anna, on="2026-01-05", direction="in"))
    right = phone_call(anna, on="2026-01-06", direction="out", contact_id=call)
    hub.when(corrected(anna, right.command.contact))  # type: ignore[attr-defined]
    assert counts(hub, MONDAY) == {}
    assert counts(hub, TUESDAY) == {("phone_call", "out"): 1}


def test_a_withdrawn_contact_does_not_count_and_a_moved_one_counts_once(
    hub: Scenario, anna: UUID
) -> None:
    berta = hub.given(registered("Berta"))
    gone = hub.given(phone_call(anna, on="2026-01-05"))
    moved = hub.given(purchase(anna, on="2026-01-05"))
    hub.when(withdrawn(anna, gone), filed_elsewhere(anna, moved, berta))
    assert counts(hub, MONDAY) == {("purchase", ""): 1}


def test_each_cut_of_a_story_gives_the_same_counts() -> None:
    book = Notebook()
    anna, berta = book.tell(registered("Anna")), book.tell(registered("Berta"))
    call = phone_call(anna, on="2026-01-05")
    book.tell(
        call,
        purchase(anna, on="2026-01-05"),
        corrected(anna, phone_call(anna, on="2026-01-04", contact_id=call.id).command.contact),  # type: ignore[attr-defined]
        filed_elsewhere(anna, call.id, berta),
        filed_elsewhere(berta, call.id, anna),
        withdrawn(anna, call.id),
        phone_call(berta, on="2026-01-04", direction="out"),
    )
    for cut in range(len(book.envelopes)):
        for second in range(cut, len(book.envelopes)):
            assert_pages_do_not_matter(DayCounts(), book.envelopes, {cut, second})
