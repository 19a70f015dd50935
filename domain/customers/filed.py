"""One contact as it is filed on a customer now, after corrections: what rules about it look at."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from domain.customers.contacts import Contact, Repair
from domain.customers.events import (
    ContactFiledElsewhere,
    ContactFiledHere,
    ContactNoted,
    ContactWithdrawn,
    FollowUpDone,
    FollowUpSet,
    RepairAdvanced,
    TellsContact,
)
from domain.customers.repairs import RECEIVED, Approved, RepairStep, step_name
from domain.errors import NotFound, Refused
from domain.personal import Personal
from domain.root import Envelope


class Filed:
    """The state of one contact on one customer."""

    def __init__(self, contact: Contact) -> None:
        self.contact = contact
        self.steps: list[RepairStep] = []
        self.notes: list[Personal] = []
        self.follow_up: FollowUpSet | None = None
        self.is_withdrawn = False
        self.destination: UUID | None = None

    @classmethod
    def after(cls, events: Iterable[Envelope], *, customer: UUID, contact_id: UUID) -> Filed:
        """The contact after all events about it on this customer, in the order of the stream.

        Raises NotFound when the customer never had it.
        """
        filed: Filed | None = None
        for envelope in events:
            if envelope.stream != customer:
                continue
            match envelope.event:
                case ContactFiledHere(filed=contact, steps=steps, notes=notes):
                    filed = cls(contact)
                    filed.steps, filed.notes = list(steps), list(notes)
                case TellsContact() as told:
                    if filed is None:
                        filed = cls(told.contact)
                    filed.contact = told.contact
                case ContactWithdrawn() if filed:
                    filed.is_withdrawn = True
                    filed.follow_up = None
                case ContactFiledElsewhere(destination=destination) if filed:
                    filed.destination = destination
                    filed.follow_up = None
                case ContactNoted(note=note) if filed:
                    filed.notes.append(note)
                case FollowUpSet() as follow_up if filed:
                    filed.follow_up = follow_up
                case FollowUpDone() if filed:
                    filed.follow_up = None
                case RepairAdvanced(step=step) if filed:
                    filed.steps.append(step)
        if filed is None:
            raise NotFound("contact", contact_id)
        return filed

    @property
    def repair_stage(self) -> str:
        """The stage of a repair: received, or the name of its last step."""
        if not isinstance(self.contact, Repair):
            raise Refused("Only a repair has steps.")
        return step_name(self.steps[-1]) if self.steps else RECEIVED

    @property
    def is_approved(self) -> bool:
        """Whether the customer agreed to a quote."""
        return any(isinstance(step, Approved) for step in self.steps)

    def require_here(self) -> None:
        """Refuse when the contact has moved to another customer."""
        if self.destination is not None:
            raise Refused(
                "This contact was moved to another customer. Open it there.",
                destination=self.destination,
            )

    def require_open(self) -> None:
        """Refuse when the contact has moved or was withdrawn."""
        self.require_here()
        if self.is_withdrawn:
            raise Refused("This contact was withdrawn. Log it again if it did take place.")
