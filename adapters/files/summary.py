"""What became of a file: counts that add up, reasons, and a file with the lines that were refused."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self

from adapters.files.columns import Problem
from domain.imports import Counts

SHOWN = 20
"""Refusals and vanished references that the summary itself shows."""


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """One line that was not recorded: where, which field, what stands there, what to do."""

    line: int
    field: str
    value: str
    remedy: str


@dataclass(kw_only=True)
class Summary:
    """What became of each line of the file: read = new + unchanged + corrected + skipped + refused.

    `recorded` counts the events by their stored names, `flagged` what was taken in although
    something about it is odd. `vanished` is how many references the source told once and leaves
    out now, counted where the mapping says that its files are complete. `examples` are the first
    five records as they were understood, on a dry run.
    """

    dry_run: bool = False
    read: int = 0
    new: int = 0
    unchanged: int = 0
    corrected: int = 0
    skipped: int = 0
    refused: int = 0
    events: int = 0
    recorded: Counter[str] = field(default_factory=Counter)
    skipped_because: Counter[str] = field(default_factory=Counter)
    flagged: Counter[str] = field(default_factory=Counter)
    vanished: int = 0
    vanished_first: list[str] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    refused_file: str | None = None
    import_id: str | None = None
    examples: list[Any] = field(default_factory=list)

    @property
    def counts(self) -> Counts:
        """The counts, as they are recorded."""
        return Counts(
            read=self.read,
            new=self.new,
            unchanged=self.unchanged,
            corrected=self.corrected,
            skipped=self.skipped,
            refused=self.refused,
            events=self.events,
        )

    def skip(self, reason: str, lines: int = 1) -> None:
        """So many lines were left out, for this reason."""
        self.skipped += lines
        self.skipped_because[reason] += lines

    def as_json(self) -> dict[str, Any]:
        """As a program reads it: the seven counts first."""
        return {
            "read": self.read,
            "new": self.new,
            "unchanged": self.unchanged,
            "corrected": self.corrected,
            "skipped": self.skipped,
            "refused": self.refused,
            "events": self.events,
            "dry_run": self.dry_run,
            "recorded": dict(sorted(self.recorded.items())),
            "skipped_because": dict(self.skipped_because),
            "flagged": dict(self.flagged),
            "vanished": self.vanished,
            "vanished_first": self.vanished_first,
            "refusals": [
                {"line": r.line, "field": r.field, "value": r.value, "remedy": r.remedy}
                for r in self.refusals
            ],
            "refused_file": self.refused_file,
            "import": self.import_id,
            "examples": self.examples,
        }


class Refusals:
    """The refused lines: counted and shown in the summary, all of them in a CSV file.

    The file is made with the first refusal, readable by its owner only, since it holds what
    stood in the lines. Without a path none is made.
    """

    def __init__(self, summary: Summary, path: Path | None) -> None:
        self._summary = summary
        self._path = path
        self._file: IO[str] | None = None

    def __enter__(self) -> Self:
        if self._path is not None:
            self._path.unlink(missing_ok=True)  # what an earlier run refused is of no use any more
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def refuse(self, lines: Sequence[int], problems: Sequence[tuple[int, Problem]]) -> None:
        """These lines were not recorded because of these problems, each with its line."""
        self._summary.refused += len(lines)
        told = {line for line, _ in problems}
        for line, problem in problems:
            self._tell(
                Refusal(line=line, field=problem.field, value=problem.value, remedy=problem.remedy)
            )
        for line in lines:
            if line not in told:
                remedy = (
                    f"It belongs to the same record as line {problems[0][0]}. Correct that one."
                )
                self._tell(Refusal(line=line, field="", value="", remedy=remedy))

    def _tell(self, refusal: Refusal) -> None:
        if len(self._summary.refusals) < SHOWN:
            self._summary.refusals.append(refusal)
        if self._path is None:
            return
        if self._file is None:
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            self._file = os.fdopen(handle, "w", encoding="utf-8-sig", newline="")
            self._summary.refused_file = str(self._path)
            csv.writer(self._file).writerow(["line", "field", "value", "remedy"])
        csv.writer(self._file).writerow(
            [refusal.line, refusal.field, _as_text(refusal.value), refusal.remedy]
        )


def _as_text(value: str) -> str:
    """A value that a spreadsheet shows and does not compute."""
    value = value.encode("utf-8", "backslashreplace").decode()
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t") else value
