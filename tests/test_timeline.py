"""The history of a customer, page by page."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import select

from domain.customers.contacts import Attachment, PhoneCall
from domain.customers.repairs import Approved, Diagnosed, Quoted, Repaired
from domain.personal import Personal
from projections import links, timeline
from projections.timeline import Entry
from tests.scenario import (
    AGENT,
    COLLEAGUE,
    Scenario,
    corrected,
    email,
    erased,
    filed_elsewhere,
    follow_up,
    follow_up_done,
    letter,
    line,
    linked,
    noted,
    payment,
    phone_call,
    purchase,
    registered,
    repair,
    returned,
    step,
    unlinked,
    withdrawn,
)


def history(hub: Scenario, customer: UUID, limit: int = 25, **asked: Any) -> list[Entry]:
    """The whole history, read page by page, newest first."""
    entries: list[Entry] = []
    before = None
    with hub.asking() as connection:
        who = links.identity(connection, customer)
        while True:
            page = timeline.timeline(connection, who, before=before, limit=limit, **asked)
            assert len(page.entries) <= limit
            entries += page.entries
            if (before := page.before) is None:
                return entries


def only(hub: Scenario, customer: UUID) -> Entry:
    [entry] = history(hub, customer)
    return entry


def counts(hub: Scenario, customer: UUID) -> dict[str, int]:
    """The kinds of which there are any."""
    with hub.asking() as connection:
        counted = timeline.counts_by_kind(connection, links.identity(connection, customer))
    assert tuple(counted) == timeline.KINDS
    return {kind: count for kind, count in counted.items() if count}


def last(hub: Scenario, customer: UUID) -> datetime | None:
    with hub.asking() as connection:
        return timeline.last_contact_at(connection, links.identity(connection, customer))


@pytest.fixture
def anna(either_hub: Scenario) -> UUID:
    return either_hub.given(registered("Anna"))


# --- pages ----------------------------------------------------------------------------------------


def test_all_six_kinds_stand_in_the_order_in_which_they_happened(
    either_hub: Scenario, anna: UUID
) -> None:
    either_hub.given(
        purchase(anna, on="2026-01-05"),
        repair(anna, on="2026-01-20"),
        payment(anna, "40.00", on="2026-01-12"),
        letter(anna, "Thank you", on="2026-01-02 12:00"),
        phone_call(anna, on="2026-01-30"),
        email(anna, "Where is it?", on="2026-01-25"),
    )
    kinds = ["phone_call", "email", "repair", "payment", "purchase", "letter"]
    assert [entry.kind for entry in history(either_hub, anna)] == kinds
    assert counts(either_hub, anna) == dict.fromkeys(timeline.KINDS, 1)
    assert last(either_hub, anna) == datetime(2026, 1, 30, 10, tzinfo=UTC)


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_no_entry_comes_twice_or_never_though_many_happened_in_one_moment(
    either_hub: Scenario, anna: UUID, limit: int
) -> None:
    told = [phone_call(anna, on="2026-02-01") for _ in range(5)]
    told += [phone_call(anna, on="2026-02-02") for _ in range(4)]
    for telling in told:
        either_hub.given(telling)
    paged = history(either_hub, anna, limit)
    assert [entry.contact_id for entry in paged] == [telling.id for telling in reversed(told)]


def test_what_is_added_while_somebody_reads_does_not_shift_the_pages(
    either_hub: Scenario, anna: UUID
) -> None:
    told = [either_hub.given(phone_call(anna, on=f"2026-02-0{day}")) for day in range(1, 5)]
    with either_hub.asking() as connection:
        first = timeline.timeline(connection, [anna], limit=2)
    either_hub.when(phone_call(anna, on="2026-02-09"))
    with either_hub.asking() as connection:
        second = timeline.timeline(connection, [anna], limit=2, before=first.before)
    read = [entry.contact_id for entry in (*first.entries, *second.entries)]
    assert read == told[::-1]
    assert second.before is None


def test_linked_histories_are_paged_as_one(either_hub: Scenario, anna: UUID) -> None:
    ann = either_hub.given(registered("Ann"))
    told = [
        either_hub.given(phone_call(who, on=f"2026-02-{day:02d}"))
        for day, who in enumerate([anna, ann, ann, anna, ann, anna, anna], start=1)
    ]
    either_hub.when(linked(anna, ann))
    for limit in (1, 2, 3, 25):
        assert [e.contact_id for e in history(either_hub, ann, limit)] == told[::-1]
    assert counts(either_hub, ann) == {"phone_call": 7}
    either_hub.when(unlinked(anna, ann))
    assert counts(either_hub, ann) == {"phone_call": 3}


def test_some_kinds_can_be_asked_for(either_hub: Scenario, anna: UUID) -> None:
    either_hub.given(phone_call(anna), purchase(anna), payment(anna, "40.00"), phone_call(anna))
    money = history(either_hub, anna, 1, kinds=["purchase", "payment"])
    assert [entry.kind for entry in money] == ["payment", "purchase"]


# --- what an entry says ---------------------------------------------------------------------------


def test_a_call_shows_its_summary_direction_outcome_and_length(hub: Scenario) -> None:
    anna = hub.given(registered("Anna"))
    answered = datetime(2026, 2, 1, 10, 0, 5, tzinfo=UTC)
    hub.given(
        phone_call(
            anna,
            "Asks for the invoice",
            on="2026-02-01",
            note="Will call again",
            direction="out",
            reason="billing",
            answered_at=answered,
            ended_at=answered.replace(minute=2),
        )
    )
    entry = only(hub, anna)
    assert (entry.summary, entry.excerpt) == ("Asks for the invoice", "Will call again")
    assert (entry.direction, entry.outcome, entry.reason) == ("out", "answered", "billing")
    assert (entry.talk_seconds, entry.by, entry.source) == (120, AGENT, "form")


def test_an_email_shows_subject_beginning_and_attachments(hub: Scenario) -> None:
    anna = hub.given(registered("Anna"))
    scan = Attachment(sha256="0" * 64, name=Personal("a.pdf"), media_type="x/y", size=1)
    hub.given(email(anna, "Complaint", "It is broken. " * 100, attachments=(scan, scan)))
    entry = only(hub, anna)
    assert (entry.summary, entry.attachments) == ("Complaint", 2)
    assert entry.excerpt.startswith("It is broken.")
    assert len(entry.excerpt) == timeline.EXCERPT_CHARACTERS


def test_amounts_are_signed_as_the_customer_sees_them(hub: Scenario) -> None:
    anna = hub.given(registered("Anna"))
    hub.given(
        purchase(anna, "40.00", number="1"),
        returned(anna, "10.00", original="1"),
        payment(anna, "30.00", number="P1"),
        payment(anna, "5.00", transaction="refund"),
        payment(anna, "30.00", transaction="reversal", original="P1"),
        purchase(anna, lines=[line("RICE", "300")], currency="JPY"),
    )
    told = [(e.amount_minor, e.currency, e.transaction) for e in reversed(history(hub, anna))]
    assert told == [
        (4000, "EUR", "sale"),
        (-1000, "EUR", "return"),
        (3000, "EUR", "payment"),
        (-500, "EUR", "refund"),
        (-3000, "EUR", "reversal"),
        (300, "JPY", "sale"),
    ]


def test_a_purchase_names_its_first_items_and_how_many_there_are(hub: Scenario) -> None:
    anna = hub.given(registered("Anna"))
    items = [line(item, "1", description=item.title()) for item in ("CUP", "POT", "PAN", "LID")]
    hub.given(purchase(anna, lines=items, number="1001", channel="shop"))
    entry = only(hub, anna)
    assert (entry.what, entry.lines) == ("Cup, Pot, Pan", 4)
    assert (entry.number, entry.channel) == ("1001", "shop")


def test_a_repair_shows_its_stage_and_what_it_costs(hub: Scenario) -> None:
    anna = hub.given(registered("Anna"))
    mended = hub.given(repair(anna, "Grinder", number="R-1", fault=Personal("smells burnt")))
    hub.given(step(anna, mended, Diagnosed, finding=Personal("worn brushes")))
    assert (only(hub, anna).stage, only(hub, anna).amount_minor) == ("diagnosed", None)
    hub.given(
        step(anna, mended, Quoted, amount=Decimal("25.00"), currency="EUR"),
        step(anna, mended, Approved),
        step(anna, mended, Repaired, charge=Decimal("25.00"), currency="EUR", minutes=40),
    )
    entry = only(hub, anna)
    assert (entry.what, entry.summary, entry.stage) == ("Grinder", "smells burnt", "repaired")
    assert (entry.amount_minor, entry.currency) == (2500, "EUR")
    assert [e.contact_id for e in history(hub, anna, search="brushes")] == [mended]


def test_what_is_told_long_afterwards_is_marked_late(hub: Scenario) -> None:
    anna = hub.given(registered("Anna"))
    hub.given(phone_call(anna, on="2026-02-10"), phone_call(anna, on="2026-02-01"))
    assert [entry.is_late for entry in history(hub, anna)] == [False, True]


# --- what becomes of an entry ---------------------------------------------------------------------


def call(contact_id: UUID, summary: str, day: int) -> PhoneCall:
    return PhoneCall(
        contact_id=contact_id,
        occurred_at=datetime(2026, 2, day, 10, tzinfo=UTC),
        direction="in",
        summary=Personal(summary),
    )


def test_a_correction_moves_the_entry_and_keeps_who_told_it_first(
    either_hub: Scenario, anna: UUID
) -> None:
    hub = either_hub
    first = hub.given(phone_call(anna, "Cup", on="2026-02-03", by=COLLEAGUE))
    hub.given(phone_call(anna, "Pot", on="2026-02-02"))
    told = history(hub, anna)[0]
    late = Personal("wrong day")
    hub.when(corrected(anna, msgspec.structs.replace(call(first, "Lid", 1), late_because=late)))
    assert [entry.summary for entry in history(hub, anna)] == ["Pot", "Lid"]
    entry = history(hub, anna)[1]
    assert (entry.corrections, entry.by, entry.position) == (1, COLLEAGUE, told.position)
    assert entry.recorded_at == told.recorded_at
    assert counts(hub, anna) == {"phone_call": 2}
    assert last(hub, anna) == datetime(2026, 2, 2, 10, tzinfo=UTC)
    assert history(hub, anna, search="cup") == []


def test_a_withdrawn_contact_stays_readable_and_counts_nowhere(
    either_hub: Scenario, anna: UUID
) -> None:
    kept = either_hub.given(phone_call(anna, on="2026-02-01"))
    gone = either_hub.given(phone_call(anna, on="2026-02-05"))
    either_hub.given(follow_up(anna, gone, on="2026-03-01"))
    either_hub.when(withdrawn(anna, gone))
    shown = [(e.contact_id, e.is_withdrawn, e.follow_up_on) for e in history(either_hub, anna)]
    assert shown == [(gone, True, None), (kept, False, None)]
    assert counts(either_hub, anna) == {"phone_call": 1}
    assert last(either_hub, anna) == datetime(2026, 2, 1, 10, tzinfo=UTC)
    either_hub.when(withdrawn(anna, kept))
    assert counts(either_hub, anna) == {}
    assert last(either_hub, anna) is None


def test_a_contact_filed_elsewhere_goes_there_with_its_course(
    either_hub: Scenario, anna: UUID
) -> None:
    hub = either_hub
    otto = hub.given(registered("Otto"))
    mended = hub.given(repair(anna, "Grinder", on="2026-02-01"))
    hub.given(step(anna, mended, Diagnosed), noted(anna, mended, "belongs to a neighbour"))
    hub.when(filed_elsewhere(anna, mended, otto))
    there = only(hub, otto)
    assert (there.stage, there.notes, there.moved_from) == ("diagnosed", 1, anna)
    assert [e.contact_id for e in history(hub, otto, search="neighbour")] == [mended]
    assert only(hub, anna).moved_to == otto
    assert (counts(hub, anna), counts(hub, otto)) == ({}, {"repair": 1})
    assert (last(hub, anna), last(hub, otto)) == (None, there.occurred_at)
    with hub.asking() as connection:
        assert timeline.entry(connection, mended) == there


def test_a_contact_that_moved_between_linked_customers_is_shown_once(hub: Scenario) -> None:
    anna, ann = hub.given(registered("Anna")), hub.given(registered("Ann"))
    moved = hub.given(phone_call(anna))
    hub.given(filed_elsewhere(anna, moved, ann))
    hub.when(linked(anna, ann))
    assert only(hub, anna).stream == ann


def test_a_contact_filed_there_and_back_is_here_again(either_hub: Scenario, anna: UUID) -> None:
    otto = either_hub.given(registered("Otto"))
    moved = either_hub.given(phone_call(anna))
    either_hub.given(filed_elsewhere(anna, moved, otto), filed_elsewhere(otto, moved, anna))
    assert (only(either_hub, anna).moved_to, only(either_hub, otto).moved_to) == (None, anna)
    assert (counts(either_hub, anna), counts(either_hub, otto)) == ({"phone_call": 1}, {})


def test_a_follow_up_shows_until_it_is_done(hub: Scenario) -> None:
    anna = hub.given(registered("Anna"))
    contact = hub.given(phone_call(anna))
    hub.given(follow_up(anna, contact, on="2026-03-01"))
    assert str(only(hub, anna).follow_up_on) == "2026-03-01"
    hub.when(follow_up_done(anna, contact))
    assert only(hub, anna).follow_up_on is None


def test_of_an_erased_customer_only_times_amounts_and_counts_stay(either_hub: Scenario) -> None:
    hub = either_hub
    anna = hub.given(registered("Anna"))
    contact = hub.given(email(anna, "My address", "Lindenallee 5", on="2026-02-01"))
    hub.given(noted(anna, contact, "lives with Otto"), purchase(anna, "40.00", on="2026-02-02"))
    hub.when(erased(anna))
    bought, mail = history(hub, anna)
    assert (bought.amount_minor, mail.summary, mail.excerpt) == (4000, "", "")
    assert history(hub, anna, search="lindenallee") == []
    assert history(hub, anna, search="otto") == []
    assert counts(hub, anna) == {"email": 1, "purchase": 1}
    with hub.asking() as connection:
        kept = connection.execute(select(timeline.timeline_entries)).all()
    assert "Linden" not in str(kept)


# --- searching within -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "search",
    ["lindenallee", "LINDEN", "allee 5", "müller", "muller", "5 linden", "发票", "票"],
)
def test_all_words_are_searched_in_any_script(
    either_hub: Scenario, anna: UUID, search: str
) -> None:
    wanted = either_hub.given(email(anna, "Für Frau Müller, Lindenallee 5", "请寄发票。"))
    either_hub.given(email(anna, "Nothing of it", "at all"))
    assert [e.contact_id for e in history(either_hub, anna, search=search)] == [wanted]


def test_one_word_that_is_missing_finds_nothing(either_hub: Scenario, anna: UUID) -> None:
    either_hub.given(email(anna, "Lindenallee 5"))
    assert history(either_hub, anna, search="lindenallee 6") == []


def test_signs_of_the_search_language_are_only_signs(either_hub: Scenario, anna: UUID) -> None:
    wanted = either_hub.given(phone_call(anna, "wants 20% off a_b \\ c"))
    either_hub.given(phone_call(anna, "wants 200 off aXb"))
    for search in ("20%", "a_b", "\\"):
        assert [e.contact_id for e in history(either_hub, anna, search=search)] == [wanted]


def test_items_numbers_and_notes_are_searched_too(hub: Scenario) -> None:
    anna = hub.given(registered("Anna"))
    bought = hub.given(purchase(anna, lines=[line("X1", "9", description="Teapot")], number="77"))
    called = hub.given(phone_call(anna))
    hub.given(noted(anna, called, "prefers mornings"))
    assert [e.contact_id for e in history(hub, anna, search="teapot 77")] == [bought]
    assert [e.contact_id for e in history(hub, anna, search="mornings")] == [called]


# --- one entry, and one's own ---------------------------------------------------------------------


def test_an_unknown_contact_has_no_entry(hub: Scenario) -> None:
    with hub.asking() as connection:
        assert timeline.entry(connection, uuid4()) is None


def test_my_last_contacts_are_those_that_i_wrote_down_myself(hub: Scenario) -> None:
    anna = hub.given(registered("Anna"))
    first = hub.given(phone_call(anna, on="2026-02-05"))
    hub.given(phone_call(anna, by=COLLEAGUE), phone_call(anna, source="telephone"))
    second = hub.given(phone_call(anna, on="2026-02-01"))
    with hub.asking() as connection:
        mine = timeline.recent_by(connection, AGENT)
        assert [entry.contact_id for entry in mine] == [second, first]
        assert len(timeline.recent_by(connection, AGENT, 1)) == 1
