"""Rebuilding and comparing read models behind the pages, one piece of work at a time.

How far a rebuild is stands in the database, with its tables, so that any process tells the same;
here is only what this process is doing, and what came of the last work that it did.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import TYPE_CHECKING, Literal

import structlog
from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from domain.errors import Changed
from projections.compare import Comparison
from projections.engine import RebuildStopped
from projections.rebuild import NotBuilding, NothingToCompare
from web.services import services

if TYPE_CHECKING:
    from adapters.wiring import Rapport

Doing = Literal["rebuild", "compare"]

_log = structlog.get_logger("rapport.web")


@dataclass
class Building:
    """The work on read models in this process. `position` of `head` is how far it is folded."""

    rapport: Rapport
    doing: Doing = "rebuild"
    names: tuple[str, ...] = ()
    position: int = 0
    head: int = 0
    comparisons: tuple[Comparison, ...] = ()
    problem: str = ""
    is_finished: bool = False
    _thread: Thread | None = None
    _starting: Lock = field(default_factory=Lock)

    @property
    def goes_on(self) -> bool:
        """Whether it works now."""
        return self._thread is not None and self._thread.is_alive()

    def begin(self, doing: Doing, names: Collection[str]) -> None:
        """Rebuild or compare these read models in the background. Raises Changed."""
        with self._starting:
            if self.goes_on:
                raise Changed("Read models are being worked on already. Wait until that is done.")
            self.doing, self.names = doing, tuple(names)
            self.position = self.head = 0
            self.comparisons, self.problem, self.is_finished = (), "", False
            self._thread = Thread(target=self._work, name="rebuild", daemon=True)
            self._thread.start()

    def wait(self) -> None:
        """Until the work is done."""
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        rebuilding = self.rapport.projector.rebuilding
        try:
            if self.doing == "rebuild":
                self.comparisons = tuple(rebuilding.rebuild(self.names, self._progress))
            else:
                self.comparisons = tuple(
                    rebuilding.verify(name, self._progress) for name in self.names
                )
        except (RebuildStopped, NothingToCompare, NotBuilding, SQLAlchemyError) as problem:
            _log.warning("read models could not be built", problem=str(problem))
            self.problem = str(problem)
        except Exception as problem:  # noqa: BLE001 -- nobody stands above a thread: the page tells
            _log.exception("read models could not be built")
            self.problem = type(problem).__name__
        finally:
            self.rapport.projector.refresh()
            self.is_finished = True

    def _progress(self, position: int, head: int) -> None:
        self.position, self.head = position, head


def building() -> Building:
    """The work on read models in this process."""
    if "building" not in current_app.extensions:
        current_app.extensions["building"] = Building(services())
    work: Building = current_app.extensions["building"]
    return work
