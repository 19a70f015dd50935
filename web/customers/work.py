"""What waits for one member of staff, and what they did last: the content of Today."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from projections import day_counts, follow_ups, links, profile, timeline
from projections.follow_ups import FollowUp
from projections.timeline import Entry
from web.customers.look import today
from web.customers.words import KINDS
from web.services import services

RECENT = 8


@dataclass(frozen=True)
class Work:
    """What is due, what was logged last (`names` are of its customers), and the counts of the day."""

    today: date
    due: Sequence[FollowUp]
    recent: Sequence[Entry]
    names: Mapping[UUID, str]
    counts: Mapping[str, int]


def work_of(staff: UUID) -> Work:
    """The work of one person, as of now. Days are counted in UTC."""
    with services().tables.connect() as connection:
        recent = timeline.recent_by(connection, staff, RECENT)
        counted: Counter[str] = Counter()
        for each in day_counts.counts(connection, datetime.now(UTC).date()):
            counted[each.kind] += each.contacts
        names = {}
        for stream in {entry.stream for entry in recent}:
            customer = profile.profile(connection, links.identity(connection, stream))
            names[stream] = customer.label if customer is not None else ""
        return Work(
            today=today(),
            due=follow_ups.due(connection, staff, today()),
            recent=recent,
            names=names,
            counts={kind: counted[kind] for kind in KINDS if counted[kind]},
        )
