"""Whether this process is alive, whether it can answer, and which version it is."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from adapters.readiness import problems
from adapters.version import VERSION
from web.areas import Area
from web.correlation import request_id
from web.services import services

pages = Blueprint("health", __name__)
AREA = Area(blueprint=pages)


@pages.get("/healthz")
def alive() -> ResponseReturnValue:
    """This process answers; asks nothing of anything else."""
    return jsonify(status="ok")


@pages.get("/readyz")
def ready() -> ResponseReturnValue:
    """The hub can serve; 503 and the reasons when it cannot."""
    reasons = problems(services())
    if not reasons:
        return jsonify(status="ok")
    response = jsonify(
        type="about:blank",
        title="Not ready",
        status=503,
        detail=" ".join(reasons),
        request_id=request_id(),
    )
    response.content_type = "application/problem+json"
    return response, 503


@pages.get("/version")
def version() -> ResponseReturnValue:
    """The version of the hub."""
    return jsonify(version=VERSION)
