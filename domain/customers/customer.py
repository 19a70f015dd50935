"""The customer: every rule about one stands here, once."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from domain.customers.contacts import Contact, kind_of
from domain.customers.details import Consent, CreditTerms, CustomerKind, Details
from domain.customers.events import (
    ConsentTold,
    ContactCorrected,
    ContactFiledElsewhere,
    ContactFiledHere,
    ContactNoted,
    ContactWithdrawn,
    CreditTermsSet,
    CustomerErased,
    CustomerSnapshot,
    DeclaredDistinct,
    DetailsChanged,
    FollowUpDone,
    FollowUpSet,
    IdentifierAdded,
    IdentifierRetired,
    LegalHoldLifted,
    LegalHoldPlaced,
    Linked,
    Registered,
    RepairAdvanced,
    Unlinked,
    logged,
)
from domain.customers.filed import Filed
from domain.customers.identifiers import Identifier
from domain.customers.repairs import RepairStep, require_step
from domain.errors import Changed, Erased, Invalid, Refused
from domain.personal import Personal, text_of
from domain.root import Act, Envelope, Root

LATE_AFTER = timedelta(days=1)
"""A contact logged by hand longer than this after it happened needs a reason."""

AHEAD_AT_MOST = timedelta(days=1)
"""Clocks and time zones differ by less than this; what lies further ahead has not happened."""


class Customer(Root):
    """One person or firm, and everything between us and them.

    Keeps only what its rules look at; a contact that a rule looks at is given to the method as
    `Filed`, read from the log for that one contact, so that a command costs the same however
    long the history is.
    """

    def __init__(self, aggregate_id: UUID) -> None:
        super().__init__(aggregate_id)
        self.details = Details()
        self.details_version = 1
        self.identifiers: set[tuple[str, str, str]] = set()
        self.consents: dict[tuple[str, str], Consent] = {}
        self.credit_terms: dict[str, CreditTerms] = {}
        self.linked: set[UUID] = set()
        self.distinct_from: set[UUID] = set()
        self.legal_hold: str | None = None
        self.is_erased = False

    @classmethod
    def register(
        cls,
        customer_id: UUID,
        *,
        customer_kind: CustomerKind,
        details: Details,
        identifiers: tuple[Identifier, ...],
        act: Act,
    ) -> Customer:
        """A new customer. Needs a name, or at least one identifier to tell them by."""
        if not text_of(details.name or None) and not identifiers:
            raise Invalid(
                "Give a name, a telephone number, an e-mail address or a customer number.",
                field="name",
            )
        for identifier in identifiers:
            identifier.check()
        event = Registered(
            customer_kind=customer_kind,
            details=Details().new_in(details),
            identifiers=tuple({i.key: i for i in identifiers}.values()),
            occurred_at=act.happened_at,
        )
        return cls.start(customer_id, event, act)

    # --- who they are -------------------------------------------------------------------------

    def change_details(self, change: Details, *, seen_version: int | None, act: Act) -> None:
        """Change what differs. `seen_version` is the version the change was based on, if any."""
        self._refuse_if_erased()
        new = self.details.new_in(change)
        if new.says_nothing:
            return
        if seen_version is not None and seen_version < self.details_version:
            raise Changed
        self.happen(DetailsChanged(details=new, occurred_at=act.happened_at), act)

    def add_identifier(self, identifier: Identifier, *, act: Act) -> None:
        """From now on the customer is also known by this address or number."""
        self._refuse_if_erased()
        identifier.check()
        if identifier.key not in self.identifiers:
            self.happen(IdentifierAdded(identifier=identifier), act)

    def retire_identifier(self, identifier: Identifier, *, act: Act) -> None:
        """The address or number is the customer's no longer."""
        self._refuse_if_erased()
        if identifier.key in self.identifiers:
            self.happen(IdentifierRetired(identifier=identifier), act)

    def tell_consent(self, consent: Consent, *, act: Act) -> None:
        """Record what the customer allowed or forbade."""
        self._refuse_if_erased()
        known = self.consents.get(consent.key)
        if known is None or (known.given, known.on) != (consent.given, consent.on):
            self.happen(ConsentTold(consent=consent), act)

    def set_credit_terms(self, terms: CreditTerms, *, act: Act) -> None:
        """Decide what the customer may owe in one currency."""
        self._refuse_if_erased()
        terms.check()
        if self.credit_terms.get(terms.currency) != terms:
            self.happen(CreditTermsSet(terms=terms), act)

    # --- contacts -----------------------------------------------------------------------------

    def log(self, contact: Contact, *, act: Act) -> None:
        """Record a contact that passed between us."""
        self._refuse_if_erased()
        contact.check()
        _require_time(contact, act)
        self.happen(logged(contact), act)

    def correct(
        self, filed: Filed, contact: Contact, *, because: Personal | None, act: Act
    ) -> None:
        """Say how a contact really was. The same content again changes nothing."""
        self._refuse_if_erased()
        filed.require_open()
        contact.check()
        if contact.occurred_at != filed.contact.occurred_at:
            _require_time(contact, act)
        if contact.contact_id != filed.contact.contact_id:
            raise ValueError("a correction bears the contact_id of what it corrects")
        if kind_of(contact) != kind_of(filed.contact):
            raise Refused(
                "A {was} cannot become a {new}. Withdraw it, and log the other one.",
                was=kind_of(filed.contact),
                new=kind_of(contact),
            )
        if contact != filed.contact:
            self.happen(ContactCorrected(corrected=contact, because=because), act)

    def withdraw(self, filed: Filed, *, because: Personal | None, act: Act) -> None:
        """Take a contact back that should not have been logged. Twice changes nothing."""
        self._refuse_if_erased()
        if not filed.is_withdrawn:
            filed.require_open()
            self.happen(ContactWithdrawn(contact_id=filed.contact.contact_id, because=because), act)

    def file_elsewhere(
        self, filed: Filed, other: Customer, *, because: Personal | None, act: Act
    ) -> None:
        """Move a contact to the customer it belongs to; both histories say so."""
        self._refuse_if_erased()
        other._refuse_if_erased()
        filed.require_open()
        if other.id == self.id:
            return
        contact_id = filed.contact.contact_id
        self.happen(
            ContactFiledElsewhere(contact_id=contact_id, destination=other.id, because=because),
            act,
        )
        other.happen(
            ContactFiledHere(
                filed=filed.contact,
                origin=self.id,
                steps=tuple(filed.steps),
                notes=tuple(filed.notes),
            ),
            act.further(),
        )

    def note(self, filed: Filed, note: Personal, *, act: Act) -> None:
        """Add a note to a contact."""
        self._refuse_if_erased()
        filed.require_here()
        if not note.text.strip():
            raise Invalid("Write something, or leave the note out.", field="note")
        self.happen(ContactNoted(contact_id=filed.contact.contact_id, note=note), act)

    def set_follow_up(
        self, filed: Filed, *, on: date, staff: UUID | None, what: Personal | None, act: Act
    ) -> None:
        """Plan what is to be done about a contact, and by whom; a new plan replaces the old."""
        self._refuse_if_erased()
        filed.require_open()
        event = FollowUpSet(contact_id=filed.contact.contact_id, on=on, staff=staff, what=what)
        if filed.follow_up != event:
            self.happen(event, act)

    def finish_follow_up(self, filed: Filed, *, act: Act) -> None:
        """What was planned about a contact is done."""
        self._refuse_if_erased()
        filed.require_here()
        if filed.follow_up is not None:
            self.happen(FollowUpDone(contact_id=filed.contact.contact_id), act)

    def advance_repair(self, filed: Filed, step: RepairStep, *, act: Act) -> None:
        """Take a repair one step further, if that step can follow."""
        self._refuse_if_erased()
        filed.require_open()
        step.check()
        if filed.steps and filed.steps[-1] == step:
            return
        require_step(filed.repair_stage, step, approved=filed.is_approved)
        last = filed.steps[-1].taken_at if filed.steps else filed.contact.occurred_at
        if step.taken_at < last:
            raise Invalid("A step is taken after the one before it.", field="taken_at")
        self.happen(RepairAdvanced(contact_id=filed.contact.contact_id, step=step), act)

    # --- one customer or two ------------------------------------------------------------------

    def link(self, other: Customer, *, because: Personal | None, act: Act) -> None:
        """This one and the other are the same; both histories say so."""
        self._refuse_if_erased()
        other._refuse_if_erased()
        self._refuse_itself(other)
        if other.id in self.distinct_from:
            raise Refused("These two were declared never to be the same customer.")
        if other.id not in self.linked:
            self.happen(Linked(other=other.id, because=because), act)
            other.happen(Linked(other=self.id, because=because), act.further())

    def unlink(self, other: Customer, *, because: Personal | None, act: Act) -> None:
        """This one and the other are not the same after all."""
        self._refuse_itself(other)
        if other.id in self.linked:
            self.happen(Unlinked(other=other.id, because=because), act)
            other.happen(Unlinked(other=self.id, because=because), act.further())

    def declare_distinct(self, other: Customer, *, because: Personal | None, act: Act) -> None:
        """This one and the other are never the same, however alike they look."""
        self._refuse_itself(other)
        if other.id in self.linked:
            raise Refused("These two are linked. Unlink them first.")
        if other.id not in self.distinct_from:
            self.happen(DeclaredDistinct(other=other.id, because=because), act)
            other.happen(DeclaredDistinct(other=self.id, because=because), act.further())

    # --- the end ------------------------------------------------------------------------------

    def place_legal_hold(self, because: str, *, act: Act) -> None:
        """Forbid erasure, for a reason that is shown to whoever asks for it."""
        self._refuse_if_erased()
        if self.legal_hold != because:
            self.happen(LegalHoldPlaced(because=because), act)

    def lift_legal_hold(self, *, act: Act) -> None:
        """Allow erasure again."""
        if self.legal_hold is not None:
            self.happen(LegalHoldLifted(), act)

    def erase(self, *, act: Act) -> None:
        """Forget the customer. Whoever calls this destroys the key right after it is recorded."""
        if self.legal_hold is not None:
            raise Refused(
                "A legal hold keeps this customer: {because}. Lift it first.",
                because=self.legal_hold,
            )
        if not self.is_erased:
            self.happen(CustomerErased(), act)

    # --- helpers ------------------------------------------------------------------------------

    def snapshot(self) -> Envelope:
        """The present state as an event, for the snapshot store."""
        return Envelope(
            originator_id=self.id,
            originator_version=self.version,
            by=self.id,
            event=CustomerSnapshot(
                details=self.details,
                details_version=self.details_version,
                identifiers=tuple((k, s, Personal(n)) for k, s, n in sorted(self.identifiers)),
                consents=tuple(self.consents.values()),
                credit_terms=tuple(self.credit_terms.values()),
                linked=tuple(sorted(self.linked)),
                distinct_from=tuple(sorted(self.distinct_from)),
                legal_hold=self.legal_hold,
                is_erased=self.is_erased,
            ),
        )

    def _refuse_if_erased(self) -> None:
        if self.is_erased:
            raise Erased

    def _refuse_itself(self, other: Customer) -> None:
        if other.id == self.id:
            raise Refused("A customer cannot be linked to itself. Choose another one.")


def _require_time(contact: Contact, act: Act) -> None:
    if contact.occurred_at > act.at + AHEAD_AT_MOST:
        raise Invalid("This lies in the future. Check the date.", field="occurred_at")
    late = contact.occurred_at < act.at - LATE_AFTER
    if act.is_by_hand and late and not text_of(contact.late_because):
        raise Invalid(
            "This was more than a day ago. Say why it is written down only now.",
            field="late_because",
        )
