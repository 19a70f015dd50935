"""Records the demonstration company's story in an empty log, at the times at which it took place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Protocol
from uuid import UUID

from eventsourcing.persistence import IntegrityError
from sqlalchemy import Connection, Engine, func, or_, select

from adapters.demo.story import MARK, Recorded, Story, story_of
from adapters.event_store import EventLog
from adapters.log.tables import events
from domain.customers.events import CustomerErased
from domain.errors import Refused
from domain.root import Envelope

RECENT = timedelta(days=14)
"""What happened in these last days is recorded hour by hour, what lies further back day by day.

What is recorded together is one transaction with one time, that of its last event; a transaction
costs a wait for the disk.
"""


class Keys(Protocol):
    """What loading asks of the keyring."""

    def create(self, streams: Collection[UUID]) -> object:
        """Make the keys of these streams."""

    def destroy(self, stream: UUID) -> None:
        """Destroy the key of a stream for ever."""


class Hub(Protocol):
    """What loading asks of a hub."""

    @property
    def engine(self) -> Engine:
        """The log's database."""

    @property
    def log(self) -> EventLog:
        """The log."""

    @property
    def keyring(self) -> Keys:
        """The keys to words."""


def load(rapport: Hub, *, until: datetime, seed: int, progress: Callable[[int, int], None]) -> None:
    """Record the story that ends at `until` (aware, not in the future).

    `progress` hears how many events of how many are recorded. A load that was interrupted goes
    on where it stopped when it is begun again with its seed, and still ends where it was to end;
    one that is complete changes nothing. Raises Refused when the log holds anything real.

    Where somebody joined before, the log's times of recording cannot lie before that: the story
    is then told as one that was written down late.
    """
    story = _story(rapport.engine, until=until, seed=seed)
    if story.until > rapport.log.clock():
        raise ValueError("a story cannot end in the future")
    told = list(story.recorded())
    everything = [envelope for recorded in told for envelope in recorded.envelopes]
    rapport.keyring.create({envelope.stream for envelope in everything})
    done = _recorded_before(rapport.engine, story.mark)
    _forget(rapport.keyring, everything[:done])
    log = _StoryLog(rapport)
    for at, envelopes in _chunks(told, recent=story.until - RECENT, after=done):
        log.append(at, envelopes)
        _forget(rapport.keyring, envelopes)
        done += len(envelopes)
        progress(done, len(everything))
    rapport.log.bell.ring()


def _story(engine: Engine, *, until: datetime, seed: int) -> Story:
    """The story to tell; when one was begun, that one."""
    with engine.connect() as connection:
        _refuse_real(connection)
        begun = connection.scalar(
            select(events.c.correlation).where(events.c.correlation.startswith(MARK)).limit(1)
        )
    if begun is None:
        return Story(until=until, seed=seed)
    story = story_of(begun)
    if story.seed != seed:
        raise Refused(
            "Demonstration data of seed {begun} was loaded here before. Load seed {begun} to "
            "complete it, or start with a new database.",
            begun=story.seed,
        )
    return story


def _refuse_real(connection: Connection) -> None:
    is_real = or_(
        events.c.correlation.is_(None), events.c.correlation.startswith(MARK).is_(False)
    ) & events.c.topic.startswith("staff.").is_(False)
    if connection.scalar(select(events.c.position).where(is_real).limit(1)) is not None:
        raise Refused(
            "This database holds real contacts, and demonstration data is never mixed with them. "
            "Load it into a new database: set RAPPORT_DATABASE_URL to one."
        )


def _recorded_before(engine: Engine, mark: str) -> int:
    with engine.connect() as connection:
        of_story = select(func.count()).select_from(events).where(events.c.correlation == mark)
        return connection.scalar(of_story) or 0


def _chunks(
    told: Sequence[Recorded], *, recent: datetime, after: int
) -> Iterator[tuple[datetime, list[Envelope]]]:
    """What is recorded together, with the moment of its last event; the first `after` are there."""

    def slot(one: Recorded) -> tuple[date, int]:
        return one.at.date(), one.at.hour if one.at > recent else 0

    passed = 0
    for _, some in groupby(told, key=slot):
        together = list(some)
        envelopes = [envelope for one in together for envelope in one.envelopes]
        passed += len(envelopes)
        if passed > after:
            yield together[-1].at, envelopes


class _StoryLog:
    """The same log with a clock that stands at the story's time.

    People who work meanwhile go on recording at theirs.
    """

    def __init__(self, rapport: Hub) -> None:
        self._log = EventLog(rapport.engine, rapport.log.mapper, clock=lambda: self._at)

    def append(self, at: datetime, envelopes: Sequence[Envelope]) -> None:
        """Record what happened until `at`. Raises Refused when somebody came in between."""
        self._at = at
        try:
            self._log.append(envelopes)
        except IntegrityError as error:
            raise Refused(
                "Somebody wrote to a customer of the demonstration data while it was being loaded. "
                "Start with a new database, and wait until it is complete."
            ) from error


def _forget(keyring: Keys, envelopes: Sequence[Envelope]) -> None:
    for envelope in envelopes:
        if isinstance(envelope.event, CustomerErased):
            keyring.destroy(envelope.stream)
