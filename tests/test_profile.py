"""What is known of a customer besides contacts."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select

from domain.customers.details import Address
from domain.personal import Personal
from domain.root import Act
from domain.staff.member import Member
from projections import links, profile, staff_list
from projections.profile import Profile
from tests.scenario import (
    BEGINNING,
    Scenario,
    consent,
    details_changed,
    email_address,
    erased,
    identifier_added,
    identifier_retired,
    legal_hold,
    linked,
    number,
    phone,
    registered,
    unlinked,
)


def known(hub: Scenario, customer: UUID) -> Profile:
    with hub.asking() as connection:
        found = profile.profile(connection, links.identity(connection, customer))
    assert found is not None
    return found


def test_a_customer_shows_what_was_told_at_registration(either_hub: Scenario) -> None:
    address = Address(street=Personal("Lindenallee 5"), city=Personal("Bonn"), country="DE")
    anna = either_hub.given(
        registered("Anna Berg", phone("0228 1", "+492281"), number("14911"), address=address)
    )
    shown = known(either_hub, anna)
    assert (shown.name, shown.street, shown.city, shown.country) == (
        "Anna Berg",
        "Lindenallee 5",
        "Bonn",
        "DE",
    )
    assert (shown.main, shown.also, shown.number) == (anna, (), "14911")
    assert [p.typed for p in shown.phones] == ["0228 1"]
    assert (shown.customer_kind, shown.is_erased, shown.legal_hold) == ("person", False, None)


def test_an_unknown_customer_has_no_profile(hub: Scenario) -> None:
    with hub.asking() as connection:
        assert profile.profile(connection, [UUID(int=1)]) is None


def test_a_change_sets_what_it_says_and_leaves_the_rest(either_hub: Scenario) -> None:
    anna = either_hub.given(registered("Anna Berg", city="Bonn", language="de"))
    either_hub.when(details_changed(anna, "Anna Thal"))
    shown = known(either_hub, anna)
    assert (shown.name, shown.city, shown.language) == ("Anna Thal", "Bonn", "de")
    assert shown.details_version == either_hub.hub.customer(anna).details_version == 2
    either_hub.when(details_changed(anna, language=None))
    assert (known(either_hub, anna).language, known(either_hub, anna).name) == ("", "Anna Thal")


def test_a_customer_without_number_shows_the_beginning_of_the_id(hub: Scenario) -> None:
    anna = hub.given(registered("Anna", id=UUID("0123456789abcdef0123456789abcdef")))
    assert known(hub, anna).number == "01234567"


def test_a_retired_identifier_is_kept_with_its_day(either_hub: Scenario) -> None:
    old, new = email_address("old@b.example"), email_address("new@b.example")
    anna = either_hub.given(registered("Anna", old))
    either_hub.given(identifier_added(anna, new))
    either_hub.when(identifier_retired(anna, old))
    shown = known(either_hub, anna)
    assert [e.typed for e in shown.emails] == ["new@b.example"]
    assert [(i.typed, i.retired_at is None) for i in shown.identifiers] == [
        ("old@b.example", False),
        ("new@b.example", True),
    ]
    either_hub.when(identifier_added(anna, old))
    assert [e.typed for e in known(either_hub, anna).emails] == ["new@b.example", "old@b.example"]


def test_the_latest_consent_holds_and_the_earlier_ones_stay_readable(hub: Scenario) -> None:
    anna = hub.given(registered("Anna"))
    hub.given(consent(anna, "email", given=True, on="2026-01-03"))
    hub.when(consent(anna, "email", given=False, on="2026-02-03"))
    [now] = known(hub, anna).consents
    assert (now.channel, now.given, str(now.on)) == ("email", False, "2026-02-03")
    with hub.asking() as connection:
        told = profile.consent_history(connection, [anna])
    assert [entry.given for entry in told] == [False, True]


@pytest.mark.parametrize("refused_by_first", [True, False])
def test_of_two_linked_customers_the_stricter_consent_holds(
    hub: Scenario, *, refused_by_first: bool
) -> None:
    anna, ann = hub.given(registered("Anna")), hub.given(registered("Ann"))
    hub.given(
        consent(anna, "email", given=not refused_by_first, on="2026-01-03"),
        consent(ann, "email", given=refused_by_first, on="2026-01-04"),
        consent(ann, "phone", given=True, on="2026-01-04"),
    )
    hub.when(linked(anna, ann))
    assert {c.channel: c.given for c in known(hub, ann).consents} == {
        "email": False,
        "phone": True,
    }
    hub.when(unlinked(anna, ann))
    assert {c.channel: c.given for c in known(hub, anna).consents} == {
        "email": not refused_by_first
    }


def test_linked_customers_show_the_one_known_first_and_all_addresses(hub: Scenario) -> None:
    first = hub.given(registered("Anna Berg", email_address("a@b.example")))
    second = hub.given(registered("A. Berg", phone("+49 1"), city="Bonn", firm=True))
    hub.when(linked(first, second))
    for asked in (first, second):
        shown = known(hub, asked)
        assert (shown.main, shown.also, shown.name) == (first, (second,), "Anna Berg")
        assert (shown.city, shown.customer_kind) == ("Bonn", "person")
        assert [i.kind for i in shown.identifiers] == ["email", "phone"]


def test_a_legal_hold_on_one_of_two_linked_customers_shows(hub: Scenario) -> None:
    first, second = hub.given(registered("Anna")), hub.given(registered("Ann"))
    hub.given(linked(first, second))
    hub.when(legal_hold(second, "court case 7"))
    assert known(hub, first).legal_hold == "court case 7"


def test_an_erased_customer_shows_only_that(either_hub: Scenario) -> None:
    hub = either_hub
    anna = hub.given(registered("Anna Berg", phone("+49 1"), city="Bonn", language="de"))
    hub.when(erased(anna))
    shown = known(hub, anna)
    assert (shown.is_erased, shown.name, shown.city, shown.identifiers) == (True, "", "", ())
    with hub.asking() as connection:
        stored = [connection.execute(select(table)).all() for table in profile.Profiles.tables]
    assert "Berg" not in str(stored)
    assert "+49" not in str(stored)


# --- staff ----------------------------------------------------------------------------------------

MARTHA = UUID("00000000-0000-4000-8000-0000000000aa")
ACT = Act(by=MARTHA, at=BEGINNING)


def test_members_of_staff_are_listed_by_name_and_found_by_the_name_they_sign_in_with(
    either_hub: Scenario,
) -> None:
    hub = either_hub
    hub.hub.enrol(
        Member.join(MARTHA, name="Martha Lee", sign_in_name="Martha", role="manager", act=ACT)
    )
    albert = UUID(int=2)
    hub.hub.enrol(Member.join(albert, name="albert Ng", sign_in_name="al", role="agent", act=ACT))
    hub.hub.change_member(albert, lambda member: member.give_role("auditor", act=ACT))
    hub.hub.change_member(MARTHA, lambda member: member.rename("Martha Li", act=ACT))
    hub.projector.catch_up()
    with hub.asking() as connection:
        assert [m.name for m in staff_list.members(connection)] == ["albert Ng", "Martha Li"]
        assert staff_list.names(connection, [MARTHA, UUID(int=9)]) == {MARTHA: "Martha Li"}
        found = staff_list.by_sign_in_name(connection, "MARTHA")
        member = staff_list.member(connection, albert)
    assert (found and found.id, found and found.role) == (MARTHA, "manager")
    assert (member and member.role, member and member.has_left) == ("auditor", False)


def test_who_has_left_signs_in_no_more_and_keeps_the_name(hub: Scenario) -> None:
    hub.hub.enrol(Member.join(MARTHA, name="Martha", sign_in_name="martha", role="agent", act=ACT))
    hub.hub.change_member(MARTHA, lambda member: member.leave(act=ACT))
    hub.projector.catch_up()
    with hub.asking() as connection:
        assert staff_list.by_sign_in_name(connection, "martha") is None
        assert staff_list.members(connection) == []
        assert [m.has_left for m in staff_list.members(connection, also_left=True)] == [True]
        assert staff_list.names(connection, [MARTHA]) == {MARTHA: "Martha"}
        assert staff_list.names(connection, []) == {}
