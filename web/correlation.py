"""One id a request, from the caller's header to the log of events, and one line of access log."""

from __future__ import annotations

import re
from time import perf_counter
from uuid import uuid4

import structlog
from flask import Flask, Response, g, request

_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{8,64}")
_log = structlog.get_logger("rapport.web")


def init_app(app: Flask) -> None:
    """Give every request an id and a line in the access log."""
    app.before_request(_begin)
    app.after_request(_end)


def request_id() -> str:
    """The id of this request: the caller's X-Request-ID where that is usable, else our own."""
    if "request_id" not in g:
        told = request.headers.get("X-Request-ID", "")
        g.request_id = told if _ACCEPTED.fullmatch(told) else uuid4().hex
    return str(g.request_id)


def _begin() -> None:
    g.began = perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id())


def _end(response: Response) -> Response:
    response.headers["X-Request-ID"] = request_id()
    # The rule instead of the address, and no query: what people search for is personal.
    _log.info(
        "request",
        method=request.method,
        route=str(request.url_rule) if request.url_rule else None,
        status=response.status_code,
        milliseconds=round((perf_counter() - g.get("began", perf_counter())) * 1000, 1),
        staff_id=g.get("staff_id"),
    )
    return response
