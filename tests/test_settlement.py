"""The rule of settling, by examples that accounting would give, and by all that can happen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from projections.settlement import Entry, Kind, Settlement

START = datetime(2026, 1, 1, tzinfo=UTC)
CREDITS: tuple[Kind, ...] = ("return", "cancellation", "payment")


def entry(day: int, kind: Kind, amount: int, *, number: str = "", names: str = "") -> Entry:
    """An entry of the account; its day is also its place in the log, unless told otherwise."""
    is_credit = kind in CREDITS
    return Entry(
        position=day,
        occurred_at=START + timedelta(days=day),
        kind=kind,
        debit=0 if is_credit else amount,
        credit=amount if is_credit else 0,
        number=number,
        names=names,
    )


def test_a_payment_clears_the_oldest_purchase_first() -> None:
    settled = Settlement.of(
        [entry(1, "sale", 4000), entry(2, "sale", 6000), entry(3, "payment", 5000)]
    )
    assert settled.open == {2: 5000}
    assert settled.cleared == {(3, 1): 4000, (3, 2): 1000}


def test_a_payment_clears_the_purchase_that_it_names_and_then_the_oldest() -> None:
    settled = Settlement.of(
        [
            entry(1, "sale", 4000, number="A1"),
            entry(2, "sale", 6000, number="A2"),
            entry(3, "payment", 7000, names="A2"),
        ]
    )
    assert settled.open == {1: 3000}
    assert settled.cleared == {(3, 2): 6000, (3, 1): 1000}


def test_a_payment_that_names_nothing_known_clears_the_oldest_purchase() -> None:
    settled = Settlement.of(
        [entry(1, "sale", 4000, number="A1"), entry(2, "payment", 1000, names="B7")]
    )
    assert settled.open == {1: 3000}


def test_what_is_paid_too_much_pays_the_next_purchase() -> None:
    paid = [entry(1, "sale", 4000), entry(2, "payment", 5000)]
    assert Settlement.of(paid).spare == {2: 1000}
    settled = Settlement.of([*paid, entry(3, "sale", 2500)])
    assert (settled.open, settled.spare) == ({3: 1500}, {})
    assert settled.cleared == {(2, 1): 4000, (2, 3): 1000}


def test_a_return_lessens_the_purchase_that_it_comes_from() -> None:
    settled = Settlement.of(
        [
            entry(1, "sale", 4000, number="A1"),
            entry(2, "sale", 6000, number="A2"),
            entry(3, "return", 1500, names="A2"),
        ]
    )
    assert settled.open == {1: 4000, 2: 4500}


def test_a_return_of_a_paid_purchase_lessens_the_oldest_open_one() -> None:
    settled = Settlement.of(
        [
            entry(1, "sale", 4000, number="A1"),
            entry(2, "payment", 4000, names="A1"),
            entry(3, "sale", 6000, number="A2"),
            entry(4, "return", 1500, names="A1"),
        ]
    )
    assert settled.open == {3: 4500}


def test_a_refund_uses_up_spare_credit_and_is_open_beyond_it() -> None:
    settled = Settlement.of([entry(1, "payment", 1000), entry(2, "refund", 1200)])
    assert (settled.open, settled.spare) == ({2: 200}, {})


def test_a_reversal_opens_again_exactly_what_the_payment_had_cleared() -> None:
    before = [
        entry(1, "sale", 4000, number="A1"),
        entry(2, "sale", 6000, number="A2"),
        entry(3, "payment", 1000, number="P1", names="A2"),
    ]
    settled = Settlement.of(
        [
            *before,
            entry(4, "payment", 5000, number="P2"),
            entry(5, "reversal", 5000, names="P2"),
        ]
    )
    assert settled.open == Settlement.of(before).open == {1: 4000, 2: 5000}
    assert list(settled.open) == [1, 2]
    assert settled.cleared == {(3, 2): 1000, (4, 5): 5000}


def test_a_reversal_of_a_part_opens_the_youngest_purchase_first() -> None:
    settled = Settlement.of(
        [
            entry(1, "sale", 4000),
            entry(2, "sale", 6000),
            entry(3, "payment", 10000, number="P1"),
            entry(4, "reversal", 2500, names="P1"),
        ]
    )
    assert settled.open == {2: 2500}


def test_a_reversal_takes_what_the_payment_has_spare_before_it_opens_anything() -> None:
    settled = Settlement.of(
        [
            entry(1, "sale", 4000),
            entry(2, "payment", 5000, number="P1"),
            entry(3, "reversal", 1000, names="P1"),
        ]
    )
    assert (settled.open, settled.spare) == ({}, {})


def test_a_second_reversal_of_one_payment_is_owed_as_an_item_of_its_own() -> None:
    settled = Settlement.of(
        [
            entry(1, "sale", 4000),
            entry(2, "payment", 4000, number="P1"),
            entry(3, "reversal", 4000, names="P1"),
            entry(4, "reversal", 4000, names="P1"),
        ]
    )
    assert settled.open == {1: 4000, 4: 4000}


def test_a_reversal_of_an_unknown_payment_is_owed_as_an_item_of_its_own() -> None:
    settled = Settlement.of([entry(1, "reversal", 4000, names="P9")])
    assert settled.open == {1: 4000}


def test_what_a_reversal_opens_is_cleared_by_other_spare_credit() -> None:
    settled = Settlement.of(
        [
            entry(1, "sale", 4000),
            entry(2, "payment", 4000, number="P1"),
            entry(3, "payment", 3000, number="P2"),
            entry(4, "reversal", 4000, names="P1"),
        ]
    )
    assert (settled.open, settled.spare) == ({1: 1000}, {})


# --- whatever happens -------------------------------------------------------------------------

numbers = st.sampled_from(["", "N1", "N2", "N3"])
kinds: st.SearchStrategy[Kind] = st.sampled_from(
    ["sale", "sale", "return", "cancellation", "payment", "payment", "refund", "reversal", "repair"]
)


@st.composite
def histories(draw: st.DrawFn) -> list[Entry]:
    """Entries in the order in which they were recorded, not that in which they happened."""
    told = draw(
        st.lists(
            st.tuples(st.integers(0, 9), kinds, st.integers(0, 50), numbers, numbers), max_size=25
        )
    )
    return [
        entry(day, kind, amount, number=number, names=names)._replace(position=position)
        for position, (day, kind, amount, number, names) in enumerate(told, start=1)
    ]


def left_of(settled: Settlement, entries: Sequence[Entry]) -> list[tuple[Entry, int]]:
    """What an account keeps of its entries: those that are not used up."""
    rest = {**settled.open, **settled.spare}
    return [(each, rest[each.position]) for each in entries if each.position in rest]


@given(histories())
def test_every_cent_is_open_spare_or_cleared_once(entries: list[Entry]) -> None:
    settled = Settlement.of(entries)
    for each in entries:
        used = sum(amount for pair, amount in settled.cleared.items() if each.position in pair)
        rest = settled.open.get(each.position, 0) + settled.spare.get(each.position, 0)
        assert used + rest == each.debit + each.credit
    assert all(amount > 0 for amount in settled.cleared.values())
    assert not (settled.open and settled.spare)


@given(histories())
def test_open_items_and_spare_credit_stand_in_the_order_of_what_happened(
    entries: list[Entry],
) -> None:
    settled = Settlement.of(entries)
    order = {each.position: each.order for each in entries}
    assert list(settled.open) == sorted(settled.open, key=order.__getitem__)


@given(histories(), st.data())
def test_the_order_of_recording_does_not_matter(entries: list[Entry], data: st.DataObject) -> None:
    once = Settlement.of(entries)
    again = Settlement.of(data.draw(st.permutations(entries)))
    assert (once.open, once.spare, once.cleared) == (again.open, again.spare, again.cleared)


@given(histories(), st.integers(0, 25))
def test_going_on_from_what_is_left_gives_the_same_as_from_scratch(
    entries: list[Entry], cut: int
) -> None:
    entries = sorted(entries, key=lambda each: each.order)
    entries = [each for i, each in enumerate(entries) if i < cut or each.kind != "reversal"]
    first = Settlement.of(entries[:cut])
    later = Settlement.resumed(left_of(first, entries[:cut]))
    for each in entries[cut:]:
        later.settle(each)
    whole = Settlement.of(entries)
    assert (later.open, later.spare) == (whole.open, whole.spare)
    assert {**first.cleared, **later.cleared} == whole.cleared


@given(histories(), st.integers(0, 25))
def test_the_oldest_and_the_named_open_items_are_enough_to_go_on(
    entries: list[Entry], cut: int
) -> None:
    entries = sorted(entries, key=lambda each: each.order)
    entries = [each for i, each in enumerate(entries) if i < cut or each.kind != "reversal"]
    first, further = Settlement.of(entries[:cut]), entries[cut:]
    rest = sum(each.credit for each in further)
    names = {each.names for each in further if each.credit}
    some: list[tuple[Entry, int]] = []
    for each, left in left_of(first, entries[:cut]):
        if each.credit or rest > 0 or (each.number and each.number in names):
            some.append((each, left))
        rest -= left
    later = Settlement.resumed(some)
    for each in further:
        later.settle(each)
    assert {**first.cleared, **later.cleared} == Settlement.of(entries).cleared
