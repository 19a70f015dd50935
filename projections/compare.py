"""Comparing the tables of two generations, each row for row in the order of the primary key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import zip_longest
from typing import Any

from sqlalchemy import Connection, Row, Table, select

_ROWS_AT_ONCE = 2_000


@dataclass(frozen=True, kw_only=True)
class Checksum:
    """The number of rows of a table, and a digest of them in the order of their keys."""

    rows: int
    digest: str


@dataclass(frozen=True, kw_only=True)
class TableComparison:
    """A live table against its counterpart; `first_difference` names the key, in words."""

    table: str
    live: Checksum
    new: Checksum
    first_difference: str | None

    @property
    def equal(self) -> bool:
        """Whether both have the same rows."""
        return self.live == self.new


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The live tables of a read model against the rebuilt ones, both folded up to `position`.

    `parked` counts events that the live ones lack, which explains a difference.
    """

    name: str
    position: int
    parked: int
    tables: tuple[TableComparison, ...]

    @property
    def equal(self) -> bool:
        """Whether all tables are equal."""
        return all(table.equal for table in self.tables)

    @property
    def difference(self) -> str | None:
        """The first difference, in words; None when there is none."""
        for table in self.tables:
            if not table.equal:
                parked = f" ({self.parked} parked events are not in it)" if self.parked else ""
                return f"{table.table}{parked}: {table.first_difference}"
        return None


def compare_tables(
    here: Connection, live: Table, there: Connection, new: Table, *, name: str
) -> TableComparison:
    """Compare a table seen through one connection with one seen through another."""
    ours, theirs = checksum(here, live), checksum(there, new)
    return TableComparison(
        table=name,
        live=ours,
        new=theirs,
        first_difference=None if ours == theirs else first_difference(here, live, there, new),
    )


def checksum(connection: Connection, table: Table) -> Checksum:
    """Read a table once, in constant memory."""
    digest, count = blake2b(digest_size=16), 0
    for row in _ordered(connection, table):
        digest.update(repr(tuple(row)).encode())
        count += 1
    return Checksum(rows=count, digest=digest.hexdigest())


def first_difference(here: Connection, live: Table, there: Connection, new: Table) -> str | None:
    """The first key, in the database's order, at which two tables differ."""
    names = [column.name for column in live.columns]
    keys = [names.index(column.name) for column in live.primary_key.columns]

    def key(row: Row[Any]) -> str:
        return ", ".join(f"{names[index]} {row[index]}" for index in keys)

    for ours, theirs in zip_longest(_ordered(here, live), _ordered(there, new)):
        if ours is None:
            return f"{key(theirs)} is missing in the live table"
        if theirs is None:
            return f"{key(ours)} is missing in the new table"
        if key(ours) != key(theirs):
            return f"{key(ours)} comes next in the live table, {key(theirs)} in the new one"
        if tuple(ours) != tuple(theirs):
            differing = [n for n, a, b in zip(names, ours, theirs, strict=True) if a != b]
            return f"{key(ours)} differs in {', '.join(differing)}"
    return None


def _ordered(connection: Connection, table: Table) -> Iterator[Row[Any]]:
    query = select(table).order_by(*(table.primary_key.columns or table.columns))
    with connection.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE}) as found:
        yield from found
