"""The SQL for the tables of one generation, and their values as the driver wants them."""

# ruff: noqa: S608 -- the names are those of the declared tables, quoted; values are always bound

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from types import NoneType
from typing import Any, TypeVar, cast
from uuid import UUID

from sqlalchemy import Column, CursorResult, Dialect, Table, Uuid
from sqlalchemy.sql.visitors import replacement_traverse

from projections.copying import uuid_texts

Values = Mapping[str, Any] | tuple[Any, ...]
"""A row to write: value by column name, or in the order of named columns."""

Told = tuple[Any, ...]
Columns = Sequence[Sequence[Any]]
"""The values of many rows, a column at a time."""

KEYS_A_QUERY = 1024

Statement = TypeVar("Statement", bound=Any)


class TableSet:
    """The tables of one read model as they are called in one generation, and how to write them."""

    def __init__(self, number: int, tables: Mapping[Table, Table]) -> None:
        self.number = number
        self.tables = tables
        self._writers: dict[Table, Writer] = {}

    def writer(self, table: Table, dialect: Dialect) -> Writer:
        """How to write the declared table. Raises LookupError for one of another read model."""
        writer = self._writers.get(table)
        if writer is None:
            if table not in self.tables:
                raise LookupError(f"{table.name} is not among the tables that this model declares")
            writer = self._writers[table] = Writer(self.tables[table], dialect, self.number)
        return writer

    def translate(self, statement: Statement) -> Statement:
        """The statement with this generation's tables in place of the declared ones."""

        def replace(element: Any, **_: Any) -> Any:
            if isinstance(element, Table):
                return self.tables.get(element)
            if isinstance(element, Column) and element.table in self.tables:
                return self.tables[element.table].c[element.key]
            return None

        translated: Statement = replacement_traverse(statement, {}, replace)
        return translated


class Writer:
    """The SQL of one physical table, and its values as the driver wants them."""

    def __init__(self, table: Table, dialect: Dialect, number: int) -> None:
        self._quote: Callable[[str], str] = dialect.identifier_preparer.quote
        self._mark = "?" if dialect.paramstyle == "qmark" else "%s"
        self._known: dict[tuple[Any, ...], str] = {}
        self._readers: list[tuple[int, Callable[[Any], Any]]] | None = None
        self._dialect = dialect
        self._kinds = [column.type.dialect_impl(dialect) for column in table.columns]
        self._binders = {
            column.name: _binder(kind, dialect)
            for column, kind in zip(table.columns, self._kinds, strict=True)
        }
        names = [column.name for column in table.columns]
        self._record = _record(table.name, names)
        self._array = dialect.name == "postgresql"
        self._greatest, self._least = ("GREATEST", "LEAST") if self._array else ("MAX", "MIN")
        self.copies = self._array
        self.name = self._quote(table.name)
        self.key = tuple(column.name for column in table.primary_key.columns)
        self.all_columns = self.listed(names)
        # The number keeps a pooled connection from using the staging table of an earlier shape.
        self.staged = self._quote(f"staged_{number}_{table.name}")
        self.create_staged = (
            f"CREATE TEMPORARY TABLE IF NOT EXISTS {self.staged} ON COMMIT DELETE ROWS "
            f"AS SELECT * FROM {self.name} WITH NO DATA"
        )
        self.empty_staged = f"DELETE FROM {self.staged}"

    def listed(self, columns: Iterable[str]) -> str:
        return ", ".join(map(self._quote, columns))

    def bind(self, names: Sequence[str], rows: Sequence[Told]) -> Columns:
        """The values of these columns as the driver takes them."""
        by_column = list(zip(*rows, strict=True))
        return [
            values if (binder := self._binders[name]) is None else list(binder(values))
            for name, values in zip(names, by_column, strict=True)
        ]

    def records(self, found: CursorResult[Any]) -> list[Any]:
        """What the driver gave, as named tuples of Python values."""
        if self._readers is None:
            self._readers = self._readers_for(found)
        rows: Sequence[Any] = found.fetchall()
        if self._readers and rows:
            by_column: list[Any] = list(zip(*rows, strict=True))
            for index, reader in self._readers:
                by_column[index] = map(reader, by_column[index])
            rows = list(zip(*by_column, strict=True))
        return list(map(self._record._make, rows))

    def _readers_for(self, found: CursorResult[Any]) -> list[tuple[int, Callable[[Any], Any]]]:
        """By index, how to read the columns that the driver does not give as they should be."""
        driver_types = [described[1] for described in found.cursor.description]
        readers = [
            kind.result_processor(self._dialect, driver_type)
            for kind, driver_type in zip(self._kinds, driver_types, strict=True)
        ]
        return [(index, reader) for index, reader in enumerate(readers) if reader is not None]

    def keyed(
        self, verb: str, column: Column[Any], keys: Collection[Any]
    ) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """The statements, with parameters, that say `verb` for all rows with one of the keys."""
        start = f"{verb} {self.name} WHERE {self._quote(column.name)}"
        if self._array and keys and isinstance(column.type, Uuid):
            # As one text, which the driver needs not to put together value by value.
            yield f"{start} = ANY(%s::uuid[])", (f"{{{','.join(uuid_texts(keys))}}}",)
            return
        binder = self._binders[column.name]
        bound = list(keys if binder is None else binder(keys))
        if self._array:
            if bound:
                yield f"{start} = ANY(%s)", (bound,)
            return
        for first in range(0, len(bound), KEYS_A_QUERY):
            chunk = bound[first : first + KEYS_A_QUERY]
            # Filled up to a power of two, so that SQLite prepares eleven statements at most.
            chunk += chunk[-1:] * ((1 << (len(chunk) - 1).bit_length()) - len(chunk))
            yield f"{start} IN ({','.join('?' * len(chunk))})", tuple(chunk)

    def insert(self, columns: Sequence[str]) -> str:
        def sql() -> str:
            marks = ", ".join([self._mark] * len(columns))
            return f"INSERT INTO {self.name} ({self.listed(columns)}) VALUES ({marks})"

        return self._once(("insert", columns), sql)

    def on_conflict(self, columns: Sequence[str], rules: Mapping[str, str]) -> str:
        def sql() -> str:
            changes = [
                self._change(column, rules.get(column, "set"))
                for column in columns
                if column not in self.key and rules.get(column) != "keep"
            ]
            then = f"UPDATE SET {', '.join(changes)}" if changes else "NOTHING"
            return f"ON CONFLICT ({self.listed(self.key)}) DO {then}"

        return self._once(("conflict", columns, *sorted(rules.items())), sql)

    def merge(self, staged: str, columns: Sequence[str], conflict: str) -> str:
        listed = self.listed(columns)
        return f"INSERT INTO {self.name} ({listed}) SELECT {listed} FROM {staged} {conflict}"

    def update(self, changed: Sequence[str], key: Sequence[str]) -> str:
        def sql() -> str:
            sets = ", ".join(f"{self._quote(c)} = {self._mark}" for c in changed)
            return f"UPDATE {self.name} SET {sets} WHERE {self._equal(key)}"

        return self._once(("update", changed, key), sql)

    def update_from(self, staged: str, changed: Sequence[str], key: Sequence[str]) -> str:
        sets = ", ".join(f"{self._quote(c)} = {staged}.{self._quote(c)}" for c in changed)
        return f"UPDATE {self.name} SET {sets} FROM {staged} WHERE {self._join(staged, key)}"

    def delete(self, columns: Sequence[str]) -> str:
        return f"DELETE FROM {self.name} WHERE {self._equal(columns)}"

    def delete_from(self, staged: str, columns: Sequence[str]) -> str:
        return f"DELETE FROM {self.name} USING {staged} WHERE {self._join(staged, columns)}"

    def _equal(self, columns: Sequence[str]) -> str:
        return " AND ".join(f"{self._quote(column)} = {self._mark}" for column in columns)

    def _join(self, staged: str, columns: Sequence[str]) -> str:
        quoted = map(self._quote, columns)
        return " AND ".join(f"{self.name}.{column} = {staged}.{column}" for column in quoted)

    def _change(self, column: str, rule: str) -> str:
        quoted = self._quote(column)
        old, new = f"{self.name}.{quoted}", f"excluded.{quoted}"
        if rule == "add":
            return f"{quoted} = {old} + {new}"
        if rule in ("least", "greatest"):
            function = self._least if rule == "least" else self._greatest
            return f"{quoted} = {function}(COALESCE({old}, {new}), COALESCE({new}, {old}))"
        return f"{quoted} = {new}"

    def _once(self, key: tuple[Any, ...], sql: Callable[[], str]) -> str:
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = sql()
        return known


def in_columns(
    rows: Sequence[Values], columns: Sequence[str] | None
) -> tuple[tuple[str, ...], Sequence[Told]]:
    """The names of the columns, and the rows as tuples. Raises ValueError for uneven rows."""
    first, width = rows[0], len(rows[0])
    if any(len(row) != width for row in rows):
        named = ", ".join(columns or first)
        raise ValueError(f"each row must name the same columns: {named}")
    if isinstance(first, tuple):
        return tuple(columns or ()), cast("Sequence[Told]", rows)
    names = tuple(columns or first)
    if len(names) == 1:
        [name] = names
        return names, [(cast("Any", row)[name],) for row in rows]
    return names, list(map(itemgetter(*names), cast("Any", rows)))


Binder = Callable[[Iterable[Any]], Iterable[Any]]


def _binder(kind: Any, dialect: Dialect) -> Binder | None:
    """What makes of a column's values those that the driver takes; None where they are the same."""
    processor = kind.bind_processor(dialect)
    if processor is None:
        return None
    if isinstance(kind, Uuid):
        return _as_hex
    return lambda values: map(processor, values)


def _as_hex(values: Iterable[UUID | None]) -> Iterable[str | None]:
    told = list(values)
    if NoneType in set(map(type, told)):
        return [None if value is None else value.hex for value in told]
    return uuid_texts(cast("list[UUID]", told))


def _record(name: str, columns: Sequence[str]) -> Any:
    """The class of a table's rows: what a fold fetches has the columns as attributes."""
    return namedtuple(name, columns)  # noqa: PYI024 -- the fields are known at run time only
