"""Folding the log page by page: one transaction for all that stand at the same position.

A page that cannot be folded is bisected to the single event. Where a live read model is folded,
that event and the later ones of its stream are parked; a rebuild stops.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import Connection, Engine

from domain.root import Envelope, Unreadable
from projections import positions
from projections.failures import describe, is_trouble
from projections.garbage import uncollected
from projections.positions import Generation, ParkedEvent
from projections.projection import Projection
from projections.rows import Rows
from projections.statements import TableSet

Page = Sequence[Envelope | Unreadable]
"""Events in the order of their positions, as the log gives them."""


class Log(Protocol):
    """What the projector needs to know of the log."""

    def head(self) -> int:
        """The position of the last event; 0 while there is none."""

    def page(self, after: int, upto: int, limit: int) -> Page:
        """The first `limit` events with after < position <= upto, by position."""

    def streams(self, ids: Collection[UUID], upto: int | None) -> Iterator[Envelope | Unreadable]:
        """All events of these streams up to a position (None: to the end), by position."""

    def wait(self, after: int, timeout: float) -> int:
        """The head, as soon as it is larger than `after`, or after `timeout` seconds."""


class RebuildStopped(Exception):
    """A rebuild met an event that it cannot fold; it goes on from there once that is mended."""


class Target(NamedTuple):
    """A generation of a read model, its fold, and its tables."""

    generation: Generation
    projection: Projection
    tables: TableSet


class NextPage(NamedTuple):
    """Events to fold into targets that stand at one position, and where they will stand then."""

    targets: Sequence[Target]
    events: Page
    upto: int

    def moved(self, target: Target) -> Target:
        """How a target stands after this page."""
        if target not in self.targets:
            return target
        return target._replace(generation=replace(target.generation, position=self.upto))


class Held(NamedTuple):
    """An event that could not be folded, or that must wait because an earlier one could not."""

    envelope: Envelope | Unreadable
    reason: str
    error: Exception | None = None


@uncollected()
def next_page(log: Log, targets: Sequence[Target], upto: int, limit: int) -> NextPage | None:
    """The next page for the targets that are furthest behind; None when all have reached `upto`.

    The page ends where others stand already, so that they go on together. Its targets move to
    the scanned position even when nothing there matters to them.
    """
    places = sorted({target.generation.position for target in targets})
    if not places or places[0] >= upto:
        return None
    upto = min([upto, *places[1:2]])
    events = log.page(places[0], upto, limit)
    last = _position(events[-1]) if events else places[0]
    if len(events) == limit:
        upto = last
    elif last < upto:
        upto = min(upto, log.head())  # never past the end, or the next event would be skipped
    if upto <= places[0]:
        return None
    return NextPage(
        [each for each in targets if each.generation.position == places[0]], events, upto
    )


@uncollected()
def commit_page(engine: Engine, page: NextPage) -> bool:
    """Fold a page and commit it; False, and nothing has changed, when another was faster.

    Raises the database's error when it is in trouble, and RebuildStopped.
    """
    try:
        return _commit_page(engine, page, carefully=False)
    except Exception as error:
        if isinstance(error, RebuildStopped) or is_trouble(error):
            raise
    return _commit_page(engine, page, carefully=True)


def _commit_page(engine: Engine, page: NextPage, *, carefully: bool) -> bool:
    with positions.begin(engine) as (connection, transaction):
        moved = fold_page(connection, page, carefully=carefully)
        if not moved:
            transaction.rollback()
    return moved


def fold_page(connection: Connection, page: NextPage, *, carefully: bool) -> bool:
    """Fold a page and move its targets, in the caller's transaction.

    False, and nothing may be committed, when another worker was faster. `carefully` finds the
    single event that fails; without it, the fold's exception comes out.
    """
    if not positions.advance(connection, [each.generation for each in page.targets], page.upto):
        return False
    waiting = positions.parked_streams(connection)
    now = datetime.now(UTC)
    for target in page.targets:
        generation = target.generation
        streams = waiting[generation.name, generation.number]
        held = fold(connection, target, page.events, streams, carefully=carefully)
        if held and generation.state == "building":
            raise _stopped(generation, held[0])
        positions.park(connection, generation, (_parked(generation, each, now) for each in held))
    return True


def fold(
    connection: Connection, target: Target, page: Page, waiting: set[UUID], *, carefully: bool
) -> list[Held]:
    """Fold what concerns the target; returns what it had to leave out, by position.

    Nothing of a stream in `waiting` is folded; streams held here are added to it.
    """
    rows = Rows(connection, target.tables)
    batch, held = _sort_out(target.projection, page, waiting)
    if not batch:
        return held
    if not carefully:
        target.projection.fold(rows, batch)
        return held
    held += _bisect(connection, target.projection, rows, batch, waiting)
    return sorted(held, key=lambda each: _position(each.envelope))


def _sort_out(
    projection: Projection, page: Page, waiting: set[UUID]
) -> tuple[list[Envelope], list[Held]]:
    """What the model folds of the page, and what has to be held before anything is tried."""
    readable = [each for each in page if isinstance(each, Envelope)]
    wanted = projection.wants(readable)
    if not waiting and len(readable) == len(page):
        return wanted, []
    positions_wanted = {each.position for each in wanted}
    batch: list[Envelope] = []
    held: list[Held] = []
    for each in page:
        if isinstance(each, Unreadable):
            waiting.add(each.originator_id)
            held.append(Held(each, each.problem))
        elif each.position in positions_wanted:
            if each.originator_id in waiting:
                held.append(_behind(each))
            else:
                batch.append(each)
    return batch, held


def _bisect(
    connection: Connection,
    projection: Projection,
    rows: Rows,
    batch: Sequence[Envelope],
    waiting: set[UUID],
) -> list[Held]:
    """Fold all of the batch but the events that fail and those behind them."""
    later = [each for each in batch if each.originator_id in waiting]
    batch = [each for each in batch if each.originator_id not in waiting]
    held = [_behind(each) for each in later]
    if not batch:
        return held
    try:
        with connection.begin_nested():
            projection.fold(rows, batch)
    except Exception as error:
        if is_trouble(error):
            raise
        if len(batch) == 1:
            waiting.add(batch[0].originator_id)
            reason = describe(error, module=type(projection).__module__)
            return [*held, Held(batch[0], reason, error)]
        middle = len(batch) // 2
        held += _bisect(connection, projection, rows, batch[:middle], waiting)
        held += _bisect(connection, projection, rows, batch[middle:], waiting)
    return held


def _behind(envelope: Envelope) -> Held:
    return Held(envelope, "waits behind an earlier event of the same stream")


def _stopped(generation: Generation, held: Held) -> RebuildStopped:
    envelope = held.envelope
    stopped = RebuildStopped(
        f"The rebuild of {generation.name} stopped at position {envelope.position}: {topic(envelope)} "
        f"(event {envelope.originator_version} of stream {envelope.originator_id}) cannot be "
        f"folded: {held.reason}. Mend the fold or the reading of this event, then rebuild again: "
        "it goes on from here. The live tables are as they were."
    )
    stopped.__cause__ = held.error
    return stopped


def _parked(generation: Generation, held: Held, now: datetime) -> ParkedEvent:
    envelope = held.envelope
    return ParkedEvent(
        projection=generation.name,
        position=_position(envelope),
        stream=envelope.originator_id,
        topic=topic(envelope),
        error=held.reason,
        first_seen=now,
    )


def topic(envelope: Envelope | Unreadable) -> str:
    """The stored name of the event."""
    if isinstance(envelope, Unreadable):
        return envelope.topic
    return envelope.event.stored_name()


def _position(envelope: Envelope | Unreadable) -> int:
    if envelope.position is None:
        raise ValueError("only an event that the log has recorded can be folded")
    return envelope.position
