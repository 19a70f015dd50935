"""Recording events and reading them back, as the eventsourcing library asks for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import Any
from uuid import UUID

import msgspec
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    ListenNotifySubscription,
    Notification,
    StoredEvent,
    Subscription,
)
from sqlalchemy import Engine, Select, Table, bindparam, func, literal, select

from adapters.log.pen import Pen, Question
from adapters.log.postgres_pen import PostgresPen
from adapters.log.sqlite_pen import SQLitePen
from adapters.log.stored import StoredEnvelope
from adapters.log.tables import events, snapshots
from adapters.log.waiting import Bell, PollingBell, PostgresBell

_ALL = 2**31 - 1

Clock = Callable[[], datetime]


def now() -> datetime:
    """The time of this machine, aware, in UTC."""
    return datetime.now(UTC)


class Line(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One row of the log as it is read."""

    position: int
    stream: UUID
    version: int
    topic: str
    recorded_at: datetime
    by: UUID | None
    source: str | None
    source_ref: str | None
    correlation: str | None
    cause: int | None
    state: str
    contact: UUID | None = None


def lines(table: Table) -> Select[Any]:
    """The columns of a Line, in its order, without the contact, which the event tells too."""
    c = table.c
    position = c.position if "position" in c else literal(0).label("position")
    return select(
        position, c.stream, c.version, c.topic, c.recorded_at, c.by, c.source, c.source_ref,
        c.correlation, c.cause, c.state,
    )  # fmt: skip


class Recorder(AggregateRecorder):
    """Streams of events in one table, on SQLite or PostgreSQL.

    `clock` gives the time at which something is recorded. It is asked before the write; under
    the write lock the log takes the last recorded time instead when that is later, so that a
    clock set back, or a second machine whose clock is behind, changes no order.
    """

    def __init__(self, engine: Engine, table: Table, clock: Clock = now) -> None:
        self.engine = engine
        self.table = table
        self.clock = clock
        self.pen: Pen = (
            SQLitePen(engine, table)
            if engine.dialect.name == "sqlite"
            else PostgresPen(engine, table)
        )
        of_stream = (
            lines(table)
            .add_columns(table.c.contact)
            .where(
                table.c.stream == bindparam("stream"),
                table.c.version > bindparam("gt"),
                table.c.version <= bindparam("lte"),
            )
        )
        self._upwards = self._question(of_stream.order_by(table.c.version))
        self._downwards = self._question(of_stream.order_by(table.c.version.desc()))

    def _question(self, statement: Select[Any]) -> Question:
        return Question(statement.limit(bindparam("limit")), self.engine)

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        self._write(stored_events)
        return None

    def _write(self, stored_events: Sequence[StoredEvent]) -> Sequence[int] | None:
        if not stored_events:
            return None
        rows = [self.pen.row(stored) for stored in stored_events]
        return self.pen.write(rows, self.clock())

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        stream = originator_id if isinstance(originator_id, UUID) else UUID(originator_id)
        found = self.pen.ask(
            self._downwards if desc else self._upwards,
            stream=self.pen.bind(stream),
            gt=-1 if gt is None else gt,
            lte=_ALL if lte is None else lte,
            limit=_ALL if limit is None else limit,
        )
        return [_stored(line) for line in msgspec.convert(found, list[Line])]


def snapshot_recorder(engine: Engine, clock: Clock = now) -> Recorder:
    """The recorder of the latest states that are kept to load long streams faster."""
    return Recorder(engine, snapshots, clock)


class LogRecorder(Recorder, ApplicationRecorder):
    """All streams in the one order of their positions."""

    def __init__(self, engine: Engine, clock: Clock = now) -> None:
        super().__init__(engine, events, clock)
        c = events.c
        span = (c.position > bindparam("after"), c.position <= bindparam("upto"))
        page = lines(events).where(*span).order_by(c.position)
        self._head = Question(select(func.max(c.position)), engine)
        self._page = self._question(page)
        self._page_of_topics = self._question(page.where(self.pen.among(c.topic, "topics")))
        self.bell: Bell = (
            PollingBell() if engine.dialect.name == "sqlite" else PostgresBell(engine.url)
        )

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        """Append to the log in one transaction, in the order given; returns the positions.

        While it lasts nobody else can write. Who has much to write cuts it into calls of some
        thousands of events, so that commands of people wait well under a second.
        """
        positions = self._write(stored_events)
        self.bell.ring()
        return positions

    def head(self) -> int:
        """The position of the last event; 0 for an empty log."""
        [(position,)] = self.pen.ask(self._head)
        return position or 0

    def wait(self, after: int, timeout: float) -> int:
        """The head, as soon as it is beyond `after`, or what it is after `timeout` seconds."""
        end = monotonic() + timeout
        self.bell.listen()
        while True:
            rung = self.bell.rung
            head = self.head()
            left = end - monotonic()
            if head > after or left <= 0:
                return head
            self.bell.wait(rung, left)

    def read(self, after: int, upto: int, limit: int) -> list[Any]:
        """Rows as the driver gives them, with positions above `after`, up to and with `upto`."""
        return self.pen.ask(self._page, after=after, upto=upto, limit=limit)

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        after = 0 if start is None else start - 1 if inclusive_of_start else start
        upto = 2**63 - 1 if stop is None else stop
        if topics:
            wanted = self.pen.bind_all(topics)
            found = self.pen.ask(
                self._page_of_topics, after=after, upto=upto, limit=limit, topics=wanted
            )
        else:
            found = self.read(after, upto, limit)
        return [
            Notification(
                id=line.position,
                originator_id=line.stream,
                originator_version=line.version,
                topic=line.topic,
                state=line.state.encode(),
            )
            for line in msgspec.convert(found, list[Line])
        ]

    def max_notification_id(self) -> int | None:
        return self.head() or None

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        return _Follower(recorder=self, gt=gt, topics=topics)


class _Follower(ListenNotifySubscription[LogRecorder]):
    """A subscription that looks for itself when it heard nothing for a while."""

    def _loop_on_pull(self) -> None:
        seen = -1
        try:
            while not self._has_been_stopped:
                head = self._recorder.wait(seen, timeout=0.2)
                if head > seen:
                    self._pull()
                    seen = head
        except BaseException as error:  # noqa: BLE001 - it is raised where events are awaited
            self._thread_error = error
            self.stop()


def _stored(line: Line) -> StoredEvent:
    if line.by is None:
        return StoredEvent(line.stream, line.version, line.topic, line.state.encode())
    return StoredEnvelope(
        originator_id=line.stream,
        originator_version=line.version,
        topic=line.topic,
        state=line.state.encode(),
        by=line.by,
        source=line.source,
        source_ref=line.source_ref,
        correlation=line.correlation,
        cause=line.cause,
        contact=line.contact,
        position=line.position or None,
        recorded_at=line.recorded_at,
    )
