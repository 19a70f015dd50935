"""Telephone numbers and addresses however they are typed, and what is none."""

from __future__ import annotations

import pytest

from adapters.numbers import identifier_of_email, identifier_of_phone


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("030 1234567", "+49301234567"),
        ("030/1234567", "+49301234567"),
        ("(030) 123-45-67", "+49301234567"),
        ("+49 (0) 30 1234567", "+49301234567"),
        ("+49 (0)30-1234567", "+49301234567"),
        ("0049 30 1234567", "+49301234567"),
        ("\uff10\uff13\uff10 1234567", "+49301234567"),
        ("*31#030 1234567", "+49301234567"),
        ("030 1234567 ext. 12", "+49301234567;ext=12"),
        ("030 1234567 x12", "+49301234567;ext=12"),
        ("+86 10 6552 9988", "+861065529988"),
        ("+1 212 555 0100", "+12125550100"),
    ],
)
def test_a_number_is_compared_in_its_international_form(typed: str, normal: str) -> None:
    identifier = identifier_of_phone(typed, "DE")
    assert identifier is not None
    assert (identifier.normal.text, identifier.typed.text) == (normal, typed)


@pytest.mark.parametrize("typed", ["", " ", "anonymous", "Unknown", "restricted", "110", "112",
                                   "116117", "101", "*43#"])  # fmt: skip
def test_withheld_internal_and_emergency_numbers_tell_nobody_apart(typed: str) -> None:
    assert identifier_of_phone(typed, "DE") is None


@pytest.mark.parametrize("typed", ["1-800-FLOWERS", "017O1234567", "030 12345678901234567"])
def test_what_is_no_number_never_meets_somebody_elses(typed: str) -> None:
    identifier = identifier_of_phone(typed, "DE")
    assert identifier is not None
    assert not identifier.normal.text.startswith("+")


def test_digits_without_plus_are_international_only_where_the_source_says_so() -> None:
    as_dialled = identifier_of_phone("4915112345678", "DE")
    as_told = identifier_of_phone("4915112345678", "DE", international_without_plus=True)
    assert as_dialled is not None
    assert as_told is not None
    assert as_told.normal.text == "+4915112345678"
    assert as_dialled.normal.text != as_told.normal.text


def test_an_address_is_compared_without_the_case_of_its_domain() -> None:
    identifier = identifier_of_email(" Anna.Berg@Example.ORG ")
    assert identifier.normal.text == "Anna.Berg@example.org"
    assert identifier.typed.text == "Anna.Berg@Example.ORG"
