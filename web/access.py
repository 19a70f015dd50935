"""Every page about a customer that somebody opens is recorded, also when it was refused."""

from __future__ import annotations

import structlog
from flask import Flask, Response, request
from sqlalchemy.exc import SQLAlchemyError

from web.correlation import request_id
from web.services import services
from web.sign_in.people import visitor

_log = structlog.get_logger("rapport.web")

LISTS = {"customers.export"}
"""Endpoints that give away many customers at once."""


def init_app(app: Flask) -> None:
    """Let the application record who looks at whom."""
    app.after_request(_record)


def _record(response: Response) -> Response:
    """A page that looks for news by itself is not somebody looking."""
    about = request.view_args or {}
    is_about_somebody = "customer_id" in about or "contact_id" in about
    if request.method != "GET" or not (is_about_somebody or request.endpoint in LISTS):
        return response
    looks_by_itself = request.endpoint == "customers.more_history" and "seen" in request.args
    if looks_by_itself or (person := visitor()) is None:
        return response
    try:
        services().accesses.record(
            by=person.id,
            what=str(request.endpoint),
            customer=about.get("customer_id"),
            contact=about.get("contact_id"),
            status=response.status_code,
            correlation=request_id(),
        )
    except SQLAlchemyError as trouble:
        # Somebody may be on the line: the page is shown, and an operator is told.
        _log.error("a look at a customer was not recorded", problem=type(trouble).__name__)
    return response
