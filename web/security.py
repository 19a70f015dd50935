"""What browsers are told to refuse, and which requests are ours."""

from __future__ import annotations

from flask import Flask, Response
from flask_talisman import Talisman
from flask_wtf import CSRFProtect

CONTENT_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "img-src": ["'self'", "data:"],  # Tabler draws arrows and ticks of form fields as data: images
    "form-action": "'self'",
    "base-uri": "'none'",
    "object-src": "'none'",
    "frame-ancestors": "'none'",
}


def init_app(app: Flask, *, https: bool) -> None:
    """Set the headers on every answer, and refuse forms that are not ours."""
    # same-origin: Flask-WTF compares the referrer behind https.
    Talisman(
        app,
        content_security_policy=CONTENT_POLICY,
        force_https=False,
        strict_transport_security=https,
        session_cookie_secure=https,
        frame_options="DENY",
        referrer_policy="same-origin",
    )
    app.config["WTF_CSRF_TIME_LIMIT"] = None  # as long as the session
    CSRFProtect(app)
    app.after_request(_protect)


def _protect(response: Response) -> Response:
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    # What a page shows is somebody's: nothing of it stays in a cache that outlives the session.
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    response.vary.add("HX-Request")
    return response
