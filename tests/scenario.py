"""A hub of its own for each test, to which the business tells what happened.

    hub = open_hub(database_url, tmp_path)
    anna = hub.given(registered("Anna"))
    hub.when(purchase(anna, "40.00", on="2026-01-05"))

Time goes on with what is told: by default each thing happens a minute after the one before, and
is told as soon as it has happened. What is said to lie further back is told late, with a reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import Connection

from adapters.database import connect_tables
from adapters.event_store import Factory
from domain.customers import commands, repairs
from domain.customers.commands import Command
from domain.customers.contacts import (
    Contact,
    Email,
    Letter,
    Line,
    Payment,
    PhoneCall,
    Purchase,
    Repair,
)
from domain.customers.customer import LATE_AFTER, Customer
from domain.customers.details import Address, Consent, CreditTerms, Details
from domain.customers.filed import Filed
from domain.customers.identifiers import Identifier
from domain.hub import Hub
from domain.personal import Personal
from domain.root import FORM, Act, Envelope
from projections.engine import Projector
from projections.registry import ALL
from tests.logs import Logs, open_log

AGENT = UUID("00000000-0000-4000-8000-00000000a9e7")
COLLEAGUE = UUID("00000000-0000-4000-8000-00000000c011")
BEGINNING = datetime(2026, 1, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Telling:
    """Something the business tells: a command, and the id of what it makes or is about."""

    id: UUID
    command: Command
    source: str | None = FORM
    by: UUID = AGENT


class Clock:
    """The time of the story: it only goes forward, and only when something is told."""

    def __init__(self) -> None:
        self.now = BEGINNING

    def __call__(self) -> datetime:
        return self.now

    def reach(self, moment: datetime) -> None:
        self.now = max(self.now, moment)


class Scenario:
    """A hub on a real database, its read models folded after each telling."""

    def __init__(self, logs: Logs, clock: Clock) -> None:
        self.logs = logs
        self.clock = clock
        self.hub = Hub(Factory(logs.log), logs.log, logs.keyring)
        self.tables = connect_tables(logs.url)
        self.projector = Projector(logs.log, self.tables, [projection() for projection in ALL])
        self.projector.create_missing()

    def given(self, *told: Telling) -> UUID:
        """Let this have happened, in this order; returns the id of the last customer or contact."""
        for telling in told:
            self.hub.handle(*_at(self.clock, telling))
        self.projector.catch_up()
        return told[-1].id

    when = given

    @contextmanager
    def asking(self) -> Iterator[Connection]:
        """A connection on which the read models are asked."""
        with self.tables.connect() as connection:
            yield connection

    def close(self) -> None:
        """Give all connections back."""
        self.hub.close()
        self.logs.log.close()
        self.tables.dispose()
        self.logs.engine.dispose()


def open_hub(database_url: str, folder: Path) -> Scenario:
    """A hub on this database, with its keys in the folder. Close it at the end."""
    clock = Clock()
    return Scenario(open_log(database_url, folder, clock=clock), clock)


class Notebook:
    """The same tellings decided in memory, as the envelopes that the log would hold.

    For properties that need thousands of histories, each folded into scratch tables.
    """

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.clock = Clock()
        self._customers: dict[UUID, Customer] = {}

    def tell(self, *told: Telling) -> UUID:
        """As `Scenario.given`. Raises Refused when a rule says no; then nothing is noted."""
        for telling in told:
            command, act = _at(self.clock, telling)
            command.decide(self, act)
            for customer in self._customers.values():
                for envelope in customer.collect_events():
                    self.envelopes.append(
                        msgspec.structs.replace(
                            envelope,
                            position=len(self.envelopes) + 1,
                            recorded_at=self.clock.now,
                        )
                    )
        return told[-1].id

    def get(self, customer_id: UUID) -> Customer:
        return self._customers[customer_id]

    def add(self, customer: Customer) -> None:
        self._customers[customer.id] = customer

    def filed(self, customer: Customer, contact_id: UUID) -> Filed:
        about = [each for each in self.envelopes if each.event.about == contact_id]
        return Filed.after(about, customer=customer.id, contact_id=contact_id)


def _at(clock: Clock, telling: Telling) -> tuple[Command, Act]:
    """The command with its time filled in, and the act by which it is given."""
    clock.reach(clock.now + MINUTE)
    command = telling.command
    contact = getattr(command, "contact", None)
    if contact is not None:
        happened = contact.occurred_at if contact.occurred_at != UNTOLD else clock.now
        clock.reach(happened)
        late = clock.now - happened > LATE_AFTER and telling.source == FORM
        because = contact.late_because or (Personal("found in the drawer") if late else None)
        contact = msgspec.structs.replace(contact, occurred_at=happened, late_because=because)
        command = msgspec.structs.replace(command, contact=contact)
    step = getattr(command, "step", None)
    if step is not None and step.taken_at == UNTOLD:
        step = msgspec.structs.replace(step, taken_at=clock.now)
        command = msgspec.structs.replace(command, step=step)
    return command, Act(by=telling.by, at=clock.now, source=telling.source)


UNTOLD = datetime.min.replace(tzinfo=UTC)
"""Stands for the time at which a thing is told."""


def moment(on: str | None) -> datetime:
    """`2026-01-05` is ten in the morning of that day, `2026-01-05 16:30` that minute, in UTC."""
    if on is None:
        return UNTOLD
    told = datetime.fromisoformat(on).replace(tzinfo=UTC)
    return told if " " in on else told.replace(hour=10)


def _words(text: str | None) -> Personal | None:
    return None if text is None else Personal(text)


# --- customers ----------------------------------------------------------------------------------


def phone(typed: str, normal: str | None = None) -> Identifier:
    """A telephone number; `normal` is its international form, given where it differs."""
    digits = "".join(c for c in normal or typed if c.isdigit() or c == "+")
    return Identifier(kind="phone", typed=Personal(typed), normal=Personal(digits))


def email_address(typed: str) -> Identifier:
    return Identifier(kind="email", typed=Personal(typed), normal=Personal(typed.lower()))


def number(text: str, system: str = "sales") -> Identifier:
    return Identifier(kind="number", typed=Personal(text), normal=Personal(text), system=system)


def details(name: str | None = None, *, city: str | None = None, **told: Any) -> Details:
    """Master data, of which only what is said is set."""
    if name is not None:
        told["name"] = Personal(name)
    if city is not None:
        told["address"] = Address(city=Personal(city))
    return Details(**told)


def registered(
    name: str | None,
    *identifiers: Identifier,
    id: UUID | None = None,
    firm: bool = False,
    source: str | None = FORM,
    **told: Any,
) -> Telling:
    customer = id or uuid4()
    command = commands.RegisterCustomer(
        customer_id=customer,
        customer_kind="firm" if firm else "person",
        details=details(name, **told),
        identifiers=identifiers,
    )
    return Telling(id=customer, command=command, source=source)


def details_changed(customer: UUID, name: str | None = None, **told: Any) -> Telling:
    change = details(name, **told)
    return Telling(id=customer, command=commands.ChangeDetails(customer_id=customer, change=change))


def identifier_added(customer: UUID, identifier: Identifier) -> Telling:
    command = commands.AddIdentifier(customer_id=customer, identifier=identifier)
    return Telling(id=customer, command=command)


def identifier_retired(customer: UUID, identifier: Identifier) -> Telling:
    command = commands.RetireIdentifier(customer_id=customer, identifier=identifier)
    return Telling(id=customer, command=command)


def consent(
    customer: UUID, channel: Any, *, given: bool, on: str, purpose: str = "offers"
) -> Telling:
    told = Consent(
        channel=channel, purpose=purpose, given=given, on=date.fromisoformat(on), told_by="form"
    )
    return Telling(id=customer, command=commands.TellConsent(customer_id=customer, consent=told))


def credit_terms(customer: UUID, limit: str | None = None, **told: Any) -> Telling:
    terms = CreditTerms(
        **{"currency": "EUR", "limit": None if limit is None else Decimal(limit), **told}
    )
    return Telling(id=customer, command=commands.SetCreditTerms(customer_id=customer, terms=terms))


def linked(one: UUID, other: UUID) -> Telling:
    return Telling(id=one, command=commands.LinkCustomers(customer_id=one, other_id=other))


def unlinked(one: UUID, other: UUID) -> Telling:
    return Telling(id=one, command=commands.UnlinkCustomers(customer_id=one, other_id=other))


def declared_distinct(one: UUID, other: UUID) -> Telling:
    return Telling(id=one, command=commands.DeclareDistinct(customer_id=one, other_id=other))


def legal_hold(customer: UUID, because: str) -> Telling:
    command = commands.PlaceLegalHold(customer_id=customer, because=because)
    return Telling(id=customer, command=command)


def erased(customer: UUID) -> Telling:
    return Telling(id=customer, command=commands.EraseCustomer(customer_id=customer))


# --- contacts -----------------------------------------------------------------------------------


def logged(
    customer: UUID, contact: Contact, *, source: str | None = FORM, by: UUID = AGENT
) -> Telling:
    command = commands.LogContact(customer_id=customer, contact=contact)
    return Telling(id=contact.contact_id, command=command, source=source, by=by)


def corrected(customer: UUID, contact: Contact) -> Telling:
    command = commands.CorrectContact(customer_id=customer, contact=contact)
    return Telling(id=contact.contact_id, command=command)


def phone_call(
    customer: UUID,
    summary: str | None = None,
    *,
    on: str | None = None,
    note: str | None = None,
    source: str | None = FORM,
    by: UUID = AGENT,
    **told: Any,
) -> Telling:
    call = PhoneCall(
        **{"contact_id": uuid4(), "direction": "in", **told},
        occurred_at=moment(on),
        summary=_words(summary),
        note=_words(note),
    )
    return logged(customer, call, source=source, by=by)


def email(
    customer: UUID, subject: str, body: str = "", *, on: str | None = None, **told: Any
) -> Telling:
    mail = Email(
        **{"contact_id": uuid4(), "direction": "in", **told},
        occurred_at=moment(on),
        subject=Personal(subject),
        body=Personal(body),
    )
    return logged(customer, mail)


def letter(customer: UUID, subject: str, *, on: str | None = None, **told: Any) -> Telling:
    told = {"contact_id": uuid4(), "direction": "in", **told}
    return logged(customer, Letter(**told, occurred_at=moment(on), subject=Personal(subject)))


def line(item: str, amount: str, quantity: str = "1", **told: Any) -> Line:
    """So many of an item, at this price each."""
    return Line(item=item, quantity=Decimal(quantity), unit_price=Decimal(amount), **told)


def purchase(
    customer: UUID,
    amount: str = "40.00",
    *,
    on: str | None = None,
    lines: Sequence[Line] = (),
    source: str | None = FORM,
    **told: Any,
) -> Telling:
    bought = Purchase(
        **{"contact_id": uuid4(), "currency": "EUR", **told},
        occurred_at=moment(on),
        lines=tuple(lines) or (line("GRINDER", amount),),
    )
    return logged(customer, bought, source=source)


def returned(customer: UUID, amount: str, *, on: str | None = None, **told: Any) -> Telling:
    back = (line("GRINDER", amount, "-1"),)
    return purchase(customer, lines=back, on=on, **{"transaction": "return", **told})


def payment(customer: UUID, amount: str, *, on: str | None = None, **told: Any) -> Telling:
    told = {"contact_id": uuid4(), "currency": "EUR", **told}
    return logged(customer, Payment(**told, occurred_at=moment(on), amount=Decimal(amount)))


def repair(customer: UUID, item: str = "GRINDER", *, on: str | None = None, **told: Any) -> Telling:
    told = {"contact_id": uuid4(), **told}
    return logged(customer, Repair(**told, occurred_at=moment(on), item=item))


# --- about contacts -----------------------------------------------------------------------------


def step(
    customer: UUID, contact: UUID, taken: type[repairs.Step], on: str | None = None, **told: Any
) -> Telling:
    """A repair goes one step further: `step(anna, repair, Quoted, amount=…, currency="EUR")`."""
    advanced: Any = taken(taken_at=moment(on), **told)
    command = commands.AdvanceRepair(customer_id=customer, contact_id=contact, step=advanced)
    return Telling(id=contact, command=command)


def noted(customer: UUID, contact: UUID, note: str) -> Telling:
    command = commands.NoteContact(customer_id=customer, contact_id=contact, note=Personal(note))
    return Telling(id=contact, command=command)


def withdrawn(customer: UUID, contact: UUID) -> Telling:
    command = commands.WithdrawContact(customer_id=customer, contact_id=contact)
    return Telling(id=contact, command=command)


def filed_elsewhere(customer: UUID, contact: UUID, destination: UUID) -> Telling:
    command = commands.FileElsewhere(
        customer_id=customer, contact_id=contact, destination=destination
    )
    return Telling(id=contact, command=command)


def follow_up(
    customer: UUID, contact: UUID, *, on: str, what: str = "call back", staff: UUID | None = AGENT
) -> Telling:
    command = commands.SetFollowUp(
        customer_id=customer,
        contact_id=contact,
        on=date.fromisoformat(on),
        staff=staff,
        what=Personal(what),
    )
    return Telling(id=contact, command=command)


def follow_up_done(customer: UUID, contact: UUID) -> Telling:
    command = commands.FinishFollowUp(customer_id=customer, contact_id=contact)
    return Telling(id=contact, command=command)
