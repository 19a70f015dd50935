"""Waiting for the next event: a bell that rings when something was appended."""

from __future__ import annotations

import logging
import threading
from typing import Any

import psycopg
from sqlalchemy import URL, create_engine
from sqlalchemy.exc import DBAPIError

from adapters.log.postgres_pen import CHANNEL

_log = logging.getLogger(__name__)


class Bell:
    """Rung by every append of this process. `poll` is how long to trust its silence, in seconds."""

    poll = 1.0

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.rung = 0

    def listen(self) -> None:
        """Begin to hear of other processes' appends, before the log is looked at."""

    def ring(self) -> None:
        """Wake everybody who waits."""
        with self._changed:
            self.rung += 1
            self._changed.notify_all()

    def wait(self, rung: int, timeout: float) -> None:
        """Return when the bell was rung more than `rung` times, or it is time to look again."""
        with self._changed:
            self._changed.wait_for(lambda: self.rung > rung, min(timeout, self.poll))

    def close(self) -> None:
        """Stop listening."""


class PollingBell(Bell):
    """For SQLite, which tells no other process of a commit: whoever waits looks often."""

    poll = 0.025


class PostgresBell(Bell):
    """Hears the NOTIFY of every commit, in one thread and connection for the whole process."""

    def __init__(self, url: URL) -> None:
        super().__init__()
        self._url = url
        self._starting = threading.Lock()
        self._listening = threading.Event()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def listen(self) -> None:
        with self._starting:
            if self._thread is None or not self._thread.is_alive():  # not alive after a fork
                self._listening.clear()
                self._thread = threading.Thread(
                    target=self._hear, name="rapport-log-bell", daemon=True
                )
                self._thread.start()
        self._listening.wait(self.poll)

    def close(self) -> None:
        self._closed.set()
        if self._thread is not None:
            self._thread.join(5)

    def _hear(self) -> None:
        engine = create_engine(self._url)
        while not self._closed.is_set():
            try:
                pooled = engine.raw_connection()
            except (DBAPIError, psycopg.Error) as error:
                _log.warning("Cannot listen for new events, looking once a second: %s", error)
                self._closed.wait(self.poll)
                continue
            try:
                connection: Any = pooled.driver_connection
                connection.autocommit = True
                connection.execute(f"LISTEN {CHANNEL}")
                self._listening.set()
                self.ring()  # what was appended before we listened
                while not self._closed.is_set():
                    for _ in connection.notifies(timeout=0.5, stop_after=1):
                        self.ring()
            except psycopg.Error as error:
                _log.warning("Lost the connection that hears of new events: %s", error)
            finally:
                pooled.invalidate()
        engine.dispose()
