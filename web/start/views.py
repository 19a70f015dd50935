"""The first start: make the first administrator, then choose what to look at."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from marshmallow import fields

from adapters.enrolment import enrol
from adapters.first_start import FirstStart
from domain.errors import Invalid, NotFound
from domain.identity import SYSTEM
from domain.root import Act
from web.areas import Area
from web.correlation import request_id
from web.forms import Errors, Form, Rejected, filled_in, typed
from web.once import once
from web.services import services
from web.sign_in.people import begin_session
from web.start.demo import DemoLoading

pages = Blueprint("start", __name__)
AREA = Area(blueprint=pages)


class AdministratorForm(Form):
    """The first administrator, and the token that proves who is asking."""

    token = fields.String(required=True)
    name = fields.String(required=True)
    sign_in_name = fields.String(required=True)
    password = fields.String(required=True)
    demonstration = fields.Boolean(load_default=False)


@pages.get("/start")
def show() -> ResponseReturnValue:
    """The form, while nobody can sign in; afterwards there is no such page."""
    _only_at_the_start()
    return _page({"token": request.args.get("token", "")})


@pages.post("/start")
def make_administrator() -> ResponseReturnValue:
    """Make the first administrator and sign them in."""
    _only_at_the_start()
    first_start = FirstStart(services().settings.data_dir)
    try:
        form = filled_in(AdministratorForm)
        _require_token(first_start, form.pop("token"))
        with_demonstration = form.pop("demonstration")
        hub = demo_loading().hub_at_the_beginning() if with_demonstration else services().hub
        staff_id = enrol(
            hub,
            services().desk,
            **form,
            role="administrator",
            act=Act(by=SYSTEM, at=datetime.now(UTC), correlation=request_id()),
        )
    except Rejected as rejected:
        return _page(typed(), rejected.errors), 422
    except Invalid as refusal:
        return _page(typed(), Rejected.because(refusal).errors), 422
    first_start.use_up()
    begin_session(staff_id)
    flash(gettext("Welcome. You are the first administrator."))
    if with_demonstration:
        demo_loading().begin()
        flash(gettext("Demonstration data is being loaded. Pages fill as it arrives."))
    return redirect(url_for("today.show"), 303)


@pages.post("/start/demo")
@once
def load_demo() -> ResponseReturnValue:
    """Begin to load demonstration data; the pages fill while it goes on."""
    demo_loading().begin()
    flash(gettext("Demonstration data is being loaded. Pages fill as it arrives."))
    return redirect(url_for("today.show"), 303)


def demo_loading() -> DemoLoading:
    """The loading of demonstration data in this process."""
    if "demo" not in current_app.extensions:
        current_app.extensions["demo"] = DemoLoading(services())
    loading: DemoLoading = current_app.extensions["demo"]
    return loading


def _only_at_the_start() -> None:
    if services().desk.credentials.there_are_any():
        raise NotFound("page", request.path)


def _require_token(first_start: FirstStart, told: str) -> None:
    if not first_start.is_token(told):
        raise Invalid(
            "This is not the token. It stands on the console that started the hub.", field="token"
        )


def _page(values: dict[str, str], errors: Errors | None = None) -> str:
    return render_template("start/show.html", values=values, errors=errors or {})
