"""Telling the business's words to a hub that is wired as in service."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from adapters.wiring import Rapport
from domain.personal import Personal
from domain.root import Act
from tests.scenario import UNTOLD, Telling


def tell(rapport: Rapport, *tellings: Telling) -> UUID:
    """Let these things be said now, and folded; returns the id of the last one.

    What has no time of its own has just happened.
    """
    for telling in tellings:
        command, now = telling.command, datetime.now(UTC)
        contact = getattr(command, "contact", None)
        if contact is not None:
            happened = contact.occurred_at
            if happened == UNTOLD:
                happened = now - timedelta(seconds=1)
            contact = msgspec.structs.replace(
                contact, occurred_at=happened, late_because=Personal("told afterwards")
            )
            command = msgspec.structs.replace(command, contact=contact)
        position = rapport.hub.handle(command, Act(by=telling.by, at=now, source=telling.source))
        rapport.projector.fold_now(position)
    return tellings[-1].id
