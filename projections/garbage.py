"""Folding without the search for circular garbage.

A page is many objects and no circles. Python would go through all of them again and again while
they are made: a third of the time of a fold.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _Pause:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked = 0
        self._was_on = False

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Pause the search, which is the whole process's, until the last who asked is done."""
        with self._lock:
            if not self._asked:
                self._was_on = gc.isenabled()
                gc.disable()
            self._asked += 1
        try:
            yield
        finally:
            with self._lock:
                self._asked -= 1
                if not self._asked and self._was_on:
                    gc.enable()


uncollected = _Pause()
