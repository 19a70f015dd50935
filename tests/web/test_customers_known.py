"""Registering customers, and changing what is known of them."""

from __future__ import annotations

import re
from html import unescape
from uuid import UUID

import pytest
from flask import Flask

from adapters.wiring import Rapport
from projections import balances, links, profile
from projections.profile import Profile
from tests.scenario import details_changed, phone, purchase, registered
from tests.telling import tell
from tests.web.kit import HTML, Visitor, let_in

HTMX = {**HTML, "HX-Request": "true"}


@pytest.fixture
def anna(rapport: Rapport) -> UUID:
    """A customer."""
    return tell(rapport, registered("Anna Lindqvist", phone("+442079460001"), city="Leeds"))


@pytest.fixture
def boss(app: Flask, rapport: Rapport) -> Visitor:
    """The browser of a manager."""
    let_in(rapport, "Mia Boss", "manager")
    visitor = Visitor(app)
    visitor.sign_in("mia")
    return visitor


def known(rapport: Rapport, customer: UUID) -> Profile:
    with rapport.tables.connect() as connection:
        found = profile.profile(connection, links.identity(connection, customer))
    assert found is not None
    return found


def test_a_customer_is_registered_with_all_that_is_known(lena: Visitor, rapport: Rapport) -> None:
    sent = lena.send(
        "/customers",
        on="/customers/new",
        customer_kind="firm",
        name="Café Zentral",
        phone="(020) 7946 0002",
        email="Desk@Example.org",
        number="K-7",
        system="shop",
        street="Main St 1",
        city="Leeds",
        country="GB",
        language="de",
        zone="Europe/Berlin",
        prefers="email",
        alert="Rings twice",
    )
    assert sent.status_code == 303
    customer = known(rapport, UUID(sent.location.rpartition("/")[2]))
    assert (customer.customer_kind, customer.name) == ("firm", "Café Zentral")
    assert [each.normal for each in customer.phones] == ["+442079460002"]
    assert [each.typed for each in customer.phones] == ["(020) 7946 0002"]
    assert [each.normal for each in customer.emails] == ["Desk@example.org"]
    assert (customer.number, customer.city, customer.zone) == ("K-7", "Leeds", "Europe/Berlin")
    page = lena.open(sent.location).text
    assert "The customer is registered." in page
    assert "Rings twice" in page


def test_a_telephone_number_alone_is_enough(lena: Visitor, rapport: Rapport) -> None:
    sent = lena.send("/customers", on="/customers/new", phone="020 7946 0003")
    assert known(rapport, UUID(sent.location.rpartition("/")[2])).label == "020 7946 0003"


@pytest.mark.parametrize(
    ("form", "field", "says"),
    [
        ({}, "name", "Give a name, a telephone number"),
        ({"name": "x" * 201}, "name", "too long"),
        ({"name": "Anna", "phone": "12"}, "phone", "is no telephone number"),
        ({"name": "Anna", "phone": "anonymous"}, "phone", "is no telephone number"),
        ({"name": "Anna", "email": "anna"}, "email", "is no e-mail address"),
        ({"name": "Anna", "email": "an na@example.org"}, "email", "is no e-mail address"),
        ({"name": "Anna", "number": "7"}, "system", "Say which system"),
        ({"name": "Anna", "zone": "Mars/Base"}, "zone", "There is no such time zone."),
        ({"name": "Anna", "prefers": "pigeon"}, "prefers", "Choose one of those"),
    ],
)
def test_what_is_wrong_with_a_new_customer_is_said_at_its_field(
    lena: Visitor, form: dict[str, str], field: str, says: str
) -> None:
    refused = lena.send("/customers", on="/customers/new", **form)
    assert refused.status_code == 422
    assert f'id="{field}-error"' in refused.text
    assert says in refused.text
    for name, typed in form.items():
        if name not in {"zone", "prefers"}:
            assert f'value="{typed}"' in refused.text
    assert "No customers yet" in lena.open("/customers").text


def test_what_was_typed_into_the_palette_stands_in_the_form(lena: Visitor) -> None:
    page = lena.open("/customers/new?name=Zora&phone=%2B4420").text
    assert 'value="Zora"' in page
    assert 'value="+4420"' in page


def test_somebody_who_is_known_already_is_named(lena: Visitor, anna: UUID) -> None:
    page = lena.open("/customers/alike?phone=020%207946%200001", HTMX).text
    assert f"/customers/{anna}" in page
    assert lena.open("/customers/alike?name=zz", HTMX).text.strip() == ""


def test_the_same_form_twice_registers_one_customer(lena: Visitor) -> None:
    form = {"name": "Zora", "key": "k" * 32}
    first = lena.send("/customers", on="/customers/new", **form)
    second = lena.send("/customers", on="/customers/new", **form)
    assert first.location == second.location


def test_details_change_and_what_is_emptied_is_gone(
    lena: Visitor, rapport: Rapport, anna: UUID
) -> None:
    page = f"/customers/{anna}/details"
    sent = lena.send(page, on=page, seen_version="1", name="Anna Berg", alert="Be kind")
    assert sent.status_code == 303
    customer = known(rapport, anna)
    assert (customer.name, customer.city, customer.alert) == ("Anna Berg", "", "Be kind")


def test_when_somebody_was_faster_both_are_shown_and_nothing_is_lost(
    lena: Visitor, rapport: Rapport, anna: UUID
) -> None:
    page = f"/customers/{anna}/details"
    tell(rapport, details_changed(anna, "Anna Lind"))
    conflict = lena.send(page, on=page, seen_version="1", name="Anna Berg", city="York")
    assert conflict.status_code == 409
    words = unescape(conflict.text)
    assert 'value="Anna Berg"' in words
    assert 'value="York"' in words
    assert "<strong>Anna Lind</strong>" in words
    assert "<strong>Leeds</strong>" in words
    assert "Somebody changed this in the meantime." in words
    assert known(rapport, anna).name == "Anna Lind"
    [seen] = re.findall(r'name="seen_version" value="(\d+)"', words)
    again = lena.send(page, on=page, seen_version=seen, name="Anna Berg", city="York")
    assert again.status_code == 303
    assert known(rapport, anna).name == "Anna Berg"


def test_addresses_are_added_and_retired(lena: Visitor, rapport: Rapport, anna: UUID) -> None:
    page = f"/customers/{anna}/details"
    add = f"/customers/{anna}/identifiers"
    lena.send(add, on=page, kind="email", text="anna@example.org")
    lena.send(add, on=page, kind="number", text="K-1", system="shop")
    retired = {"stream": str(anna), "kind": "phone", "normal": "+442079460001"}
    assert lena.send(f"{add}/retired", on=page, **retired).status_code == 303
    customer = known(rapport, anna)
    assert [each.typed for each in customer.emails] == ["anna@example.org"]
    assert (customer.number, customer.phones) == ("K-1", ())


def test_nobody_retires_what_belongs_to_somebody_else(
    lena: Visitor, rapport: Rapport, anna: UUID
) -> None:
    ben = tell(rapport, registered("Ben", phone("+442079460009")))
    retired = {"stream": str(ben), "kind": "phone", "normal": "+442079460009"}
    page = f"/customers/{anna}/details"
    assert (
        lena.send(f"/customers/{anna}/identifiers/retired", on=page, **retired).status_code == 404
    )
    assert known(rapport, ben).phones


@pytest.mark.parametrize(
    ("path", "form", "field", "says"),
    [
        ("identifiers", {"kind": "phone", "text": "12"}, "text", "is no telephone number"),
        ("identifiers", {"kind": "email", "text": "x"}, "text", "is no e-mail address"),
        ("identifiers", {"kind": "number", "text": "7"}, "system", "which system"),
        ("identifiers", {"kind": "pigeon", "text": "7"}, "kind", "Choose one of those"),
        ("identifiers", {"kind": "phone"}, "text", "Please fill this in."),
        ("consents", {"purpose": "offers", "given": "yes"}, "channel", "Please fill this in."),
        (
            "consents",
            {"channel": "email", "purpose": "offers", "given": "yes", "since": "2199-01-01"},
            "since",
            "lies in the future",
        ),
        (
            "consents",
            {"channel": "email", "purpose": "offers", "given": "yes", "since": "soon"},
            "since",
            "Write the day",
        ),
        ("credit-terms", {"currency": "EUR", "limit": "-1"}, "limit", "zero or more"),
        ("credit-terms", {"currency": "EUR", "limit": "1,5"}, "limit", "A comma"),
        ("credit-terms", {"currency": "EUR", "limit": "1.555"}, "limit", "2 decimal places"),
        ("credit-terms", {"currency": "XXZ", "limit": "1"}, "currency", "no such currency"),
        ("credit-terms", {"currency": "EUR", "days_to_pay": "9999"}, "days_to_pay", "between 0"),
        ("credit-terms", {"currency": "EUR", "days_to_pay": "x"}, "days_to_pay", "integer"),
        ("credit-terms", {"currency": "EUR", "on_hold": "on"}, "hold_reason", "Say why"),
    ],
)
def test_what_is_wrong_with_a_change_is_said_at_its_field(
    boss: Visitor, anna: UUID, path: str, form: dict[str, str], field: str, says: str
) -> None:
    refused = boss.send(f"/customers/{anna}/{path}", on=f"/customers/{anna}/details", **form)
    assert refused.status_code == 422
    assert f'{field}-error"' in refused.text
    assert says in refused.text


def test_a_consent_and_its_withdrawal_are_told_with_their_day(
    lena: Visitor, rapport: Rapport, anna: UUID
) -> None:
    page = f"/customers/{anna}/details"
    told = {"channel": "email", "purpose": "offers", "told_by": "letter"}
    lena.send(f"/customers/{anna}/consents", on=page, given="yes", **told)
    lena.send(f"/customers/{anna}/consents", on=page, given="no", **told)
    [consent] = known(rapport, anna).consents
    assert not consent.given
    history = lena.open(page).text
    assert history.count("E-mail: Offers") == 2


def test_credit_is_for_managers(lena: Visitor, boss: Visitor, rapport: Rapport, anna: UUID) -> None:
    tell(rapport, purchase(anna, "60.00", on="2026-11-01"))
    page = f"/customers/{anna}/details"
    terms = {"currency": "EUR", "limit": "50", "days_to_pay": "14"}
    assert lena.send(f"/customers/{anna}/credit-terms", on=page, **terms).status_code == 403
    assert "Credit terms" not in lena.open(page).text
    assert boss.send(f"/customers/{anna}/credit-terms", on=page, **terms).status_code == 303
    with rapport.tables.connect() as connection:
        [now] = balances.terms_of(connection, [anna])
    assert (now.limit_minor, now.days_to_pay) == (5000, 14)
    assert "Credit: over the limit" in lena.open(f"/customers/{anna}").text
    hold = {**terms, "on_hold": "on", "hold_reason": "Lawsuit"}
    boss.send(f"/customers/{anna}/credit-terms", on=page, **hold)
    words = lena.open(f"/customers/{anna}").text
    assert "Credit: on hold" in words
    assert "Put on hold: Lawsuit" in words


def test_two_entries_become_one_and_two_again(lena: Visitor, rapport: Rapport, anna: UUID) -> None:
    twin = tell(rapport, registered("A. Lindqvist"))
    page = f"/customers/{anna}/details"
    assert f'value="{twin}"' in lena.open(f"{page}?link=lindqvist").text
    assert lena.send(f"/customers/{anna}/links", on=page, other=str(twin)).status_code == 303
    assert known(rapport, anna).also == (twin,)
    pair = {"stream": str(anna), "other": str(twin)}
    assert lena.send(f"/customers/{anna}/unlinks", on=page, **pair).status_code == 303
    assert known(rapport, anna).also == ()
    itself = lena.send(f"/customers/{anna}/links", on=page, other=str(anna))
    assert itself.status_code == 422
    assert "A customer cannot be linked to itself." in itself.text
