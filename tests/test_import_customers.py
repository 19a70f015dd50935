"""Customers from a file: who they are, how they are reached, and what they allowed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest

from domain.customers.commands import ChangeDetails, EraseCustomer, RetireIdentifier, TellConsent
from domain.customers.customer import Customer
from domain.customers.details import Consent, Details
from domain.customers.events import ConsentTold, IdentifierAdded, IdentifierRetired
from domain.customers.identifiers import Identifier
from domain.identity import customer_id_of
from domain.personal import Personal, text_of
from domain.root import Act
from tests.files import CUSTOMERS, TODAY, Office, counts
from tests.logs import AGENT

ANNA = "7,Anna Berg,Lindenweg 4,Berlin,030/4567890,anna@Example.org,y,2024-03-14"
ID = customer_id_of("shop", "7")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with Office.at(tmp_path / "office") as office:
        yield office


def by_hand() -> Act:
    return Act(by=AGENT, at=TODAY, source="form", source_ref=str(uuid4()))


def anna(office: Office) -> Customer:
    return office.hub.customer(ID)


def street(customer: Customer) -> str:
    address = customer.details.address
    return text_of(address.street) if address else ""


def test_a_customer_is_known_by_all_that_the_file_tells(office: Office) -> None:
    assert counts(office.take_customers(ANNA)) == {"new": 1}
    assert text_of(anna(office).details.name or None) == "Anna Berg"
    assert street(anna(office)) == "Lindenweg 4"
    assert anna(office).identifiers == {
        ("number", "shop", "7"),
        ("phone", "", "+49304567890"),
        ("email", "", "anna@example.org"),
    }
    consent = anna(office).consents["email", "newsletter"]
    assert (consent.given, consent.on) == (True, date(2024, 3, 14))


def test_the_same_file_again_changes_nothing(office: Office) -> None:
    office.take_customers(ANNA)
    head = office.logs.log.head()
    assert counts(office.take_customers(ANNA)) == {"unchanged": 1}
    assert office.logs.log.head() == head


def test_what_changed_is_recorded_and_nothing_else(office: Office) -> None:
    office.take_customers(ANNA)
    moved = ANNA.replace("Lindenweg 4", "Am Ufer 9").replace("030/4567890", "030/111222333")
    assert counts(office.take_customers(moved)) == {"corrected": 1}
    assert street(anna(office)) == "Am Ufer 9"
    address = anna(office).details.address
    assert address
    assert text_of(address.city) == "Berlin"
    events = [e.event for e in office.of_customer("7")][2:]
    assert [type(e).__name__ for e in events] == [
        "DetailsChanged",
        "IdentifierAdded",
        "IdentifierRetired",
    ]
    assert office.of_customer("7")[2].source_ref == "customers:7#2"
    assert counts(office.take_customers(moved)) == {"unchanged": 1}


def test_empty_cells_and_missing_columns_blank_nothing(office: Office) -> None:
    office.take_customers(ANNA)
    assert counts(office.take_customers("7,Anna Berg,,,,,,")) == {"unchanged": 1}
    small = CUSTOMERS.replace('street = "street"\ncity = "city"\n', "")
    small = small.replace('phones = "phone"\nemails = "email"\n', "").split("[[consent]]")[0]
    assert counts(office.take("customers", "no,name\n7,Anna B.\n", small)) == {"corrected": 1}
    assert street(anna(office)) == "Lindenweg 4"
    assert len(anna(office).identifiers) == 3


def test_an_address_that_people_completed_keeps_what_the_file_does_not_tell(
    office: Office,
) -> None:
    office.take_customers(ANNA)
    before = anna(office).details.address
    assert before
    values = {name: getattr(before, name) for name in before.__struct_fields__}
    completed = type(before)(**{**values, "postcode": Personal("10115")})
    office.hub.handle(ChangeDetails(customer_id=ID, change=Details(address=completed)), by_hand())
    office.take_customers(ANNA.replace("Lindenweg 4", "Am Ufer 9"))
    after = anna(office).details.address
    assert after
    assert (text_of(after.street), text_of(after.postcode)) == ("Am Ufer 9", "10115")


def test_what_people_changed_since_stays_while_the_file_says_the_same(office: Office) -> None:
    office.take_customers(ANNA)
    phone = Identifier(kind="phone", typed=Personal("030/4567890"), normal=Personal("+49304567890"))
    office.hub.handle(RetireIdentifier(customer_id=ID, identifier=phone), by_hand())
    married = Details(name=Personal("Anna Stein"))
    office.hub.handle(ChangeDetails(customer_id=ID, change=married), by_hand())
    assert counts(office.take_customers(ANNA)) == {"unchanged": 1}
    assert text_of(anna(office).details.name or None) == "Anna Stein"
    assert phone.key not in anna(office).identifiers


def withdraw(office: Office, on: date) -> None:
    consent = Consent(channel="email", purpose="newsletter", given=False, on=on)
    office.hub.handle(TellConsent(customer_id=ID, consent=consent), by_hand())


def test_a_file_never_subscribes_again_who_withdrew_since(office: Office) -> None:
    office.take_customers(ANNA)
    withdraw(office, date(2025, 6, 1))
    assert counts(office.take_customers(ANNA)) == {"unchanged": 1}
    still_older = ANNA.replace("2024-03-14", "2025-01-01")
    assert counts(office.take_customers(still_older)) == {"unchanged": 1}
    assert not anna(office).consents["email", "newsletter"].given


def test_a_withdrawal_in_the_file_counts_on_the_same_day_and_later(office: Office) -> None:
    office.take_customers(ANNA)
    assert counts(office.take_customers(ANNA.replace(",y,", ",n,"))) == {"corrected": 1}
    assert not anna(office).consents["email", "newsletter"].given
    assert counts(office.take_customers(ANNA)) == {"unchanged": 1}
    told = [e for e in office.of_customer("7") if isinstance(e.event, ConsentTold)]
    assert len(told) == 2


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        (",Anna,,,,,,", "source.reference", ""),
        ("7,Anna,,,,anna.example.org,,", "customer.emails", "anna.example.org"),
        ("7,Anna,,,,,perhaps,2024-03-14", "consent.given", "perhaps"),
        ("7,Anna,,,,,y,", "consent.on", ""),
        ("7,Anna,,,,,y,14.3.2024", "consent.on", "14.3.2024"),
    ],
)
def test_a_field_that_is_wrong_is_named_with_its_value(
    office: Office, line: str, field: str, value: str
) -> None:
    summary = office.take_customers(line, "8,Ben,,,,,,")
    assert counts(summary) == {"refused": 1, "new": 1}
    [refusal] = summary.refusals
    assert (refusal.line, refusal.field, refusal.value) == (2, field, value)


def test_a_line_that_repeats_another_is_one_customer_and_two_that_differ_are_none(
    office: Office,
) -> None:
    summary = office.take_customers(ANNA, "8,Ben,,,,,,", ANNA, "9,Eva,,,,,,", "9,Ewa,,,,,,")
    assert counts(summary) == {"new": 2, "skipped": 1, "refused": 2}
    assert "Lines 5, 6" in summary.refusals[0].remedy


def test_withheld_and_internal_numbers_are_left_out_and_flagged(office: Office) -> None:
    summary = office.take_customers("7,Anna,,,anonymous,,,", "8,Ben,,,101,,,")
    assert counts(summary) == {"new": 2}
    assert sum(summary.flagged.values()) == 2
    kinds = [e.event for e in office.everything() if isinstance(e.event, IdentifierAdded)]
    assert kinds == []
    assert anna(office).identifiers == {("number", "shop", "7")}


def test_an_erased_customer_does_not_come_back_with_the_next_file(office: Office) -> None:
    office.take_customers(ANNA)
    office.hub.handle(EraseCustomer(customer_id=ID), by_hand())
    head = office.logs.log.head()
    assert counts(office.take_customers(ANNA)) == {"skipped": 1}
    assert office.logs.log.head() == head
    retired = [e for e in office.everything() if isinstance(e.event, IdentifierRetired)]
    assert retired == []
