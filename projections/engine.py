"""The projector: it follows the log and folds it, page by page, into every read model.

Rows and position are committed together, and the position is guarded: of two projectors on one
page one is rolled back, so that each event is folded once however many there are.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, Engine

from domain.root import Envelope, Unreadable
from projections import generations, positions
from projections.compare import Comparison
from projections.failures import describe, is_trouble
from projections.folding import (
    Log,
    Page,
    RebuildStopped,
    Target,
    commit_page,
    next_page,
    topic,
)
from projections.generations import create_missing
from projections.positions import Generation, ParkedEvent, reading, writing
from projections.projection import Projection
from projections.rebuild import Progress, Rebuild
from projections.rows import Rows

__all__ = [
    "AheadOfLog",
    "Log",
    "Outdated",
    "ParkedEvent",
    "Projection",
    "Projector",
    "RebuildStopped",
    "Rows",
    "Status",
    "StillFails",
    "create_missing",
]

PAGE = 5_000
POLL_SECONDS = 0.05
"""How soon a waiter sees what another process has folded."""
IDLE_SECONDS = 1.0
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0

_log = logging.getLogger(__name__)


class StillFails(Exception):
    """A parked event cannot be folded yet; nothing was changed."""


class AheadOfLog(Exception):
    """A read model knows events that the log does not have: the log was replaced."""


@dataclass(frozen=True, kw_only=True)
class Outdated:
    """A read model whose stored rows are of another version than the code."""

    name: str
    stored: int
    code: int


@dataclass(frozen=True, kw_only=True)
class Status:
    """Where one generation of a read model stands. `lag` and `parked` count events."""

    name: str
    generation: int
    version: int
    code_version: int | None
    state: str
    position: int
    lag: int
    parked: int
    trouble: str | None


class Projector:
    """Keeps the live tables of the read models up with the log.

    `engine` reaches the tables; on SQLite it begins a transaction with the execution option
    `immediate` by BEGIN IMMEDIATE. Every method may be called from any thread.
    """

    def __init__(
        self, log: Log, engine: Engine, projections: Sequence[Projection], *, page: int = PAGE
    ) -> None:
        self.log = log
        self.engine = engine
        self.projections = {projection.name: projection for projection in projections}
        self.page = page
        self.trouble: str | None = None
        self._folding = threading.RLock()
        self._moved = threading.Condition()
        self._targets: list[Target] | None = None

    @property
    def names(self) -> list[str]:
        """The read models, in the order in which they were given."""
        return list(self.projections)

    def create_missing(self) -> list[str]:
        """Create the tables of read models that have none; returns their names."""
        created = create_missing(self.engine, self.projections.values())
        self.refresh()
        return created

    # --- following the log ----------------------------------------------------------------

    def run(self, stop: threading.Event) -> None:
        """Fold whatever comes until `stop` is set. After trouble it tries again, ever slower."""
        pause = FIRST_PAUSE_SECONDS
        while not stop.is_set():
            try:
                if not self.run_once():
                    self._await_more(stop)
                self.trouble, pause = None, FIRST_PAUSE_SECONDS
            except Exception as error:  # noqa: BLE001 -- a thread that dies would stop every page
                self._report(error)
                stop.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def run_once(self, upto: int | None = None) -> bool:
        """Fold one page into the read models that are furthest behind; False if all is folded.

        `upto` is a position known to be in the log; None asks the log for its head. A failing
        event is parked; an error of the database itself comes out, and nothing has changed.
        """
        with self._folding:
            self._targets = self._targets or self._read_targets()
            if upto is None:
                upto = self.log.head()
                self._refuse_a_shorter_log(upto)
            page = next_page(self.log, self._targets, upto, self.page)
            if page is None:
                return False
            moved = commit_page(self.engine, page)
            self._targets = [page.moved(each) for each in self._targets] if moved else None
        with self._moved:
            self._moved.notify_all()
        return True

    def catch_up(self, upto: int | None = None) -> None:
        """Fold until every read model has passed `upto`, or the present head of the log."""
        head = self.log.head()
        upto = head if upto is None else min(upto, head)
        self.refresh()
        while self.run_once(upto):
            pass

    def refresh(self) -> None:
        """Read the positions anew: somebody else may have moved, created or switched."""
        with self._folding:
            self._targets = None

    def position(self) -> int:
        """How far all read models that are followed have been folded, by whomever."""
        with reading(self.engine) as connection:
            followed = [each.position for _, each in self._followed(connection)]
        return min(followed, default=0)

    # --- reading one's own writes -----------------------------------------------------------

    def fold_now(self, position: int, *, timeout: float = 5.0) -> bool:
        """Fold in the caller's own thread until `position`, which must be in the log already.

        False if it takes too long or the database is in trouble: what was written is safe all
        the same, and is shown later. For the process that serves pages and projects.
        """
        deadline = time.monotonic() + timeout
        try:
            while self.run_once(position):
                if time.monotonic() > deadline:
                    return False
        except Exception as error:
            if not is_trouble(error):
                raise
            self._report(error)
            return False
        return True

    def wait_for(self, position: int, *, timeout: float) -> bool:
        """Wait until all read models that are followed have folded `position`, by whomever."""
        deadline = time.monotonic() + timeout
        while True:
            if self.position() >= position:
                return True
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            with self._moved:
                self._moved.wait(min(left, POLL_SECONDS))

    # --- what is wrong, and putting it right --------------------------------------------------

    def outdated(self) -> list[Outdated]:
        """Read models to rebuild: their old rows are still served, but no longer followed."""
        with reading(self.engine) as connection:
            return [
                Outdated(name=each.name, stored=each.version, code=projection.version)
                for each in positions.generations(connection)
                if each.state == "live"
                and (projection := self.projections.get(each.name)) is not None
                and projection.version != each.version
            ]

    def status(self) -> list[Status]:
        """Where each generation of each read model stands."""
        head = self.log.head()
        with reading(self.engine) as connection:
            parked = positions.parked_counts(connection)
            return [
                Status(
                    name=each.name,
                    generation=each.number,
                    version=each.version,
                    code_version=projection.version
                    if (projection := self.projections.get(each.name))
                    else None,
                    state=each.state,
                    position=each.position,
                    lag=max(head - each.position, 0),
                    parked=parked.get((each.name, each.number), 0),
                    trouble=self.trouble,
                )
                for each in positions.generations(connection)
            ]

    def parked(self, stream: UUID | None = None) -> list[ParkedEvent]:
        """The events that are parked, of all streams or of one."""
        with reading(self.engine) as connection:
            return positions.parked_events(connection, stream=stream)

    def retry(self, name: str, stream: UUID) -> int:
        """Fold what is parked of a stream, in order, all of it or nothing; returns how many.

        Raises StillFails, LookupError for an unknown read model, or the database's error.
        """
        with writing(self.engine) as connection:
            target = self._held_target(connection, name)
            waiting = {
                each.position
                for each in positions.parked_events(connection, stream=stream)
                if each.projection == name
            }
            if not waiting:
                return 0
            events = [
                each
                for each in self.log.streams([stream], max(waiting))
                if each.position in waiting
            ]
            self._fold_parked(connection, target, events)
            positions.unpark(connection, target.generation, stream)
        return len(waiting)

    # --- building anew ----------------------------------------------------------------------

    def rebuild(self, name: str, progress: Progress | None = None) -> Comparison | None:
        """Fold a read model anew beside the one in use, and switch when it is whole.

        Returns how the rows before compare with the new ones, if they are of one version.
        """
        return next(iter(self.rebuilding.rebuild([name], progress)), None)

    def verify(self, name: str, progress: Progress | None = None) -> Comparison:
        """Fold a read model anew and compare it with the one in use, which stays."""
        return self.rebuilding.verify(name, progress)

    @property
    def rebuilding(self) -> Rebuild:
        """The steps of a rebuild, one by one, for several read models at once."""
        return Rebuild(self.log, self.engine, self.projections.values())

    # --- how ----------------------------------------------------------------------------------

    def _read_targets(self) -> list[Target]:
        with reading(self.engine) as connection:
            return [generations.target(*each) for each in self._followed(connection)]

    def _followed(self, connection: Connection) -> list[tuple[Projection, Generation]]:
        """The live generations whose rows are of the version that the program folds."""
        return [
            (projection, each)
            for each in positions.generations(connection)
            if each.state == "live"
            and (projection := self.projections.get(each.name)) is not None
            and projection.version == each.version
        ]

    def _held_target(self, connection: Connection, name: str) -> Target:
        projection = self.projections.get(name)
        live = [each for each in positions.hold(connection, name) if each.state == "live"]
        if projection is None or not live:
            known = ", ".join(sorted(self.projections))
            raise LookupError(f"There is no read model {name!r}. There are: {known}.")
        if live[0].version != projection.version:
            raise StillFails(
                f"The rows of {name} are of version {live[0].version}, the program of version "
                f"{projection.version}: rebuild {name} instead; that folds what is parked too."
            )
        return generations.target(projection, live[0])

    def _fold_parked(self, connection: Connection, target: Target, events: Page) -> None:
        readable = [each for each in events if isinstance(each, Envelope)]
        for each in events:
            if isinstance(each, Unreadable):
                raise StillFails(f"{topic(each)} at {each.position} is unreadable: {each.problem}")
        try:
            wanted = target.projection.wants(readable)
            target.projection.fold(Rows(connection, target.tables), wanted)
        except Exception as error:
            if is_trouble(error):
                raise
            reason = describe(error, module=type(target.projection).__module__)
            raise StillFails(
                f"{target.projection.name} still cannot fold the parked events of stream "
                f"{events[0].originator_id}: {reason}"
            ) from error

    def _await_more(self, stop: threading.Event) -> None:
        """Until the log grows; look again at least each second, for tables others have made."""
        followed = [target.generation.position for target in self._targets or ()]
        if followed:
            self.log.wait(min(followed), IDLE_SECONDS)
        else:
            stop.wait(IDLE_SECONDS)
        self.refresh()

    def _refuse_a_shorter_log(self, head: int) -> None:
        ahead = [t.generation for t in self._targets or () if t.generation.position > head]
        if ahead and ahead[0].position > self.log.head():  # it may have grown in between
            self._targets = None
            raise AheadOfLog(
                f"{ahead[0].name} has been folded up to {ahead[0].position}, but the log ends at "
                f"{head}: it is not the log that these tables came from. Restore the right one, "
                "or rebuild every read model."
            )

    def _report(self, error: Exception) -> None:
        reason = describe(error, module=__name__)
        if self.trouble != reason:
            _log.warning("Read models stand still, and are tried again: %s", reason)
        self.trouble = reason
        self.refresh()
