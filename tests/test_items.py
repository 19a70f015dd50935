"""What is known of the things we sell, and of each one that bears a serial number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import Refused
from domain.root import Envelope
from projections import items
from projections.items import Item, Items, Revenue, Sold
from tests.pages import assert_pages_do_not_matter, cuts
from tests.scenario import (
    Notebook,
    Scenario,
    Telling,
    corrected,
    filed_elsewhere,
    line,
    purchase,
    registered,
    returned,
    withdrawn,
)


def item(hub: Scenario, code: str) -> Item | None:
    with hub.asking() as connection:
        return items.item(connection, code)


def found(hub: Scenario, text: str) -> list[str]:
    with hub.asking() as connection:
        return [each.item for each in items.find_items(connection, text)]


def warranty(hub: Scenario, serial: str) -> Sold | None:
    with hub.asking() as connection:
        return items.warranty_of(connection, serial)


def test_an_item_knows_what_was_sold_and_what_came_back(either_hub: Scenario) -> None:
    hub = either_hub
    anna = hub.given(registered("Anna"))
    hub.given(
        purchase(anna, lines=[line("GRINDER", "40.00", "3"), line("BEANS", "20.00", "0.25")]),
        purchase(anna, lines=[line("GRINDER", "38.00", "1", description="Hand grinder")]),
        returned(anna, "40.00"),
    )
    grinder, beans = item(hub, "GRINDER"), item(hub, "BEANS")
    assert grinder
    assert beans
    assert (grinder.sold, grinder.returned) == (Decimal(4), Decimal(1))
    assert grinder.revenue == (Revenue(currency="EUR", amount_minor=11800),)
    assert (beans.sold, beans.last_price, beans.description) == (Decimal("0.25"), Decimal(20), "")
    assert item(hub, "KETTLE") is None


def test_revenue_is_exact_over_many_tiny_lines_and_apart_by_currency(hub: Scenario) -> None:
    anna = hub.given(registered("Anna"))
    hub.given(*(purchase(anna, lines=[line("SCREW", "0.004")]) for _ in range(5)))
    hub.when(purchase(anna, lines=[line("SCREW", "3")], currency="JPY"))
    screw = item(hub, "SCREW")
    assert screw
    assert screw.revenue == (
        Revenue(currency="EUR", amount_minor=2),
        Revenue(currency="JPY", amount_minor=3),
    )


def test_price_and_description_are_those_of_the_latest_purchase_however_late_told(
    hub: Scenario,
) -> None:
    anna = hub.given(registered("Anna"))
    hub.given(purchase(anna, lines=[line("MUG", "9.00", description="Mug")], on="2026-02-01"))
    hub.when(purchase(anna, lines=[line("MUG", "7.00", description="Old mug")], on="2026-01-05"))
    mug = item(hub, "MUG")
    assert mug
    assert (mug.last_price, mug.description) == (Decimal("9.00"), "Mug")


def test_a_withdrawn_purchase_leaves_its_items_as_if_it_had_never_been(hub: Scenario) -> None:
    anna = hub.given(registered("Anna"))
    hub.given(purchase(anna, lines=[line("MUG", "9.00", description="Mug")]))
    hub.given(purchase(anna, lines=[line("mug", "1.00")]))
    before = item(hub, "MUG")
    wrong = hub.given(purchase(anna, lines=[line("MUG", "99.00", "7"), line("TYPO", "1.00")]))
    assert item(hub, "MUG") != before
    hub.when(withdrawn(anna, wrong))
    assert item(hub, "MUG") == before
    assert item(hub, "TYPO") is None
    assert found(hub, "typo") == []


def test_items_are_found_by_the_start_of_their_code_or_within_their_description(
    hub: Scenario,
) -> None:
    anna = hub.given(registered("Anna"))
    hub.given(purchase(anna, lines=[line("G-100", "40.00", description="Coffee grinder")]))
    hub.given(purchase(anna, lines=[line("B-7", "9.00", description="Beans for the G-100")]))
    hub.given(purchase(anna, lines=[line("茶-1", "9.00", description="绿茶 100%")]))
    assert found(hub, "g-1") == ["G-100", "B-7"]
    assert found(hub, "GRIND") == ["G-100"]
    assert found(hub, "绿茶") == ["茶-1"]
    assert found(hub, "0%") == ["茶-1"]
    assert found(hub, "g_1") == []
    assert set(found(hub, "")) == {"G-100", "B-7", "茶-1"}


def test_a_serial_number_tells_its_sale_and_how_long_its_warranty_runs(hub: Scenario) -> None:
    anna = hub.given(registered("Anna"))
    sold = line("GRINDER", "40.00", serials=("SN-1",), warranty_months=24)
    bought = hub.when(purchase(anna, lines=[sold], number="R1", on="2024-02-29", source="till"))
    told = warranty(hub, " sn-1 ")
    assert told
    assert (told.contact_id, told.purchase_number, told.item) == (bought, "R1", "GRINDER")
    assert told.warranty_until == date(2026, 2, 28)
    assert warranty(hub, "SN-2") is None


def test_a_serial_number_that_came_back_has_no_sale_until_it_is_sold_again(hub: Scenario) -> None:
    anna, berta = hub.given(registered("Anna")), hub.given(registered("Berta"))
    hub.given(purchase(anna, lines=[line("GRINDER", "40.00", serials=("SN-1",))]))
    hub.given(
        purchase(
            anna, lines=[line("GRINDER", "40.00", "-1", serials=("SN-1",))], transaction="return"
        )
    )
    assert warranty(hub, "SN-1") is None
    hub.when(purchase(berta, lines=[line("GRINDER", "35.00", serials=("SN-1",))]))
    told = warranty(hub, "SN-1")
    assert told
    assert told.stream == berta


def test_a_corrected_serial_number_replaces_the_wrong_one(hub: Scenario) -> None:
    anna = hub.given(registered("Anna"))
    bought = hub.given(
        purchase(anna, lines=[line("GRINDER", "40.00", serials=("SN-1",))], on="2026-01-05")
    )
    right = purchase(
        anna,
        lines=[line("GRINDER", "40.00", serials=("SN-7",))],
        on="2026-01-05",
        contact_id=bought,
    )
    hub.when(corrected(anna, right.command.contact))  # type: ignore[attr-defined]
    assert warranty(hub, "SN-1") is None
    assert warranty(hub, "SN-7") is not None


# --- whatever happens ---------------------------------------------------------------------------

ANNA, BERTA = UUID(int=0xA), UUID(int=0xB)
people = st.sampled_from([ANNA, BERTA])
contact_ids = st.sampled_from([UUID(int=n) for n in range(1, 7)])
lines = st.builds(
    lambda code, price, quantity, words, serials: line(
        code, price, quantity, description=words, serials=serials
    ),
    st.sampled_from(["MUG", "mug", '"MUG', "CUP"]),
    st.sampled_from(["0.004", "9.00"]),
    st.sampled_from(["1", "2.5", "-1"]),
    st.sampled_from(["", "Mug", '["CUP",']),
    st.sampled_from([(), (), ("SN-1",), ("SN-2",)]),
)
purchases = st.builds(
    lambda who, contact, day, told, currency: purchase(
        who, contact_id=contact, on=f"2026-01-{day:02}", lines=told, currency=currency
    ),
    people,
    contact_ids,
    st.integers(5, 9),
    st.lists(lines, min_size=1, max_size=3),
    st.sampled_from(["EUR", "JPY"]),
)


def _corrected(telling: Telling) -> Telling:
    return corrected(telling.command.customer_id, telling.command.contact)  # type: ignore[attr-defined]


tellings = st.one_of(
    purchases,
    purchases,
    purchases.map(_corrected),
    st.builds(withdrawn, people, contact_ids),
    st.builds(filed_elsewhere, st.just(ANNA), contact_ids, st.just(BERTA)),
    st.builds(filed_elsewhere, st.just(BERTA), contact_ids, st.just(ANNA)),
)


def history(told: Sequence[Telling]) -> list[Envelope]:
    """What these tellings became, without those that the rules refuse."""
    book = Notebook()
    book.tell(registered("Anna", id=ANNA), registered("Berta", id=BERTA))
    logged: set[UUID] = set()
    for telling in told:
        if type(telling.command).__name__ == "LogContact":
            if telling.id in logged:
                continue  # a contact is logged once
            logged.add(telling.id)
        try:
            book.tell(telling)
        except Refused:
            continue
    return book.envelopes


@settings(max_examples=100, deadline=None)
@given(st.lists(tellings, max_size=25), cuts())
def test_any_pages_give_the_same_items(told: list[Telling], at: set[int]) -> None:
    assert_pages_do_not_matter(Items(), history(told), at)
