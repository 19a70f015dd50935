"""What the person in front of the screen chose, signed in or not."""

from __future__ import annotations

from typing import Literal

from flask import current_app, g, request
from werkzeug.wrappers import Response

from adapters.desk import Preferences
from web.sign_in.people import visitor

REMEMBERED = 365 * 24 * 3600
"""Seconds that a browser remembers theme and language for somebody who is not signed in."""


def current_preferences() -> Preferences:
    """The choices of the person who is asking; the ordinary ones when nobody is signed in."""
    if "preferences" in g:
        kept: Preferences = g.preferences
        return kept
    if g.get("without_database"):
        return Preferences()
    asking = visitor()
    desk = current_app.extensions["rapport"].desk
    found: Preferences = Preferences() if asking is None else desk.preferences.of(asking.id)
    g.preferences = found
    return found


def current_theme() -> Literal["light", "dark", "system"]:
    """The theme to draw in: the person's, else the one this browser remembers."""
    if not g.get("without_database") and visitor() is not None:
        return current_preferences().theme
    match request.cookies.get("theme"):
        case "light":
            return "light"
        case "dark":
            return "dark"
        case _:
            return "system"


def remember(response: Response, name: Literal["theme", "language"], value: str) -> None:
    """Let the browser remember a choice, for the pages before the sign-in."""
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    response.set_cookie(
        name, value, max_age=REMEMBERED, httponly=True, samesite="Lax", secure=secure
    )
