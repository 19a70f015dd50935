"""Taking a file in: kept raw, read as its mapping says, told to the customers, counted to the line."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec

from adapters.event_store import EventLog
from adapters.files.columns import Columns, Problem, Problems
from adapters.files.document import NotImportable
from adapters.files.known import Known
from adapters.files.mapping import load
from adapters.files.reading import Source
from adapters.files.recording import LeftOut, Recording
from adapters.files.records import Records, References, Survey
from adapters.files.summary import SHOWN, Refusals, Summary
from adapters.files.telling import REPEATED, Teller, Telling
from adapters.raw_store import RawStore, sha256_of
from domain.hub import Hub
from domain.imports import Import as ImportRun
from domain.imports import ImportKind, ImportStarted
from domain.personal import Personal

Progress = Callable[[int, int], None]
"""Told now and then how many lines are done, of how many."""

RECORDS_AT_ONCE = 1_000
LINES_AT_ONCE = 20_000
"""Of one transaction, so that people who log a contact meanwhile wait well under a second."""

EXAMPLES = 5
OWN_EVENTS = 2
"""That the import started, and that it finished."""


@dataclass(frozen=True)
class Import:
    """A file of one kind, and the mapping that says how to read it."""

    kind: ImportKind
    path: Path
    mapping: Path

    def run(
        self,
        hub: Hub,
        log: EventLog,
        raw: RawStore,
        *,
        by: UUID,
        dry_run: bool = False,
        progress: Progress = lambda *_: None,
        refused_folder: Path | None = None,
        file_name: str | None = None,
    ) -> Summary:
        """Take the file in; what it told before changes nothing, so it may be run again at any time.

        Refused lines go to `NAME.refused.csv` in `refused_folder`, by default beside the file, or
        in the data folder where nothing can be written beside it. `file_name` is what the file is
        called where `path` is only where it was put. A dry run records and writes nothing. Raises
        NotImportable before anything is recorded when file and mapping do not fit, Busy when
        others kept writing to the same customers.
        """
        mapping = load(self.mapping, self.kind)
        if not self.path.is_file():
            raise NotImportable(f"There is no file {self.path}. Check the path.")
        sha256 = sha256_of(self.path) if dry_run else raw.keep_file(self.path)
        path = self.path if dry_run else raw.path(sha256)
        name = file_name or self.path.name
        source = Source(path, mapping.layout, name=name)
        source.check(mapping)
        columns = Columns(source.columns, mapping)
        teller, references = Teller(columns, mapping), References(columns, mapping)
        survey = Survey(source, references)
        run_id = uuid4()
        recording = Recording(hub, log, mapping, teller, by=by, correlation=run_id, dry_run=dry_run)
        run = ImportRun.begin(
            run_id,
            ImportStarted(
                import_kind=self.kind,
                file_name=name,
                file_sha256=sha256,
                file_size=path.stat().st_size,
                mapping_name=mapping.name,
                mapping_sha256=mapping.sha256,
                told_by=mapping.source,
            ),
            act=recording.act,
        )
        recording.begin_with(run)
        summary = Summary(dry_run=dry_run)
        place = None
        if not dry_run:
            folder = refused_folder or _writable(self.path.parent, raw.data_dir / "refused")
            place = folder / f"{name}.refused.csv"
        records = Records(source, columns, mapping, references, survey.apart)
        with _few_collections(), Refusals(summary, place) as refusals:
            taking = _Taking(teller, recording, summary, refusals)
            taking.take(records, progress=progress, total=survey.rows)
        if mapping.complete:
            _report_vanished(Known(log, mapping.source), self.kind, survey, summary)
        _finish(run, recording, summary)
        return summary


def _writable(folder: Path, otherwise: Path) -> Path:
    if os.access(folder, os.W_OK):
        return folder
    otherwise.mkdir(mode=0o700, parents=True, exist_ok=True)
    return otherwise


@contextmanager
def _few_collections() -> Iterator[None]:
    """Let Python look for cycles less often: rows, lines and events have none, and are many.

    Measured on half a million lines, looking took a third of the time.
    """
    usual = gc.get_threshold()
    gc.set_threshold(100_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


class _Taking:
    """Takes record after record, and counts."""

    def __init__(
        self, teller: Teller, recording: Recording, summary: Summary, refusals: Refusals
    ) -> None:
        self._teller = teller
        self._recording = recording
        self._summary = summary
        self._refusals = refusals

    def take(self, records: Records, *, progress: Progress, total: int) -> None:
        """Take all records, some thousand events in one transaction."""
        progress(0, total)
        for tellings in _in_pieces(self._tellings(records)):
            for telling, outcome in zip(tellings, self._recording.record(tellings), strict=True):
                self._count(telling, outcome)
            self._count_read()
            progress(self._summary.read, total)
        self._count_read()
        progress(self._summary.read, total)

    def _tellings(self, records: Records) -> Iterator[Telling]:
        for record in records.read(
            skip=self._summary.skip, refuse=self._refusals.refuse, broken=self._refuse_broken
        ):
            try:
                telling = self._teller.tell(record)
            except Problems as problems:
                self._refusals.refuse(record.lines, problems.found)
            else:
                yield telling

    def _count(self, telling: Telling, outcome: Any) -> None:
        summary, lines = self._summary, telling.record.lines
        if isinstance(outcome, Problems):
            self._refusals.refuse(lines, outcome.found)
            return
        if isinstance(outcome, LeftOut):
            summary.skip(outcome.reason, len(lines))
            return
        told = len(lines)
        if telling.is_repeated:
            told = 1
            summary.skip(REPEATED, len(lines) - 1)
        setattr(summary, outcome, getattr(summary, outcome) + told)
        summary.flagged.update(telling.odd)
        if summary.dry_run and len(summary.examples) < EXAMPLES:
            summary.examples.append(_example(telling))

    def _count_read(self) -> None:
        s = self._summary
        s.read = s.new + s.unchanged + s.corrected + s.skipped + s.refused

    def _refuse_broken(self, line: int, text: str, remedy: str) -> None:
        self._refusals.refuse([line], [(line, Problem("line", text, remedy))])


def _in_pieces(tellings: Iterator[Telling]) -> Iterator[list[Telling]]:
    piece: list[Telling] = []
    lines = 0
    for telling in tellings:
        piece.append(telling)
        lines += len(telling.record.lines)
        if len(piece) >= RECORDS_AT_ONCE or lines >= LINES_AT_ONCE:
            yield piece
            piece, lines = [], 0
    if piece:
        yield piece


def _report_vanished(known: Known, kind: ImportKind, survey: Survey, summary: Summary) -> None:
    """Count what the source told once and leaves out now; nothing of it is changed."""
    last = ""
    while references := known.references(kind, last):
        last = references[-1]
        gone = [
            ref for ref in (r.removeprefix(f"{kind}:") for r in references) if not survey.has(ref)
        ]
        summary.vanished += len(gone)
        summary.vanished_first += gone[: SHOWN - len(summary.vanished_first)]


def _finish(run: ImportRun, recording: Recording, summary: Summary) -> None:
    """Record that the import ended; one that had nothing to say leaves nothing in the log."""
    summary.recorded = recording.recorded
    summary.events = recording.recorded.total()
    if not (summary.events or summary.refused):
        return
    summary.import_id = str(run.id)
    summary.events += OWN_EVENTS
    run.finish(
        summary.counts,
        skipped_because=dict(summary.skipped_because),
        refused_file=summary.refused_file,
        act=recording.act,
    )
    recording.close_with(run)


def _example(telling: Telling) -> dict[str, Any]:
    """What was understood of a record, as plain values."""
    told: Any = telling.contact if telling.contact is not None else telling.person()
    shown = msgspec.to_builtins(
        {"reference": telling.reference, "customer": telling.customer_reference, "told": told},
        enc_hook=_plain,
    )
    if telling.steps:
        shown["steps"] = msgspec.to_builtins(telling.steps, enc_hook=_plain)
    return dict(shown)


def _plain(value: Any) -> Any:
    if isinstance(value, Personal):
        return value.text
    raise NotImplementedError(f"{type(value).__name__} has no plain form")
