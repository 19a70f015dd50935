"""What came in is kept byte for byte, once, and only its owner may read it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from adapters.raw_store import RawStore, sha256_of


def test_a_file_is_kept_under_its_hash(tmp_path: Path) -> None:
    content = bytes(range(256)) * 10_000
    (tmp_path / "scan.pdf").write_bytes(content)
    store = RawStore(tmp_path / "data")
    sha256 = store.keep_file(tmp_path / "scan.pdf")
    assert sha256 == hashlib.sha256(content).hexdigest() == sha256_of(tmp_path / "scan.pdf")
    assert store.path(sha256) == tmp_path / "data" / "raw" / sha256[:2] / sha256[2:]
    with store.open(sha256) as kept:
        assert kept.read() == content


def test_what_is_there_already_is_kept_once(tmp_path: Path) -> None:
    store = RawStore(tmp_path)
    assert store.keep(b"letter") == store.keep(b"letter")
    files = [path for path in (tmp_path / "raw").rglob("*") if path.is_file()]
    assert len(files) == 1


def test_only_the_owner_may_read(tmp_path: Path) -> None:
    store = RawStore(tmp_path)
    path = store.path(store.keep(b"letter"))
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0
    assert path.parent.parent.stat().st_mode & 0o077 == 0


def test_what_was_never_kept_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        RawStore(tmp_path).open("0" * 64)


def test_a_disk_that_is_full_leaves_no_draft(tmp_path: Path) -> None:
    def broken() -> object:
        yield b"first"
        raise OSError(28, "No space left on device")

    store = RawStore(tmp_path)
    with pytest.raises(OSError, match="No space"):
        store._keep(broken())  # type: ignore[arg-type]
    assert [path for path in (tmp_path / "raw").rglob("*") if path.is_file()] == []
