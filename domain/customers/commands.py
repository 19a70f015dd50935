"""What can be asked of a customer: one value a command, filled by form, file or program alike."""

from __future__ import annotations

from datetime import date
from typing import Protocol
from uuid import UUID

import msgspec

from domain.customers.contacts import Contact
from domain.customers.customer import Customer
from domain.customers.details import Consent, CreditTerms, CustomerKind, Details
from domain.customers.filed import Filed
from domain.customers.identifiers import Identifier
from domain.customers.repairs import RepairStep
from domain.personal import Personal
from domain.root import Act


class Customers(Protocol):
    """The customers that one command works on; what happens to them is recorded together."""

    def get(self, customer_id: UUID) -> Customer:
        """The customer as of now. Raises NotFound."""

    def add(self, customer: Customer) -> None:
        """A customer who is new."""

    def filed(self, customer: Customer, contact_id: UUID) -> Filed:
        """One contact of a customer. Raises NotFound."""


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """Something asked of one customer, or of two together."""

    customer_id: UUID

    def decide(self, customers: Customers, act: Act) -> None:
        """Let the customers decide. Raises Refused; then nothing is recorded."""
        raise NotImplementedError  # abstract: each command asks one method


class RegisterCustomer(Command, frozen=True, kw_only=True):
    """Make a person or firm known."""

    customer_kind: CustomerKind
    details: Details
    identifiers: tuple[Identifier, ...] = ()

    def decide(self, customers: Customers, act: Act) -> None:
        customers.add(
            Customer.register(
                self.customer_id,
                customer_kind=self.customer_kind,
                details=self.details,
                identifiers=self.identifiers,
                act=act,
            )
        )


class ChangeDetails(Command, frozen=True, kw_only=True):
    """Change master data; `seen_version` is the customer's version that the change started from."""

    change: Details
    seen_version: int | None = None

    def decide(self, customers: Customers, act: Act) -> None:
        customer = customers.get(self.customer_id)
        customer.change_details(self.change, seen_version=self.seen_version, act=act)


class AddIdentifier(Command, frozen=True, kw_only=True):
    """Add an address or number."""

    identifier: Identifier

    def decide(self, customers: Customers, act: Act) -> None:
        customers.get(self.customer_id).add_identifier(self.identifier, act=act)


class RetireIdentifier(Command, frozen=True, kw_only=True):
    """Take an address or number away."""

    identifier: Identifier

    def decide(self, customers: Customers, act: Act) -> None:
        customers.get(self.customer_id).retire_identifier(self.identifier, act=act)


class TellConsent(Command, frozen=True, kw_only=True):
    """Record a consent or its withdrawal."""

    consent: Consent

    def decide(self, customers: Customers, act: Act) -> None:
        customers.get(self.customer_id).tell_consent(self.consent, act=act)


class SetCreditTerms(Command, frozen=True, kw_only=True):
    """Decide credit limit, days to pay or hold."""

    terms: CreditTerms

    def decide(self, customers: Customers, act: Act) -> None:
        customers.get(self.customer_id).set_credit_terms(self.terms, act=act)


class LogContact(Command, frozen=True, kw_only=True):
    """Record a contact of any kind."""

    contact: Contact

    def decide(self, customers: Customers, act: Act) -> None:
        customers.get(self.customer_id).log(self.contact, act=act)


class LogContactWithFollowUp(Command, frozen=True, kw_only=True):
    """Record a contact, and plan in the same breath what is to be done about it."""

    contact: Contact
    on: date
    staff: UUID | None = None
    what: Personal | None = None

    def decide(self, customers: Customers, act: Act) -> None:
        customer = customers.get(self.customer_id)
        customer.log(self.contact, act=act)
        customer.set_follow_up(
            Filed(self.contact), on=self.on, staff=self.staff, what=self.what, act=act.further()
        )


class CorrectContact(Command, frozen=True, kw_only=True):
    """Say how a contact really was; the contact keeps its id."""

    contact: Contact
    because: Personal | None = None

    def decide(self, customers: Customers, act: Act) -> None:
        customer = customers.get(self.customer_id)
        filed = customers.filed(customer, self.contact.contact_id)
        customer.correct(filed, self.contact, because=self.because, act=act)


class AboutContact(Command, frozen=True, kw_only=True):
    """A command about a contact that is there already."""

    contact_id: UUID


class WithdrawContact(AboutContact, frozen=True, kw_only=True):
    """Take a contact back that should not have been logged."""

    because: Personal | None = None

    def decide(self, customers: Customers, act: Act) -> None:
        customer = customers.get(self.customer_id)
        filed = customers.filed(customer, self.contact_id)
        customer.withdraw(filed, because=self.because, act=act)


class FileElsewhere(AboutContact, frozen=True, kw_only=True):
    """Move a contact to the customer it belongs to."""

    destination: UUID
    because: Personal | None = None

    def decide(self, customers: Customers, act: Act) -> None:
        customer = customers.get(self.customer_id)
        filed = customers.filed(customer, self.contact_id)
        other = customers.get(self.destination)
        customer.file_elsewhere(filed, other, because=self.because, act=act)


class NoteContact(AboutContact, frozen=True, kw_only=True):
    """Add a note to a contact."""

    note: Personal

    def decide(self, customers: Customers, act: Act) -> None:
        customer = customers.get(self.customer_id)
        customer.note(customers.filed(customer, self.contact_id), self.note, act=act)


class SetFollowUp(AboutContact, frozen=True, kw_only=True):
    """Plan what is to be done about a contact, when and by whom."""

    on: date
    staff: UUID | None = None
    what: Personal | None = None

    def decide(self, customers: Customers, act: Act) -> None:
        customer = customers.get(self.customer_id)
        filed = customers.filed(customer, self.contact_id)
        customer.set_follow_up(filed, on=self.on, staff=self.staff, what=self.what, act=act)


class FinishFollowUp(AboutContact, frozen=True, kw_only=True):
    """What was planned is done."""

    def decide(self, customers: Customers, act: Act) -> None:
        customer = customers.get(self.customer_id)
        customer.finish_follow_up(customers.filed(customer, self.contact_id), act=act)


class AdvanceRepair(AboutContact, frozen=True, kw_only=True):
    """Take a repair one step further."""

    step: RepairStep

    def decide(self, customers: Customers, act: Act) -> None:
        customer = customers.get(self.customer_id)
        filed = customers.filed(customer, self.contact_id)
        customer.advance_repair(filed, self.step, act=act)


class AboutTwo(Command, frozen=True, kw_only=True):
    """A command about two customers; it does not matter which of them is named first."""

    other_id: UUID
    because: Personal | None = None

    def both(self, customers: Customers) -> tuple[Customer, Customer]:
        """The two of them."""
        return customers.get(self.customer_id), customers.get(self.other_id)


class LinkCustomers(AboutTwo, frozen=True, kw_only=True):
    """Say that two customers are one."""

    def decide(self, customers: Customers, act: Act) -> None:
        one, other = self.both(customers)
        one.link(other, because=self.because, act=act)


class UnlinkCustomers(AboutTwo, frozen=True, kw_only=True):
    """Say that two customers are not one after all."""

    def decide(self, customers: Customers, act: Act) -> None:
        one, other = self.both(customers)
        one.unlink(other, because=self.because, act=act)


class DeclareDistinct(AboutTwo, frozen=True, kw_only=True):
    """Say that two customers are never the same."""

    def decide(self, customers: Customers, act: Act) -> None:
        one, other = self.both(customers)
        one.declare_distinct(other, because=self.because, act=act)


class PlaceLegalHold(Command, frozen=True, kw_only=True):
    """Forbid erasure."""

    because: str

    def decide(self, customers: Customers, act: Act) -> None:
        customers.get(self.customer_id).place_legal_hold(self.because, act=act)


class LiftLegalHold(Command, frozen=True, kw_only=True):
    """Allow erasure again."""

    def decide(self, customers: Customers, act: Act) -> None:
        customers.get(self.customer_id).lift_legal_hold(act=act)


class EraseCustomer(Command, frozen=True, kw_only=True):
    """Forget a customer."""

    def decide(self, customers: Customers, act: Act) -> None:
        customers.get(self.customer_id).erase(act=act)
