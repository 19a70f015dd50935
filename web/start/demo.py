"""Demonstration data, loaded behind the pages while people look on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock, Thread
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import select

from adapters.demo.story import Story
from adapters.log.tables import events
from domain.errors import Changed, Refused

if TYPE_CHECKING:
    from adapters.wiring import Rapport
    from domain.hub import Hub

SEED = 1
_log = structlog.get_logger("rapport.web")


@dataclass
class DemoLoading:
    """One loading of demonstration data; `done` of `total` events so far."""

    rapport: Rapport
    done: int = 0
    total: int = 0
    failed: bool = False
    _thread: Thread | None = None
    _starting: Lock = field(default_factory=Lock)

    @property
    def goes_on(self) -> bool:
        """Whether it is being loaded now."""
        return self._thread is not None and self._thread.is_alive()

    def is_offered(self) -> bool:
        """Whether the hub holds no customer yet, so that nothing real is mixed with the story."""
        if self.goes_on:
            return False
        with self.rapport.tables.connect() as connection:
            return connection.scalar(_ANY_CUSTOMER) is None

    def hub_at_the_beginning(self) -> Hub:
        """The hub as of the story's first moment.

        The log's time never goes back: whoever joins before the story is loaded must join when
        it begins, or all of it is recorded as written down today.
        """
        return self.rapport.hub_at(Story(until=datetime.now(UTC), seed=SEED).begins)

    def begin(self) -> None:
        """Load behind the pages. Raises Refused when there are customers already."""
        with self._starting:
            if self.goes_on:
                raise Changed("Demonstration data is being loaded already.")
            if not self.is_offered():
                raise Refused("Demonstration data is only for a hub without customers.")
            self.failed = False
            self._thread = Thread(target=self._load, name="demonstration", daemon=True)
            self._thread.start()

    def wait(self) -> None:
        """Until it is loaded."""
        if self._thread is not None:
            self._thread.join()

    def _load(self) -> None:
        try:
            self.rapport.load_demo(seed=SEED, progress=self._progress)
        except Exception:  # noqa: BLE001 - a thread has nobody above it: the log and the page tell of it
            self.failed = True
            _log.exception("demonstration data could not be loaded")

    def _progress(self, done: int, total: int) -> None:
        self.done, self.total = done, total


_ANY_CUSTOMER = (
    select(events.c.position).where(events.c.topic.startswith("customer.registered")).limit(1)
)
