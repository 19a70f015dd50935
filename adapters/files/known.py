"""What the log already holds of what a file tells."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from msgspec import UNSET
from sqlalchemy import bindparam, select

from adapters.event_store import EventLog
from adapters.log.pen import Question
from adapters.log.recorder import lines
from adapters.log.tables import events
from domain.customers.contacts import Contact
from domain.customers.details import Consent, Details
from domain.customers.events import (
    ConsentTold,
    ContactFiledElsewhere,
    ContactFiledHere,
    DetailsChanged,
    EmailLogged,
    IdentifierAdded,
    IdentifierRetired,
    LetterLogged,
    PaymentLogged,
    PhoneCallLogged,
    PurchaseLogged,
    Registered,
    RepairAdvanced,
    RepairReceived,
    TellsContact,
)
from domain.customers.identifiers import Identifier
from domain.customers.repairs import RepairStep, step_name
from domain.root import Envelope

_ABOUT_PERSONS = (
    Registered,
    DetailsChanged,
    IdentifierAdded,
    IdentifierRetired,
    ConsentTold,
)
_FIRST_WORDS = [
    cls.stored_name(version)
    for cls in (
        Registered,
        PhoneCallLogged,
        EmailLogged,
        LetterLogged,
        PurchaseLogged,
        PaymentLogged,
        RepairReceived,
    )
    for version in range(1, cls.VERSION + 1)
]
_PAGE = 5_000


@dataclass(kw_only=True)
class ToldContact:
    """A contact as this source last told it, and the customer it is filed on now.

    `customer` is the one that the source named; `place` differs from it when a person moved the
    contact. `steps` are those of a repair that the source told, by name.
    """

    contact: Contact
    customer: UUID
    place: UUID
    steps: dict[str, RepairStep] = field(default_factory=dict)


@dataclass(kw_only=True)
class ToldPerson:
    """A customer as this source last told them; details and address flat."""

    details: dict[str, Any] = field(default_factory=dict)
    identifiers: dict[tuple[str, str, str], Identifier] = field(default_factory=dict)
    consents: dict[tuple[str, str], Consent] = field(default_factory=dict)


class Known:
    """Questions to the log about what one source told."""

    def __init__(self, log: EventLog, source: str) -> None:
        self._log = log
        self._source = source
        c, among = events.c, log.pen.among
        of_source = c.source == bindparam("source")
        self._beginnings = Question(
            select(c.stream).where(among(c.stream, "ids"), c.version == 1), log.engine
        )
        self._persons = Question(
            lines(events)
            .where(among(c.stream, "ids"), of_source, among(c.topic, "topics"))
            .order_by(c.position),
            log.engine,
        )
        self._references = Question(
            select(c.source_ref)
            .where(
                of_source,
                c.source_ref > bindparam("after"),
                c.source_ref.startswith(bindparam("beginning")),
                among(c.topic, "topics"),
            )
            .order_by(c.source_ref)
            .limit(_PAGE),
            log.engine,
        )

    def existing(self, customers: Collection[UUID]) -> set[UUID]:
        """Those of the customers that are registered."""
        pen = self._log.pen
        found = pen.ask(self._beginnings, ids=pen.bind_all(customers))
        return {stream if isinstance(stream, UUID) else UUID(stream) for (stream,) in found}

    def contacts(self, references: Collection[str]) -> dict[str, list[Envelope]]:
        """The whole course of each contact that the source told under one of these references."""
        told = self._log.find_sources(self._source, references)
        ids = {ref: contact for ref, (_, _, contact) in told.items() if contact is not None}
        courses = self._log.events_of_contacts(set(ids.values()))
        return {ref: courses[contact] for ref, contact in ids.items()}

    def persons(self, customers: Collection[UUID]) -> dict[UUID, list[Envelope]]:
        """What the source told of who these customers are, by customer."""
        pen = self._log.pen
        names = [
            cls.stored_name(version)
            for cls in _ABOUT_PERSONS
            for version in range(1, cls.VERSION + 1)
        ]
        rows = pen.ask(
            self._persons,
            ids=pen.bind_all(customers),
            topics=pen.bind_all(names),
            source=self._source,
        )
        found: dict[UUID, list[Envelope]] = {}
        for envelope in self._log.mapper.readable(rows):
            found.setdefault(envelope.stream, []).append(envelope)
        return found

    def references(self, kind: str, after: str = "") -> list[str]:
        """One page of the references that the source told of this kind, those after `after`."""
        rows = self._log.pen.ask(
            self._references,
            source=self._source,
            after=after,
            beginning=f"{kind}:",
            topics=self._log.pen.bind_all(_FIRST_WORDS),
        )
        return [reference for (reference,) in rows]

    def told_contact(self, course: list[Envelope]) -> ToldContact:
        """What the source last told of a contact, from all events about it."""
        first = course[0]
        if not isinstance(first.event, TellsContact):
            raise TypeError(f"the course of a contact begins with {first.event.TOPIC}")
        told = ToldContact(contact=first.event.contact, customer=first.stream, place=first.stream)
        for envelope in course:
            is_ours = envelope.source == self._source
            match envelope.event:
                case ContactFiledElsewhere(destination=destination):
                    told.place = destination
                    if is_ours:
                        told.customer = destination
                case ContactFiledHere():
                    pass  # the other half of the event before
                case TellsContact() as telling if is_ours:
                    told.contact = telling.contact
                case RepairAdvanced(step=step) if is_ours:
                    told.steps[step_name(step)] = step
        return told


def told_person(tellings: list[Envelope]) -> ToldPerson:
    """What a source last told of a customer, from its own events about them."""
    told = ToldPerson()
    for envelope in tellings:
        match envelope.event:
            case Registered(details=details, identifiers=identifiers):
                told.details |= flat(details)
                told.identifiers |= {identifier.key: identifier for identifier in identifiers}
            case DetailsChanged(details=details):
                told.details |= flat(details)
            case IdentifierAdded(identifier=identifier):
                told.identifiers[identifier.key] = identifier
            case IdentifierRetired(identifier=identifier):
                told.identifiers.pop(identifier.key, None)
            case ConsentTold(consent=consent):
                told.consents[consent.key] = consent
    return told


def flat(details: Details) -> dict[str, Any]:
    """Details with the fields of the address beside the others, without what is not said."""
    told = {name: value for name in details.__struct_fields__ if (value := getattr(details, name))}
    if address := told.pop("address", None):
        told |= {name: getattr(address, name) for name in address.__struct_fields__}
    return {name: value for name, value in told.items() if value not in (None, UNSET)}


def next_reference(course: list[Envelope], source: str, reference: str) -> str:
    """The reference of a source's next word on something: `R1`, then `R1#2`, then `R1#3`."""
    if not any(e.source == source and e.source_ref == reference for e in course):
        return reference
    numbers = [1]
    for envelope in course:
        beginning, _, number = (envelope.source_ref or "").rpartition("#")
        if envelope.source == source and beginning == reference and number.isdecimal():
            numbers.append(int(number))
    return f"{reference}#{max(numbers) + 1}"
