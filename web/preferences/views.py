"""Preferences: language, time zone, theme, density, shortcuts; and one's own password."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import available_timezones

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext, lazy_gettext
from marshmallow import fields, validate
from werkzeug.wrappers import Response

from adapters.desk import Preferences
from domain.errors import Invalid
from web.areas import Area, MenuEntry
from web.forms import Errors, Form, Rejected, filled_in, typed
from web.going_on import local
from web.i18n import LANGUAGES
from web.preferences.current import current_preferences, remember
from web.services import services
from web.sign_in.people import current_person, end_other_sessions, visitor

pages = Blueprint("preferences", __name__)
AREA = Area(
    blueprint=pages,
    menu=(
        MenuEntry(label=lazy_gettext("Preferences"), endpoint="preferences.show", icon="settings"),
    ),
)

THEMES = ("light", "dark", "system")


class PreferencesForm(Form):
    """All choices at once; an unticked box is not sent."""

    language = fields.String(load_default=None, validate=validate.OneOf(list(LANGUAGES)))
    zone = fields.String(
        load_default=None,
        validate=validate.OneOf(
            sorted(available_timezones()),
            error=lazy_gettext("There is no such time zone. Choose one, such as Europe/Berlin."),
        ),
    )
    theme = fields.String(required=True, validate=validate.OneOf(THEMES))
    density = fields.String(required=True, validate=validate.OneOf(("comfortable", "compact")))
    shortcuts = fields.Boolean(load_default=False)


class PasswordForm(Form):
    """The old password and the new one."""

    old_password = fields.String(required=True)
    password = fields.String(required=True)


class ThemeForm(Form):
    """One theme, from the button in the bar."""

    theme = fields.String(required=True, validate=validate.OneOf(THEMES))
    next = fields.String(load_default="")


class LanguageForm(Form):
    """One language, from the sign-in page."""

    language = fields.String(required=True, validate=validate.OneOf(list(LANGUAGES)))
    next = fields.String(load_default="")


@pages.get("/preferences")
def show() -> ResponseReturnValue:
    """The page."""
    return _page(_as_typed(current_preferences()))


@pages.post("/preferences")
def save() -> ResponseReturnValue:
    """Keep the choices."""
    try:
        chosen = Preferences(**filled_in(PreferencesForm))
    except Rejected as rejected:
        return _page(typed(), rejected.errors), 422
    services().desk.preferences.choose(current_person().id, chosen)
    flash(_saved_in(chosen))
    response = redirect(url_for("preferences.show"), 303)
    remember(response, "theme", chosen.theme)
    if chosen.language is not None:
        remember(response, "language", chosen.language)
    return response


@pages.post("/preferences/password")
def change_password() -> ResponseReturnValue:
    """Change one's own password; other browsers are signed out."""
    person = current_person()
    credentials = services().desk.credentials
    try:
        form = filled_in(PasswordForm)
        _require_own(form["old_password"])
        credentials.change_password(person.id, form["password"])
    except Rejected as rejected:
        return _page(_as_typed(current_preferences()), rejected.errors), 422
    except Invalid as refusal:
        errors = Rejected.because(refusal).errors
        return _page(_as_typed(current_preferences()), errors), 422
    end_other_sessions()
    flash(gettext("Your password is changed. Other browsers are signed out."))
    return redirect(url_for("preferences.show"), 303)


@pages.post("/preferences/theme")
def choose_theme() -> ResponseReturnValue:
    """Light, dark or as the system has it, at once."""
    try:
        form = filled_in(ThemeForm)
    except Rejected as rejected:
        raise Invalid("Themes are light, dark and system.", field="theme") from rejected
    asking = visitor()
    if asking is not None:
        chosen = replace(current_preferences(), theme=form["theme"])
        services().desk.preferences.choose(asking.id, chosen)
    response = _back_to(form["next"])
    remember(response, "theme", form["theme"])
    return response


@pages.post("/language")
def choose_language() -> ResponseReturnValue:
    """Another language, at once."""
    try:
        form = filled_in(LanguageForm)
    except Rejected as rejected:
        raise Invalid("The pages do not speak this language.", field="language") from rejected
    asking = visitor()
    if asking is not None:
        chosen = replace(current_preferences(), language=form["language"])
        services().desk.preferences.choose(asking.id, chosen)
    response = _back_to(form["next"])
    remember(response, "language", form["language"])
    return response


def _require_own(password: str) -> None:
    if not services().desk.credentials.is_password_of(current_person().id, password):
        raise Invalid("This is not your password.", field="old_password")


def _page(values: dict[str, Any], errors: Errors | None = None) -> str:
    return render_template(
        "preferences/show.html",
        values=values,
        errors=errors or {},
        zone_options=[(zone, zone.replace("_", " ")) for zone in _zones()],
        sign_in_name=services().desk.credentials.name_of(current_person().id) or "",
        company_zone=str(services().settings.timezone),
    )


def _zones() -> list[str]:
    # What the tz database calls Etc/… and its old names of one word help nobody to choose.
    places = (zone for zone in available_timezones() if "/" in zone)
    return ["UTC", *sorted(zone for zone in places if not zone.startswith(("Etc/", "SystemV/")))]


def _as_typed(chosen: Preferences) -> dict[str, Any]:
    return {
        "language": chosen.language or "",
        "zone": chosen.zone or "",
        "theme": chosen.theme,
        "density": chosen.density,
        "shortcuts": "on" if chosen.shortcuts else "",
    }


def _saved_in(chosen: Preferences) -> str:
    # The page that follows speaks the language just chosen, and so does what it says.
    if chosen.language is None:
        return str(gettext("Your preferences are saved."))
    with force_locale(chosen.language):
        return str(gettext("Your preferences are saved."))


def _back_to(there: str) -> Response:
    if request.headers.get("HX-Request"):
        return Response(status=204)
    return redirect(local(there), 303)
