"""The event store: the log with its events, as the application, the projector and imports use it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, cast
from uuid import UUID

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    EventStore,
    InfrastructureFactory,
    Notification,
    ProcessRecorder,
    Recording,
    TrackingRecorder,
    Transcoder,
)
from eventsourcing.persistence import Mapper as LibraryMapper
from eventsourcing.utils import Environment
from sqlalchemy import Engine, bindparam, select

from adapters.log.mapper import Forgotten, Mapper, known_events
from adapters.log.pen import Question
from adapters.log.recorder import Clock, LogRecorder, Recorder, lines, now, snapshot_recorder
from adapters.log.stored import StoredEnvelope, ToldTwice
from adapters.log.tables import events
from adapters.log.words import Tampered
from domain.root import Envelope, Unreadable

__all__ = [
    "EventLog",
    "Factory",
    "Forgotten",
    "Mapper",
    "StoredEnvelope",
    "Tampered",
    "ToldTwice",
    "known_events",
]

AT_ONCE = 5_000
"""Events or ids that one question to the database asks for."""


class EventLog(LogRecorder):
    """The log, read as events: by page, by stream, by contact, and by what a source told."""

    def __init__(self, engine: Engine, mapper: Mapper, clock: Clock = now) -> None:
        super().__init__(engine, clock)
        self.mapper = mapper
        c = events.c
        among, upto = self.pen.among, c.position <= bindparam("upto")
        after = c.position > bindparam("after")
        self._of_streams = self._question(
            lines(events).where(among(c.stream, "ids"), after, upto).order_by(c.position)
        )
        self._of_contacts = Question(
            lines(events).where(among(c.contact, "ids")).order_by(c.position), engine
        )
        self._of_sources = Question(
            select(c.source_ref, c.position, c.stream, c.contact).where(
                c.source == bindparam("source"), among(c.source_ref, "refs")
            ),
            engine,
        )

    def append(self, envelopes: Sequence[Envelope]) -> Sequence[int]:
        """Seal, encode and record in one transaction, in the order given; returns the positions.

        For imports: cut what is long into some thousands of events a call, since nobody else
        writes meanwhile. Raises what `insert_events` and `Mapper.to_stored_events` raise.
        """
        return self.insert_events(self.mapper.to_stored_events(envelopes)) or ()

    def page(self, after: int, upto: int, limit: int) -> Sequence[Envelope | Unreadable]:
        """At most `limit` events with positions above `after` up to and with `upto`, ascending."""
        return self.mapper.page(self.read(after, upto, limit))

    def streams(
        self, ids: Collection[UUID], upto: int | None = None
    ) -> Iterator[Envelope | Unreadable]:
        """All events of these streams, in the order of the log, read in pieces."""
        after, wanted = 0, self.pen.bind_all(ids)
        end = self.head() if upto is None else upto
        while ids:
            rows = self.pen.ask(self._of_streams, ids=wanted, after=after, upto=end, limit=AT_ONCE)
            yield from self.mapper.page(rows)
            if len(rows) < AT_ONCE:
                return
            after = rows[-1][0]

    def events_of_contact(self, contact_id: UUID) -> Sequence[Envelope]:
        """All events about one contact, on whichever stream, in the order of the log.

        Raises MapperDeserialisationError when one of them cannot be read.
        """
        return self.events_of_contacts([contact_id]).get(contact_id, [])

    def events_of_contacts(self, contact_ids: Collection[UUID]) -> dict[UUID, list[Envelope]]:
        """As `events_of_contact`, for many at once; a contact without events is not in it."""
        found: dict[UUID, list[Envelope]] = {}
        for ids in _pieces(contact_ids):
            rows = self.pen.ask(self._of_contacts, ids=self.pen.bind_all(ids))
            for envelope in self.mapper.readable(rows):
                if (contact := envelope.event.about) is not None:
                    found.setdefault(contact, []).append(envelope)
        return found

    def find_sources(
        self, source: str, refs: Collection[str]
    ) -> dict[str, tuple[int, UUID, UUID | None]]:
        """What the log holds from a source: for each reference position, stream and contact.

        A reference that the source has not told yet is not in it.
        """
        found: dict[str, tuple[int, UUID, UUID | None]] = {}
        for some in _pieces(refs):
            rows = self.pen.ask(self._of_sources, source=source, refs=self.pen.bind_all(some))
            for ref, position, stream, contact in rows:
                found[ref] = (position, _uuid(stream), None if contact is None else _uuid(contact))
        return found

    def position_of(self, source: str, source_ref: str) -> int | None:
        """Where the log holds what this source told under this reference."""
        told = self.find_sources(source, [source_ref]).get(source_ref)
        return None if told is None else told[0]

    def close(self) -> None:
        """Stop listening for new events."""
        self.bell.close()


class Store(EventStore[UUID]):
    """Puts many events at once: one look for their keys, one transaction."""

    def put(
        self, domain_events: Sequence[DomainEventProtocol[UUID]], **kwargs: Any
    ) -> list[Recording[UUID]]:
        mapper = cast("Mapper", self.mapper)
        stored = mapper.to_stored_events(domain_events)
        positions = self.recorder.insert_events(stored, **kwargs) or ()
        return [
            Recording(
                event,
                Notification(
                    originator_id=told.originator_id,
                    originator_version=told.originator_version,
                    topic=told.topic,
                    state=told.state,
                    id=position,
                ),
            )
            for event, told, position in zip(domain_events, stored, positions, strict=False)
        ]


class Factory(InfrastructureFactory[TrackingRecorder]):
    """Gives an application of the library the log, its mapper, and snapshots beside it."""

    def __init__(self, log: EventLog) -> None:
        super().__init__(Environment())
        self._log = log
        self._snapshots = snapshot_recorder(log.engine, log.clock)

    def mapper(
        self,
        transcoder: Transcoder | None = None,
        mapper_class: type[LibraryMapper[Any]] | None = None,
    ) -> Any:
        return self._log.mapper

    def event_store(
        self,
        mapper: LibraryMapper[Any] | None = None,
        recorder: AggregateRecorder | None = None,
    ) -> Any:
        return Store(mapper or self._log.mapper, recorder or self._log)

    def aggregate_recorder(self, purpose: str = "events") -> Recorder:
        return self._snapshots if purpose == "snapshots" else self._log

    def application_recorder(self) -> ApplicationRecorder:
        return self._log

    def tracking_recorder(
        self, tracking_recorder_class: type[TrackingRecorder] | None = None
    ) -> TrackingRecorder:
        """Read models keep their own positions. Always raises NotImplementedError."""
        raise NotImplementedError("read models keep their positions themselves")

    def process_recorder(self) -> ProcessRecorder:
        """Read models keep their own positions. Always raises NotImplementedError."""
        raise NotImplementedError("read models keep their positions themselves")

    def is_snapshotting_enabled(self) -> bool:
        return True

    def close(self) -> None:
        self._log.close()


def _pieces(values: Collection[Any]) -> Iterator[list[Any]]:
    everything = list(values)
    for start in range(0, len(everything), AT_ONCE):
        yield everything[start : start + AT_ONCE]


def _uuid(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)
