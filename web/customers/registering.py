"""A customer who is new."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from domain.customers.commands import RegisterCustomer
from domain.customers.identifiers import Identifier
from domain.errors import Refused
from domain.identity import customer_id_of
from domain.root import FORM
from projections import directory
from web.customers import known_by
from web.customers.acting import carry_out, done
from web.customers.blueprint import pages
from web.customers.details_form import DetailsForm
from web.customers.fields import Choice, Words
from web.customers.words import CUSTOMER_KINDS
from web.forms import Errors, Rejected, filled_in
from web.once import once
from web.services import services

DRAFT = "customers/new/form"
CARRIED = ("name", "phone", "email")


class CustomerForm(DetailsForm):
    """A person or firm, and how they are reached. A name or one number is enough."""

    customer_kind = Choice(tuple(CUSTOMER_KINDS), load_default="person")
    phone = Words(longest=60)
    email = Words()
    number = Words(longest=60)
    system = Words(longest=40)


@pages.get("/customers/new")
def new() -> ResponseReturnValue:
    """The form, with what was typed into the palette."""
    carried = {name: text[:200] for name in CARRIED if (text := request.args.get(name, ""))}
    return _page({"customer_kind": "person", **carried})


@pages.post("/customers")
@once
def register() -> ResponseReturnValue:
    """Make the customer known, and go to their page."""
    try:
        told = filled_in(CustomerForm)
        customer_id = customer_id_of(FORM, request.form.get("key", uuid4().hex))
        command = RegisterCustomer(
            customer_id=customer_id,
            customer_kind=told["customer_kind"],
            details=DetailsForm.details(told),
            identifiers=tuple(_identifiers(told)),
        )
        shown = carry_out(command)
    except Rejected as rejected:
        return _page(rejected.values, rejected.errors), 422
    except Refused as refusal:
        if refusal.field is None:
            raise
        again = Rejected.because(refusal)
        return _page(again.values, again.errors), 422
    return done(
        gettext("The customer is registered."),
        shown=shown,
        endpoint=".show",
        customer_id=customer_id,
    )


@pages.get("/customers/alike")
def alike() -> ResponseReturnValue:
    """Customers who are known by what is being typed, before somebody registers them twice."""
    text = next((v.strip() for v in request.args.values() if v.strip()), "").replace("\0", "")
    found: list[directory.Found] = []
    if len(text) >= 3:
        with services().tables.connect() as connection:
            found = directory.find(connection, text[:200], 3)
    return render_template("customers/alike.html", found=found)


def _identifiers(told: dict[str, Any]) -> list[Identifier]:
    found = []
    if told["phone"]:
        found.append(known_by.phone(told["phone"]))
    if told["email"]:
        found.append(known_by.email(told["email"]))
    if told["number"]:
        found.append(known_by.number(told["number"], told["system"]))
    return found


def _page(values: Any, errors: Errors | None = None) -> str:
    return render_template(
        "customers/new.html",
        values=values,
        errors=errors or {},
        draft=DRAFT,
        back=url_for(".index"),
    )
