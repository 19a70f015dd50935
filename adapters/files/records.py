"""Rows brought together into records: all lines with one reference, wherever they stand in the file."""

from __future__ import annotations

import json
import sqlite3
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from adapters.files.columns import Columns, Field, Problem
from adapters.files.kinds import PARTS
from adapters.files.mapping import SourceMapping
from adapters.files.reading import Broken, Row, Source

ROWS_AT_MOST = 20_000
"""Lines of one record. With more of them the reference is most likely the wrong column."""

Skipped = Callable[[str, int], None]
"""Told of lines that a rule leaves out: the reason, and how many."""

Refused = Callable[[Sequence[int], Sequence[tuple[int, Problem]]], None]
"""Told of lines that cannot be recorded, and of what is wrong in which line."""


@dataclass(slots=True)
class Record:
    """All rows of one reference, with the number of each row's line.

    Of a record with more rows than ROWS_AT_MOST only the numbers of the lines are kept.
    """

    reference: str
    lines: list[int] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    def add(self, lines: Iterable[int], rows: Iterable[Row]) -> None:
        """Further rows, each with the number of its line."""
        self.lines.extend(lines)
        if len(self.rows) <= ROWS_AT_MOST:
            self.rows.extend(rows)


class References:
    """How rows of a source are told apart: by their reference, within a year where it says so.

    `cells` gives the cells that the reference follows from; equal ones mean the same reference.
    """

    def __init__(self, columns: Columns, mapping: SourceMapping) -> None:
        self._parts = [columns.cell(name) for name in mapping.reference]
        self._year: Field | None = None
        self.columns = mapping.reference
        if mapping.scope_by_year:
            spec = mapping.parts["fields"]["occurred_at"]
            form = PARTS[mapping.kind]["fields"]["occurred_at"]
            self._year = Field("fields.occurred_at", spec, form, columns, mapping.forms)
            self.columns += spec.uses
        self.cells = columns.cells_of(self.columns)

    def of(self, row: Row) -> str:
        """The reference of a row; raises Problem when a part of it is missing."""
        parts = [cell(row) for cell in self._parts]
        if not all(parts):
            raise Problem(
                "source.reference",
                "/".join(parts),
                "Without a reference this line would be recorded anew each time. Fill it, or skip "
                "the line.",
            )
        reference = "/".join(parts)
        if self._year is not None:
            return f"{self._year.value(row).year}/{reference}"
        return reference


class Survey:
    """A first look at a whole file: how many rows it has, and which references come apart in it."""

    def __init__(self, source: Source, references: References) -> None:
        self.rows = 0
        runs = array("q")
        last = None
        for _, rows in source.blocks(self._count_broken):
            self.rows += len(rows)
            for _, run in groupby(rows, references.cells):
                try:
                    reference = references.of(next(run))
                except Problem:
                    continue  # told when the row is read to be recorded
                if reference != last:
                    last = reference
                    runs.append(hash(reference))
        self._runs = array("q", sorted(runs))
        self.apart = frozenset(one for one, other in pairwise(self._runs) if one == other)

    def has(self, reference: str) -> bool:
        """Whether the file has a row with this reference."""
        wanted = hash(reference)
        place = bisect_left(self._runs, wanted)
        return place < len(self._runs) and self._runs[place] == wanted

    def _count_broken(self, *_: object) -> None:
        self.rows += 1


class Records:
    """The records of a file in the order of their first lines; those that come apart at the end.

    Memory holds one record at a time: what comes apart waits in a temporary database.
    """

    def __init__(
        self,
        source: Source,
        columns: Columns,
        mapping: SourceMapping,
        references: References,
        apart: frozenset[int],
    ) -> None:
        self._source = source
        self._references = references
        self._apart = apart
        self._skips = [
            (columns.cell(skip.column), skip.fits, skip.reason) for skip in mapping.skips
        ]
        # Rows with equal cells in these columns are all skipped or all of one record.
        self._alike = columns.cells_of(
            [*references.columns, *(skip.column for skip in mapping.skips)]
        )

    def read(self, *, skip: Skipped, refuse: Refused, broken: Broken) -> Iterator[Record]:
        """Each record once; tells of the lines that are left out and of those without reference."""
        with closing(sqlite3.connect("")) as waiting:  # a file without a name, gone when closed
            waiting.execute("CREATE TABLE rows (reference TEXT, line INTEGER, cells TEXT)")
            yield from self._together(waiting, skip, refuse, broken)
            yield from _gathered(waiting)

    def _together(
        self, waiting: sqlite3.Connection, skip: Skipped, refuse: Refused, broken: Broken
    ) -> Iterator[Record]:
        record: Record | None = None
        for first, block in self._source.blocks(broken):
            end = first
            for _, run in groupby(block, self._alike):
                rows = list(run)
                lines = range(end, end + len(rows))
                end = lines.stop
                if reason := self._reason_to_skip(rows[0]):
                    skip(reason, len(rows))
                    continue
                try:
                    reference = self._references.of(rows[0])
                except Problem as problem:
                    refuse(lines, [(line, problem) for line in lines])
                    continue
                if hash(reference) in self._apart:
                    cells = [
                        (reference, *told)
                        for told in zip(lines, map(json.dumps, rows), strict=True)
                    ]
                    waiting.executemany("INSERT INTO rows VALUES (?, ?, ?)", cells)
                    continue
                if record is None or record.reference != reference:
                    if record is not None:
                        yield record
                    record = Record(reference)
                record.add(lines, rows)
        if record is not None:
            yield record

    def _reason_to_skip(self, row: Row) -> str | None:
        return next((reason for cell, fits, reason in self._skips if fits(cell(row))), None)


def _gathered(waiting: sqlite3.Connection) -> Iterator[Record]:
    record: Record | None = None
    for reference, line, cells in waiting.execute(
        "SELECT reference, line, cells FROM rows JOIN (SELECT reference, min(line) AS first "
        "FROM rows GROUP BY reference) USING (reference) ORDER BY first, line"
    ):
        if record is None or record.reference != reference:
            if record is not None:
                yield record
            record = Record(reference)
        record.add([line], [json.loads(cells)])
    if record is not None:
        yield record
