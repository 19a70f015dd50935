"""SQLite as a store that loses nothing: how it is opened, written to and checkpointed.

Before 3.51.3, SQLite could corrupt a database in WAL mode when a checkpoint ran while another
connection committed (the WAL-reset bug). So no connection checkpoints by itself here; `checkpoint`
does it, while it holds the write lock.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

LOCK_SECONDS = 5.0
"""How long a writer waits for another one before it gives up."""

CACHE_KIB = 32 * 1024
"""Pages that a connection keeps in memory: random ids touch the whole of an index."""

WAL_BYTES_AT_MOST = 16 * 1024 * 1024
"""A write-ahead log longer than this slows every reader down, and is due for a checkpoint."""

_NETWORK = {
    "nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afs", "ceph", "glusterfs", "lustre",
    "gfs2", "ocfs2", "beegfs", "gpfs", "ncpfs", "davfs", "fuse.sshfs", "fuse.glusterfs",
    "fuse.ceph", "fuse.s3fs", "fuse.rclone", "fuse.davfs2", "fuse.gcsfuse", "fuse.cifs",
}  # fmt: skip

_FULL = 2  # how SQLite tells synchronous=FULL

Synchronous = Literal["NORMAL", "FULL", "EXTRA"]


class Unusable(Exception):
    """This database must not be used as it is set up; the message says what to change."""


def connect(url: URL, *, synchronous: Synchronous, journal: Literal["WAL", "DELETE"]) -> Engine:
    """An engine whose connections all have the settings that the store relies on.

    Transactions are begun explicitly (see `writing`): a plain one is for reading.
    Raises Unusable for a database in memory, or on a network file system.
    """
    path = file_of(url)
    refuse_network(path)
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=10,
        max_overflow=20,
        pool_timeout=LOCK_SECONDS,
        connect_args={
            "timeout": LOCK_SECONDS,
            "isolation_level": None,
            "check_same_thread": False,
            "cached_statements": 256,
        },
    )

    @event.listens_for(engine, "connect")
    def _settle(connection: sqlite3.Connection, _: object) -> None:
        for pragma in (
            f"journal_mode = {journal}",
            f"synchronous = {synchronous}",
            "foreign_keys = ON",
            "secure_delete = ON",  # what is erased is overwritten, not only unlinked
            "wal_autocheckpoint = 0",
            f"cache_size = -{CACHE_KIB}",
            "journal_size_limit = 0",  # a WAL that starts anew leaves no old pages behind
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


def assert_full_wal(engine: Engine) -> None:
    """Make sure that SQLite took the settings that lose nothing. Raises Unusable."""
    with raw(engine) as connection:
        journal = connection.execute("PRAGMA journal_mode").fetchone()[0]
        synchronous = connection.execute("PRAGMA synchronous").fetchone()[0]
    if journal != "wal":
        raise Unusable(
            f"The file system of {file_of(engine.url)} does not support SQLite's write-ahead log "
            f"(journal mode is {journal!r}). Put the database on a local disk."
        )
    if synchronous != _FULL:
        raise Unusable(f"SQLite did not accept synchronous=FULL (it says {synchronous}).")


@contextmanager
def raw(engine: Engine) -> Iterator[sqlite3.Connection]:
    """A driver connection of the pool, for the paths where each microsecond counts."""
    pooled = engine.raw_connection()
    try:
        connection: Any = pooled.driver_connection
        yield connection
    finally:
        pooled.close()


def checkpoint(engine: Engine) -> None:
    """Move the write-ahead log into the database and empty it, while nobody can write.

    The first connection holds the write lock without writing while the second one copies; then a
    write of one page starts the WAL anew, which cuts the file. When readers still need old
    pages, the WAL stays as long as it is until the next time.
    """
    with raw(engine) as holder, raw(engine) as copier:
        holder.execute("BEGIN IMMEDIATE")
        try:
            copier.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        finally:
            holder.execute("ROLLBACK")
        holder.execute("BEGIN IMMEDIATE")
        try:
            version = holder.execute("PRAGMA user_version").fetchone()[0]
            holder.execute(f"PRAGMA user_version = {int(version)}")
        except BaseException:
            holder.execute("ROLLBACK")
            raise
        holder.execute("COMMIT")


def wal_bytes(engine: Engine) -> int:
    """The length of the write-ahead log in bytes."""
    try:
        return Path(f"{file_of(engine.url)}-wal").stat().st_size
    except FileNotFoundError:
        return 0


def file_of(url: URL) -> Path:
    """The file of a SQLite URL. Raises Unusable when there is none."""
    if not url.database or url.database == ":memory:" or "mode=memory" in str(url):
        raise Unusable(
            "A history cannot be kept in memory: name a file, as in sqlite:///rapport.db."
        )
    return Path(url.database)


def refuse_network(path: Path) -> None:
    """Refuse a file system whose locks and syncs cannot be relied on. Raises Unusable."""
    kind = _file_system_of(path)
    if kind in _NETWORK or str(path).startswith("\\\\"):
        raise Unusable(
            f"{path} lies on a network file system ({kind or 'a share'}), on which SQLite can lose "
            "what was acknowledged. Put the database on a local disk, or use PostgreSQL."
        )


def _file_system_of(path: Path) -> str:
    """The type of the mounted file system that holds the path, as the kernel names it."""
    mounts = Path("/proc/self/mounts")
    if not mounts.exists():
        return ""  # not Linux: there is no portable way to ask
    place = str(path.absolute().parent.resolve())
    kind, longest = "", -1
    for line in mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        _, point, found, *_ = line.split(" ")
        point = point.replace("\\040", " ")
        inside = place == point or place.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= longest:
            kind, longest = found, len(point)
    return kind
