"""Backup and restore: the log as lines of JSON that any later version, and any reader, can take in.

The same on SQLite and PostgreSQL, so that a backup of one is restored into the other. Keys are
kept apart: whoever has the log's backup alone reads no word about a person.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Column, Connection, Engine, Table, func, insert, select, text

from adapters.accesses import accesses
from adapters.database import writing
from adapters.desk import tables as desk_tables
from adapters.desk.tables import credentials, drafts, preferences
from adapters.keyring import keys, mark_of
from adapters.log import tables
from adapters.log.tables import events

FORMAT = 1
AT_ONCE = 5_000

FOR_EVER = (events, accesses)
"""Tables of which nothing is ever changed; their rows keep the numbers that they were given."""

DESK = (credentials, preferences, drafts)
"""Desk tables worth keeping; sessions, attempts and keys of sent forms are not."""

_BLIND = UUID(int=0)  # the blind index's own key, which every key database has from the start

Progress = Callable[[int, int], None]


class BackupTrouble(Exception):
    """The backup cannot be made or taken in; the message says what to do. Nothing was changed."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds. `head` and `events` are those of the log at the moment it was taken;
    `files` maps each file to the SHA-256 of its bytes.
    """

    format: int
    taken_at: datetime
    tables: dict[str, int]
    head: int
    files: dict[str, str]


def backup_log(engine: Engine, raw: Path, folder: Path, progress: Progress) -> Manifest:
    """Write log, desk and raw files into a new folder, as of one moment, while work goes on.

    The folder appears whole or not at all. Raises BackupTrouble when it is there already.
    """
    with _new_folder(folder) as draft, _one_moment(engine) as connection:
        total = connection.scalar(select(func.count()).select_from(events)) or 0
        head = connection.scalar(select(func.max(events.c.position))) or 0
        rows = {
            table.name: _dump(connection, table, draft / f"{table.name}.jsonl.gz", total, progress)
            for table in (*FOR_EVER, *DESK)
        }
        if raw.is_dir():
            shutil.copytree(raw, draft / "raw")
        return _seal_folder(draft, rows, head)


def backup_keys(engine: Engine, folder: Path) -> Manifest:
    """Write the keys, wrapped by the master key as they are, into a new folder of their own."""
    with _new_folder(folder) as draft, _one_moment(engine) as connection:
        rows = _dump(connection, keys, draft / "keys.jsonl.gz", 0, lambda _done, _total: None)
        return _seal_folder(draft, {"keys": rows}, 0)


def restore_log(engine: Engine, raw: Path, folder: Path, progress: Progress) -> Manifest:
    """Take a backup into an empty log: every byte is checked first, then all of it or nothing.

    Positions, times of recording and everything else are as they were. Raises BackupTrouble.
    """
    manifest = _checked(folder, {table.name for table in (*FOR_EVER, *DESK)})
    with writing(engine) as connection:
        if connection.scalar(select(func.count()).select_from(events)):
            raise BackupTrouble(
                "There are events in this log already. Restore into a new, empty database."
            )
        for table in DESK:
            connection.execute(table.delete())
        for table in (*FOR_EVER, *DESK):
            _load(connection, table, folder / f"{table.name}.jsonl.gz", manifest, progress)
        if (folder / "raw").is_dir():
            shutil.copytree(folder / "raw", raw, dirs_exist_ok=True)
    return manifest


def restore_keys(engine: Engine, folder: Path, *, master: bytes) -> Manifest:
    """Take the keys into a key database that holds none yet, under the master key they had.

    Raises BackupTrouble.
    """
    manifest = _checked(folder, {"keys"})
    with writing(engine) as connection:
        if _holds_keys(connection):
            raise BackupTrouble("There are keys in this database already. Restore into a new one.")
        connection.execute(keys.delete())
        _load(connection, keys, folder / "keys.jsonl.gz", manifest, lambda _done, _total: None)
        if connection.scalar(
            select(func.count()).select_from(keys).where(keys.c.master != mark_of(master))
        ):
            raise BackupTrouble(
                "These keys were wrapped by another master key than the one in force here. Put the "
                "master.key of the hub that was backed up into the data folder, then restore again."
            )
    return manifest


def holds_keys(engine: Engine) -> bool:
    """Whether a key database holds the key of anybody."""
    with engine.connect() as connection:
        return _holds_keys(connection)


def _holds_keys(connection: Connection) -> bool:
    of_streams = select(keys.c.stream).where(keys.c.stream != _BLIND)
    return bool(connection.scalar(select(of_streams.exists())))


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    """A folder to write into, which gets its name when all is written."""
    if folder.exists():
        raise BackupTrouble(f"{folder} is there already. Name a folder that does not exist yet.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        yield draft
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


@contextmanager
def _one_moment(engine: Engine) -> Iterator[Connection]:
    """A connection whose queries all see the database as of one moment."""
    level = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with engine.connect().execution_options(**level) as connection, connection.begin():
        yield connection


def _dump(connection: Connection, table: Table, file: Path, total: int, progress: Progress) -> int:
    count = 0
    found = connection.execution_options(yield_per=AT_ONCE).execute(
        select(table).order_by(*table.primary_key)
    )
    with gzip.GzipFile(file, "wb", compresslevel=3, mtime=0) as out:
        out.write(msgspec.json.encode([str(column.name) for column in table.c]) + b"\n")
        for page in found.partitions():
            out.write(msgspec.json.Encoder().encode_lines([list(row) for row in page]))
            count += len(page)
            progress(count, max(total, count))
    return count


def _load(
    connection: Connection, table: Table, file: Path, manifest: Manifest, progress: Progress
) -> None:
    expected, done = manifest.tables[table.name], 0
    statement = insert(table)
    if table in FOR_EVER:
        _number(connection, table, "BY DEFAULT")
    with gzip.open(file, "rb") as lines:
        names: list[str] = msgspec.json.decode(next(lines))
        types = [_kind(table.c[name]) for name in names]
        for chunk in _chunks(lines):
            rows = [
                {
                    name: None if value is None else msgspec.convert(value, kind, strict=False)
                    for name, value, kind in zip(
                        names, msgspec.json.decode(line), types, strict=True
                    )
                }
                for line in chunk
            ]
            connection.execute(statement, rows)
            done += len(rows)
            progress(done, expected)
    if table in FOR_EVER:
        _number(connection, table, "ALWAYS")
    if done != expected:
        raise BackupTrouble(
            f"{file.name} has {done} rows, the manifest says {expected}. Take another backup."
        )


def _kind(column: Column[Any]) -> type:
    moments = (tables.Moment, desk_tables.Moment)
    return datetime if isinstance(column.type, moments) else column.type.python_type


def _number(connection: Connection, table: Table, generated: str) -> None:
    """Whether PostgreSQL numbers the rows itself; when it does, the next number follows the last.

    SQLite remembers the highest number by itself.
    """
    if connection.dialect.name != "postgresql":
        return
    (column,) = table.primary_key
    connection.execute(
        text(f"ALTER TABLE {table.name} ALTER {column.name} SET GENERATED {generated}")
    )
    if last := connection.scalar(select(func.max(column))):
        sequence = func.pg_get_serial_sequence(table.name, column.name)
        connection.execute(select(func.setval(sequence, last)))


def _seal_folder(draft: Path, rows: dict[str, int], head: int) -> Manifest:
    files = {
        path.relative_to(draft).as_posix(): _sha256(path)
        for path in sorted(draft.rglob("*"))
        if path.is_file()
    }
    manifest = Manifest(
        format=FORMAT, taken_at=datetime.now(UTC), tables=rows, head=head, files=files
    )
    (draft / "manifest.json").write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
    for path in draft.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
    return manifest


def _checked(folder: Path, names: set[str]) -> Manifest:
    """The manifest of a backup whose every file is as it was written."""
    try:
        manifest = msgspec.json.decode((folder / "manifest.json").read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as problem:
        raise BackupTrouble(f"{folder} is not a backup: {problem}") from problem
    if manifest.format > FORMAT:
        raise BackupTrouble(
            f"This backup is of format {manifest.format}, made by a newer version. Install that "
            "version first."
        )
    if missing := names - set(manifest.tables):
        raise BackupTrouble(f"This backup does not hold {', '.join(sorted(missing))}.")
    for name, digest in manifest.files.items():
        path = folder / name
        if not path.is_file() or _sha256(path) != digest:
            raise BackupTrouble(f"{name} is damaged or missing. Take another backup.")
    return manifest


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _chunks(lines: Iterable[bytes]) -> Iterator[Sequence[bytes]]:
    walk = iter(lines)
    while chunk := list(islice(walk, AT_ONCE)):
        yield chunk
