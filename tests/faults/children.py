"""Processes of their own that say what they have done, and may be killed at any moment."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from tests.faults.deeds import OPEN
from tests.faults.kit import Premises

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.faults.deeds", "tests.faults.weaker"])

START_SECONDS = 60


class Child:
    """A process that runs `target(say, *args)`; what it says is kept, also after it was killed."""

    def __init__(self, target: Callable[..., None], *args: object) -> None:
        ours, theirs = _context.Pipe(duplex=False)
        self.said: dict[str, int] = {}
        self._begun = threading.Event()
        self._process = _context.Process(target=_speak, args=(theirs, target, args), daemon=True)
        self._process.start()
        theirs.close()
        self._listener = threading.Thread(target=self._listen, args=[ours])
        self._listener.start()

    @property
    def acknowledged(self) -> dict[str, int]:
        """The deeds that it said are done, each with the position of its last event."""
        return {deed: position for deed, position in self.said.items() if not deed.startswith(OPEN)}

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def is_alive(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.is_alive()

    def await_begin(self) -> None:
        """Wait until it has said something."""
        assert self._begun.wait(START_SECONDS), "the process did not begin"

    def await_deeds(self, count: int) -> None:
        """Wait until it has acknowledged so many deeds."""
        until = time.monotonic() + START_SECONDS
        while len(self.said) <= count:
            assert self.is_alive(), "the process ended too early"
            assert time.monotonic() < until, f"the process did only {len(self.said)} deeds"
            time.sleep(0.005)

    def kill(self) -> None:
        """End it without a last word."""
        os.kill(self.pid, signal.SIGKILL)
        self._end()

    def finish(self, seconds: float = 120) -> None:
        """Wait until it has done everything, without an error."""
        self._process.join(seconds)
        if self._process.is_alive():
            self.kill()
            raise AssertionError(f"the process had not ended after {seconds} seconds")
        self._end()
        assert self._process.exitcode == 0, "the process failed: see its traceback above"

    def _end(self) -> None:
        self._process.join()
        self._listener.join()

    def _listen(self, pipe: Connection) -> None:
        with pipe:
            while True:
                try:
                    deed, position = pipe.recv()
                except (EOFError, ConnectionResetError):
                    return
                self.said[deed] = position
                self._begun.set()


def _speak(pipe: Connection, target: Callable[..., None], args: tuple[Any, ...]) -> None:
    def say(deed: str, position: int) -> None:
        pipe.send((deed, position))  # short: the kernel takes it whole or not at all

    target(say, *args)


@contextmanager
def children(*all_of_them: Child) -> Iterator[tuple[Child, ...]]:
    """The children, killed at the end if they are still there."""
    try:
        yield all_of_them
    finally:
        for child in all_of_them:
            if child.is_alive():
                child.kill()


def killed_at_random(
    target: Callable[..., None], premises: Premises, *, rounds: int, chance: random.Random
) -> dict[str, int]:
    """What all the children acknowledged that were started one after the other, and killed.

    Each gets the number of its round, and dies within a quarter of a second.
    """
    acknowledged: dict[str, int] = {}
    for number in range(rounds):
        with children(Child(target, premises, number)) as (child,):
            child.await_begin()
            time.sleep(chance.uniform(0, 0.25))
            child.kill()
            acknowledged |= child.acknowledged
    return acknowledged
