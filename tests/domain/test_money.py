"""Money is exact."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Invalid
from domain.money import from_minor, require_currency, to_minor


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("12.34", "EUR", 1234),
        ("12.345", "EUR", 1234),
        ("12.355", "EUR", 1236),
        ("-0.005", "EUR", 0),
        ("1500", "JPY", 1500),
        ("1.2345", "KWD", 1234),
    ],
)
def test_an_amount_in_minor_units_rounds_halves_to_even(
    amount: str, currency: str, minor: int
) -> None:
    assert to_minor(Decimal(amount), currency) == minor


@given(st.integers(-(10**15), 10**15), st.sampled_from(["EUR", "JPY", "KWD", "CLF"]))
def test_minor_units_and_back_lose_nothing(minor: int, currency: str) -> None:
    assert to_minor(from_minor(minor, currency), currency) == minor


@pytest.mark.parametrize("word", ["", "eur", "EURO", "€", "E1R", "ＥＵＲ"])
def test_what_is_no_currency_is_refused_with_the_remedy(word: str) -> None:
    with pytest.raises(Invalid, match="ISO code"):
        require_currency(word)
