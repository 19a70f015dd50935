"""Events to measure with: customers who buy, pay and call, the same for every side."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from domain.customers.contacts import Line, Payment, PhoneCall, Purchase
from domain.customers.details import Details
from domain.customers.events import (
    PaymentLogged,
    PhoneCallLogged,
    PurchaseLogged,
    Registered,
)
from domain.customers.identifiers import Identifier
from domain.personal import Personal
from domain.root import Envelope, Event

BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)
BY = UUID(int=1)


def ids(seed: int) -> Iterator[UUID]:
    """Random ids, the same for the same seed."""
    chance = Random(seed)  # noqa: S311 -- nothing secret
    while True:
        yield UUID(int=chance.getrandbits(128), version=4)


def purchase(number: int, contact_id: UUID) -> Purchase:
    """A purchase of two lines."""
    return Purchase(
        contact_id=contact_id,
        occurred_at=BEGINNING + timedelta(minutes=number),
        currency="EUR",
        number=f"A-{number}",
        channel="web",
        lines=(
            Line(item=f"I{number % 997}", quantity=Decimal(2), unit_price=Decimal("12.95")),
            Line(item=f"I{number % 89}", quantity=Decimal(1), unit_price=Decimal("104.50")),
        ),
    )


def without_words(customers: int, events: int) -> list[Envelope]:
    """Purchases of so many customers, one after the other: nothing in them is sealed."""
    fresh = ids(1)
    streams = [next(fresh) for _ in range(customers)]
    versions = dict.fromkeys(streams, 0)
    envelopes = []
    for number in range(events):
        stream = streams[number % customers]
        versions[stream] += 1
        event = PurchaseLogged(purchase=purchase(number, next(fresh)))
        envelopes.append(_enclose(stream, versions[stream], event))
    return envelopes


def histories(customers: int, events: int) -> Iterator[Envelope]:
    """So many customers with name and telephone number, and purchases, payments and calls."""
    fresh = ids(2)
    streams = [next(fresh) for _ in range(customers)]
    versions = dict.fromkeys(streams, 1)
    for number, stream in enumerate(streams):
        yield _enclose(stream, 1, _registered(number))
    for number in range(events - customers):
        stream = streams[(number * 7919) % customers]
        versions[stream] += 1
        yield _enclose(stream, versions[stream], _contact(number, next(fresh)))


def one_history(stream: UUID, contacts: int) -> Iterator[Envelope]:
    """One customer with so many contacts; two of five purchases stay unpaid."""
    fresh = ids(stream.int)
    yield _enclose(stream, 1, _registered(contacts))
    for number in range(contacts):
        event = _contact(number, next(fresh))
        if isinstance(event, PaymentLogged) and number % 5 < 2:
            event = PurchaseLogged(purchase=purchase(number, event.payment.contact_id))
        yield _enclose(stream, number + 2, event)


def _registered(number: int) -> Event:
    phone = f"+4930{1_000_000 + number}"
    return Registered(
        customer_kind="person",
        details=Details(name=Personal(f"{NAMES[number % len(NAMES)]} {number}")),
        identifiers=(Identifier(kind="phone", typed=Personal(phone), normal=Personal(phone)),),
    )


def _contact(number: int, contact_id: UUID) -> Event:
    match number % 3:
        case 0:
            return PurchaseLogged(purchase=purchase(number, contact_id))
        case 1:
            return PaymentLogged(
                payment=Payment(
                    contact_id=contact_id,
                    occurred_at=BEGINNING + timedelta(minutes=number),
                    currency="EUR",
                    amount=Decimal("130.40"),
                    method="card",
                )
            )
    return PhoneCallLogged(
        phone_call=PhoneCall(
            contact_id=contact_id,
            occurred_at=BEGINNING + timedelta(minutes=number),
            direction="in",
            reason="delivery",
            summary=Personal(f"Asks where order A-{number} is."),
        )
    )


def _enclose(stream: UUID, version: int, event: Event) -> Envelope:
    return Envelope(originator_id=stream, originator_version=version, event=event, by=BY)


NAMES = ("Anna Berg", "Bruno Costa", "Chen Wei", "王伟", "Dörte Müller", "Emma Jones", "李娜")
