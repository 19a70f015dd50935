"""The pages: a request comes in, a command or a question goes down, a page comes back."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING

from flask import Flask
from flask_compress import Compress
from werkzeug.middleware.proxy_fix import ProxyFix

from web import access, correlation, errors, i18n, permissions, security, shell, static_files
from web.areas import Area
from web.sign_in import people

if TYPE_CHECKING:
    from adapters.wiring import Rapport

# The order is the order of the menu. An area is a module or package with an `AREA`.
AREAS = (
    "web.today.views",
    "web.customers.views",
    "web.money.views",
    "web.repairs.views",
    "web.imports.views",
    "web.operations.views",
    "web.palette.views",
    "web.drafts.views",
    "web.preferences.views",
    "web.help.views",
    "web.sign_in.views",
    "web.start.views",
    "web.health.views",
)

LARGEST_REQUEST = 2 * 1024 * 1024
"""Bytes that a request may bring; views that take files raise it for themselves."""


def create_app(rapport: Rapport) -> Flask:
    """The web application over one hub."""
    app = Flask(__name__, static_folder=None)
    settings = rapport.settings
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        SESSION_COOKIE_NAME="__Host-rapport" if settings.https else "rapport",
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.session_hours),
        BABEL_DEFAULT_LOCALE=settings.locale,
        BABEL_DEFAULT_TIMEZONE=str(settings.timezone),
        COMPRESS_MIMETYPES=["text/html", "application/json", "application/problem+json"],
        COMPRESS_STREAMS=False,
    )
    app.extensions["rapport"] = rapport
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    correlation.init_app(app)
    security.init_app(app, https=settings.https)
    people.init_app(app)
    permissions.init_app(app)
    access.init_app(app)
    errors.init_app(app)
    i18n.init_app(app)
    app.extensions["areas"] = areas = [_area(name) for name in AREAS]
    for area in areas:
        app.register_blueprint(area.blueprint)
    shell.init_app(app)
    static_files.init_app(app, cache=settings.data_dir)
    Compress(app)
    if hops := settings.proxy_hops:
        proxied = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)
        app.wsgi_app = proxied  # type: ignore[method-assign]
    return app


def _area(name: str) -> Area:
    area = import_module(name).AREA
    if not isinstance(area, Area):
        raise TypeError(f"{name}.AREA is no Area")
    return area
