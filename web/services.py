"""What a view asks for: the hub that this application serves, and the circumstances of an act."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from flask import current_app, request

from domain.root import FORM, Act
from web.correlation import request_id
from web.sign_in.people import current_person

if TYPE_CHECKING:
    from adapters.wiring import Rapport


def services() -> Rapport:
    """The hub and everything around it."""
    return cast("Rapport", current_app.extensions["rapport"])


def act() -> Act:
    """The circumstances of what is asked now: by whom, when, by which form, in which request.

    The form's own key becomes the reference of its source, so that the log takes it only once.
    """
    key = request.form.get("key")
    return Act(
        by=current_person().id,
        at=datetime.now(UTC),
        source=FORM if key else None,
        source_ref=key or None,
        correlation=request_id(),
    )
