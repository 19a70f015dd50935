"""Telephone numbers and e-mail addresses, however they were typed, as they are compared."""

from __future__ import annotations

import re
import unicodedata

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from domain.customers.identifiers import Identifier
from domain.personal import Personal

_WITHHELD = {"anonymous", "unknown", "restricted", "withheld", "private", "unavailable"}
_SERVICE_CODE = re.compile(r"^[*#]+\d+[*#]")  # *31#030… hides or shows the caller's own number
_ZERO_IN_BRACKETS = re.compile(r"^(\+[\d ]+?)\(0\)")  # +49 (0) 30
_EXTENSION = re.compile(r"(ext|extn|extension|x)\.?\s*(?=\d+$)", re.IGNORECASE)
_SHORTEST = 7
"""Digits; what is shorter is an extension of ours, an emergency or a service number."""


def identifier_of_phone(
    text: str, region: str, *, international_without_plus: bool = False
) -> Identifier | None:
    """A telephone number as an identifier; None when it tells nothing about who it was.

    Numbers without a country's prefix are read as dialled in `region` (ISO 3166, such as DE).
    `international_without_plus` says of the source that its digits begin with that prefix,
    though no plus stands before them: without it 4912347114711 is a valid number in Germany.
    Withheld, internal and emergency numbers are no identifiers. What is no valid number is
    compared by its letters and digits, so that it never meets somebody else's.
    """
    typed = text.strip()
    if not typed or typed.casefold() in _WITHHELD:
        return None
    normal = e164(typed, region, international_without_plus=international_without_plus)
    if normal is None:
        normal = "".join(sign for sign in typed if sign.isalnum())
        if len(normal) < _SHORTEST:
            return None
    return Identifier(kind="phone", typed=Personal(typed), normal=Personal(normal))


def e164(text: str, region: str, *, international_without_plus: bool = False) -> str | None:
    """The number as `+493012345`, with `;ext=12` where it has an extension; None for no number."""
    dialled = _SERVICE_CODE.sub("", unicodedata.normalize("NFKC", text).strip())
    dialled = _ZERO_IN_BRACKETS.sub(r"\1", dialled)
    if any(sign.isalpha() for sign in _EXTENSION.sub("", dialled)):
        return None  # 1-800-FLOWERS, 017O…: read as keys of a telephone they are another number
    if international_without_plus and not dialled.startswith(("+", "00")):
        dialled = f"+{dialled}"
    try:
        number = phonenumbers.parse(dialled, region)
    except NumberParseException:
        return None
    is_right = (
        # Ranges are opened faster than tables are updated: with its country's prefix told, the
        # right length is enough.
        phonenumbers.is_possible_number(number)
        if dialled.startswith(("+", "00"))
        else phonenumbers.is_valid_number(number)
    )
    if not is_right:
        return None
    plain = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return f"{plain};ext={number.extension}" if number.extension else plain


def identifier_of_email(text: str) -> Identifier:
    """An e-mail address as an identifier: compared without the case of its domain."""
    typed = text.strip()
    name, at, domain = unicodedata.normalize("NFC", typed).rpartition("@")
    normal = f"{name}{at}{domain.casefold()}"
    return Identifier(kind="email", typed=Personal(typed), normal=Personal(normal))
