"""Ordinary values for tests of the rules: name only what the test is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from domain.customers.contacts import Line, Payment, PhoneCall, Purchase, Repair
from domain.customers.customer import Customer
from domain.customers.details import Details
from domain.customers.filed import Filed
from domain.customers.identifiers import Identifier
from domain.personal import Personal
from domain.root import FORM, Act, Envelope

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
AGENT = UUID("00000000-0000-4000-8000-00000000a9e7")


def act(**changes: Any) -> Act:
    """A person at the desk, now."""
    return Act(**{"by": AGENT, "at": NOW, "source": FORM, **changes})


def told_by(source: str, reference: str = "1") -> Act:
    """Another system telling us by a file."""
    return act(source=source, source_ref=reference)


def anna(name: str = "Anna Berg", *identifiers: Identifier) -> Customer:
    """A registered customer, as loaded: nothing pending."""
    customer = Customer.register(
        uuid4(),
        customer_kind="person",
        details=Details(name=Personal(name)),
        identifiers=identifiers,
        act=act(),
    )
    customer.collect_events()
    return customer


def email_address(text: str) -> Identifier:
    return Identifier(kind="email", typed=Personal(text), normal=Personal(text.lower()))


def phone_call(**changes: Any) -> PhoneCall:
    values = {"contact_id": uuid4(), "occurred_at": NOW - timedelta(minutes=5), "direction": "in"}
    return PhoneCall(**{**values, **changes})


def purchase(amount: str = "40.00", **changes: Any) -> Purchase:
    values = {
        "contact_id": uuid4(),
        "occurred_at": NOW - timedelta(minutes=5),
        "currency": "EUR",
        "lines": (Line(item="GRINDER", quantity=Decimal(1), unit_price=Decimal(amount)),),
    }
    return Purchase(**{**values, **changes})


def payment(amount: str = "40.00", **changes: Any) -> Payment:
    values = {
        "contact_id": uuid4(),
        "occurred_at": NOW - timedelta(minutes=5),
        "currency": "EUR",
        "amount": Decimal(amount),
    }
    return Payment(**{**values, **changes})


def repair(**changes: Any) -> Repair:
    values = {"contact_id": uuid4(), "occurred_at": NOW - timedelta(minutes=5), "item": "GRINDER"}
    return Repair(**{**values, **changes})


def filed(customer: Customer, contact_id: UUID, events: list[Envelope]) -> Filed:
    """The contact after these events."""
    about = [envelope for envelope in events if envelope.event.about == contact_id]
    return Filed.after(about, customer=customer.id, contact_id=contact_id)


def stored_names(events: list[Envelope]) -> list[str]:
    return [envelope.event.TOPIC for envelope in events]
