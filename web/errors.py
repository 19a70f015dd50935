"""What went wrong, said to the person who asked: one place that turns errors into pages."""

from __future__ import annotations

import structlog
from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask_babel import gettext, lazy_gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from werkzeug.exceptions import HTTPException

from domain.errors import Busy, Changed, NotFound, Refused
from web.correlation import request_id

_log = structlog.get_logger("rapport.web")

STATUS: dict[type[Refused], int] = {NotFound: 404, Changed: 409, Busy: 503}
"""The status of a refusal; whatever is not named here is 422."""

_WORDS = {"what", "stage", "step", "was", "new"}
"""Values of refusals that are words of ours and no names, and so have a translation."""

TITLES = {
    400: lazy_gettext("This request could not be read"),
    401: lazy_gettext("Please sign in"),
    403: lazy_gettext("This page is not open to you"),
    404: lazy_gettext("There is nothing here"),
    405: lazy_gettext("This cannot be done here"),
    409: lazy_gettext("Somebody was faster"),
    413: lazy_gettext("This is too large"),
    422: lazy_gettext("This is not possible"),
    429: lazy_gettext("Too many attempts"),
    500: lazy_gettext("Something went wrong here"),
    503: lazy_gettext("The hub cannot answer just now"),
}

ADVICE = {
    400: lazy_gettext("Go back, load the page again and repeat what you did."),
    401: lazy_gettext("Your session has ended. Sign in again; your drafts are kept."),
    403: lazy_gettext("Your role does not include it. An administrator can change your role."),
    404: lazy_gettext("The address may be mistyped or outdated. Search for what you need."),
    405: lazy_gettext("Go back to where you came from and use the buttons there."),
    409: lazy_gettext("Look at what is there now, then repeat your change."),
    413: lazy_gettext("Send less at once."),
    422: lazy_gettext("Go back and change what you entered."),
    429: lazy_gettext("Wait a quarter of an hour, then try again."),
    500: lazy_gettext("Nothing was lost. Tell your administrator the number below."),
    503: lazy_gettext("Nothing was saved. Try again in a moment."),
}


def init_app(app: Flask) -> None:
    """Give every error a face."""
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(CSRFError, _not_our_form)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _no_database)
    app.register_error_handler(NoConnection, _no_database)
    app.register_error_handler(Exception, _unexpected)


def sentence(refusal: Refused) -> str:
    """The refusal in the reader's language, with its values."""
    values = {
        name: gettext(value) if name in _WORDS and isinstance(value, str) else value
        for name, value in refusal.values.items()
    }
    return str(gettext(refusal.message)).format(**values)


def status_of(refusal: Refused) -> int:
    """The HTTP status of a refusal."""
    return next((STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS), 422)


def face(status: int, detail: str | None = None) -> Response:
    """The error as a page, as a fragment for htmx, or as a problem document, as was asked for."""
    words = {
        "status": status,
        "title": str(TITLES.get(status, TITLES[422 if status < 500 else 500])),
        "detail": detail or str(ADVICE.get(status, ADVICE[422 if status < 500 else 500])),
        "request_id": request_id(),
    }
    if request.headers.get("HX-Request"):
        response = make_response(render_template("errors/fragment.html", **words), status)
        response.headers["HX-Retarget"] = "#toasts"
        response.headers["HX-Reswap"] = "afterbegin"
    elif request.accept_mimetypes.best_match(["text/html", "application/json"]) == "text/html":
        response = make_response(render_template("errors/page.html", **words), status)
    else:
        response = make_response(jsonify(type="about:blank", **words), status)
        response.content_type = "application/problem+json"
    return response


def _refused(refusal: Refused) -> Response:
    return face(status_of(refusal), sentence(refusal))


def _not_our_form(_: CSRFError) -> Response:
    return face(
        400, gettext("The page was open for too long. Load it again and repeat what you did.")
    )


def _http(error: HTTPException) -> Response:
    if error.code is None or error.code < 400:
        return make_response(error.get_response())
    response = face(error.code)
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _no_database(error: Exception) -> Response:
    _log.error("database unavailable", problem=type(error).__name__, exc_info=error)
    _ask_nobody()
    response = face(503)
    response.headers["Retry-After"] = "5"
    return response


def _unexpected(error: Exception) -> Response:
    _log.error("unexpected", problem=type(error).__name__, exc_info=error)
    _ask_nobody()
    return face(500)


def _ask_nobody() -> None:
    """Draw the error page without asking the database who is looking at it."""
    g.without_database = True
