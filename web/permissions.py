"""Who may open what. A route that is missing here is open to nobody, and fails a test."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import structlog
from flask import Flask, redirect, request, url_for
from werkzeug.exceptions import Forbidden, Unauthorized
from werkzeug.wrappers import Response

from domain.staff.member import Role
from web.sign_in.people import visitor

_log = structlog.get_logger("rapport.web")


class Permission(StrEnum):
    """What somebody may do, in the words of the business."""

    ANYBODY = "open without signing in"
    SIGNED_IN = "use their own desk"
    SEE_CUSTOMERS = "see customers and their history"
    LOG_CONTACTS = "log, correct and withdraw contacts"
    CHANGE_CUSTOMERS = "register customers and change what is known of them"
    LINK_CUSTOMERS = "say that two customers are one, or are not"
    SET_CREDIT = "set credit limits and holds"
    ERASE_CUSTOMERS = "forget a customer for ever"
    IMPORT = "bring in files"
    SEE_OPERATIONS = "see how the hub is doing"
    OPERATE = "rebuild read models and retry what was parked"
    SEE_STAFF = "see who works with the hub"
    CHANGE_STAFF = "let people in, give roles, let them go"


_EVERYBODY = {Permission.ANYBODY, Permission.SIGNED_IN}
_DESK = {
    Permission.SEE_CUSTOMERS,
    Permission.LOG_CONTACTS,
    Permission.CHANGE_CUSTOMERS,
    Permission.LINK_CUSTOMERS,
}

ROLES: Mapping[Role, frozenset[Permission]] = {
    "agent": frozenset(_EVERYBODY | _DESK),
    "manager": frozenset(
        _EVERYBODY | _DESK | {Permission.SET_CREDIT, Permission.IMPORT, Permission.SEE_STAFF}
    ),
    "auditor": frozenset(
        _EVERYBODY | {Permission.SEE_CUSTOMERS, Permission.SEE_OPERATIONS, Permission.SEE_STAFF}
    ),
    "administrator": frozenset(Permission),
}

ROUTES: Mapping[str, Permission] = {
    "sign_in.show": Permission.ANYBODY,
    "sign_in.sign_in": Permission.ANYBODY,
    "sign_in.sign_out": Permission.SIGNED_IN,
    "start.show": Permission.ANYBODY,
    "start.make_administrator": Permission.ANYBODY,
    "start.load_demo": Permission.CHANGE_STAFF,
    "today.show": Permission.SIGNED_IN,
    "palette.show": Permission.SIGNED_IN,
    "customers.index": Permission.SEE_CUSTOMERS,
    "customers.export": Permission.SEE_CUSTOMERS,
    "customers.new": Permission.CHANGE_CUSTOMERS,
    "customers.alike": Permission.CHANGE_CUSTOMERS,
    "customers.register": Permission.CHANGE_CUSTOMERS,
    "customers.show": Permission.SEE_CUSTOMERS,
    "customers.more_history": Permission.SEE_CUSTOMERS,
    "customers.show_composer": Permission.LOG_CONTACTS,
    "customers.log_contact": Permission.LOG_CONTACTS,
    "customers.find_items": Permission.LOG_CONTACTS,
    "customers.propose_warranty": Permission.LOG_CONTACTS,
    "customers.edit": Permission.CHANGE_CUSTOMERS,
    "customers.change": Permission.CHANGE_CUSTOMERS,
    "customers.add_identifier": Permission.CHANGE_CUSTOMERS,
    "customers.retire_identifier": Permission.CHANGE_CUSTOMERS,
    "customers.tell_consent": Permission.CHANGE_CUSTOMERS,
    "customers.set_credit_terms": Permission.SET_CREDIT,
    "customers.link": Permission.LINK_CUSTOMERS,
    "customers.unlink": Permission.LINK_CUSTOMERS,
    "customers.contact": Permission.SEE_CUSTOMERS,
    "customers.correct_form": Permission.LOG_CONTACTS,
    "customers.correct": Permission.LOG_CONTACTS,
    "customers.withdraw": Permission.LOG_CONTACTS,
    "customers.undo": Permission.LOG_CONTACTS,
    "customers.move": Permission.LOG_CONTACTS,
    "customers.note": Permission.LOG_CONTACTS,
    "customers.set_follow_up": Permission.LOG_CONTACTS,
    "customers.finish_follow_up": Permission.LOG_CONTACTS,
    "customers.advance": Permission.LOG_CONTACTS,
    "drafts.show": Permission.SIGNED_IN,
    "drafts.keep": Permission.SIGNED_IN,
    "drafts.remove": Permission.SIGNED_IN,
    "preferences.show": Permission.SIGNED_IN,
    "preferences.save": Permission.SIGNED_IN,
    "preferences.change_password": Permission.SIGNED_IN,
    "preferences.choose_theme": Permission.ANYBODY,
    "preferences.choose_language": Permission.ANYBODY,
    "money.show": Permission.SEE_CUSTOMERS,
    "money.ledger": Permission.SEE_CUSTOMERS,
    "repairs.show": Permission.SEE_CUSTOMERS,
    "imports.show": Permission.IMPORT,
    "imports.receive": Permission.IMPORT,
    "imports.upload": Permission.IMPORT,
    "imports.state": Permission.IMPORT,
    "imports.check": Permission.IMPORT,
    "imports.take": Permission.IMPORT,
    "imports.discard": Permission.IMPORT,
    "imports.refused": Permission.IMPORT,
    "operations.show": Permission.SEE_OPERATIONS,
    "operations.read_models": Permission.SEE_OPERATIONS,
    "operations.rebuild": Permission.OPERATE,
    "operations.compare": Permission.OPERATE,
    "operations.abandon": Permission.OPERATE,
    "operations.retire": Permission.OPERATE,
    "operations.retry": Permission.OPERATE,
    "help.show": Permission.ANYBODY,
    "health.alive": Permission.ANYBODY,
    "health.ready": Permission.ANYBODY,
    "health.version": Permission.ANYBODY,
}


def init_app(app: Flask) -> None:
    """Ask before every view whether its caller may open it."""
    app.before_request(_check)


def may(permission: Permission) -> bool:
    """Whether the person who is asking may do this."""
    asking = visitor()
    if asking is None:
        return permission is Permission.ANYBODY
    return permission in ROLES[asking.role]


def may_open(endpoint: str) -> bool:
    """Whether the person who is asking may open this endpoint; unknown ones nobody may."""
    permission = ROUTES.get(endpoint)
    return permission is not None and may(permission)


def _check() -> Response | None:
    endpoint = request.endpoint
    if endpoint is None or may_open(endpoint):
        return None  # without an endpoint there is no such page, and Flask says so
    asking = visitor()
    if asking is None and endpoint in ROUTES:
        return _to_sign_in()
    _log.warning("denied", endpoint=endpoint, role=asking.role if asking else None)
    raise Forbidden


def _to_sign_in() -> Response:
    if request.headers.get("HX-Request"):
        # The answer would land in a corner of the page; this leads the whole page to the sign-in.
        return Response(status=401, headers={"HX-Redirect": url_for("sign_in.show")})
    if request.method != "GET" or not request.accept_mimetypes.accept_html:
        raise Unauthorized
    there = request.full_path.rstrip("?")
    return redirect(url_for("sign_in.show", next=there if there != "/" else None), 303)
