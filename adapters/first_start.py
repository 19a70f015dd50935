"""The first administrator: whoever can read the console or the data folder, once."""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path


class FirstStart:
    """The one-time token with which the first administrator is made.

    It lies in `<data folder>/first-start-token`, readable by the hub's own user only, until it
    was used.
    """

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "first-start-token"

    def token(self) -> str:
        """The token to print on the console; made when there is none yet."""
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return self._path.read_text("ascii").strip()
        with os.fdopen(handle, "w", encoding="ascii") as file:
            token = secrets.token_urlsafe(24)
            file.write(token + "\n")
        return token

    def is_token(self, told: str) -> bool:
        """Whether this is the token, compared in constant time."""
        if not self._path.exists():
            return False
        return hmac.compare_digest(told.strip().encode(), self.token().encode())

    def use_up(self) -> None:
        """The administrator was made: the token is worth nothing any more."""
        self._path.unlink(missing_ok=True)
