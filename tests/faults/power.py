"""Power failures, made from a record of what was written: what was not synced may be lost.

strace records every write, sync and name that a hub's databases see. A failure is replayed at any
moment of that record: of the writes that were not synced any may be missing, the last one may be
torn, and names that came or went since the folder was synced may not have. That is more than most
file systems would do to us, and what a file system is allowed to do.
"""

from __future__ import annotations

import random
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.faults.kit import TIMES
from tests.faults.tracing import ROOT, STRACE

FILES = ("rapport.db", "rapport.db-wal", "rapport.db-journal", "keys.db", "keys.db-journal")
DIARY = "acknowledged"
"""Where the hub under test writes down what it told people; it outlives the failure."""

SECTOR = 512
CALLS = "openat,pwrite64,write,ftruncate,fdatasync,fsync,unlink,rename"
_LINE = re.compile(r"^(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)")
_HEX = re.compile(r"\\x([0-9a-f]{2})")


@dataclass(frozen=True)
class Write:
    offset: int
    data: bytes


@dataclass(frozen=True)
class Truncate:
    length: int


Change = Write | Truncate


@dataclass(frozen=True)
class Call:
    """One recorded call: which, on which file, and what it did there."""

    name: str
    file: str
    change: Change | None = None
    text: str = ""


def record(folder: Path, work: str) -> list[Call]:
    """Let a hub work in an empty folder, in a process of its own, and record what it writes."""
    trace = folder.parent / f"{folder.name}.trace"
    watched = [word for name in (*FILES, DIARY, "") for word in ("-P", str(folder / name))]
    command = [
        *(str(STRACE), "-f", "-y", "-qq", "-xx", "-s", "1000000", "-o", str(trace)),
        *("-e", f"trace={CALLS}", *watched),
        *(sys.executable, "-m", "tests.faults.powered", str(folder), work),
    ]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=250 * TIMES
    )
    assert done.returncode == 0, done.stderr
    with trace.open() as lines:
        return [call for line in lines if (call := _read(line, folder)) is not None]


def _read(line: str, folder: Path) -> Call | None:
    matched = _LINE.match(line)
    assert matched or "+++" in line or "---" in line, f"strace wrote what is not read here: {line}"
    if matched is None or int(matched[3]) < 0:
        return None
    name, told = matched[1], matched[2]
    if name in ("openat", "unlink", "rename"):
        flags = told.rpartition(", ")[0] if name == "openat" else "O_CREAT"
        if "O_CREAT" not in told and "O_CREAT" not in flags:
            return None
        return Call(name, _name(told.split('"')[1], folder))
    file = _name(told[told.index("<") + 1 : told.index(">")], folder)
    if name == "ftruncate":
        return Call(name, file, Truncate(int(told.rpartition(", ")[2])))
    if name in ("write", "pwrite64"):
        _, data, rest = told.split('"')
        raw = bytes.fromhex(data.replace("\\x", ""))
        if name == "write":
            return Call(name, file, text=raw.decode())
        return Call(name, file, Write(int(rest.rpartition(", ")[2]), raw))
    return Call(name, file)


def _name(text: str, folder: Path) -> str:
    path = _HEX.sub(lambda found: chr(int(found[1], 16)), text)
    return "" if path == str(folder) else Path(path).name


# --- the disk -----------------------------------------------------------------------------------


@dataclass
class Inode:
    """A file's bytes that survive in any case, and what was done to it since the last sync."""

    synced: bytearray = field(default_factory=bytearray)
    pending: list[Change] = field(default_factory=list)

    def sync(self) -> None:
        _apply(self.synced, self.pending)
        self.pending = []


Names = dict[str, Inode]


class Disk:
    """A folder on a disk that has promised nothing but what was synced."""

    def __init__(self) -> None:
        self.names: Names = {}
        self._synced: Names = {}
        self._renamed: list[Callable[[Names], object]] = []
        self.acknowledged: dict[str, int] = {}

    def take(self, call: Call) -> None:
        """Let a recorded call happen."""
        match call.name:
            case "openat" if call.file not in self.names:
                self._rename(partial(_name_it, call.file, Inode()))
            case "unlink":
                self._rename(lambda names: names.pop(call.file, None))
            case "fsync" | "fdatasync" if call.file == "":
                self._synced, self._renamed = dict(self.names), []
            case "fsync" | "fdatasync":
                self.names[call.file].sync()
            case "write" if call.file == DIARY:
                for line in call.text.splitlines():
                    deed, position = line.split()
                    self.acknowledged[deed] = int(position)
            case "pwrite64" | "ftruncate" if call.change is not None:
                self.names[call.file].pending.append(call.change)
            case "openat":
                pass  # it was there
            case _:
                raise ValueError(f"{call.name} on {call.file} is not replayed here: add it")

    def _rename(self, change: Callable[[Names], object]) -> None:
        change(self.names)
        self._renamed.append(change)

    def fail(self, chance: random.Random) -> dict[str, bytes]:
        """The files as they may be found after the power fails now."""
        names = dict(self._synced)
        for change in self._renamed[: chance.randint(0, len(self._renamed))]:
            change(names)
        return {name: _survived(inode, chance) for name, inode in names.items() if name in FILES}


def _name_it(name: str, inode: Inode, names: Names) -> None:
    names[name] = inode


def _survived(inode: Inode, chance: random.Random) -> bytes:
    pending = inode.pending
    match chance.randrange(4):
        case 0:
            kept: Sequence[Change] = []
        case 1:
            kept = pending[: chance.randint(0, len(pending))]
        case 2:
            lucky = chance.random()
            kept = [change for change in pending if chance.random() < lucky]
        case _:
            kept = pending
    if kept and isinstance(torn := kept[-1], Write) and chance.random() < 0.5:
        whole = chance.randint(0, len(torn.data) // SECTOR) * SECTOR
        kept = [*kept[:-1], Write(torn.offset, torn.data[:whole])]
    content = bytearray(inode.synced)
    _apply(content, kept)
    return bytes(content)


def _apply(content: bytearray, changes: Sequence[Change]) -> None:
    for change in changes:
        if isinstance(change, Truncate):
            content[:] = content[: change.length].ljust(change.length, b"\0")
            continue
        end = change.offset + len(change.data)
        if len(content) < end:
            content.extend(bytes(end - len(content)))
        content[change.offset : end] = change.data


@dataclass(frozen=True)
class Image:
    """What lies in the folder after a failure, and what people had been told by then."""

    folder: Path
    moment: int
    acknowledged: dict[str, int]


def failures(calls: Sequence[Call], folder: Path, *, count: int, seed: int) -> Iterator[Image]:
    """So many failures at random moments, each in the same folder, one after the other."""
    chance = random.Random(seed)
    moments = sorted(chance.randrange(len(calls)) for _ in range(count))
    disk, done = Disk(), 0
    for moment in moments:
        for call in calls[done:moment]:
            disk.take(call)
        done = moment
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, content in disk.fail(chance).items():
            (folder / name).write_bytes(content)
        yield Image(folder, moment, dict(disk.acknowledged))


@dataclass(frozen=True)
class Found:
    """What SQLite finds in an image.

    That is what is wrong, which acknowledged deeds are lost, and whether read models have lost
    their last pages together with their positions, as they may.
    """

    wrong: str
    lost: frozenset[str]
    folded_again: bool


def look(image: Image) -> Found:
    """Open the databases of an image with nothing but SQLite."""
    if not (image.folder / "rapport.db").exists():
        return Found("", frozenset(image.acknowledged), folded_again=False)
    try:
        with (
            closing(sqlite3.connect(image.folder / "rapport.db")) as log,
            closing(sqlite3.connect(image.folder / "keys.db")) as keys,
        ):
            for each in (log, keys):
                [(verdict,), *_] = each.execute("PRAGMA integrity_check").fetchall()
                if verdict != "ok":
                    return Found(verdict, frozenset(), folded_again=False)
            return _compare(log, keys, image)
    except sqlite3.DatabaseError as error:
        return Found(f"{type(error).__name__}: {error}", frozenset(), folded_again=False)


def _compare(log: sqlite3.Connection, keys: sqlite3.Connection, image: Image) -> Found:
    tables = {name for (name,) in log.execute("SELECT name FROM sqlite_master")}
    if "events" not in tables:
        return Found("", frozenset(image.acknowledged), folded_again=False)
    found = dict(log.execute("SELECT correlation, max(position) FROM events GROUP BY 1"))
    [(head,)] = log.execute("SELECT coalesce(max(position), 0) FROM events")
    places: list[int] = []
    if "projections" in tables:
        rows = log.execute("SELECT name, position FROM projections WHERE state = 'live'")
        for name, position in rows:
            if position > head:
                return Found(f"{name} is ahead of the log", frozenset(), folded_again=False)
            places.append(position)
    sealed = log.execute("SELECT DISTINCT stream FROM events WHERE state LIKE '%sealed:%'")
    streams = {stream for (stream,) in sealed}
    if streams:
        known = {stream for (stream,) in keys.execute("SELECT stream FROM keys")}
        if missing := streams - known:
            return Found(f"no keys for {missing}", frozenset(), folded_again=False)
    lost = {d for d, position in image.acknowledged.items() if found.get(d) != position}
    return Found("", frozenset(lost), folded_again=bool(places) and min(places) < head)
