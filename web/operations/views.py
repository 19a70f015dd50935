"""Operations as a page: read models, parked events, jobs, and what a doctor would look at."""

from __future__ import annotations

import os
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext, ngettext
from marshmallow import fields, validate

from adapters.diagnosis import diagnose
from adapters.readiness import LARGEST_LAG, problems
from adapters.scheduler import JOBS, last_runs
from adapters.version import VERSION
from domain.errors import Changed, Invalid, NotFound
from projections import directory
from projections.engine import StillFails
from web.areas import Area, MenuEntry
from web.forms import Form, Rejected, filled_in
from web.once import once
from web.operations.building import Doing, building
from web.operations.words import JOB_NAMES, MODELS, STATES, check_name, remedy
from web.services import services

pages = Blueprint("operations", __name__)
AREA = Area(
    blueprint=pages,
    menu=(
        MenuEntry(
            label=lazy_gettext("Operations"),
            endpoint="operations.show",
            icon="database",
            keys="g o",
        ),
    ),
)


class ModelsForm(Form):
    """One read model, or all of them when none is named."""

    name = fields.String(load_default="", validate=validate.Length(max=100))


class RetryForm(Form):
    """A customer whose parked events are to be folded into a read model again."""

    name = fields.String(required=True, validate=validate.Length(max=100))
    stream = fields.UUID(required=True)


@pages.get("/operations")
def show() -> ResponseReturnValue:
    """Everything at once."""
    rapport = services()
    runs = {run.name: run for run in last_runs(rapport.engine)}
    with rapport.tables.connect() as connection:
        customers = directory.count(connection)
    return render_template(
        "operations/index.html",
        **_models(),
        customers=customers,
        problems=problems(rapport),
        parked=rapport.projector.parked(),
        jobs=[(job, JOB_NAMES.get(job.name, job.name), runs.get(job.name)) for job in JOBS],
        findings=diagnose(os.environ),
        check_name=check_name,
        remedy=remedy,
        version=VERSION,
    )


@pages.get("/operations/read-models")
def read_models() -> ResponseReturnValue:
    """The part of the page that moves: where each read model stands."""
    if not request.headers.get("HX-Request"):
        return redirect(url_for(".show"), 303)
    return render_template("operations/models.html", **_models(), news=True)


@pages.post("/operations/rebuilds")
@once
def rebuild() -> ResponseReturnValue:
    """Begin to fold read models anew, or go on where an earlier rebuild stopped."""
    return _begin("rebuild")


@pages.post("/operations/comparisons")
@once
def compare() -> ResponseReturnValue:
    """Begin to fold read models anew beside those in use, to see whether they are equal."""
    return _begin("compare")


@pages.post("/operations/rebuilds/abandoned")
@once
def abandon() -> ResponseReturnValue:
    """Drop the tables of a rebuild that is not wanted any more."""
    name = _one()
    _refuse_while_it_works()
    services().projector.rebuilding.abandon(name)
    flash(gettext("The unfinished rebuild of %(name)s is gone.", name=MODELS.get(name, name)))
    return _back()


@pages.post("/operations/old-generations/dropped")
@once
def retire() -> ResponseReturnValue:
    """Drop the tables that were in use before the last rebuild."""
    name = _one()
    _refuse_while_it_works()
    services().projector.rebuilding.retire(name)
    flash(gettext("The former rows of %(name)s are gone.", name=MODELS.get(name, name)))
    return _back()


@pages.post("/operations/parked")
@once
def retry() -> ResponseReturnValue:
    """Fold a customer's parked events again, after the cause was mended."""
    told = _filled_in(RetryForm)
    name, stream = told["name"], told["stream"]
    _known(name)
    try:
        folded = services().projector.retry(name, stream)
    except StillFails as problem:
        flash(gettext("It still cannot be folded: %(reason)s", reason=str(problem)))
    else:
        flash(
            ngettext(
                "%(num)d parked event is folded now.",
                "%(num)d parked events are folded now.",
                folded,
            )
        )
    return redirect(url_for(".show", _anchor="parked"), 303)


# --- helpers ------------------------------------------------------------------------------------


def _begin(doing: Doing) -> ResponseReturnValue:
    name = _filled_in(ModelsForm)["name"]
    names = [_known(name)] if name else services().projector.names
    building().begin(doing, names)
    return _back()


def _one() -> str:
    return _known(_filled_in(ModelsForm)["name"])


def _known(name: str) -> str:
    if name not in services().projector.projections:
        raise NotFound("read model", name)
    return name


def _filled_in(form: type[Form]) -> dict[str, Any]:
    try:
        return filled_in(form)
    except Rejected as rejected:
        raise Invalid("This form is incomplete. Load the page again, then send it again.") from (
            rejected
        )


def _refuse_while_it_works() -> None:
    if building().goes_on:
        raise Changed("Read models are being worked on already. Wait until that is done.")


def _back() -> ResponseReturnValue:
    return redirect(url_for(".show", _anchor="read-models"), 303)


def _models() -> dict[str, Any]:
    status = services().projector.status()
    order = {"live": 0, "building": 1, "old": 2}
    return {
        "head": services().log.head(),
        "models": sorted(status, key=lambda each: (each.name, order[each.state])),
        "model_names": MODELS,
        "states": STATES,
        "largest_lag": LARGEST_LAG,
        "trouble": next((each.trouble for each in status if each.trouble), None),
        "work": building(),
    }
