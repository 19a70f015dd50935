"""A form that is sent twice, by two clicks or by reloading, is carried out once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import make_response, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from domain.errors import Changed, Invalid
from web.services import services
from web.sign_in.people import visitor

P = ParamSpec("P")


def once(view: Callable[P, ResponseReturnValue]) -> Callable[P, Response]:
    """Carry a posted form out once per `key`, the hidden field that `macros.carried()` writes.

    The same form again leads to where it led the first time; another form under the same key is
    refused with 422. Nothing is kept of an answer that refused the form. Where the form had a
    draft, the draft is thrown away when the form was carried out.

    A view that answers htmx with a fragment names the place that shows the outcome in the header
    `Content-Location`; one that redirects has named it already.
    """

    @wraps(view)
    def carried_out_once(*args: P.args, **kwargs: P.kwargs) -> Response:
        key = request.form.get("key", "")
        if not 16 <= len(key) <= 100:
            raise Invalid("This form is incomplete. Load the page again, then send it again.")
        before = services().desk.sent_forms.take(key, fingerprint := _fingerprint())
        if before is not None:
            if before.fingerprint != fingerprint:
                raise Invalid("This form was sent before, with other words. Load the page again.")
            if before.location is None:
                raise Changed("This form was sent a moment ago and is still being worked on.")
            return _lead_to(before.location)
        try:
            response = make_response(view(*args, **kwargs))
        except BaseException:
            services().desk.sent_forms.refused(key)
            raise
        _settle(key, response)
        return response

    return carried_out_once


def _settle(key: str, response: Response) -> None:
    desk = services().desk
    if response.status_code >= 400:
        desk.sent_forms.refused(key)
        return
    where = response.headers.get("Location") or response.headers.get("Content-Location")
    desk.sent_forms.done(key, where or request.path)
    asking, draft = visitor(), request.form.get("draft")
    if asking is not None and draft:
        desk.drafts.remove(asking.id, draft)


def _lead_to(location: str) -> Response:
    if request.headers.get("HX-Request"):
        return Response(status=200, headers={"HX-Redirect": location})
    return redirect(location, 303)


def _fingerprint() -> str:
    asking = visitor()
    words = [request.path, str(asking.id) if asking is not None else ""]
    for name, values in sorted(request.form.lists()):
        if name != "csrf_token":
            words += [name, *values]
    return hashlib.sha256("\x1f".join(words).encode()).hexdigest()
