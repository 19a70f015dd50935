"""Money is exact: decimals in events, whole minor units in tables, currencies never mixed."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from domain.errors import Invalid

# ISO 4217 currencies whose minor unit is not a hundredth.
_EXPONENTS = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}


def exponent(currency: str) -> int:
    """How many decimal places the currency's minor unit has (EUR 2, JPY 0, KWD 3)."""
    return _EXPONENTS.get(currency, 2)


def to_minor(amount: Decimal, currency: str) -> int:
    """An amount in whole minor units, halves to even: 12.345 EUR is 1234."""
    return int(amount.scaleb(exponent(currency)).quantize(Decimal(1), ROUND_HALF_EVEN))


def from_minor(minor: int, currency: str) -> Decimal:
    """The amount that so many minor units are: 1234 of EUR is 12.34."""
    return Decimal(minor).scaleb(-exponent(currency))


def require_currency(currency: str) -> None:
    """Refuse what is not a three-letter ISO 4217 code in capitals."""
    if not (
        len(currency) == 3 and currency.isascii() and currency.isalpha() and currency.isupper()
    ):
        raise Invalid(
            "{currency!r} is not a currency. Use its three-letter ISO code, such as EUR.",
            field="currency",
            currency=currency,
        )
