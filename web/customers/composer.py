"""The composer: one form, ready for the kind of contact that somebody wants to log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import request

from domain.customers.contacts import Contact, kind_of
from web.customers.contact_forms import form_of, lines_typed
from web.customers.look import Look
from web.customers.words import KINDS
from web.forms import Errors
from web.services import services
from web.sign_in.people import current_person

FEWEST_ROWS = 3
COMMON_CURRENCIES = ("EUR", "USD", "GBP", "CNY", "JPY", "CHF")


@dataclass(frozen=True)
class Composer:
    """A form of one kind: what stands in it, what is wrong with it, what it offers to choose."""

    kind: str
    values: Mapping[str, str]
    errors: Errors
    rows: int
    draft: str | None
    currencies: list[str] = field(default_factory=list)
    is_typed: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the further fields are in sight: something is wrong in or said by them."""
        further = {"note", "occurred_at", "late_because", "follow_up_on", "follow_up_what"}
        return bool(further & self.errors.keys()) or any(self.values.get(f) for f in further)

    @property
    def details_open(self) -> bool:
        """Whether the further fields of the kind are in sight."""
        return any(name in self.errors or self.values.get(name) for name in FURTHER[self.kind])


FURTHER: Mapping[str, tuple[str, ...]] = {
    "phone_call": ("from_number", "to_number", "answered", "ended"),
    "email": ("cc_addresses", "body"),
    "letter": (),
    "purchase": ("number", "channel", "place", "due_on", "original"),
    "payment": ("number", "reference", "account", "original"),
    "repair": ("number", "promised_on"),
}
"""Fields of a kind that few contacts need, kept folded until they say something."""


def asked_kind() -> str:
    """The kind that the address asks for; a phone call where it says nothing we know."""
    kind = request.args.get("kind", "")
    return kind if kind in KINDS else "phone_call"


def empty_composer(look: Look, kind: str) -> Composer:
    """The form before anything is typed into it."""
    key = f"customers/{look.customer.main}/{kind}"
    kept = services().desk.drafts.find(current_person().id, key)
    # A draft comes back in the browser; here only the rows that it needs are made.
    rows = lines_typed(kept.content) if kept is not None else 0
    currencies = _currencies(look)
    values = {"currency": currencies[0]} if kind in ("purchase", "payment") else {}
    return Composer(kind, values, {}, max(rows, FEWEST_ROWS), key, currencies)


def refused_composer(look: Look, kind: str, values: Mapping[str, str], errors: Errors) -> Composer:
    """The form again, with all that was typed and what is wrong with it."""
    key = f"customers/{look.customer.main}/{kind}"
    rows = max(lines_typed(values), FEWEST_ROWS)
    return Composer(kind, values, errors, rows, key, _currencies(look), is_typed=True)


def correcting(
    look: Look, contact: Contact, values: Mapping[str, str] | None, errors: Errors
) -> Composer:
    """The form that corrects a contact: filled with what was told of it."""
    filled = form_of(contact).typed(contact) if values is None else values
    rows = lines_typed(filled) + 1
    return Composer(kind_of(contact), filled, errors, rows, None, _currencies(look))


def _currencies(look: Look) -> list[str]:
    return list(dict.fromkeys((*look.currencies, *COMMON_CURRENCIES)))
