"""Which customers are one, and that saying so changes nothing else."""

from __future__ import annotations

from uuid import UUID

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from domain.customers.events import Linked, Unlinked
from domain.errors import Refused
from domain.root import Envelope
from projections import as_of, generations, links, profile, timeline
from projections.registry import ALL
from projections.rows import Rows
from tests.scenario import (
    Notebook,
    Scenario,
    Telling,
    consent,
    declared_distinct,
    email_address,
    erased,
    filed_elsewhere,
    follow_up,
    linked,
    number,
    payment,
    phone_call,
    purchase,
    registered,
    unlinked,
    withdrawn,
)

A, B, C, D = (UUID(int=n) for n in (0xA, 0xB, 0xC, 0xD))
EVERYTHING = tuple(projection() for projection in ALL)


def identity(hub: Scenario, customer: UUID) -> tuple[UUID, ...]:
    with hub.asking() as connection:
        return links.identity(connection, customer)


def test_a_customer_without_links_stands_for_itself(hub: Scenario) -> None:
    anna = hub.given(registered("Anna"))
    assert identity(hub, anna) == (anna,)


def test_linked_customers_are_one_whichever_is_asked_for(either_hub: Scenario) -> None:
    hub = either_hub
    hub.given(*(registered(name, id=who) for name, who in (("Anna", A), ("Ann", B), ("A.", C))))
    hub.when(linked(B, A), linked(C, B))
    assert identity(hub, A) == (A, B, C)
    assert identity(hub, B) == (B, A, C)
    assert identity(hub, C) == (C, A, B)


def test_links_in_a_circle_end(hub: Scenario) -> None:
    hub.given(*(registered("Anna", id=who) for who in (A, B, C)))
    hub.when(linked(A, B), linked(B, C), linked(C, A))
    assert identity(hub, B) == (B, A, C)


def test_unlinking_the_middle_of_a_chain_parts_it(hub: Scenario) -> None:
    hub.given(*(registered("Anna", id=who) for who in (A, B, C)))
    hub.given(linked(A, B), linked(B, C))
    hub.when(unlinked(A, B))
    assert identity(hub, A) == (A,)
    assert identity(hub, C) == (C, B)


def test_many_customers_are_resolved_at_once(hub: Scenario) -> None:
    hub.given(*(registered("Anna", id=who) for who in (A, B, C, D)))
    hub.given(linked(A, B))
    with hub.asking() as connection:
        found = links.identities(connection, [A, B, C])
    assert found == {A: (A, B), B: (B, A), C: (C,)}


def test_what_was_declared_distinct_is_known_from_either_side(hub: Scenario) -> None:
    hub.given(registered("Anna", id=A), registered("Anna", id=B))
    hub.when(declared_distinct(B, A))
    with hub.asking() as connection:
        assert links.distinct_from(connection, [A]) == (B,)
        assert links.distinct_from(connection, [B]) == (A,)
    assert identity(hub, A) == (A,)


def test_while_linked_both_histories_are_read_as_one(hub: Scenario) -> None:
    hub.given(registered("Anna", id=A), registered("Ann", id=B))
    hub.given(purchase(A, on="2026-02-01"), phone_call(B, on="2026-02-02"))
    hub.when(linked(A, B))
    with hub.asking() as connection:
        who = links.identity(connection, B)
        assert [e.kind for e in timeline.timeline(connection, who).entries] == [
            "phone_call",
            "purchase",
        ]
        known = profile.profile(connection, who)
    assert known is not None
    assert (known.main, known.also, known.name) == (A, (B,), "Anna")


# --- linking and unlinking leave no trace ---------------------------------------------------------

pairs = st.sampled_from([(A, B), (B, C), (C, D), (A, D), (B, D)])
people = st.sampled_from([A, B, C, D])
contact_ids = st.sampled_from([UUID(int=n) for n in range(0x100, 0x106)])
days = st.integers(1, 28).map(lambda day: f"2026-01-{day:02d}")


def _moved(told: tuple[UUID, UUID], contact: UUID) -> Telling:
    return filed_elsewhere(told[0], contact, told[1])


tellings = st.one_of(
    pairs.map(lambda pair: linked(*pair)),
    pairs.map(lambda pair: unlinked(*pair)),
    st.builds(
        lambda who, contact, on: purchase(who, contact_id=contact, on=on), people, contact_ids, days
    ),
    st.builds(lambda who, on: payment(who, "15.00", on=on), people, days),
    st.builds(withdrawn, people, contact_ids),
    st.builds(_moved, pairs, contact_ids),
    st.builds(lambda who, contact, on: follow_up(who, contact, on=on), people, contact_ids, days),
    st.builds(
        lambda who, on, yes: consent(who, "email", given=yes, on=on), people, days, st.booleans()
    ),
    people.map(erased),
)


def told(steps: list[Telling]) -> list[Envelope]:
    """The history of four customers to whom this happened, without what the rules refuse."""
    book = Notebook()
    for name, who in (("Anna", A), ("Ann Berg", B), ("安娜", C), ("A. Berg", D)):
        book.tell(
            registered(name, email_address(f"{who.int}@example.org"), number(str(who.int)), id=who)
        )
    taken: set[UUID] = set()
    for telling in steps:
        if getattr(telling.command, "contact", None) is not None:
            if telling.id in taken:
                continue  # a contact is logged once
            taken.add(telling.id)
        try:
            book.tell(telling)
        except Refused:
            continue
    return book.envelopes


def rows(connection: Connection) -> dict[str, list[str]]:
    """All tables of all read models, besides the links themselves."""
    return {
        table.name: sorted(map(repr, connection.execute(select(table)).all()))
        for projection in EVERYTHING
        for table in projection.tables
        if table is not links.links
    }


def folded(history: list[Envelope]) -> dict[str, list[str]]:
    connection = as_of.fold(EVERYTHING, history)
    try:
        return rows(connection)
    finally:
        connection.close()


@settings(max_examples=60, deadline=None)
@given(st.lists(tellings, max_size=25))
def test_linking_then_unlinking_equals_never_linked(steps: list[Telling]) -> None:
    history = told(steps)
    apart = [e for e in history if not isinstance(e.event, Linked | Unlinked)]
    assert folded(history) == folded(apart)
    parted = [*history, *_unlink_all(history)]
    connection = as_of.fold(EVERYTHING, parted)
    assert not connection.execute(
        select(links.links).where(links.links.c.relation == links.LINKED)
    ).all()
    connection.close()


def _unlink_all(history: list[Envelope]) -> list[Envelope]:
    last = history[-1].position or 0
    joined = {(e.stream, e.event.other) for e in history if isinstance(e.event, Linked)}
    return [
        msgspec.structs.replace(
            history[-1], originator_id=one, event=Unlinked(other=other), position=last + n
        )
        for n, (one, other) in enumerate(sorted(joined), start=1)
    ]


@settings(max_examples=60, deadline=None)
@given(st.lists(tellings, max_size=25), st.data())
def test_any_split_into_pages_gives_the_same_tables(
    steps: list[Telling], data: st.DataObject
) -> None:
    history = told(steps)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(history)), max_size=6)))
    connection = as_of.fold(EVERYTHING, [])
    for start, end in zip([0, *cuts], [*cuts, len(history)], strict=True):
        fold_more(connection, history[start:end])
    assert rows(connection) == folded(history)
    connection.close()


def fold_more(connection: Connection, page: list[Envelope]) -> None:
    for projection in EVERYTHING:
        tables = generations.tables_of(projection, generations.first_of(projection))
        if batch := projection.wants(page):
            projection.fold(Rows(connection, tables), batch)
