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
from projections.statements import TableSet, Values, Writer

COPY_FROM = 64
"""From this many rows on, PostgreSQL's COPY is faster than statements in a pipeline."""


class Rows:
    """The rows of one read model in one generation, within one transaction."""

    def __init__(self, connection: Connection, tables: TableSet) -> None:
        self._connection = connection
        self._tables = tables
        self._staged: set[str] = set()

    def fetch(self, table: Table, column: Column[Any], keys: Collection[Any]) -> list[Any]:
        """The rows whose `column` is one of the keys, in no order; columns are attributes."""
        if not keys:
            return []
        writer = self._writer(table)
        found: list[Any] = []
        for sql, parameters in writer.keyed(f"SELECT {writer.all_columns} FROM", column, keys):
            found += writer.records(self._connection.exec_driver_sql(sql, parameters))
        return found

    def select(self, statement: Select[Any]) -> Sequence[Row[Any]]:
        """The rows of a query that is written with the declared tables."""
        return self._connection.execute(self._tables.translate(statement)).fetchall()

    def insert(self, table: Table, rows: Sequence[Values]) -> None:
        """New rows. Columns that are not named get the database's default."""
        if not rows:
            return
        writer = self._writer(table)
        columns = tuple(rows[0])
        values = writer.bind(columns, rows)
        if writer.copies and len(values) >= COPY_FROM:
            self._copy(writer.name, writer.listed(columns), values)
        else:
            self._connection.exec_driver_sql(writer.insert(columns), values)

    def upsert(
        self,
        table: Table,
        rows: Sequence[Values],
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
        columns = tuple(rows[0])
        rules = {
            **dict.fromkeys(add, "add"),
            **dict.fromkeys(least, "least"),
            **dict.fromkeys(greatest, "greatest"),
            **dict.fromkeys(keep, "keep"),
        }
        values = writer.bind(columns, _in_one(rows, writer.key, rules))
        conflict = writer.on_conflict(columns, rules)
        if writer.copies and len(values) >= COPY_FROM:
            staged = self._stage(writer, writer.listed(columns), values)
            self._connection.exec_driver_sql(writer.merge(staged, columns, conflict))
        else:
            self._connection.exec_driver_sql(f"{writer.insert(columns)} {conflict}", values)

    def update(self, table: Table, rows: Sequence[Values], *, by: Sequence[str] = ()) -> None:
        """Set columns of the rows that the columns `by` (the primary key) identify.

        What is not there is left alone. Of several rows with one key the last one counts.
        """
        if not rows:
            return
        writer = self._writer(table)
        key = tuple(by) or writer.key
        changed = tuple(name for name in rows[0] if name not in key)
        values = writer.bind(changed + key, _in_one(rows, key, {}))
        if writer.copies and len(values) >= COPY_FROM:
            staged = self._stage(writer, writer.listed(changed + key), values)
            self._connection.exec_driver_sql(writer.update_from(staged, changed, key))
        else:
            self._connection.exec_driver_sql(writer.update(changed, key), values)

    def delete(self, table: Table, column: Column[Any], keys: Collection[Any]) -> None:
        """Remove all rows whose `column` is one of the keys."""
        writer = self._writer(table)
        for sql, parameters in writer.keyed("DELETE FROM", column, keys):
            self._connection.exec_driver_sql(sql, parameters)

    def delete_rows(self, table: Table, rows: Sequence[Values]) -> None:
        """Remove the rows that have these values (none of them may be missing)."""
        if not rows:
            return
        writer = self._writer(table)
        columns = tuple(rows[0])
        values = writer.bind(columns, rows)
        if writer.copies and len(values) >= COPY_FROM:
            staged = self._stage(writer, writer.listed(columns), values)
            self._connection.exec_driver_sql(writer.delete_from(staged, columns))
        else:
            self._connection.exec_driver_sql(writer.delete(columns), values)

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

    def _stage(self, writer: Writer, listed: str, values: Sequence[Sequence[Any]]) -> str:
        """A temporary table of this connection that holds the values; emptied at the commit."""
        staged = writer.staged
        # Asked for each time: a savepoint that was rolled back has taken the table with it.
        self._connection.exec_driver_sql(writer.create_staged)
        if staged in self._staged:
            self._connection.exec_driver_sql(writer.empty_staged)
        self._staged.add(staged)
        self._copy(staged, listed, values)
        return staged

    def _copy(self, name: str, listed: str, values: Sequence[Sequence[Any]]) -> None:
        statement = f"COPY {name} ({listed}) FROM STDIN"
        driver: Any = self._connection.connection.driver_connection
        with (
            _as_sqlalchemy(self._connection, statement),
            driver.cursor() as cursor,
            cursor.copy(statement) as copy,
        ):
            chunks = as_text(values)
            if chunks is not None:
                for chunk in chunks:
                    copy.write(chunk)
            else:
                for row in values:
                    copy.write_row(row)


def _in_one(
    rows: Sequence[Values], key: Sequence[str], rules: Mapping[str, str]
) -> Sequence[Values]:
    """Each key once: PostgreSQL refuses to change one row twice in a statement."""
    key_of = itemgetter(*key)
    if len(rows) == 1 or len(set(map(key_of, rows))) == len(rows):
        return rows
    by_key: dict[Any, Values] = {}
    for row in rows:
        earlier = by_key.get(key_of(row))
        by_key[key_of(row)] = row if earlier is None else _after(earlier, row, rules)
    return list(by_key.values())


def _after(earlier: Values, later: Values, rules: Mapping[str, str]) -> Values:
    row = dict(later)
    for column, rule in rules.items():
        old, new = earlier[column], later[column]
        if rule == "keep":
            row[column] = old
        elif rule == "add":
            row[column] = old + new
        elif old is None or new is None:
            row[column] = new if old is None else old
        else:
            row[column] = min(old, new) if rule == "least" else max(old, new)
    return row


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
