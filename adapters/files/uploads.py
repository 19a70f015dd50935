"""Files that people brought in through the pages, from the upload to what came of it.

Each lies in a folder of its own, with its mapping and what is known of it so far, so that any
process tells the same of it, also after a restart:

    about.json     what it is and who brought it     file, mapping/NAME     as they were sent
    progress.json  how far the work is               checked.json           what a dry run found
    done.json      what came of taking it in         failed.json            why it could not be

Whoever works on an upload holds the lock of its folder, which the system frees when they die.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any, Literal
from uuid import UUID, uuid4

from eventsourcing.persistence import PersistenceError
from filelock import FileLock, Timeout
from sqlalchemy.exc import SQLAlchemyError

from adapters.files.document import NotImportable
from adapters.files.importing import Import, Progress
from adapters.files.summary import Summary
from domain.errors import Changed, NotFound, Refused
from domain.imports import ImportKind

Doing = Literal["check", "take"]
State = Literal["waiting", "checking", "checked", "taking", "done", "failed", "interrupted"]
Take = Callable[[Import, bool, Progress, Path], Summary]
"""Does the work: an import, whether it is a dry run, whom to tell, the folder for refused lines."""

FORGOTTEN_AFTER = timedelta(days=14)
"""An upload that nobody took in until then is thrown away: it holds words about persons."""

TOLD_EVERY = 0.25
"""Seconds between two words on how far the work is."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file that was brought in, and how far it is. `summary` is that of the last work done.

    `done` of `total` lines while it is being worked on. `problems` say why it failed, each with
    what to do.
    """

    id: UUID
    kind: ImportKind
    file_name: str
    file_size: int
    mapping_name: str
    by: UUID
    uploaded_at: datetime
    state: State
    done: int
    total: int
    summary: dict[str, Any] | None
    problems: tuple[str, ...]
    refused_file: Path | None

    @property
    def goes_on(self) -> bool:
        """Whether somebody is working on it now."""
        return self.state in ("checking", "taking")


class Uploads:
    """All uploads, in `DATA_DIR/imports`."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / "imports"

    def receive(
        self,
        save: Callable[[Path], object],
        *,
        kind: ImportKind,
        file_name: str,
        mapping: bytes,
        mapping_name: str,
        by: UUID,
    ) -> UUID:
        """Keep a file, which `save` writes to a path, and its mapping; returns the upload's id."""
        self._forget_old_ones()
        upload_id = uuid4()
        folder = self._place(upload_id)
        folder.mkdir(mode=0o700, parents=True)
        save(folder / "file")
        about = {
            "kind": kind,
            "file_name": _harmless(file_name),
            "file_size": (folder / "file").stat().st_size,
            "mapping_name": _keep_mapping(folder, mapping, mapping_name),
            "by": str(by),
            "uploaded_at": datetime.now(UTC).isoformat(),
        }
        _write(folder / "about.json", about)
        return upload_id

    def get(self, upload_id: UUID) -> Upload:
        """One upload as it is now. Raises NotFound."""
        folder = self._place(upload_id)
        about = _read(folder / "about.json")
        if about is None:
            raise NotFound("upload", upload_id)
        progress = _read(folder / "progress.json") or {}
        failed = _read(folder / "failed.json")
        state = _state(folder, progress, failed=failed is not None)
        refused = folder / f"{about['file_name']}.refused.csv"
        return Upload(
            id=upload_id,
            kind=about["kind"],
            file_name=about["file_name"],
            file_size=about["file_size"],
            mapping_name=about["mapping_name"],
            by=UUID(about["by"]),
            uploaded_at=datetime.fromisoformat(about["uploaded_at"]),
            state=state,
            done=progress.get("done", 0),
            total=progress.get("total", 0),
            summary=_read(folder / "done.json") or _read(folder / "checked.json"),
            problems=tuple(failed["problems"]) if failed else (),
            refused_file=refused if state == "done" and refused.exists() else None,
        )

    def unfinished(self) -> list[Upload]:
        """The uploads that were not taken in yet, the latest first."""
        found = [self.get(upload_id) for upload_id in self._ids()]
        waiting = [each for each in found if each.state != "done"]
        return sorted(waiting, key=lambda each: each.uploaded_at, reverse=True)

    def discard(self, upload_id: UUID) -> None:
        """Throw an upload away. Raises NotFound, and Changed while somebody works on it."""
        self.get(upload_id)
        with self._alone(upload_id):
            shutil.rmtree(self._place(upload_id))

    def begin(self, upload_id: UUID, doing: Doing, take: Take) -> Thread:
        """Check or take in an upload in the background. Raises NotFound, Changed."""
        upload = self.get(upload_id)
        if upload.state == "done":
            raise Changed("This file was taken in already. Upload it again to take it in again.")
        lock = self._locked(upload_id)
        worker = Thread(
            target=self._work, args=[upload, doing, take, lock], name="import", daemon=True
        )
        _told_so_far(self._place(upload_id), doing, 0, 0)
        worker.start()
        return worker

    def upload_of(self, refused_file: str) -> UUID | None:
        """The upload whose refused lines lie in this file; None when it is none of ours."""
        place = Path(refused_file).parent
        try:
            upload_id = UUID(place.name)
        except ValueError:
            return None
        return upload_id if place == self._place(upload_id) and place.exists() else None

    def mapping(self, upload_id: UUID) -> bytes:
        """The mapping that an upload is read by."""
        return _mapping(self._place(upload_id)).read_bytes()

    def change_mapping(
        self, upload_id: UUID, *, kind: ImportKind, mapping: bytes, mapping_name: str
    ) -> None:
        """Read the file in another way from now on. Raises NotFound, Changed."""
        folder = self._place(upload_id)
        if self.get(upload_id).state == "done":
            raise Changed("This file was taken in already. Upload it again to take it in again.")
        with self._alone(upload_id):
            for told in ("checked.json", "failed.json", "progress.json"):
                (folder / told).unlink(missing_ok=True)
            about = _read(folder / "about.json") or {}
            name = _keep_mapping(folder, mapping, mapping_name)
            _write(folder / "about.json", {**about, "kind": kind, "mapping_name": name})

    # --- how ----------------------------------------------------------------------------------

    def _work(self, upload: Upload, doing: Doing, take: Take, lock: FileLock) -> None:
        folder = self._place(upload.id)
        (folder / "failed.json").unlink(missing_ok=True)
        importing = Import(kind=upload.kind, path=folder / "file", mapping=_mapping(folder))
        try:
            summary = take(importing, doing == "check", _Told(folder, doing), folder)
        except Exception as problem:  # noqa: BLE001 -- nobody stands above a thread: the page tells
            _log.log(
                logging.INFO if isinstance(problem, NotImportable | Refused) else logging.ERROR,
                "import %s failed",
                upload.id,
                exc_info=problem,
            )
            _write(folder / "failed.json", {"problems": _in_words(problem)})
        else:
            name = "checked.json" if doing == "check" else "done.json"
            _write(folder / name, summary.as_json())
            if doing == "take":
                (folder / "file").unlink()  # the raw store has it
        finally:
            (folder / "progress.json").unlink(missing_ok=True)
            lock.release()

    def _locked(self, upload_id: UUID) -> FileLock:
        lock = _lock(self._place(upload_id))
        try:
            lock.acquire(timeout=1)
        except Timeout:
            raise Changed("This file is being worked on already.") from None
        return lock

    @contextmanager
    def _alone(self, upload_id: UUID) -> Iterator[None]:
        lock = self._locked(upload_id)
        try:
            yield
        finally:
            lock.release()

    def _ids(self) -> list[UUID]:
        if not self.folder.exists():
            return []
        about = self.folder.glob("*/about.json")
        return [UUID(file.parent.name) for file in about]

    def _place(self, upload_id: UUID) -> Path:
        return self.folder / str(upload_id)

    def _forget_old_ones(self) -> None:
        for upload in self.unfinished():
            if not upload.goes_on and datetime.now(UTC) - upload.uploaded_at > FORGOTTEN_AFTER:
                self.discard(upload.id)


class _Told:
    """Writes down how far the work is, a few times a second."""

    def __init__(self, folder: Path, doing: Doing) -> None:
        self._folder, self._doing = folder, doing
        self._last = 0.0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._last >= TOLD_EVERY:
            self._last = now
            _told_so_far(self._folder, self._doing, done, total)


def _told_so_far(folder: Path, doing: Doing, done: int, total: int) -> None:
    _write(folder / "progress.json", {"doing": doing, "done": done, "total": total})


def _state(folder: Path, progress: dict[str, Any], *, failed: bool) -> State:
    if (folder / "done.json").exists():
        return "done"
    if progress and _is_held(folder):
        return "checking" if progress["doing"] == "check" else "taking"
    if failed:
        return "failed"
    if (folder / "progress.json").exists():
        return "interrupted"
    return "checked" if (folder / "checked.json").exists() else "waiting"


def _lock(folder: Path) -> FileLock:
    # Taken in the request and released by the worker, which are two threads.
    return FileLock(folder / "lock", thread_local=False)


def _is_held(folder: Path) -> bool:
    lock = _lock(folder)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def _in_words(problem: Exception) -> list[str]:
    if isinstance(problem, NotImportable):
        return list(problem.problems)
    if isinstance(problem, Refused):
        return [str(problem)]
    if isinstance(problem, SQLAlchemyError | PersistenceError):
        return ["The database could not take it. What was taken in stays: try again."]
    if isinstance(problem, OSError):
        return [f"The file could not be read or kept: {problem.strerror}. Try again."]
    return [f"Something went wrong here ({type(problem).__name__}). Tell your administrator."]


def _keep_mapping(folder: Path, content: bytes, name: str) -> str:
    """Keep the one mapping of an upload; gives the name under which it lies."""
    place = folder / "mapping"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(mode=0o700)
    (place / _harmless(name)).write_bytes(content)
    return _harmless(name)


def _mapping(folder: Path) -> Path:
    return next((folder / "mapping").iterdir())


def _harmless(name: str) -> str:
    """The name of a file without folders and control signs, short enough for any disk."""
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(sign for sign in last if sign.isprintable()).strip(". ")
    while len(shown.encode()) > 180:
        shown = shown[1:]  # the end tells what kind of file it is
    return shown or "file"


def _read(file: Path) -> dict[str, Any] | None:
    try:
        told: dict[str, Any] = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return None
    return told


def _write(file: Path, told: dict[str, Any]) -> None:
    """Whoever reads at the same moment sees the old words or the new ones."""
    draft = file.with_suffix(".draft")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        json.dump(told, opened, ensure_ascii=False)
    draft.replace(file)
