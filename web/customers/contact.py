"""The page of one contact: all that was told of it and when, and what may be done about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from marshmallow import fields

from domain.customers.commands import (
    AdvanceRepair,
    Command,
    CorrectContact,
    FileElsewhere,
    FinishFollowUp,
    NoteContact,
    SetFollowUp,
    WithdrawContact,
)
from domain.customers.contacts import Contact, Purchase, Repair
from domain.customers.events import TellsContact
from domain.customers.filed import Filed
from domain.errors import NotFound, Refused
from domain.personal import Personal
from domain.root import Envelope
from projections import balances, directory, staff_list, timeline
from projections.balances import Clearing
from projections.timeline import Entry
from web.customers.acting import carry_out, done
from web.customers.blueprint import pages
from web.customers.composer import correcting
from web.customers.contact_forms import form_of, personal
from web.customers.fields import Day, Words
from web.customers.look import Look, looking_at, staff_names, today
from web.customers.steps import Course, step_told
from web.customers.telling import Difference, differences, told
from web.forms import Errors, Form, Rejected, filled_in
from web.going_on import local
from web.once import once
from web.services import act, services


class CorrectionForm(Form):
    """Why a contact is told anew; what is told stands in the form of its kind."""

    because = Words(longest=500)


class BecauseForm(Form):
    """Why something is taken back."""

    because = Words(required=True)


class UndoForm(Form):
    """Nothing but the form itself."""


class MoveForm(Form):
    """The customer that the contact belongs to."""

    destination = fields.UUID(required=True)
    because = Words()


class NoteForm(Form):
    """A note."""

    note = Words(required=True, longest=20_000, several_lines=True)


class DoneForm(Form):
    """Where somebody ticked a follow-up off."""

    next = Words(load_default="", longest=500)


class FollowUpForm(Form):
    """What is to be done, when, and by whom (nobody: by anybody)."""

    day = Day(required=True)
    what = Words()
    staff = fields.UUID(load_default=None)


@dataclass(frozen=True)
class Happened:
    """One event about the contact, with what a correction changed by it."""

    envelope: Envelope
    differences: Sequence[Difference]


@dataclass(frozen=True)
class Contacted:
    """A contact where it is filed now, with everything that was ever told of it."""

    entry: Entry
    look: Look
    envelopes: Sequence[Envelope]

    @cached_property
    def filed(self) -> Filed:
        """The contact after its corrections."""
        return Filed.after(
            self.envelopes, customer=self.entry.stream, contact_id=self.entry.contact_id
        )

    @property
    def contact(self) -> Contact:
        """What is told of it now."""
        return self.filed.contact

    @property
    def can_change(self) -> bool:
        """Whether it still counts here, so that it may be corrected."""
        is_here = not self.entry.is_withdrawn and self.entry.moved_to is None
        return is_here and not self.look.customer.is_erased

    @cached_property
    def events(self) -> list[Happened]:
        """What happened to it, in order."""
        found, last = [], None
        for envelope in self.envelopes:
            changes: Sequence[Difference] = ()
            if isinstance(envelope.event, TellsContact):
                if last is not None:
                    changes = differences(last, envelope.event.contact)
                last = envelope.event.contact
            found.append(Happened(envelope, changes))
        return found

    @cached_property
    def clearings(self) -> list[Clearing]:
        """What it paid, or what paid it."""
        return balances.clearings_of(
            self.look.connection, self.look.identity, self.entry.contact_id
        )


@pages.get("/contacts/<uuid:contact_id>")
def contact(contact_id: UUID) -> ResponseReturnValue:
    """The page."""
    with contacted(contact_id) as found:
        return _page(found)


@pages.get("/contacts/<uuid:contact_id>/correction")
def correct_form(contact_id: UUID) -> ResponseReturnValue:
    """The form that logged it, filled with what was told."""
    with contacted(contact_id) as found:
        return _correction(found)


@pages.post("/contacts/<uuid:contact_id>/correction")
@once
def correct(contact_id: UUID) -> ResponseReturnValue:
    """Say how it really was."""
    with contacted(contact_id) as found:
        before, stream = found.contact, found.entry.stream
    form = form_of(before)
    try:
        because = filled_in(CorrectionForm, only_known=True)["because"]
        corrected = form.corrected(filled_in(form, only_known=True), before)
        shown = carry_out(
            CorrectContact(customer_id=stream, contact=corrected, because=personal(because))
        )
    except Rejected as rejected:
        return _correct_again(contact_id, rejected), 422
    except Refused as refusal:
        if refusal.field is None:
            raise
        return _correct_again(contact_id, Rejected.because(refusal)), 422
    return done(gettext("Corrected."), shown=shown, endpoint=".contact", contact_id=contact_id)


@pages.post("/contacts/<uuid:contact_id>/withdrawal")
@once
def withdraw(contact_id: UUID) -> ResponseReturnValue:
    """Take it back: it should not have been logged."""

    def command(found: Contacted) -> Command:
        because = filled_in(BecauseForm)["because"]
        return _withdrawal(found, because)

    return _about(contact_id, "withdrawal", command, gettext("Withdrawn."))


@pages.post("/contacts/<uuid:contact_id>/undoing")
@once
def undo(contact_id: UUID) -> ResponseReturnValue:
    """Take back what was logged a moment ago."""
    filled_in(UndoForm)
    with contacted(contact_id) as found:
        customer_id, command = found.look.customer.main, _withdrawal(found, "undo")
    shown = carry_out(command)
    return done(
        gettext("Undone: the contact was withdrawn."),
        shown=shown,
        endpoint=".show",
        customer_id=customer_id,
    )


@pages.post("/contacts/<uuid:contact_id>/place")
@once
def move(contact_id: UUID) -> ResponseReturnValue:
    """File it on the customer that it belongs to."""

    def command(found: Contacted) -> Command:
        told = filled_in(MoveForm)
        return FileElsewhere(
            customer_id=found.entry.stream,
            contact_id=contact_id,
            destination=told["destination"],
            because=personal(told["because"]),
        )

    return _about(contact_id, "place", command, gettext("Moved."))


@pages.post("/contacts/<uuid:contact_id>/notes")
@once
def note(contact_id: UUID) -> ResponseReturnValue:
    """Add a note to it."""

    def command(found: Contacted) -> Command:
        words = Personal(filled_in(NoteForm)["note"])
        return NoteContact(customer_id=found.entry.stream, contact_id=contact_id, note=words)

    return _about(contact_id, "notes", command, gettext("Noted."))


@pages.post("/contacts/<uuid:contact_id>/follow-up")
@once
def set_follow_up(contact_id: UUID) -> ResponseReturnValue:
    """Plan what is to be done about it."""

    def command(found: Contacted) -> Command:
        told = filled_in(FollowUpForm)
        return SetFollowUp(
            customer_id=found.entry.stream,
            contact_id=contact_id,
            on=told["day"],
            staff=told["staff"],
            what=personal(told["what"]),
        )

    return _about(contact_id, "follow-up", command, gettext("Planned."))


@pages.post("/contacts/<uuid:contact_id>/follow-up/done")
@once
def finish_follow_up(contact_id: UUID) -> ResponseReturnValue:
    """What was planned is done; back to where it was ticked off."""
    there = filled_in(DoneForm)["next"]
    with contacted(contact_id) as found:
        command = FinishFollowUp(customer_id=found.entry.stream, contact_id=contact_id)
    carry_out(command)
    flash(gettext("Done."))
    return redirect(local(there or url_for(".contact", contact_id=contact_id)), 303)


@pages.post("/contacts/<uuid:contact_id>/steps")
@once
def advance(contact_id: UUID) -> ResponseReturnValue:
    """Take a repair one step further."""

    def command(found: Contacted) -> Command:
        step = step_told(now=act().at)
        return AdvanceRepair(customer_id=found.entry.stream, contact_id=contact_id, step=step)

    return _about(contact_id, "steps", command, gettext("Saved."))


@contextmanager
def contacted(contact_id: UUID) -> Iterator[Contacted]:
    """The contact, and a look at the customer that it is filed on. Raises NotFound."""
    with services().tables.connect() as connection:
        entry = timeline.entry(connection, contact_id)
    if entry is None:
        raise NotFound("contact", contact_id)
    with looking_at(entry.stream) as look:
        yield Contacted(entry, look, services().log.events_of_contact(contact_id))


# --- helpers ------------------------------------------------------------------------------------


def _about(
    contact_id: UUID, form: str, command: Callable[[Contacted], Command], words: str
) -> ResponseReturnValue:
    """Carry out what one form of the page asks; the page again when that form is refused."""
    try:
        with contacted(contact_id) as found:
            asked = command(found)
        shown = carry_out(asked)
    except Rejected as rejected:
        return _again(contact_id, form, rejected), 422
    except Refused as refusal:
        if refusal.field is None:
            raise
        return _again(contact_id, form, Rejected.because(refusal)), 422
    return done(words, shown=shown, endpoint=".contact", contact_id=contact_id)


def _withdrawal(found: Contacted, because: str) -> WithdrawContact:
    return WithdrawContact(
        customer_id=found.entry.stream,
        contact_id=found.entry.contact_id,
        because=Personal(because),
    )


def _again(contact_id: UUID, form: str, rejected: Rejected) -> str:
    with contacted(contact_id) as found:
        return _page(found, form, rejected)


def _correct_again(contact_id: UUID, rejected: Rejected) -> str:
    with contacted(contact_id) as found:
        return _correction(found, rejected)


def _correction(found: Contacted, rejected: Rejected | None = None) -> str:
    errors: Errors = {} if rejected is None else rejected.errors
    values = None if rejected is None else rejected.values
    return render_template(
        "customers/correction.html",
        found=found,
        look=found.look,
        composer=correcting(found.look, found.contact, values, errors),
        because=(values or {}).get("because", ""),
    )


def _page(found: Contacted, form: str = "", rejected: Rejected | None = None) -> str:
    look, entry = found.look, found.entry
    about = found.contact
    people = {each.envelope.by for each in found.events} | {entry.by}
    if found.filed.follow_up is not None and found.filed.follow_up.staff is not None:
        people.add(found.filed.follow_up.staff)
    return render_template(
        "customers/contact.html",
        found=found,
        entry=entry,
        look=look,
        customer=look.customer,
        told=told(about),
        lines=about.lines if isinstance(about, Purchase) else (),
        course=Course.of(look, entry, found.filed) if isinstance(about, Repair) else None,
        names=staff_names(people),
        staff=_staff(look),
        candidates=_candidates(look),
        day_today=today(),
        refused=form,
        values={} if rejected is None else rejected.values,
        errors={} if rejected is None else rejected.errors,
    )


def _staff(look: Look) -> list[tuple[str, str]]:
    return [(str(each.id), each.name) for each in staff_list.members(look.connection)]


def _candidates(look: Look) -> Sequence[directory.Found]:
    """Customers that fit what somebody looks for, to move the contact to."""
    text = request.args.get("move", "").replace("\0", "").strip()[:200]
    found = directory.find(look.connection, text, 8) if text else []
    return [each for each in found if each.customer_id not in look.identity]
