"""The sign-in page."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from marshmallow import fields

from adapters.desk import TooManyAttempts
from web.areas import Area
from web.forms import Errors, Form, Rejected, filled_in
from web.going_on import local
from web.services import services
from web.sign_in.people import begin_session, end_session, person, visitor

pages = Blueprint("sign_in", __name__)
AREA = Area(blueprint=pages)


class SignInForm(Form):
    """Name and password, and the page to go on to."""

    name = fields.String(required=True)
    password = fields.String(required=True)
    next = fields.String()


@pages.get("/sign-in")
def show() -> ResponseReturnValue:
    """The form; the first start where nobody can sign in yet."""
    if not services().desk.credentials.there_are_any():
        return redirect(url_for("start.show"), 303)
    if visitor() is not None:
        return redirect(local(request.args.get("next", "")), 303)
    return render_template("sign_in/show.html", next=request.args.get("next", ""))


@pages.post("/sign-in")
def sign_in() -> ResponseReturnValue:
    """Begin a session, or say that name and password do not belong together."""
    try:
        form = filled_in(SignInForm)
        staff_id = services().desk.credentials.check(
            form["name"], form["password"], address=request.remote_addr or ""
        )
    except Rejected as rejected:
        return _again(422, errors=rejected.errors)
    except TooManyAttempts:
        words = gettext("Too many attempts. Wait a quarter of an hour, then try again.")
        return _again(429, errors={"_form": [words]}, retry_after="900")
    if staff_id is None or person(staff_id) is None:
        return _again(401, errors={"_form": [gettext("Name and password do not belong together.")]})
    begin_session(staff_id)
    return redirect(local(form.get("next", "")), 303)


@pages.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the session on this browser."""
    end_session()
    flash(gettext("You are signed out."))
    return redirect(url_for("sign_in.show"), 303)


def _again(status: int, *, errors: Errors, retry_after: str | None = None) -> ResponseReturnValue:
    page = render_template(
        "sign_in/show.html",
        errors=errors,
        name=request.form.get("name", ""),
        next=request.form.get("next", ""),
    )
    return page, status, {"Retry-After": retry_after} if retry_after else {}
