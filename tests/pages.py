"""Tables of one read model after a history was folded in these pages."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise

from hypothesis import strategies as st
from sqlalchemy import Connection, select

from domain.root import Envelope
from projections import as_of
from projections.projection import Projection
from projections.rows import Rows


def cuts() -> st.SearchStrategy[set[int]]:
    """After how many events a page ends: anywhere, or after each one, as in daily work."""
    anywhere = st.sets(st.integers(1, 30), max_size=12)
    return st.one_of(st.just(set(range(1, 60))), anywhere)


def folded(projection: Projection, history: Sequence[Envelope], at: Collection[int]) -> Connection:
    """A scratch database with the tables of the model, folded page by page. Close it."""
    scratch = as_of._scratch((projection,))
    connection = scratch.engine.connect()
    bounds = [0, *sorted(at), len(history)]
    for first, end in pairwise(bounds):
        if batch := projection.wants(history[first:end]):
            projection.fold(Rows(connection, scratch.models[0][1]), batch)
    return connection


def tables(connection: Connection, projection: Projection) -> dict[str, list[str]]:
    """All rows of the model's tables."""
    return {
        table.name: sorted(map(repr, connection.execute(select(table)).all()))
        for table in projection.tables
    }


def assert_pages_do_not_matter(
    projection: Projection, history: Sequence[Envelope], at: Collection[int]
) -> None:
    """The same events in one page and in these pages give the same tables."""
    with folded(projection, history, ()) as whole, folded(projection, history, at) as cut:
        assert tables(cut, projection) == tables(whole, projection)
