"""What every page draws around its content: who is here, where they can go, how it looks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Flask, current_app, g, url_for

from web.areas import Area, MenuEntry
from web.forms import new_key
from web.permissions import Permission, may, may_open
from web.preferences.current import current_preferences, current_theme
from web.sign_in.people import visitor


def init_app(app: Flask) -> None:
    """Let templates ask for what the shell draws."""
    app.context_processor(_around)
    app.jinja_env.globals.update(
        now=lambda: datetime.now(UTC),
        new_key=new_key,
        may=may,
        may_open=may_open,
        Permission=Permission,
    )


def areas() -> list[Area]:
    """The areas of this application, in the order of the menu."""
    found: list[Area] = current_app.extensions["areas"]
    return found


def menu() -> list[MenuEntry]:
    """The places that the person who is asking may open."""
    return [entry for area in areas() for entry in area.menu if may_open(entry.endpoint)]


def _around() -> dict[str, Any]:
    if g.get("without_database"):
        return {"person": None, "menu": [], "theme": current_theme(), "preferences": None}
    asking = visitor()
    return {
        "person": asking,
        "menu": [(entry, url_for(entry.endpoint)) for entry in menu()] if asking else [],
        "theme": current_theme(),
        "preferences": current_preferences(),
    }
