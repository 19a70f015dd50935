"""All that a fold may do with the database: a few operations, each on many rows at once.

A fold names tables as they are declared; here they become the tables of the generation that is
being folded, so that one fold serves the live tables, a rebuild beside them and a scratch
database. The values go to the driver as one batch, because SQLAlchemy's own cost for each row
would be larger than that of the whole fold.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import itemgetter
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, Select, Table, delete
from sqlalchemy.exc import DBAPIError

from projections.copying import as_text
from projections.statements import Columns, TableSet, Told, Values, Writer, in_columns

COPY_FROM = 64
"""From this many rows on, PostgreSQL's COPY is faster than statements in a pipeline."""


class Rows:
    """The rows of one read model in one generation, within one transaction.

    Rows to write are mappings of values by column or, where there are very many, tuples whose
    places `columns` names.
    """

    def __init__(self, connection: Connection, tables: TableSet) -> None:
        self._connection = connection
        self._tables = tables
        self._staged: set[str] = set()

    def fetch(
        self, table: Table, column: Column[Any], keys: Collection[Any], *, among: str = "TRUE"
    ) -> list[Any]:
        """The rows whose `column` is one of the keys, in no order; columns are attributes.

        `among` is a further condition, in SQL.
        """
        if not keys:
            return []
        writer = self._writer(table)
        found: list[Any] = []
        for sql, parameters in writer.keyed(f"SELECT {writer.all_columns} FROM", column, keys):
            statement = f"{sql} AND {among}"
            found += writer.records(self._connection.exec_driver_sql(statement, parameters))
        return found

    def select(self, statement: Select[Any]) -> Sequence[Row[Any]]:
        """The rows of a query that is written with the declared tables."""
        return self._connection.execute(self._tables.translate(statement)).fetchall()

    def insert(
        self, table: Table, rows: Sequence[Values], columns: Sequence[str] | None = None
    ) -> None:
        """New rows. Columns that are not named get the database's default."""
        if not rows:
            return
        writer = self._writer(table)
        names, told = in_columns(rows, columns)
        bound = writer.bind(names, told)
        if writer.copies and len(told) >= COPY_FROM:
            self._copy(writer.name, writer.listed(names), bound)
        else:
            self._each(writer.insert(names), bound)

    def upsert(
        self,
        table: Table,
        rows: Sequence[Values],
        columns: Sequence[str] | None = None,
        *,
        add: Collection[str] = (),
        least: Collection[str] = (),
        greatest: Collection[str] = (),
        keep: Collection[str] = (),
    ) -> None:
        """Rows that may be there already, by primary key.

        Of a row that is there, the columns in `add` are added to, those in `least` and `greatest`
        take the smaller or larger value (a missing one yields), those in `keep` stay; the others
        are set. Several rows with one key count as one after the other.
        """
        if not rows:
            return
        writer = self._writer(table)
        names, told = in_columns(rows, columns)
        rules = {
            **dict.fromkeys(add, "add"),
            **dict.fromkeys(least, "least"),
            **dict.fromkeys(greatest, "greatest"),
            **dict.fromkeys(keep, "keep"),
        }
        told = _in_one(names, told, writer.key, rules)
        bound = writer.bind(names, told)
        conflict = writer.on_conflict(names, rules)
        if writer.copies and len(told) >= COPY_FROM:
            staged = self._stage(writer, writer.listed(names), bound)
            self._connection.exec_driver_sql(writer.merge(staged, names, conflict))
        else:
            self._each(f"{writer.insert(names)} {conflict}", bound)

    def update(self, table: Table, rows: Sequence[Values], *, by: Sequence[str] = ()) -> None:
        """Set columns of the rows that the columns `by` (the primary key) identify.

        What is not there is left alone. Of several rows with one key the last one counts.
        """
        if not rows:
            return
        writer = self._writer(table)
        key = tuple(by) or writer.key
        changed = tuple(name for name in rows[0] if name not in key)
        names, told = in_columns(rows, changed + key)
        told = _in_one(names, told, key, {})
        bound = writer.bind(names, told)
        if writer.copies and len(told) >= COPY_FROM:
            staged = self._stage(writer, writer.listed(names), bound)
            self._connection.exec_driver_sql(writer.update_from(staged, changed, key))
        else:
            self._each(writer.update(changed, key), bound)

    def delete(self, table: Table, column: Column[Any], keys: Collection[Any]) -> None:
        """Remove all rows whose `column` is one of the keys."""
        writer = self._writer(table)
        for sql, parameters in writer.keyed("DELETE FROM", column, keys):
            self._connection.exec_driver_sql(sql, parameters)

    def delete_rows(
        self, table: Table, rows: Sequence[Values], columns: Sequence[str] | None = None
    ) -> None:
        """Remove the rows that have these values (none of them may be missing)."""
        if not rows:
            return
        writer = self._writer(table)
        names, told = in_columns(rows, columns)
        bound = writer.bind(names, told)
        if writer.copies and len(told) >= COPY_FROM:
            staged = self._stage(writer, writer.listed(names), bound)
            self._connection.exec_driver_sql(writer.delete_from(staged, names))
        else:
            self._each(writer.delete(names), bound)

    def delete_where(self, table: Table, condition: ColumnElement[bool]) -> None:
        """Remove the rows for which a condition on the declared table holds."""
        self._connection.execute(self._tables.translate(delete(table).where(condition)))

    def replace(
        self, table: Table, column: Column[Any], keys: Collection[Any], rows: Sequence[Values]
    ) -> None:
        """Let `rows` be all that there is under these keys."""
        self.delete(table, column, keys)
        self.insert(table, rows)

    def _writer(self, table: Table) -> Writer:
        return self._tables.writer(table, self._connection.dialect)

    def _each(self, sql: str, bound: Columns) -> None:
        """The statement once for each row."""
        self._connection.exec_driver_sql(sql, list(zip(*bound, strict=True)))

    def _stage(self, writer: Writer, listed: str, bound: Columns) -> str:
        """A temporary table of this connection that holds the values; emptied at the commit."""
        staged = writer.staged
        # Asked for each time: a savepoint that was rolled back has taken the table with it.
        self._connection.exec_driver_sql(writer.create_staged)
        if staged in self._staged:
            self._connection.exec_driver_sql(writer.empty_staged)
        self._staged.add(staged)
        self._copy(staged, listed, bound)
        return staged

    def _copy(self, name: str, listed: str, bound: Columns) -> None:
        statement = f"COPY {name} ({listed}) FROM STDIN"
        driver: Any = self._connection.connection.driver_connection
        with (
            _as_sqlalchemy(self._connection, statement),
            driver.cursor() as cursor,
            cursor.copy(statement) as copy,
        ):
            chunks = as_text(bound)
            if chunks is not None:
                for chunk in chunks:
                    copy.write(chunk)
            else:
                for row in zip(*bound, strict=True):
                    copy.write_row(row)


def _in_one(
    names: Sequence[str], rows: Sequence[Told], key: Sequence[str], rules: Mapping[str, str]
) -> Sequence[Told]:
    """Each key once: PostgreSQL refuses to change one row twice in a statement."""
    key_of = itemgetter(*map(names.index, key))
    if len(rows) == 1 or len(set(map(key_of, rows))) == len(rows):
        return rows
    combine = [(index, rules[name]) for index, name in enumerate(names) if name in rules]
    by_key: dict[Any, Told] = {}
    for row in rows:
        earlier = by_key.get(key_of(row))
        by_key[key_of(row)] = row if earlier is None else _after(earlier, row, combine)
    return list(by_key.values())


def _after(earlier: Told, later: Told, combine: Sequence[tuple[int, str]]) -> Told:
    row = list(later)
    for index, rule in combine:
        old, new = earlier[index], later[index]
        if rule == "keep":
            row[index] = old
        elif rule == "add":
            row[index] = old + new
        elif old is None or new is None:
            row[index] = new if old is None else old
        else:
            row[index] = min(old, new) if rule == "least" else max(old, new)
    return tuple(row)


@contextmanager
def _as_sqlalchemy(connection: Connection, statement: str) -> Iterator[None]:
    """Raise what the driver says in SQLAlchemy's words, as its own statements do."""
    dialect = connection.dialect
    base = dialect.loaded_dbapi.Error
    try:
        yield
    except base as error:
        lost = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
        if lost:
            connection.invalidate(error)
        raise DBAPIError.instance(
            statement, None, error, base, dialect=dialect, connection_invalidated=lost
        ) from error
