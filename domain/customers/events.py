"""What happens to a customer, in the order of a customer's life."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from domain.customers.contacts import (
    Contact,
    Email,
    Letter,
    Payment,
    PhoneCall,
    Purchase,
    Repair,
)
from domain.customers.details import Consent, CreditTerms, CustomerKind, Details
from domain.customers.identifiers import Identifier
from domain.customers.repairs import RepairStep
from domain.personal import Personal
from domain.root import Beginning, Event

if TYPE_CHECKING:
    from domain.customers.customer import Customer

# --- becoming and staying known -------------------------------------------------------------


class Registered(Beginning, frozen=True, kw_only=True):
    """A person or firm became known to us."""

    TOPIC = "customer.registered"
    customer_kind: CustomerKind
    details: Details
    identifiers: tuple[Identifier, ...] = ()

    def begin(self, aggregate_id: UUID) -> Customer:
        from domain.customers.customer import Customer

        customer = Customer(aggregate_id)
        customer.details = self.details
        customer.identifiers = {identifier.key for identifier in self.identifiers}
        return customer


class DetailsChanged(Event, frozen=True, kw_only=True):
    """Name, address, language or another detail is now different; what is not said stayed."""

    TOPIC = "customer.details_changed"
    details: Details

    def apply(self, customer: Customer) -> None:
        customer.details = customer.details.changed_by(self.details)
        customer.details_version = customer.version + 1


class IdentifierAdded(Event, frozen=True, kw_only=True):
    """The customer can be recognised by one more address or number."""

    TOPIC = "customer.identifier_added"
    identifier: Identifier

    def apply(self, customer: Customer) -> None:
        customer.identifiers.add(self.identifier.key)


class IdentifierRetired(Event, frozen=True, kw_only=True):
    """An address or number no longer belongs to the customer."""

    TOPIC = "customer.identifier_retired"
    identifier: Identifier

    def apply(self, customer: Customer) -> None:
        customer.identifiers.discard(self.identifier.key)


class ConsentTold(Event, frozen=True, kw_only=True):
    """The customer allowed or forbade us to use a channel for a purpose."""

    TOPIC = "customer.consent_told"
    consent: Consent

    def apply(self, customer: Customer) -> None:
        customer.consents[self.consent.key] = self.consent


class CreditTermsSet(Event, frozen=True, kw_only=True):
    """Limit, days to pay or hold of the customer's account were decided."""

    TOPIC = "customer.credit_terms_set"
    terms: CreditTerms

    def apply(self, customer: Customer) -> None:
        customer.credit_terms[self.terms.currency] = self.terms


# --- contacts ---------------------------------------------------------------------------------


class TellsContact(Event, frozen=True, kw_only=True):
    """An event that says the whole of a contact. Its subclasses name the field by the kind."""

    @property
    def contact(self) -> Contact:
        """The contact as told by this event."""
        raise NotImplementedError  # abstract: each subclass has it under the kind's own name

    @property
    def tells_contact(self) -> bool:
        return True

    @property
    def about(self) -> UUID | None:
        return self.contact.contact_id

    @property
    def happened_at(self) -> datetime | None:
        return self.contact.occurred_at


class PhoneCallLogged(TellsContact, frozen=True, kw_only=True):
    """We spoke, or tried to speak, on the telephone."""

    TOPIC = "customer.phone_call_logged"
    phone_call: PhoneCall

    @property
    def contact(self) -> Contact:
        return self.phone_call


class EmailLogged(TellsContact, frozen=True, kw_only=True):
    """An e-mail was received or sent."""

    TOPIC = "customer.email_logged"
    email: Email

    @property
    def contact(self) -> Contact:
        return self.email


class LetterLogged(TellsContact, frozen=True, kw_only=True):
    """A letter was received or sent."""

    TOPIC = "customer.letter_logged"
    letter: Letter

    @property
    def contact(self) -> Contact:
        return self.letter


class PurchaseLogged(TellsContact, frozen=True, kw_only=True):
    """The customer bought something, gave it back, or a purchase was cancelled."""

    TOPIC = "customer.purchase_logged"
    purchase: Purchase

    @property
    def contact(self) -> Contact:
        return self.purchase


class PaymentLogged(TellsContact, frozen=True, kw_only=True):
    """The customer paid, was refunded, or a payment was reversed."""

    TOPIC = "customer.payment_logged"
    payment: Payment

    @property
    def contact(self) -> Contact:
        return self.payment


class RepairReceived(TellsContact, frozen=True, kw_only=True):
    """An item was received for repair."""

    TOPIC = "customer.repair_received"
    repair: Repair

    @property
    def contact(self) -> Contact:
        return self.repair


class ContactCorrected(TellsContact, frozen=True, kw_only=True):
    """What we had written down about a contact was wrong; this is how it was."""

    TOPIC = "customer.contact_corrected"
    corrected: Contact
    because: Personal | None = None

    @property
    def contact(self) -> Contact:
        return self.corrected


class ContactFiledHere(TellsContact, frozen=True, kw_only=True):
    """A contact that had been filed on another customer, `origin`, belongs here, with its course."""

    TOPIC = "customer.contact_filed_here"
    filed: Contact
    origin: UUID
    steps: tuple[RepairStep, ...] = ()
    notes: tuple[Personal, ...] = ()

    @property
    def contact(self) -> Contact:
        return self.filed


class AboutContact(Event, frozen=True, kw_only=True):
    """An event about a contact that was told before."""

    contact_id: UUID

    @property
    def about(self) -> UUID | None:
        return self.contact_id


class ToldOfContact(AboutContact, frozen=True, kw_only=True):
    """What is said of a contact as a whole, and so of the time when it took place."""

    @property
    def is_timeless(self) -> bool:
        return True


class ContactWithdrawn(ToldOfContact, frozen=True, kw_only=True):
    """A contact was logged in error: it counts nowhere, and stays readable."""

    TOPIC = "customer.contact_withdrawn"
    because: Personal | None = None


class ContactFiledElsewhere(ToldOfContact, frozen=True, kw_only=True):
    """A contact belongs to another customer, `destination`, and counts there from now on."""

    TOPIC = "customer.contact_filed_elsewhere"
    destination: UUID
    because: Personal | None = None


class ContactNoted(ToldOfContact, frozen=True, kw_only=True):
    """Somebody added a note to a contact."""

    TOPIC = "customer.contact_noted"
    note: Personal


class FollowUpSet(AboutContact, frozen=True, kw_only=True):
    """Something is to be done about a contact on a day; `staff` is who does it."""

    TOPIC = "customer.follow_up_set"
    on: date
    staff: UUID | None = None
    what: Personal | None = None


class FollowUpDone(AboutContact, frozen=True, kw_only=True):
    """What was to be done about a contact is done, or no longer needed."""

    TOPIC = "customer.follow_up_done"


class RepairAdvanced(AboutContact, frozen=True, kw_only=True):
    """A repair went one step further."""

    TOPIC = "customer.repair_advanced"
    step: RepairStep

    @property
    def happened_at(self) -> datetime | None:
        return self.step.taken_at


# --- being one customer or two ----------------------------------------------------------------


class Identity(Event, frozen=True, kw_only=True):
    """What is said about two customers holds for as long as they exist, whenever we found out."""

    @property
    def is_timeless(self) -> bool:
        return True


class Linked(Identity, frozen=True, kw_only=True):
    """This customer and `other` are one and the same."""

    TOPIC = "customer.linked"
    other: UUID
    because: Personal | None = None

    def apply(self, customer: Customer) -> None:
        customer.linked.add(self.other)


class Unlinked(Identity, frozen=True, kw_only=True):
    """This customer and `other` are not the same after all."""

    TOPIC = "customer.unlinked"
    other: UUID
    because: Personal | None = None

    def apply(self, customer: Customer) -> None:
        customer.linked.discard(self.other)


class DeclaredDistinct(Identity, frozen=True, kw_only=True):
    """This customer and `other` look alike and are never the same."""

    TOPIC = "customer.declared_distinct"
    other: UUID
    because: Personal | None = None

    def apply(self, customer: Customer) -> None:
        customer.distinct_from.add(self.other)


# --- the end ----------------------------------------------------------------------------------


class LegalHoldPlaced(Event, frozen=True, kw_only=True):
    """The law obliges us to keep what we know of this customer."""

    TOPIC = "customer.legal_hold_placed"
    because: str

    def apply(self, customer: Customer) -> None:
        customer.legal_hold = self.because


class LegalHoldLifted(Event, frozen=True, kw_only=True):
    """The law no longer obliges us to keep what we know of this customer."""

    TOPIC = "customer.legal_hold_lifted"

    def apply(self, customer: Customer) -> None:
        customer.legal_hold = None


class CustomerErased(Event, frozen=True, kw_only=True):
    """The customer was forgotten: the key to every word about them is destroyed."""

    TOPIC = "customer.erased"

    @property
    def is_timeless(self) -> bool:
        return True

    def apply(self, customer: Customer) -> None:
        customer.is_erased = True


class CustomerSnapshot(Beginning, frozen=True, kw_only=True):
    """The state that rules look at, kept so that a long history need not be read for each command."""

    TOPIC = "customer.snapshot"
    details: Details
    details_version: int
    identifiers: tuple[tuple[str, str, Personal], ...]
    consents: tuple[Consent, ...]
    credit_terms: tuple[CreditTerms, ...]
    linked: tuple[UUID, ...]
    distinct_from: tuple[UUID, ...]
    legal_hold: str | None = None
    is_erased: bool = False

    def begin(self, aggregate_id: UUID) -> Customer:
        from domain.customers.customer import Customer

        customer = Customer(aggregate_id)
        customer.details = self.details
        customer.details_version = self.details_version
        customer.identifiers = {(kind, system, n.text) for kind, system, n in self.identifiers}
        customer.consents = {consent.key: consent for consent in self.consents}
        customer.credit_terms = {terms.currency: terms for terms in self.credit_terms}
        customer.linked = set(self.linked)
        customer.distinct_from = set(self.distinct_from)
        customer.legal_hold = self.legal_hold
        customer.is_erased = self.is_erased
        return customer


def logged(contact: Contact) -> TellsContact:
    """The event that a contact of this kind was logged."""
    match contact:
        case PhoneCall():
            return PhoneCallLogged(phone_call=contact)
        case Email():
            return EmailLogged(email=contact)
        case Letter():
            return LetterLogged(letter=contact)
        case Purchase():
            return PurchaseLogged(purchase=contact)
        case Payment():
            return PaymentLogged(payment=contact)
        case Repair():
            return RepairReceived(repair=contact)
