"""A customer is found by whatever somebody knows of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from projections import directory, words
from projections.directory import Found, Listed
from tests.scenario import (
    Scenario,
    details_changed,
    email_address,
    erased,
    filed_elsewhere,
    identifier_added,
    identifier_retired,
    line,
    linked,
    number,
    payment,
    phone,
    phone_call,
    purchase,
    registered,
    repair,
    unlinked,
    withdrawn,
)


def find(hub: Scenario, text: str, limit: int = 20) -> list[Found]:
    with hub.asking() as connection:
        return directory.find(connection, text, limit)


def ids(hub: Scenario, text: str) -> list[UUID]:
    return [found.customer_id for found in find(hub, text)]


def pages(hub: Scenario, limit: int = 2, **asked: Any) -> list[Listed]:
    """The whole list, read page by page."""
    listed: list[Listed] = []
    cursor = None
    with hub.asking() as connection:
        while True:
            page = directory.listing(connection, cursor=cursor, limit=limit, **asked)
            assert len(page.customers) <= limit
            listed += page.customers
            if (cursor := page.next_cursor) is None:
                return listed


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["Anna", "anna", "ANNA B", "berg", "nna", "er", "Berg Anna", "a"])
def test_a_customer_is_found_by_any_part_of_the_name(either_hub: Scenario, typed: str) -> None:
    anna = either_hub.given(registered("Anna Berg"))
    either_hub.given(registered("Otto Klotz"))
    assert ids(either_hub, typed) == [anna]


@pytest.mark.parametrize("typed", ["王", "小明", "王小明", "明", "明 王"])
def test_a_chinese_name_is_found_by_one_character_and_more(
    either_hub: Scenario, typed: str
) -> None:
    wang = either_hub.given(registered("王小明"))
    either_hub.given(registered("李雷"))
    assert ids(either_hub, typed) == [wang]


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Jürgen Müller", "muller"),
        ("Weiß & Söhne GmbH", "weiss söhne"),
        ("Sinéad O’Neil", "oneil"),
        ("Sinéad O'Neil", "o'neil"),
        ("Anne-Marie Lévy", "marie lev"),
        ("ＡＣＭＥ Ｌｔｄ", "acme"),
        ("Łukasz Żak", "Żak"),
        ("100% Bio_Hof", "100%"),
        ("Ελένη Παπά", "ελενη"),
        ("Анна Иванова", "иванова"),
    ],
)
def test_accents_capitals_and_signs_do_not_matter(hub: Scenario, name: str, typed: str) -> None:
    customer = hub.given(registered(name))
    assert ids(hub, typed) == [customer]


def test_names_that_start_so_come_before_those_that_have_it_inside(hub: Scenario) -> None:
    inside = hub.given(registered("Johanna Vogt"))
    second = hub.given(registered("Vera Anna Lang"))
    first = hub.given(registered("Annabel Zorn"))
    exact = hub.given(registered("Anna"))
    assert ids(hub, "anna") == [exact, first, second, inside]


def test_all_words_must_match_in_name_city_or_address(hub: Scenario) -> None:
    berlin = hub.given(registered("Anna Berg", city="Berlin"))
    bonn = hub.given(registered("Anna Berg", email_address("a.berg@firma.example"), city="Bonn"))
    assert ids(hub, "anna berlin") == [berlin]
    assert ids(hub, "firma anna") == [bonn]
    assert sorted(ids(hub, "anna berg")) == sorted([berlin, bonn])
    assert ids(hub, "anna hamburg") == []


@pytest.mark.parametrize("typed", ["", "   ", "%", "_", "'", "\\", "--", "\x00", "+", "()"])
def test_signs_alone_find_nobody(either_hub: Scenario, typed: str) -> None:
    either_hub.given(registered("Anna"))
    assert find(either_hub, typed) == []


def test_a_renamed_customer_is_found_by_the_new_name_only(hub: Scenario) -> None:
    anna = hub.given(registered("Anna Berg"))
    hub.when(details_changed(anna, "Anna Thal"))
    assert ids(hub, "thal") == [anna]
    assert ids(hub, "berg") == []


# --- numbers and addresses ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "+49 30 1234567",
        "+49 (0)30 1234567",
        "0049301234567",
        "030 123 45 67",
        "030/1234567",
        "030-12345-67",
        "(030) 1234567",
        "1234567",
        "123 4567",
        "30123",
        "４９３０１２３",
    ],
)
def test_a_telephone_number_is_found_however_it_is_typed(either_hub: Scenario, typed: str) -> None:
    anna = either_hub.given(registered("Anna", phone("030 / 123 45 67", "+49301234567")))
    either_hub.given(registered("Otto", phone("030 / 999 99 99", "+49309999999")))
    [found] = find(either_hub, typed)
    assert (found.customer_id, found.matched, found.shown) == (anna, "phone", "030 / 123 45 67")


def test_a_number_kept_without_its_country_is_found_with_it(hub: Scenario) -> None:
    anna = hub.given(registered("Anna", phone("030 1234567")))
    assert ids(hub, "+49 30 1234567") == [anna]


def test_a_number_among_words_is_one_word(hub: Scenario) -> None:
    anna = hub.given(registered("Anna Berg", phone("+49 30 1234567")))
    hub.given(registered("Otto Berg", phone("+49 30 7654321")))
    assert ids(hub, "berg 030 123 45 67") == [anna]


@pytest.mark.parametrize(
    "typed", ["anna.berg@firma.example", "Anna.Berg@", "berg@firma", "firma.example", "firma"]
)
def test_an_address_is_found_from_any_of_its_words_on(hub: Scenario, typed: str) -> None:
    anna = hub.given(registered("A", email_address("Anna.Berg@firma.example")))
    hub.given(registered("O", email_address("otto@laden.example")))
    [found] = find(hub, typed)
    assert (found.customer_id, found.matched, found.shown) == (
        anna,
        "email",
        "Anna.Berg@firma.example",
    )


def test_a_retired_number_finds_nobody_while_the_other_still_does(hub: Scenario) -> None:
    old, new = phone("+49 30 1234567"), phone("+49 40 9994567")
    anna = hub.given(registered("Anna", old, new))
    hub.when(identifier_retired(anna, old))
    assert ids(hub, "1234567") == []
    assert ids(hub, "4567") == [anna]
    hub.when(identifier_added(anna, old))
    assert ids(hub, "1234567") == [anna]


def test_a_customer_without_a_name_is_called_by_their_number(hub: Scenario) -> None:
    customer = hub.given(registered(None, number("14911")))
    [found] = find(hub, "14911")
    assert (found.customer_id, found.label, found.matched) == (customer, "14911", "number")


@pytest.mark.parametrize("typed", ["SO-2026/00017", "so 2026 00017", "SO202600017", "202600017"])
def test_an_order_finds_its_customer_and_itself(either_hub: Scenario, typed: str) -> None:
    anna = either_hub.given(registered("Anna"))
    order = either_hub.given(purchase(anna, number="SO-2026/00017"))
    [found] = find(either_hub, typed)
    assert (found.customer_id, found.contact_id) == (anna, order)
    assert (found.matched, found.shown) == ("order", "SO-2026/00017")


def test_serials_repairs_and_payments_are_found_by_their_numbers(hub: Scenario) -> None:
    anna = hub.given(registered("Anna"))
    sale = hub.given(purchase(anna, lines=[line("GRINDER", "40", serials=("XK-77 1A",))]))
    mended = hub.given(repair(anna, number="R-501", serial="QQ 900"))
    paid = hub.given(payment(anna, "40.00", number="P-9001"))
    assert [(f.matched, f.contact_id) for f in find(hub, "xk771a")] == [("serial", sale)]
    assert [(f.matched, f.contact_id) for f in find(hub, "R 501")] == [("repair", mended)]
    assert [(f.matched, f.contact_id) for f in find(hub, "qq900")] == [("serial", mended)]
    assert [(f.matched, f.contact_id) for f in find(hub, "p-9001")] == [("payment", paid)]


def test_an_exact_number_comes_before_those_that_only_begin_so(hub: Scenario) -> None:
    anna, otto, rita = (hub.given(registered(name)) for name in ("Anna", "Otto", "Rita"))
    hub.given(purchase(otto, number="53636"), purchase(rita, number="5363659"))
    hub.given(purchase(anna, number="536365"))
    assert ids(hub, "536365") == [anna, rita]


def test_a_withdrawn_order_is_not_found_and_a_moved_one_finds_its_new_customer(
    hub: Scenario,
) -> None:
    anna, otto = hub.given(registered("Anna")), hub.given(registered("Otto"))
    gone = hub.given(purchase(anna, number="1001"))
    moved = hub.given(purchase(anna, number="1002"))
    hub.when(withdrawn(anna, gone), filed_elsewhere(anna, moved, otto))
    assert ids(hub, "1001") == []
    assert ids(hub, "1002") == [otto]


# --- one customer or two --------------------------------------------------------------------------


def test_linked_customers_are_one_hit_under_the_one_known_first(hub: Scenario) -> None:
    first = hub.given(registered("Anna Berg", phone("+49 30 1234567")))
    second = hub.given(registered("A. Berg", email_address("berg@firma.example")))
    hub.when(linked(first, second))
    assert [(f.customer_id, f.label) for f in find(hub, "berg")] == [(first, "Anna Berg")]
    assert ids(hub, "firma.example") == [first]
    hub.when(unlinked(first, second))
    assert ids(hub, "berg") == [second, first]


def test_an_erased_customer_is_found_by_no_word_but_still_by_an_order(hub: Scenario) -> None:
    anna = hub.given(
        registered("Anna Berg", phone("+49 30 1234567"), email_address("a@b.example"), city="Bonn")
    )
    hub.given(purchase(anna, number="1001"))
    hub.when(erased(anna))
    for typed in ("anna", "berg", "1234567", "a@b.example"):
        assert find(hub, typed) == []
    [found] = find(hub, "1001")
    assert (found.customer_id, found.label, found.is_erased) == (anna, "", True)
    with hub.asking() as connection:
        assert connection.execute(select(directory.terms)).all() == []
        assert connection.execute(select(directory.known_identifiers)).all() == []


def test_of_linked_customers_one_who_was_erased_does_not_stand_for_all(hub: Scenario) -> None:
    first, second = hub.given(registered("Anna")), hub.given(registered("Ann Berg"))
    hub.given(linked(first, second))
    hub.when(erased(first))
    assert [(f.customer_id, f.label) for f in find(hub, "berg")] == [(second, "Ann Berg")]


# --- the list -------------------------------------------------------------------------------------


@pytest.fixture
def five(either_hub: Scenario) -> dict[str, UUID]:
    """Five customers; Dora was never in contact, Emil has no name."""
    hub = either_hub
    found = {name: hub.given(registered(name)) for name in ("Clara", "anton", "Bert", "Dora")}
    found["9001"] = hub.given(registered(None, number("9001"), firm=True))
    for name, on in (("anton", "2026-03-03"), ("Bert", "2026-03-01"), ("Clara", "2026-03-02")):
        hub.given(phone_call(found[name], on=on))
    hub.given(phone_call(found["9001"], on="2026-03-01 11:30"))
    return found


@pytest.mark.usefixtures("five")
def test_the_list_goes_by_name_whatever_the_capitals(
    either_hub: Scenario,
) -> None:
    by_name = ["9001", "anton", "Bert", "Clara", "Dora"]
    assert [one.label for one in pages(either_hub)] == by_name
    assert [one.label for one in pages(either_hub, descending=True)] == by_name[::-1]


@pytest.mark.usefixtures("five")
def test_the_list_goes_by_last_contact_with_those_never_in_contact_at_the_end(
    either_hub: Scenario,
) -> None:
    listed = pages(either_hub, sort="last_contact", descending=True)
    assert [one.label for one in listed] == ["anton", "Clara", "9001", "Bert", "Dora"]
    assert listed[-1].last_contact_at is None
    assert [one.contacts for one in listed] == [1, 1, 1, 1, 0]


@pytest.mark.usefixtures("five")
def test_the_list_goes_by_registration(either_hub: Scenario) -> None:
    listed = pages(either_hub, sort="registered")
    assert [one.label for one in listed] == ["Clara", "anton", "Bert", "Dora", "9001"]


@pytest.mark.usefixtures("five")
def test_the_list_is_narrowed_by_kind_and_by_search(
    either_hub: Scenario,
) -> None:
    assert [one.label for one in pages(either_hub, kind="firm")] == ["9001"]
    assert [one.label for one in pages(either_hub, search="an")] == ["anton"]
    assert [one.label for one in pages(either_hub, search="900")] == ["9001"]
    assert pages(either_hub, search="nobody") == []


def test_linked_customers_are_one_line_of_the_list(
    either_hub: Scenario, five: dict[str, UUID]
) -> None:
    either_hub.when(linked(five["Clara"], five["anton"]), linked(five["Dora"], five["anton"]))
    assert [one.label for one in pages(either_hub, limit=1)] == ["9001", "Bert", "Clara"]
    assert [one.label for one in pages(either_hub, limit=2, descending=True)] == [
        "Clara",
        "Bert",
        "9001",
    ]


# --- any words ------------------------------------------------------------------------------------


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=st.text(min_size=1, max_size=12), data=st.data())
def test_any_part_of_any_name_finds_it(hub: Scenario, name: str, data: st.DataObject) -> None:
    if "\x00" in name or not words.tokens(name) or any("\ud800" <= c <= "\udfff" for c in name):
        return
    customer = hub.given(registered(name))
    whole = words.tokens(name)
    start = data.draw(st.integers(0, len(whole) - 1))
    end = data.draw(st.integers(start + 1, len(whole)))
    part = whole[start:end]
    if part.strip():
        with hub.asking() as connection:
            assert customer in {f.customer_id for f in directory.find(connection, part, 500)}
