"""What a contact says, field by field in words: for its page, and for before and after a correction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from flask_babel import LazyString, gettext, lazy_gettext
from markupsafe import Markup, escape

from domain.customers.contacts import Contact, Payment, Purchase
from domain.personal import Personal
from web.customers.reasons import CALL_OUTCOMES, METHODS, OUTCOMES, REASONS, called
from web.customers.words import DIRECTIONS, TRANSACTIONS
from web.i18n import day, moment, money, number

LABELS: dict[str, LazyString] = {
    "occurred_at": lazy_gettext("When"),
    "direction": lazy_gettext("Direction"),
    "transaction": lazy_gettext("What it is"),
    "reason": lazy_gettext("Reason"),
    "outcome": lazy_gettext("Outcome"),
    "summary": lazy_gettext("In one line"),
    "from_number": lazy_gettext("From number"),
    "to_number": lazy_gettext("To number"),
    "staff": lazy_gettext("Spoken by"),
    "answered_at": lazy_gettext("Answered"),
    "ended_at": lazy_gettext("Ended"),
    "from_address": lazy_gettext("From"),
    "to_addresses": lazy_gettext("To"),
    "cc_addresses": lazy_gettext("Copy to"),
    "subject": lazy_gettext("Subject"),
    "body": lazy_gettext("Text"),
    "message_id": lazy_gettext("Message id"),
    "thread": lazy_gettext("Thread"),
    "dated_on": lazy_gettext("Dated"),
    "received_on": lazy_gettext("Received"),
    "answer_due_on": lazy_gettext("To be answered by"),
    "amount": lazy_gettext("Amount"),
    "method": lazy_gettext("Paid by"),
    "pays": lazy_gettext("Pays"),
    "reference": lazy_gettext("Reference"),
    "account": lazy_gettext("Account"),
    "number": lazy_gettext("Number"),
    "original": lazy_gettext("Undoes number"),
    "channel": lazy_gettext("Sold through"),
    "place": lazy_gettext("Place"),
    "due_on": lazy_gettext("Due"),
    "item": lazy_gettext("Item"),
    "serial": lazy_gettext("Serial number"),
    "fault": lazy_gettext("Fault"),
    "purchase_number": lazy_gettext("Bought with"),
    "warranty_until": lazy_gettext("Warranty until"),
    "promised_on": lazy_gettext("Promised for"),
    "note": lazy_gettext("Note"),
    "late_because": lazy_gettext("Written down late because"),
    "zone": lazy_gettext("Time zone there"),
}
"""The fields in the order in which they are shown. Lines, files and the currency stand elsewhere."""

LONG = {"note", "body", "fault"}
"""Fields that keep their line breaks."""


@dataclass(frozen=True)
class Told:
    """One field of a contact: its label and what it says."""

    name: str
    label: str
    words: Markup

    @property
    def is_long(self) -> bool:
        """Whether line breaks in it matter."""
        return self.name in LONG


@dataclass(frozen=True)
class Difference:
    """What a correction changed in one field; `before` or `after` is empty where nothing stood."""

    label: str
    before: Markup
    after: Markup


def told(contact: Contact) -> list[Told]:
    """All fields of a contact that say something."""
    return list(_told(contact))


def differences(before: Contact, after: Contact) -> list[Difference]:
    """What differs between two tellings of one contact, in the order in which fields are shown."""
    was = {each.name: each for each in (*_told(before), *_lines(before))}
    now = {each.name: each for each in (*_told(after), *_lines(after))}
    names = dict.fromkeys((*was, *now))
    return [
        Difference(
            label=(was.get(name) or now[name]).label,
            before=was[name].words if name in was else Markup(),
            after=now[name].words if name in now else Markup(),
        )
        for name in names
        if (was[name].words if name in was else None) != (now[name].words if name in now else None)
    ]


def _told(contact: Contact) -> Iterator[Told]:
    for name, label in LABELS.items():
        value = getattr(contact, name, None)
        if value is None or value in ("", ()):
            continue
        yield Told(name, str(label), _in_words(contact, name, value))


def _lines(contact: Contact) -> Iterator[Told]:
    if not isinstance(contact, Purchase):
        return
    for place, line in enumerate(contact.lines, start=1):
        words = Markup("{} × {} · {}").format(
            number(line.quantity), line.item, money(line.unit_price, contact.currency)
        )
        yield Told(f"line-{place}", gettext("Line %(place)s", place=place), words)


def _in_words(contact: Contact, name: str, value: object) -> Markup:
    match value:
        case Personal() if value.is_forgotten:
            return Markup("<em>{}</em>").format(gettext("forgotten"))
        case Personal():
            return escape(value.text)
        case datetime():
            return moment(value)
        case date():
            return day(value)
        case Decimal() if isinstance(contact, Payment):
            return escape(money(value, contact.currency))
        case tuple():
            return Markup(", ").join(_in_words(contact, name, each) for each in value)
        case str():
            return escape(_called(name, value))
    raise TypeError(f"a contact's {name} cannot be shown: {type(value).__name__}")


def _called(name: str, code: str) -> str:
    match name:
        case "direction":
            return called(DIRECTIONS, code)
        case "transaction":
            return called(TRANSACTIONS, code)
        case "reason":
            return called(REASONS, code)
        case "method":
            return called(METHODS, code)
        case "outcome":
            return called({**CALL_OUTCOMES, **OUTCOMES}, code)
        case _:
            return code
