"""Records of a file told to the customers, many in one transaction, each word of a source once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias
from uuid import UUID

from eventsourcing.persistence import IntegrityError
from msgspec.structs import replace

from adapters.event_store import EventLog
from adapters.files.columns import Problem, Problems
from adapters.files.known import Known, next_reference, told_person
from adapters.files.mapping import SourceMapping
from adapters.files.persons import address_in
from adapters.files.telling import Teller, Telling
from domain.customers.contacts import Contact
from domain.customers.customer import Customer
from domain.customers.details import Address, Consent, Details
from domain.customers.filed import Filed
from domain.customers.repairs import RepairStep, step_name
from domain.errors import Busy, Erased, Refused
from domain.hub import ATTEMPTS, Hub
from domain.root import Act, Envelope, Root

WAS_ERASED = "the customer was erased"

_CUSTOMERS_KEPT = 50_000
"""Customers kept in memory between two transactions."""


@dataclass(frozen=True)
class LeftOut:
    """The record was passed over, for this reason."""

    reason: str


Outcome: TypeAlias = Literal["new", "unchanged", "corrected"] | LeftOut | Problems


class _Halfway(Exception):
    """A record was refused when part of it had happened already: nothing of it may be recorded."""

    def __init__(self, telling: Telling, problems: Problems) -> None:
        self.telling = telling
        self.problems = problems
        super().__init__(telling.reference)


class Recording:
    """Decides what each record means for its customer, and records it.

    `recorded` counts the recorded events by their stored names. On a dry run everything is
    decided and nothing recorded.
    """

    def __init__(
        self,
        hub: Hub,
        log: EventLog,
        mapping: SourceMapping,
        teller: Teller,
        *,
        by: UUID,
        correlation: UUID,
        dry_run: bool,
    ) -> None:
        self.recorded: Counter[str] = Counter()
        self._hub = hub
        self._log = log
        self._mapping = mapping
        self._teller = teller
        self._known = Known(log, mapping.source)
        self._dry_run = dry_run
        self._act = Act(by=by, at=log.clock(), source=mapping.source, correlation=str(correlation))
        self._first: list[Envelope] = []
        self._customers: dict[UUID, Customer] = {}
        self._existing: set[UUID] = set()
        self._registered: set[UUID] = set()
        self._imagined: set[UUID] = set()
        self._touched: dict[UUID, Customer] = {}

    @property
    def act(self) -> Act:
        """The circumstances of the whole import."""
        return self._act

    def begin_with(self, aggregate: Root) -> None:
        """Record what this aggregate has pending in one transaction with the first other events."""
        self._first = aggregate.collect_events()

    def close_with(self, aggregate: Root) -> None:
        """Record what this aggregate has pending, after all that came before."""
        if not self._dry_run:
            self._log.append([*self._first, *aggregate.collect_events()])

    def record(self, tellings: Sequence[Telling]) -> list[Outcome]:
        """What became of each record. Raises Busy when others kept writing to these customers."""
        refused: dict[str, Problems] = {}
        attempts = 0
        while attempts < ATTEMPTS:
            try:
                events, outcomes = self._decide(tellings, refused)
                self._save(events)
            except _Halfway as halfway:
                refused[halfway.telling.reference] = halfway.problems
                self._customers.clear()
            except IntegrityError:  # ToldTwice too: somebody else told this, see what is there now
                attempts += 1
                self._customers.clear()
            else:
                self._imagined |= self._registered if self._dry_run else set()
                if len(self._customers) > _CUSTOMERS_KEPT:
                    self._customers.clear()
                return outcomes
        raise Busy

    def _save(self, events: Sequence[Envelope]) -> None:
        if not events:
            return
        if not self._dry_run:
            self._log.append([*self._first, *events])
            self._first = []
        self.recorded.update(envelope.event.stored_name() for envelope in events)

    # --- one transaction ------------------------------------------------------------------------

    def _decide(
        self, tellings: Sequence[Telling], refused: Mapping[str, Problems]
    ) -> tuple[list[Envelope], list[Outcome]]:
        decide = self._what_was_told(tellings)
        self._registered = set()
        unsaved: set[UUID] = set()
        events: list[Envelope] = []
        outcomes: list[Outcome] = []
        for telling in tellings:
            self._touched = {}
            if telling.reference in refused:
                outcomes.append(refused[telling.reference])
                continue
            outcome = self._outcome(decide, telling)
            if isinstance(outcome, Problems):
                self._undo(telling, outcome, unsaved)
            outcomes.append(outcome)
            for customer in self._touched.values():
                if customer.pending_events:
                    events += customer.collect_events()
                    unsaved.add(customer.id)
        return events, outcomes

    def _what_was_told(self, tellings: Sequence[Telling]) -> Callable[[Telling], Outcome]:
        """Asks the log once for all of these records; gives the function that decides on each."""
        self._existing = self._known.existing({telling.customer_id for telling in tellings})
        if self._mapping.kind == "customers":
            persons = self._known.persons(self._existing)
            return lambda telling: self._person(telling, persons.get(telling.customer_id, []))
        courses = self._known.contacts([telling.reference for telling in tellings])
        return lambda telling: self._contact(telling, courses.get(telling.reference))

    def _outcome(self, decide: Callable[[Telling], Outcome], telling: Telling) -> Outcome:
        try:
            return decide(telling)
        except Erased:
            return LeftOut(WAS_ERASED)
        except Refused as refusal:
            problem = self._teller.problem(telling, refusal.field, str(refusal))
            return Problems((telling.record.lines[0], problem))
        except Problems as problems:
            return problems

    def _undo(self, telling: Telling, problems: Problems, unsaved: set[UUID]) -> None:
        """Make sure that nothing of a refused record is recorded."""
        for customer in self._touched.values():
            if customer.pending_events:
                if customer.id in unsaved:
                    raise _Halfway(telling, problems)
                customer.collect_events()
                del self._customers[customer.id]  # loaded anew when needed
                self._registered.discard(customer.id)

    # --- contacts -------------------------------------------------------------------------------

    def _contact(self, telling: Telling, course: list[Envelope] | None) -> Outcome:
        contact = telling.contact
        if contact is None:
            raise TypeError(f"{telling.reference} tells no contact")
        if course is not None:
            return self._contact_again(telling, contact, course)
        customer = self._customer(telling)
        customer.log(contact, act=self._under(telling.reference))
        self._advance(customer, Filed(contact), telling, telling.steps)
        return "new"

    def _contact_again(self, telling: Telling, contact: Contact, course: list[Envelope]) -> Outcome:
        """Compares with what this source last told, not with what people corrected since."""
        told = self._known.told_contact(course)
        for step in telling.steps:
            if told.steps.get(step_name(step), step) != step:
                raise Refused(
                    "The step {step} was told before with other content, and a step stays as it was "
                    "told. Correct the file, or note the difference on the repair.",
                    field="taken_at",
                    step=step_name(step),
                )
        has_moved = telling.customer_id not in (told.customer, told.place)
        filed = Filed.after(course, customer=told.place, contact_id=contact.contact_id)
        taken = {step_name(step) for step in filed.steps}
        missing = [step for step in telling.steps if step_name(step) not in taken]
        if contact == told.contact and not has_moved and not missing:
            return "unchanged"
        customer = self._loaded(told.place)
        source, reference = self._mapping.source, telling.reference
        if contact != told.contact:
            act = self._under(next_reference(course, source, reference))
            customer.correct(filed, contact, because=None, act=act)
            course = [*course, *customer.pending_events]
            filed.contact = contact
        if has_moved:
            act = self._under(next_reference(course, source, reference))
            destination = self._customer(telling)
            customer.file_elsewhere(filed, destination, because=None, act=act)
            customer = destination
        self._advance(customer, filed, telling, missing)
        is_so = not any(one.pending_events for one in self._touched.values())
        return "unchanged" if is_so else "corrected"

    def _advance(
        self, customer: Customer, filed: Filed, telling: Telling, steps: Iterable[RepairStep]
    ) -> None:
        for step in steps:
            act = self._under(f"{telling.reference}/{step_name(step)}")
            customer.advance_repair(filed, step, act=act)
            filed.steps.append(step)

    # --- customers ------------------------------------------------------------------------------

    def _person(self, telling: Telling, tellings: list[Envelope]) -> Outcome:
        person = telling.person()
        if telling.customer_id not in self._existing:
            customer = self._customer(telling)
            for consent in person.consents:
                customer.tell_consent(consent, act=self._act)
            return "new"
        before = told_person(tellings)
        details = {
            name: value
            for name, value in person.details.items()
            if before.details.get(name) != value
        }
        here = {identifier.key for identifier in person.identifiers}
        systems = {key[:2] for key in here}
        added = [one for one in person.identifiers if one.key not in before.identifiers]
        gone = [
            one for key, one in before.identifiers.items() if key[:2] in systems and key not in here
        ]
        consents = [one for one in person.consents if before.consents.get(one.key) != one]
        if not (details or added or gone or consents):
            return "unchanged"
        customer = self._loaded(telling.customer_id)
        again = next_reference(tellings, self._mapping.source, telling.reference)

        def act() -> Act:
            return self._act if customer.pending_events else self._under(again)

        customer.change_details(_details(details, customer), seen_version=None, act=act())
        for identifier in added:
            customer.add_identifier(identifier, act=act())
        for identifier in gone:
            customer.retire_identifier(identifier, act=act())
        for consent in consents:
            if _is_later(consent, customer.consents.get(consent.key)):
                customer.tell_consent(consent, act=act())
        return "corrected" if customer.pending_events else "unchanged"

    def _customer(self, telling: Telling) -> Customer:
        """The customer that the record names; registered now when nobody knows them."""
        known = telling.customer_id in self._customers or telling.customer_id in self._existing
        if known:
            return self._loaded(telling.customer_id)
        rule = self._mapping.customer
        if self._mapping.kind != "customers" and not rule.register_unknown:
            raise Problems(
                (
                    telling.record.lines[0],
                    Problem(
                        "customer.reference",
                        telling.customer_reference,
                        "Nobody is known under this number. Import the customers first, or write "
                        'unknown = "register" in the section customer.',
                    ),
                )
            )
        person = telling.person()
        customer = Customer.register(
            telling.customer_id,
            customer_kind=person.kind,
            details=_details(person.details, None),
            identifiers=person.identifiers,
            act=self._under(self._reference_of_customer(telling)),
        )
        if telling.customer_id in self._imagined:
            customer.collect_events()  # this dry run counted them when it came to them first
        self._registered.add(customer.id)
        self._customers[customer.id] = self._touched[customer.id] = customer
        return customer

    def _reference_of_customer(self, telling: Telling) -> str:
        if self._mapping.kind == "customers":
            return telling.reference
        source = self._mapping.customer.source
        apart = "" if source == self._mapping.source else f"{source}/"
        return f"customers:{apart}{telling.customer_reference}"

    def _loaded(self, customer_id: UUID) -> Customer:
        customer = self._customers.get(customer_id)
        if customer is None:
            customer = self._customers[customer_id] = self._hub.customer(customer_id)
        self._touched[customer_id] = customer
        return customer

    def _under(self, reference: str) -> Act:
        return replace(self._act, source_ref=reference)


def _details(told: Mapping[str, Any], customer: Customer | None) -> Details:
    """The flat details as Details; of an address what the file does not tell stays as it is."""
    address = address_in(told)
    rest = {name: value for name, value in told.items() if name not in address}
    if not address:
        return Details(**rest)
    known = customer.details.address if customer is not None else None
    return Details(address=replace(known or Address(), **address), **rest)


def _is_later(told: Consent, known: Consent | None) -> bool:
    """Whether a file's word on a consent counts: the later one does, on one day the stricter."""
    if known is None or told.on > known.on:
        return True
    return told.on == known.on and known.given and not told.given
