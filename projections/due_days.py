"""What is open on each day due, of accounts with so many open items that adding them up takes long.

Of an account with few, the questions in balances.py add up the lines themselves, and no row is kept
here. Which accounts have rows follows from the ledger alone, however it was folded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, Column, Date, MetaData, String, Table, Uuid, func, select

from projections.rows import Rows

MANY = 500
"""An account with more items left than this has rows here."""


def are_many(left: int) -> bool:
    """Whether an account with so many items left has rows here."""
    return left > MANY


_Account = tuple[UUID, str]
_COLUMNS = ("stream", "currency", "due_on", "open_minor")


def due_days_table(metadata: MetaData) -> Table:
    """What is open, by account and day due."""
    return Table(
        "due_days",
        metadata,
        Column("stream", Uuid, primary_key=True),
        Column("currency", String(3), primary_key=True),
        Column("due_on", Date, primary_key=True),
        Column("open_minor", BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )


class DueDays:
    """What a batch changes on the days due."""

    def __init__(self, table: Table, lines: Table) -> None:
        self._table = table
        self._lines = lines
        self._moved: Counter[tuple[UUID, str, date]] = Counter()

    def move(self, account: _Account, due_on: date | None, amount: int) -> None:
        """So much more is open on a day, or less; credit has no day due, and does not matter."""
        if due_on is not None:
            self._moved[(*account, due_on)] += amount

    def write(
        self,
        rows: Rows,
        *,
        before: Mapping[_Account, int],
        now: Mapping[_Account, int],
        anew: Iterable[_Account],
    ) -> None:
        """Write what was moved, after the lines were written.

        `before` and `now` say how many items the changed accounts had left and have; of those in
        `anew` not all that changed was moved.
        """
        crowded = {account for account, left in now.items() if are_many(left)}
        known = {account for account, left in before.items() if are_many(left)}
        counted = crowded - known | crowded.intersection(anew)
        rows.delete_rows(self._table, [*(known - crowded), *counted], _COLUMNS[:2])
        moved = [
            (*place, amount)
            for place, amount in self._moved.items()
            if place[:2] in crowded and place[:2] not in counted
        ]
        rows.upsert(self._table, moved, _COLUMNS, add=("open_minor",))
        rows.insert(self._table, self._count(rows, counted), _COLUMNS)
        if moved:
            streams = {place[0] for place in moved}
            c = self._table.c
            rows.delete_where(self._table, c.stream.in_(streams) & (c.open_minor == 0))

    def _count(self, rows: Rows, some: set[_Account]) -> list[tuple[UUID, str, date, int]]:
        if not some:
            return []
        c = self._lines.c
        query = (
            select(c.stream, c.currency, c.due_on, func.sum(c.left_minor).label("open_minor"))
            .where(c.stream.in_({stream for stream, _ in some}))
            .where(c.left_minor > 0, c.due_on.is_not(None))
            .group_by(c.stream, c.currency, c.due_on)
        )
        return [
            (row.stream, row.currency, row.due_on, int(row.open_minor))
            for row in rows.select(query)
            if (row.stream, row.currency) in some
        ]
