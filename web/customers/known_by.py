"""Telephone numbers, addresses and numbers of other systems, as somebody types them."""

from __future__ import annotations

from adapters.numbers import identifier_of_email, identifier_of_phone
from domain.customers.identifiers import Identifier
from domain.errors import Invalid
from domain.personal import Personal
from web.services import services


def phone(text: str, field: str = "phone") -> Identifier:
    """A telephone number, however it was typed. Raises Invalid."""
    found = identifier_of_phone(text, services().settings.region)
    if found is None:
        raise Invalid(
            "{text} is no telephone number to know somebody by. Type all of it, with its prefix.",
            field=field,
            text=text,
        )
    return found


def email(text: str, field: str = "email") -> Identifier:
    """An e-mail address. Raises Invalid."""
    name, at, domain = text.strip().rpartition("@")
    if not (name and at and domain) or any(sign.isspace() for sign in text.strip()):
        raise Invalid(
            "{text} is no e-mail address. Write it as name@example.org.", field=field, text=text
        )
    return identifier_of_email(text)


def number(text: str, system: str | None) -> Identifier:
    """The number that another system knows the customer by. Raises Invalid."""
    if not system:
        raise Invalid("Say which system this number belongs to.", field="system")
    typed = text.strip()
    return Identifier(
        kind="number", typed=Personal(typed), normal=Personal(typed), system=system.strip()
    )
