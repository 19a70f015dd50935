"""Passwords: which are accepted, and how they are kept (argon2id) so that nobody can read them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from threading import Semaphore

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from domain.errors import Invalid

SHORTEST, LONGEST = 12, 256

# What people choose when a password has to be long. Whatever only repeats or decorates one of
# these is refused, so the list can stay short enough to read.
_WORN_OUT = (
    "password passwort administrator welcome willkommen letmein iloveyou changeme default "
    "secret monkey dragon football baseball princess sunshine superman starwars trustno "
    "qwertyuiop qwertzuiop asdfghjkl zxcvbnm qazwsxedc abcdefghijklmnopqrstuvwxyz "
    "abc qwerty rapport woaini"
).split()
_LOOKS_LIKE = str.maketrans("@4301$5!7", "aaeoissit")


@dataclass(frozen=True)
class PasswordStrength:
    """What one argon2id hash costs: memory in KiB, passes over it, lanes."""

    memory: int
    passes: int
    lanes: int


STRONG = PasswordStrength(memory=64 * 1024, passes=3, lanes=4)
CHEAP = PasswordStrength(memory=8, passes=1, lanes=1)
"""For tests only: a hash in a fraction of a millisecond, and as quickly guessed."""


class Passwords:
    """Hashes and checks passwords, two at a time, because each takes 64 MiB."""

    def __init__(self, strength: PasswordStrength) -> None:
        self._hasher = PasswordHasher(
            time_cost=strength.passes, memory_cost=strength.memory, parallelism=strength.lanes
        )
        self._room = Semaphore(2)
        self._nobodys: str | None = None

    def hash(self, password: str) -> str:
        """The argon2id hash to keep."""
        with self._room:
            return self._hasher.hash(_composed(password))

    def is_right(self, password: str, kept: str | None) -> bool:
        """Whether this password made the kept hash.

        None stands for an account that does not exist: it takes as long, and is never right.
        """
        hashed = self._hash_of_nobody() if kept is None else kept
        with self._room:
            try:
                self._hasher.verify(hashed, _composed(password))
            except VerifyMismatchError:
                return False
        return kept is not None

    def is_outdated(self, kept: str) -> bool:
        """Whether the hash was made with other costs than today's."""
        return self._hasher.check_needs_rehash(kept)

    def _hash_of_nobody(self) -> str:
        if self._nobodys is None:
            self._nobodys = self.hash("nobody has this password")
        return self._nobodys


def require_acceptable(password: str, *, sign_in_name: str) -> None:
    """Refuse a password that is short or easily guessed. Raises Invalid on field `password`."""
    if len(password) < SHORTEST:
        raise Invalid(
            "Use at least {shortest} characters. Three or four unrelated words do well.",
            field="password",
            shortest=SHORTEST,
        )
    if len(password) > LONGEST:
        raise Invalid("Use at most {longest} characters.", field="password", longest=LONGEST)
    if _is_worn_out(password, sign_in_name):
        raise Invalid(
            "This password is easily guessed. Three or four unrelated words do well.",
            field="password",
        )


def _is_worn_out(password: str, sign_in_name: str) -> bool:
    plain = password.casefold()
    if len(set(plain)) < 5 or _climbs(plain):
        return True
    letters = "".join(c for c in plain.translate(_LOOKS_LIKE) if c.isalpha())
    own = "".join(c for c in sign_in_name.casefold() if c.isalpha())
    for word in (*_WORN_OUT, *([own] if len(own) > 2 else [])):
        letters = letters.replace(word, "")
    return len(letters) < 4 and any(c.isalpha() for c in plain)


def _climbs(text: str) -> bool:
    steps = {ord(b) - ord(a) for a, b in pairwise(text)}
    return steps <= {1, -9} or steps <= {-1, 9}  # 1234567890123 and backwards


def _composed(password: str) -> str:
    # The same letters come composed from one keyboard and decomposed from another.
    return unicodedata.normalize("NFC", password)
