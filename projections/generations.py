"""The tables of a read model in each of its generations: named, created, renamed, dropped."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, Constraint, Engine, Index, MetaData, Table

from projections import positions
from projections.folding import Target
from projections.positions import Generation, State, suffix
from projections.projection import Projection
from projections.statements import TableSet


def create_missing(engine: Engine, projections: Iterable[Projection]) -> list[str]:
    """Create the tables of read models that have none, live and empty; returns their names.

    Any number of processes may do so at once. The projector fills them from the beginning.
    """
    created: list[str] = []
    with positions.writing(engine) as connection:
        positions.exclude_others(connection)
        positions.metadata.create_all(connection)
        known = {generation.name for generation in positions.generations(connection)}
        for projection in projections:
            if projection.name not in known:
                create(connection, projection, first_of(projection))
                created.append(projection.name)
    return created


def first_of(projection: Projection) -> Generation:
    """The generation that a model starts with, where it has none."""
    return new(projection, 1, "live")


def new(projection: Projection, number: int, state: State) -> Generation:
    """A generation that nothing has been folded into."""
    return Generation(
        name=projection.name,
        number=number,
        version=projection.version,
        position=0,
        state=state,
        tables=tuple(table.name for table in projection.tables),
    )


def create(connection: Connection, projection: Projection, generation: Generation) -> None:
    """Create the tables of a new generation, empty, and record it."""
    projection.create(connection, tables_of(projection, generation).tables.values())
    positions.add(connection, generation)


def tables_of(projection: Projection, generation: Generation) -> TableSet:
    """The model's tables as they are called in a generation."""
    return TableSet(
        generation.number,
        {table: _named(table, generation) for table in projection.tables},
    )


def target(projection: Projection, generation: Generation) -> Target:
    """What a page of this generation is folded into."""
    return Target(generation, projection, tables_of(projection, generation))


def rename(connection: Connection, generation: Generation, state: State) -> None:
    """Give the tables of a generation their names in another state; indexes keep theirs."""
    quote = connection.dialect.identifier_preparer.quote
    for table in generation.tables:
        before = quote(table + generation.suffix)
        after = quote(table + suffix(generation.number, state))
        connection.exec_driver_sql(f"ALTER TABLE {before} RENAME TO {after}")
    positions.set_state(connection, generation, state)


def drop(connection: Connection, generation: Generation) -> None:
    """Drop the tables of a generation and forget it."""
    quote = connection.dialect.identifier_preparer.quote
    for table in reversed(generation.tables):
        connection.exec_driver_sql(f"DROP TABLE {quote(table + generation.suffix)}")
    positions.remove(connection, generation)


def _named(table: Table, generation: Generation) -> Table:
    """A copy of the declaration under the generation's name.

    Its indexes and constraints carry the generation's number: their names must be unique in the
    database, and stay as they are when the table is renamed.
    """
    copy = table.to_metadata(MetaData(), name=table.name + generation.suffix)
    named: list[Index | Constraint] = [*copy.indexes, *copy.constraints]
    for each in named:
        if isinstance(each.name, str):
            each.name = f"{each.name}__g{generation.number}"
    return copy
