"""Which customers are one and the same, and which are never the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import Column, Connection, MetaData, String, Table, Uuid, select

from domain.customers.events import DeclaredDistinct, Linked, Unlinked
from domain.root import Envelope
from projections.projection import Projection
from projections.rows import Rows

Identity = Sequence[UUID]
"""All streams that are one customer."""

LINKED = "linked"
DISTINCT = "distinct"

# Each pair stands in it twice, once from either side.
links = Table(
    "links",
    MetaData(),
    Column("stream", Uuid, primary_key=True),
    Column("other", Uuid, primary_key=True),
    Column("relation", String(8), nullable=False),
)


class Links(Projection):
    """The pairs that are linked or declared distinct. An unlinked pair is as if never linked."""

    name, version = "links", 1
    tables = (links,)
    topics = (Linked, Unlinked, DeclaredDistinct)

    def fold(self, rows: Rows, batch: Sequence[Envelope]) -> None:
        relations: dict[tuple[UUID, UUID], str | None] = {}
        for envelope in batch:
            relation: str | None
            match envelope.event:
                case Linked(other=other):
                    relation = LINKED
                case DeclaredDistinct(other=other):
                    relation = DISTINCT
                case Unlinked(other=other):
                    relation = None
                case _:
                    continue
            relations[envelope.stream, other] = relations[other, envelope.stream] = relation
        rows.delete_rows(
            links, [{"stream": s, "other": o} for (s, o), told in relations.items() if not told]
        )
        rows.upsert(
            links,
            [
                {"stream": s, "other": o, "relation": told}
                for (s, o), told in relations.items()
                if told
            ],
        )


def identity(connection: Connection, customer_id: UUID) -> tuple[UUID, ...]:
    """All streams that are this customer: the one asked for first, then the others by id.

    An id that was linked keeps resolving: asking for any of the streams gives them all. Which of
    them stands for all, on pages and in lists, is the one that was registered first and is not
    erased; `profile.profile` and `directory.find` name it.
    """
    return identities(connection, [customer_id])[customer_id]


def identities(
    connection: Connection, customer_ids: Collection[UUID]
) -> Mapping[UUID, tuple[UUID, ...]]:
    """`identity` of each of many customers; two queries at most."""
    found: dict[UUID, tuple[UUID, ...]] = {each: (each,) for each in customer_ids}
    near = (
        select(links.c.stream)
        .where(links.c.stream.in_(found), links.c.relation == LINKED)
        .distinct()
    )
    linked = connection.execute(near).scalars().all()
    if linked:
        for customer_id, streams in _reachable(connection, linked).items():
            found[customer_id] = (customer_id, *sorted(streams - {customer_id}))
    return found


def distinct_from(connection: Connection, identity: Identity) -> tuple[UUID, ...]:
    """The streams that were declared never to be this customer, by id."""
    query = select(links.c.other).where(links.c.stream.in_(identity), links.c.relation == DISTINCT)
    return tuple(sorted(set(connection.execute(query).scalars())))


def _reachable(connection: Connection, starts: Sequence[UUID]) -> Mapping[UUID, set[UUID]]:
    """All streams that can be reached from each of these over links, itself included."""
    first = select(links.c.stream.label("start"), links.c.stream.label("stream")).where(
        links.c.stream.in_(starts)
    )
    same = first.cte("same", recursive=True)
    step = (
        select(same.c.start, links.c.other)
        .join(links, links.c.stream == same.c.stream)
        .where(links.c.relation == LINKED)
    )
    same = same.union(step)  # UNION, not UNION ALL: links may run in circles
    reached: dict[UUID, set[UUID]] = {}
    for start, stream in connection.execute(select(same.c.start, same.c.stream)):
        reached.setdefault(start, set()).add(stream)
    return reached
