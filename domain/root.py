"""What all aggregates share: events, the envelope the log puts around them, and how state follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

import msgspec

FORM = "form"
"""The source of what people enter on pages; its reference is the form's own idempotency key."""

Upcast = Callable[[dict[str, Any]], dict[str, Any]]


class Event(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Something that happened to one aggregate: its content, and nothing about the recording.

    `TOPIC` is the name it is stored under, for ever. An event whose content changes its shape
    gains a `VERSION` and an entry in `UPCASTS`, which turns the stored content of version n
    (a dict of JSON values) into that of version n + 1; what is stored is never rewritten.

    `occurred_at` is when it happened, where that was not when it was recorded.
    """

    TOPIC: ClassVar[str]
    VERSION: ClassVar[int] = 1
    UPCASTS: ClassVar[Mapping[int, Upcast]] = {}

    occurred_at: datetime | None = None

    @classmethod
    def stored_name(cls, version: int | None = None) -> str:
        """The topic in the log: `customer.registered`, and `customer.registered.v2` later on."""
        version = cls.VERSION if version is None else version
        return cls.TOPIC if version == 1 else f"{cls.TOPIC}.v{version}"

    @property
    def about(self) -> UUID | None:
        """The contact that this event is about, if it is about one."""
        return None

    @property
    def tells_contact(self) -> bool:
        """Whether this event says the whole of a contact, so that an earlier telling is replaced."""
        return False

    @property
    def is_timeless(self) -> bool:
        """Whether it says what was so all along, whenever we learnt of it."""
        return False

    @property
    def happened_at(self) -> datetime | None:
        """When it happened, if that is known to differ from when it was recorded."""
        return self.occurred_at

    def apply(self, aggregate: Any) -> None:
        """Change the state that rules look at. Asks nothing, reads no clock, cannot fail."""


class Beginning(Event, frozen=True, kw_only=True):
    """The first event of a stream, or a snapshot: it brings the aggregate into being."""

    @property
    def is_timeless(self) -> bool:
        return True

    def begin(self, aggregate_id: UUID) -> Root:
        """The aggregate as it is right after this event."""
        raise NotImplementedError  # abstract: each beginning knows its aggregate


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """The circumstances of a command: who, at what time, told by which system, as part of what.

    `source` and `source_ref` name the system that told us and its own reference for the fact;
    the pair is unique in the log, so what is told twice is recorded once. `correlation` ties
    together all that one request or one import did. `cause` is the position of the event that
    this one answers to. `happened_at` is when it happened, where the source says that this was
    earlier than `at`, and the event itself has no other place for it.
    """

    by: UUID
    at: datetime
    source: str | None = None
    source_ref: str | None = None
    correlation: str | None = None
    cause: int | None = None
    happened_at: datetime | None = None

    @property
    def is_by_hand(self) -> bool:
        """Whether a person did this at the desk, rather than another system by a file or a line."""
        return self.source is None or self.source == FORM

    def further(self) -> Act:
        """The same act for a second event: only the first one bears the source's reference."""
        return msgspec.structs.replace(self, source_ref=None) if self.source_ref else self


class Envelope(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An event in its stream, with what the log keeps beside every event.

    It is the 'domain event' that the eventsourcing library stores and loads. `position` and
    `recorded_at` are set by the log; they are None until the event has been recorded.
    """

    originator_id: UUID
    originator_version: int
    event: Event
    by: UUID
    source: str | None = None
    source_ref: str | None = None
    correlation: str | None = None
    cause: int | None = None
    position: int | None = None
    recorded_at: datetime | None = None

    @property
    def stream(self) -> UUID:
        """The aggregate that this happened to."""
        return self.originator_id

    @property
    def happened_at(self) -> datetime:
        """When it happened; when nothing else was said, when we recorded it."""
        moment = self.event.happened_at or self.recorded_at
        if moment is None:
            raise ValueError("an event that was not recorded yet has no time of its own")
        return moment

    def mutate(self, aggregate: Root | None) -> Root:
        """The aggregate after this event."""
        if aggregate is None:
            if not isinstance(self.event, Beginning):
                raise ValueError(f"stream {self.originator_id} starts with {self.event.TOPIC}")
            aggregate = self.event.begin(self.originator_id)
            aggregate.loaded_from = self.originator_version
        else:
            self.event.apply(aggregate)
        aggregate.version = self.originator_version
        return aggregate


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """A stored event that this version of the hub cannot read, and why: never skipped silently."""

    originator_id: UUID
    originator_version: int
    position: int
    topic: str
    problem: str


class Root:
    """An aggregate: decides in its methods, changes only by its events."""

    def __init__(self, aggregate_id: UUID) -> None:
        self.id = aggregate_id
        self.version = 0
        self.loaded_from = 0
        self.pending_events: list[Envelope] = []

    @classmethod
    def start(cls, aggregate_id: UUID, event: Beginning, act: Act) -> Self:
        """A new aggregate, begun by its first event."""
        envelope = _enclose(aggregate_id, 1, event, act)
        aggregate = envelope.mutate(None)
        if not isinstance(aggregate, cls):
            raise TypeError(f"{event.TOPIC} begins no {cls.__name__}")
        aggregate.pending_events.append(envelope)
        return aggregate

    def happen(self, event: Event, act: Act) -> None:
        """Let the event happen here: change state by it, and keep it to be recorded."""
        envelope = _enclose(self.id, self.version + 1, event, act)
        envelope.mutate(self)
        self.pending_events.append(envelope)

    def collect_events(self) -> list[Envelope]:
        """Hand over what happened since loading (the eventsourcing library's protocol)."""
        collected, self.pending_events = self.pending_events, []
        return collected


def _enclose(aggregate_id: UUID, version: int, event: Event, act: Act) -> Envelope:
    return Envelope(
        originator_id=aggregate_id,
        originator_version=version,
        event=event,
        by=act.by,
        source=act.source,
        source_ref=act.source_ref,
        correlation=act.correlation,
        cause=act.cause,
    )
