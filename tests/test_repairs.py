"""Where repairs stand, as the workshop and the customer's page see it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from domain.customers.repairs import (
    Approved,
    Declined,
    Diagnosed,
    Part,
    Quoted,
    Repaired,
    Returned,
)
from projections import repairs
from projections.repairs import RepairRow, Repairs
from tests.pages import assert_pages_do_not_matter
from tests.scenario import (
    Notebook,
    Scenario,
    corrected,
    filed_elsewhere,
    registered,
    repair,
    step,
    withdrawn,
)


@pytest.fixture
def anna(hub: Scenario) -> UUID:
    return hub.given(registered("Anna"))


def seen(hub: Scenario, contact: UUID) -> RepairRow:
    with hub.asking() as connection:
        row = repairs.repair(connection, contact)
    assert row is not None
    return row


def test_a_repair_tells_its_whole_course(either_hub: Scenario) -> None:
    hub = either_hub
    anna = hub.given(registered("Anna"))
    mill = hub.given(repair(anna, "MILL", on="2026-01-10", number="W1", serial="SN-1"))
    hub.when(
        step(anna, mill, Diagnosed, "2026-01-11"),
        step(anna, mill, Quoted, "2026-01-12", amount=Decimal("35.50"), currency="EUR"),
        step(anna, mill, Approved, "2026-01-13"),
        step(
            anna,
            mill,
            Repaired,
            "2026-01-14",
            charge=Decimal("30.00"),
            currency="EUR",
            minutes=45,
            parts=(
                Part(item="BELT", quantity=Decimal(2), unit_cost=Decimal("1.25")),
                Part(item="BOLT", quantity=Decimal(4), unit_cost=Decimal("0.10")),
            ),
        ),
        step(anna, mill, Returned, "2026-01-15"),
    )
    row = seen(hub, mill)
    assert (row.number, row.item, row.serial, row.stage) == ("W1", "MILL", "SN-1", "returned")
    assert (row.quoted_minor, row.charge_minor, row.charge_currency) == (3550, 3000, "EUR")
    assert (row.minutes, row.parts_cost) == (45, Decimal("2.90"))
    assert row.finished_at is not None
    assert row.finished_at.date() == row.stage_since.date() == date(2026, 1, 15)
    with hub.asking() as connection:
        course = repairs.course(connection, mill)
    assert [(one.step, one.amount_minor, one.minutes) for one in course] == [
        ("diagnosed", None, None),
        ("quoted", 3550, None),
        ("approved", None, None),
        ("repaired", 3000, 45),
        ("returned", None, None),
    ]


def test_the_cost_of_parts_is_told_only_when_it_is_known_of_all(hub: Scenario, anna: UUID) -> None:
    mill = hub.given(repair(anna, on="2026-01-10"))
    known = Part(item="BELT", quantity=Decimal(1), unit_cost=Decimal(2))
    unknown = Part(item="BOLT", quantity=Decimal(1))
    hub.when(
        step(anna, mill, Diagnosed, "2026-01-11"),
        step(anna, mill, Repaired, "2026-01-12", parts=(known, unknown)),
    )
    assert seen(hub, mill).parts_cost is None


def test_a_repair_is_under_warranty_until_the_last_day_of_it(hub: Scenario, anna: UUID) -> None:
    last = hub.given(repair(anna, on="2026-01-10", warranty_until=date(2026, 1, 10)))
    after = hub.given(repair(anna, on="2026-01-11", warranty_until=date(2026, 1, 10)))
    assert seen(hub, last).in_warranty
    assert not seen(hub, after).in_warranty


def test_the_board_shows_what_was_promised_first_and_unpromised_work_last(
    hub: Scenario, anna: UUID
) -> None:
    plain = hub.given(repair(anna, on="2026-01-05"))
    later = hub.given(repair(anna, on="2026-01-06", promised_on=date(2026, 2, 9)))
    soon = hub.given(repair(anna, on="2026-01-07", promised_on=date(2026, 1, 20)))
    done = hub.given(repair(anna, on="2026-01-04", promised_on=date(2026, 1, 8)))
    hub.when(step(anna, done, Returned, "2026-01-08"))
    shown: list[UUID] = []
    after = None
    with hub.asking() as connection:
        while page := repairs.board(connection, after=after, limit=2):
            shown += [row.contact_id for row in page]
            after = page[-1].cursor
        counts = repairs.stage_counts(connection)
    assert shown == [soon, later, plain]
    assert (counts["received"], counts["returned"], counts["quoted"]) == (3, 1, 0)
    assert seen(hub, soon).is_late(date(2026, 1, 21))
    assert not seen(hub, soon).is_late(date(2026, 1, 20))
    assert not seen(hub, done).is_late(date(2026, 1, 21))
    assert seen(hub, plain).promised_on is None


def test_a_correction_changes_the_item_and_keeps_the_stage(hub: Scenario, anna: UUID) -> None:
    mill = hub.given(repair(anna, "MIL", on="2026-01-10"))
    hub.given(step(anna, mill, Diagnosed, "2026-01-11"))
    right = repair(anna, "MILL", on="2026-01-09", contact_id=mill)
    hub.when(corrected(anna, right.command.contact))  # type: ignore[attr-defined]
    row = seen(hub, mill)
    assert (row.item, row.stage, row.stage_since.day) == ("MILL", "diagnosed", 11)


def test_a_repair_filed_elsewhere_goes_on_there_with_its_course(hub: Scenario, anna: UUID) -> None:
    berta = hub.given(registered("Berta"))
    mill = hub.given(repair(anna, on="2026-01-10"))
    hub.given(
        step(anna, mill, Quoted, "2026-01-11", amount=Decimal(20), currency="EUR"),
        filed_elsewhere(anna, mill, berta),
    )
    hub.when(step(berta, mill, Declined, "2026-01-12"))
    with hub.asking() as connection:
        assert repairs.repairs_of(connection, [anna]) == []
        (row,) = repairs.repairs_of(connection, [berta])
        course = repairs.course(connection, mill)
    assert (row.stage, row.quoted_minor) == ("refused", 2000)
    assert [one.step for one in course] == ["quoted", "refused"]


def test_a_withdrawn_repair_is_nowhere(hub: Scenario, anna: UUID) -> None:
    mill = hub.given(repair(anna, on="2026-01-10"))
    hub.given(step(anna, mill, Diagnosed, "2026-01-11"))
    hub.when(withdrawn(anna, mill))
    with hub.asking() as connection:
        assert repairs.repair(connection, mill) is None
        assert repairs.course(connection, mill) == []
        assert repairs.board(connection) == []


def test_each_cut_of_a_story_gives_the_same_repairs() -> None:
    book = Notebook()
    anna, berta = book.tell(registered("Anna")), book.tell(registered("Berta"))
    mill, kettle = book.tell(repair(anna, "MILL")), book.tell(repair(anna, "KETTLE"))
    wrong = repair(anna, "MUG")
    book.tell(
        wrong,
        step(anna, mill, Diagnosed),
        step(anna, kettle, Quoted, amount=Decimal(20), currency="EUR"),
        filed_elsewhere(anna, mill, berta),
        step(berta, mill, Repaired, minutes=5),
        filed_elsewhere(berta, mill, anna),
        step(anna, mill, Returned),
        step(anna, kettle, Approved),
        withdrawn(anna, wrong.id),
        step(anna, kettle, Repaired, charge=Decimal(20), currency="EUR"),
    )
    for cut in range(len(book.envelopes)):
        for second in range(cut, len(book.envelopes)):
            assert_pages_do_not_matter(Repairs(), book.envelopes, {cut, second})
