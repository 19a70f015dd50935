"""The WSGI application: `gunicorn wsgi:app` beside `rapport worker`, or `flask --app wsgi run`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.messages import speak
from adapters.wiring import Rapport, build
from web import create_app

if TYPE_CHECKING:
    from flask import Flask


def application(rapport: Rapport) -> Flask:
    """The pages over a hub that is built already, for a server in the same process."""
    return create_app(rapport)


def __getattr__(name: str) -> Any:
    """`app`, built when a server first asks for it; importing this module opens no database."""
    if name != "app":
        raise AttributeError(name)
    rapport = build()
    speak(rapport.settings)
    globals()["app"] = create_app(rapport)
    return globals()["app"]
