"""The page of one customer, and logging what passed between us."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import NotFound as NoSuchPage

from domain.customers.commands import LogContact, LogContactWithFollowUp
from domain.errors import Refused
from domain.identity import contact_id_of
from domain.root import FORM
from web.customers.acting import carry_out
from web.customers.blueprint import pages
from web.customers.composer import Composer, asked_kind, empty_composer, refused_composer
from web.customers.contact_forms import FORMS, personal
from web.customers.history import Filter, History, history
from web.customers.listing import neighbours
from web.customers.look import Look, looking_at, staff_names, today
from web.customers.words import BY_SLUG, KINDS
from web.forms import Rejected, filled_in
from web.once import once
from web.permissions import Permission, may
from web.services import act
from web.sign_in.people import current_person

KEPT = ("show", "q", "as_of", "known_at", "in")
"""What the address of the page goes on saying while people work on it."""


@pages.get("/customers/<uuid:customer_id>")
def show(customer_id: UUID) -> ResponseReturnValue:
    """The page; of several linked entries there is only the one of the first of them."""
    with looking_at(customer_id) as look:
        if look.customer.main != customer_id and look.is_now:
            there: dict[str, Any] = {**request.args.to_dict(), "customer_id": look.customer.main}
            return redirect(url_for(".show", **there), 302)
        chosen = Filter.asked()
        listed = request.args.get("in", "")
        return render_template(
            "customers/show.html",
            **_told(look, chosen, history(look, chosen)),
            composer=_composer(look),
            neighbours=neighbours(customer_id, listed) if look.is_now else None,
            listed=listed,
        )


@pages.get("/customers/<uuid:customer_id>/history")
def more_history(customer_id: UUID) -> ResponseReturnValue:
    """Older entries, or with `seen` the newest ones when they changed since then."""
    with looking_at(customer_id) as look:
        chosen = Filter.asked()
        found = history(look, chosen)
        seen = request.args.get("seen")
        if seen is not None and seen == found.stamp:
            return "", 204
        template = "customers/entries.html" if chosen.before else "customers/news.html"
        return render_template(template, **_told(look, chosen, found))


@pages.get("/customers/<uuid:customer_id>/composer")
def show_composer(customer_id: UUID) -> ResponseReturnValue:
    """The composer for another kind of contact."""
    with looking_at(customer_id) as look:
        return render_template(
            "customers/composer.html", look=look, composer=empty_composer(look, asked_kind())
        )


@pages.post("/customers/<uuid:customer_id>/<slug>")
@once
def log_contact(customer_id: UUID, slug: str) -> ResponseReturnValue:
    """Record a contact of the kind that the address names."""
    if (kind := BY_SLUG.get(slug)) is None:
        raise NoSuchPage
    try:
        command = _command(customer_id, kind)
        shown = carry_out(command)
    except Rejected as rejected:
        return _refused(customer_id, kind, rejected), 422
    except Refused as refusal:
        if refusal.field is None:
            raise
        return _refused(customer_id, kind, Rejected.because(refusal)), 422
    return _logged(customer_id, kind, command.contact.contact_id, shown=shown)


def _command(customer_id: UUID, kind: str) -> LogContact | LogContactWithFollowUp:
    form = FORMS[kind]
    told = filled_in(form)
    circumstances = act()
    contact = form.contact(
        told,
        contact_id=contact_id_of(FORM, str(circumstances.source_ref)),
        now=circumstances.at,
    )
    if told["follow_up_on"] is None:
        return LogContact(customer_id=customer_id, contact=contact)
    return LogContactWithFollowUp(
        customer_id=customer_id,
        contact=contact,
        on=told["follow_up_on"],
        staff=current_person().id,
        what=personal(told["follow_up_what"]),
    )


def _logged(customer_id: UUID, kind: str, contact_id: UUID, *, shown: bool) -> ResponseReturnValue:
    here = url_for(".show", customer_id=customer_id, kind=kind, **kept())
    words = _logged_in_words(kind, shown=shown)
    if not request.headers.get("HX-Request"):
        flash(words)
        return redirect(f"{here}#history", 303)
    with looking_at(customer_id) as look:
        chosen = Filter.asked()
        response = make_response(
            render_template(
                "customers/logged.html",
                **_told(look, chosen, history(look, chosen)),
                composer=empty_composer(look, kind),
                words=words,
                contact_id=contact_id,
            )
        )
    response.headers["Content-Location"] = here
    return response


def _logged_in_words(kind: str, *, shown: bool) -> str:
    told = str(gettext("Logged: %(kind)s.", kind=KINDS[kind].one))
    return told if shown else str(gettext("%(words)s It is being processed.", words=told))


def _refused(customer_id: UUID, kind: str, rejected: Rejected) -> str:
    with looking_at(customer_id) as look:
        composer = refused_composer(look, kind, rejected.values, rejected.errors)
        if request.headers.get("HX-Request"):
            return render_template("customers/composer.html", look=look, composer=composer)
        chosen = Filter.asked()
        return render_template(
            "customers/show.html",
            **_told(look, chosen, history(look, chosen)),
            composer=composer,
            neighbours=None,
            listed="",
        )


def _composer(look: Look) -> Composer | None:
    if not look.can_change or not may(Permission.LOG_CONTACTS):
        return None
    return empty_composer(look, asked_kind())


def _told(look: Look, chosen: Filter, found: History) -> Mapping[str, Any]:
    return {
        "look": look,
        "customer": look.customer,
        "filter": chosen,
        "history": found,
        "day_today": today(),
        "names": found.names | staff_names({each.staff for each in look.follow_ups}),
    }


def address(endpoint: str, customer_id: UUID, **changes: str | None) -> str:
    """An address about the customer, which goes on saying what this one says but for the changes."""
    values: dict[str, Any] = {**kept(), **changes}
    return url_for(endpoint, customer_id=customer_id, **{n: v for n, v in values.items() if v})


def kept() -> dict[str, Any]:
    """What the address of this page goes on saying."""
    return {name: value for name in KEPT if (value := request.args.get(name))}
