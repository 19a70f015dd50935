"""Carrying a command out, so that the next page shows what came of it."""

from __future__ import annotations

from typing import Any

import structlog
from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.exc import SQLAlchemyError

from domain.customers.commands import Command
from web.services import act, services

PATIENCE = 0.3
"""Seconds that a page waits for its own entry; then it says that it is being processed."""

_log = structlog.get_logger("rapport.web")


def carry_out(command: Command) -> bool:
    """Give the command; whether the read models have taken in what came of it.

    Raises Refused when a rule says no.
    """
    position = services().hub.handle(command, act())
    try:
        return _folded(position)
    except SQLAlchemyError as trouble:  # it is recorded: the projector goes on by itself
        _log.warning("not folded yet", position=position, problem=type(trouble).__name__)
        return False


def done(words: str, *, shown: bool, endpoint: str, **values: Any) -> ResponseReturnValue:
    """Lead to the page that shows the outcome, which says these words."""
    flash(words if shown else gettext("%(words)s It is being processed.", words=words))
    return redirect(url_for(endpoint, **values), 303)


def _folded(position: int) -> bool:
    rapport = services()
    if rapport.settings.is_sqlite:
        return rapport.projector.fold_now(position, timeout=PATIENCE)
    return rapport.projector.wait_for(position, timeout=PATIENCE)
