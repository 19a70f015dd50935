"""Changing what is known of a customer: details, addresses and numbers, consents, credit, links."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext
from marshmallow import fields, validates_schema

from domain.customers.commands import (
    AddIdentifier,
    ChangeDetails,
    Command,
    LinkCustomers,
    RetireIdentifier,
    SetCreditTerms,
    TellConsent,
    UnlinkCustomers,
)
from domain.customers.details import Consent, CreditTerms
from domain.customers.identifiers import Identifier
from domain.errors import Changed, Invalid, NotFound, Refused
from domain.money import from_minor
from domain.personal import Personal
from projections import balances, directory, links, profile
from web.customers import known_by
from web.customers.acting import carry_out, done
from web.customers.blueprint import pages
from web.customers.contact_forms import check_places, personal
from web.customers.details_form import DetailsForm, language_options, zone_options
from web.customers.fields import Amount, Choice, Currency, Day, Words
from web.customers.look import Look, looking_at, today
from web.customers.reasons import PURPOSES
from web.customers.words import CHANNELS
from web.forms import Errors, Form, Rejected, filled_in
from web.once import once
from web.services import services


class ChangeForm(DetailsForm):
    """All details, and the version of them that was looked at while they were changed."""

    seen_version = fields.Integer(required=True)


class IdentifierForm(Form):
    """One more address or number."""

    kind = Choice(("phone", "email", "number"), required=True)
    text = Words(required=True)
    system = Words(longest=40)


class RetiredForm(Form):
    """An address or number that is the customer's no longer, as it is kept."""

    stream = fields.UUID(required=True)
    kind = Choice(("phone", "email", "number"), required=True)
    normal = Words(required=True)
    system = Words(longest=200)


class ConsentForm(Form):
    """What the customer allowed or forbade, since when, and how we know."""

    channel = Choice(tuple(CHANNELS), required=True)
    purpose = Choice(tuple(PURPOSES), required=True)
    given = Choice(("yes", "no"), required=True)
    since = Day()
    told_by = Words()


class CreditForm(Form):
    """What the customer may owe in one currency. An empty limit is none."""

    currency = Currency(required=True)
    limit = Amount()
    days_to_pay = fields.Integer(load_default=30)
    on_hold = fields.Boolean(load_default=False)
    hold_reason = Words()

    @validates_schema
    def _no_part_of_a_cent(self, told: dict[str, Any], **_: Any) -> None:
        if told.get("limit") is not None and told.get("currency"):
            check_places(told["limit"], told["currency"], "limit")


class LinkForm(Form):
    """Another entry of the same customer."""

    other = fields.UUID(
        required=True,
        error_messages={"invalid_uuid": lazy_gettext("Choose the customer from the list.")},
    )
    because = Words()


class UnlinkForm(Form):
    """Two entries that were one customer."""

    stream = fields.UUID(required=True)
    other = fields.UUID(required=True)


# --- details ------------------------------------------------------------------------------------


@pages.get("/customers/<uuid:customer_id>/details")
def edit(customer_id: UUID) -> ResponseReturnValue:
    """The form of all details."""
    with looking_at(customer_id) as look:
        return _edit_page(look)


@pages.post("/customers/<uuid:customer_id>/details")
@once
def change(customer_id: UUID) -> ResponseReturnValue:
    """Change what differs; when somebody else was faster, show both and let the reader choose."""
    try:
        told = filled_in(ChangeForm)
        details = DetailsForm.details(told)
        command = ChangeDetails(
            customer_id=customer_id, change=details, seen_version=told["seen_version"]
        )
        shown = carry_out(command)
    except Rejected as rejected:
        return _again(customer_id, "details", rejected), 422
    except Changed as changed:
        return _conflict(customer_id, Rejected.because(changed)), 409
    except Refused as refusal:
        if refusal.field is None:
            raise
        return _again(customer_id, "details", Rejected.because(refusal)), 422
    return done(gettext("Saved."), shown=shown, endpoint=".show", customer_id=customer_id)


# --- addresses, consents, credit ----------------------------------------------------------------


@pages.post("/customers/<uuid:customer_id>/identifiers")
@once
def add_identifier(customer_id: UUID) -> ResponseReturnValue:
    """From now on the customer is also known by this."""

    def command() -> Command:
        told = filled_in(IdentifierForm)
        return AddIdentifier(customer_id=customer_id, identifier=_identifier(told))

    return _one_of_many(customer_id, "identifiers", command)


@pages.post("/customers/<uuid:customer_id>/identifiers/retired")
@once
def retire_identifier(customer_id: UUID) -> ResponseReturnValue:
    """The customer is known by this no longer."""

    def command() -> Command:
        told = filled_in(RetiredForm)
        stream = _stream_of(customer_id, told["stream"])
        normal = Personal(told["normal"])
        retired = Identifier(kind=told["kind"], typed=normal, normal=normal, system=told["system"])
        return RetireIdentifier(customer_id=stream, identifier=retired)

    return _one_of_many(customer_id, "identifiers", command)


@pages.post("/customers/<uuid:customer_id>/consents")
@once
def tell_consent(customer_id: UUID) -> ResponseReturnValue:
    """Record a consent, or that it was withdrawn."""

    def command() -> Command:
        told = filled_in(ConsentForm)
        day = told["since"] or today()
        if day > today():
            raise Invalid("This lies in the future. Check the date.", field="since")
        consent = Consent(
            channel=told["channel"],
            purpose=told["purpose"],
            given=told["given"] == "yes",
            on=day,
            told_by=told["told_by"],
        )
        return TellConsent(customer_id=customer_id, consent=consent)

    return _one_of_many(customer_id, "consents", command)


@pages.post("/customers/<uuid:customer_id>/credit-terms")
@once
def set_credit_terms(customer_id: UUID) -> ResponseReturnValue:
    """Decide limit, days to pay and hold in one currency."""

    def command() -> Command:
        told = filled_in(CreditForm)
        terms = CreditTerms(
            currency=told["currency"],
            limit=told["limit"],
            days_to_pay=told["days_to_pay"],
            on_hold=told["on_hold"],
            hold_reason=personal(told["hold_reason"]) if told["on_hold"] else None,
        )
        return SetCreditTerms(customer_id=customer_id, terms=terms)

    return _one_of_many(customer_id, "credit", command)


# --- one customer or two ------------------------------------------------------------------------


@pages.post("/customers/<uuid:customer_id>/links")
@once
def link(customer_id: UUID) -> ResponseReturnValue:
    """Another entry is the same customer."""

    def command() -> Command:
        told = filled_in(LinkForm)
        because = personal(told["because"])
        return LinkCustomers(customer_id=customer_id, other_id=told["other"], because=because)

    return _one_of_many(customer_id, "links", command)


@pages.post("/customers/<uuid:customer_id>/unlinks")
@once
def unlink(customer_id: UUID) -> ResponseReturnValue:
    """Another entry is not the same customer after all."""

    def command() -> Command:
        told = filled_in(UnlinkForm)
        return UnlinkCustomers(
            customer_id=_stream_of(customer_id, told["stream"]),
            other_id=_stream_of(customer_id, told["other"]),
        )

    return _one_of_many(customer_id, "links", command)


# --- helpers ------------------------------------------------------------------------------------


def _one_of_many(
    customer_id: UUID, form: str, command: Callable[[], Command]
) -> ResponseReturnValue:
    """Carry out what one form of the page asks; the page again when that form is refused."""
    try:
        shown = carry_out(command())
    except Rejected as rejected:
        return _again(customer_id, form, rejected), 422
    except Refused as refusal:
        if isinstance(refusal, NotFound):
            raise
        return _again(customer_id, form, Rejected.because(refusal)), 422
    return done(
        gettext("Saved."), shown=shown, endpoint=".edit", customer_id=customer_id, _anchor=form
    )


def _identifier(told: dict[str, Any]) -> Identifier:
    match told["kind"]:
        case "phone":
            return known_by.phone(told["text"], "text")
        case "email":
            return known_by.email(told["text"], "text")
        case _:
            return known_by.number(told["text"], told["system"])


def _stream_of(customer_id: UUID, stream: UUID) -> UUID:
    """The stream, if it is this customer. Raises NotFound."""
    with services().tables.connect() as connection:
        if stream not in links.identity(connection, customer_id):
            raise NotFound("customer", stream)
    return stream


def _again(customer_id: UUID, form: str, rejected: Rejected) -> str:
    with looking_at(customer_id) as look:
        return _edit_page(look, form, rejected)


def _conflict(customer_id: UUID, rejected: Rejected) -> str:
    """What was typed, and beside each field that differs what stands there now."""
    with looking_at(customer_id) as look:
        now = DetailsForm.typed(look.customer)
        typed = rejected.values
        differing = {name: words for name, words in now.items() if words != typed.get(name, "")}
        typed = {**typed, "seen_version": str(look.customer.details_version)}
        return _edit_page(look, "details", Rejected(rejected.errors, typed), differing)


def _edit_page(
    look: Look,
    form: str = "",
    rejected: Rejected | None = None,
    differing: Mapping[str, str] | None = None,
) -> str:
    customer = look.customer
    values: dict[str, Mapping[str, Any]] = {
        "details": {
            **DetailsForm.typed(customer),
            "seen_version": str(customer.details_version),
        },
        "consents": {"given": "yes"},
        "identifiers": {"kind": "phone"},
    }
    errors: dict[str, Errors] = {}
    if rejected is not None:
        values[form], errors[form] = rejected.values, rejected.errors
    return render_template(
        "customers/edit.html",
        look=look,
        customer=customer,
        values=values,
        errors=errors,
        differing=differing or {},
        draft=f"customers/{customer.main}/details/form",
        languages_offered=language_options(customer.language),
        zones=zone_options(),
        terms=balances.terms_of(look.connection, look.identity),
        terms_history=balances.terms_history(look.connection, look.identity),
        consent_history=profile.consent_history(look.connection, look.identity),
        linked=_linked(look),
        candidates=_candidates(look),
        from_minor=from_minor,
    )


def _linked(look: Look) -> list[tuple[UUID, str]]:
    """The other entries that are this customer, each with what it is called by itself."""
    found = []
    for stream in look.customer.also:
        alone = profile.profile(look.connection, [stream])
        found.append((stream, alone.label if alone else stream.hex[:8]))
    return found


def _candidates(look: Look) -> Sequence[directory.Found]:
    """Customers that fit what somebody looks for, to be linked with this one."""
    text = request.args.get("link", "").replace("\0", "").strip()[:200]
    if not text:
        return ()
    found = directory.find(look.connection, text, 8)
    return [each for each in found if each.customer_id not in look.identity]
