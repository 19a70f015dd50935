"""One customer as of a past moment: what was true then, or what we knew then, or both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from adapters.event_store import EventLog
from domain.customers.events import Linked
from domain.errors import NotFound
from domain.root import Envelope, Unreadable
from projections import as_of
from projections.projection import Projection


@dataclass(frozen=True)
class Past:
    """A scratch database with the read models of one customer, as of a moment.

    `position` is that of the last event that was folded, 0 when there was none. Ask `connection`
    what is asked of the live tables; closing it ends it.
    """

    connection: Connection
    position: int


def past_of(
    log: EventLog,
    customer_id: UUID,
    *,
    projections: Sequence[Projection],
    true_at: datetime | None,
    known_at: datetime | None,
) -> Past:
    """Fold the customer, with all who were ever linked to it, up to the moments given.

    `true_at` leaves out what had not happened by then, as we know it today; `known_at` leaves out
    what had not been recorded by then. Raises NotFound for a customer who never was, CannotFold
    when an event of theirs cannot be read.
    """
    events = _with_all_ever_linked(log, customer_id)
    if not events:
        raise NotFound("customer", customer_id)
    if known_at is not None:
        events = list(as_of.known_at(events, known_at))
    if true_at is not None:
        events = as_of.true_at(events, true_at)
    position = max((each.position or 0 for each in events), default=0)
    return Past(as_of.fold(projections, events), position)


def _with_all_ever_linked(log: EventLog, customer_id: UUID) -> list[Envelope | Unreadable]:
    """All events of the customer and of whoever was linked to it at any time, by position."""
    found: dict[UUID, list[Envelope | Unreadable]] = {}
    wanted = {customer_id}
    while missing := wanted - found.keys():
        found |= {stream: [] for stream in missing}
        for each in log.streams(missing):
            found[each.originator_id].append(each)
            if isinstance(each, Envelope) and isinstance(each.event, Linked):
                wanted.add(each.event.other)
    every = [each for events in found.values() for each in events]
    return sorted(every, key=lambda each: each.position or 0)
