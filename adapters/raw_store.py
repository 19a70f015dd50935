"""What came in from outside, kept byte for byte under its hash before anything reads it."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_PIECE = 1 << 20


class RawStore:
    """Files under their SHA-256 in `FOLDER/raw/ab/cdef…`, readable by their owner only."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self._folder = data_dir / "raw"

    def path(self, sha256: str) -> Path:
        """Where the bytes with this hash lie, or would lie."""
        return self._folder / sha256[:2] / sha256[2:]

    def keep_file(self, path: Path) -> str:
        """Keep a copy of a file, on disk when this returns; gives its hash in hexadecimal."""
        with path.open("rb") as file:
            return self._keep(iter(lambda: file.read(_PIECE), b""))

    def keep(self, content: bytes) -> str:
        """Keep these bytes, on disk when this returns; gives their hash in hexadecimal."""
        return self._keep(iter([content]))

    def open(self, sha256: str) -> BinaryIO:
        """The bytes with this hash. Raises FileNotFoundError when they were never kept."""
        return self.path(sha256).open("rb")

    def _keep(self, pieces: Iterator[bytes]) -> str:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._folder / f"draft-{secrets.token_hex(16)}"
        hashed = hashlib.sha256()
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as to:
                for piece in pieces:
                    hashed.update(piece)
                    to.write(piece)
                to.flush()
                os.fsync(to.fileno())
            return self._put(draft, hashed.hexdigest())
        finally:
            draft.unlink(missing_ok=True)

    def _put(self, draft: Path, sha256: str) -> str:
        kept = self.path(sha256)
        if not kept.exists():
            kept.parent.mkdir(mode=0o700, exist_ok=True)
            draft.rename(kept)
            _sync(kept.parent)
            _sync(self._folder)
        return sha256


def sha256_of(path: Path) -> str:
    """The hash of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(folder: Path) -> None:
    """Make the names in a folder durable; without it a renamed file may be lost with the power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
