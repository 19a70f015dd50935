"""What customers owe, told as accounting would tell it."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from domain.customers.contacts import Purchase
from domain.customers.events import PurchaseLogged
from domain.customers.repairs import Approved, Diagnosed, Quoted, Repaired
from domain.errors import Refused
from domain.money import to_minor
from domain.personal import Personal
from domain.root import Envelope
from projections import balances, due_days, ledger
from projections.balances import Ageing, Balance, LedgerCursor
from projections.ledger import Balances
from projections.settlement import Settlement
from projections.standing import CreditStanding, Terms
from tests.pages import assert_pages_do_not_matter, cuts, folded
from tests.scenario import (
    AGENT,
    BEGINNING,
    Notebook,
    Scenario,
    Telling,
    corrected,
    credit_terms,
    erased,
    filed_elsewhere,
    line,
    linked,
    payment,
    purchase,
    registered,
    repair,
    returned,
    step,
    unlinked,
    withdrawn,
)

TODAY = date(2026, 4, 1)


def cents(amount: str) -> int:
    return to_minor(Decimal(amount), "EUR")


def open_items(hub: Scenario, *customer: UUID) -> list[tuple[str, str]]:
    """What is open, as (amount, day due), the oldest first."""
    with hub.asking() as connection:
        items = balances.open_items(connection, customer)
    return [(f"{item.open_minor / 100:.2f}", item.due_on.isoformat()) for item in items]


def balance(hub: Scenario, *customer: UUID, on: date = TODAY) -> Balance:
    """The customer's only balance."""
    with hub.asking() as connection:
        (found,) = balances.balances(connection, customer, on=on)
    return found


def owed(hub: Scenario, *customer: UUID) -> str:
    return f"{balance(hub, *customer).owed_minor / 100:.2f}"


def standing(hub: Scenario, *customer: UUID, on: date = TODAY) -> CreditStanding:
    with hub.asking() as connection:
        found = balances.credit(connection, customer, on=on)
    assert found is not None
    return found


@pytest.fixture
def anna(hub: Scenario) -> UUID:
    return hub.given(registered("Anna"))


# --- settling -----------------------------------------------------------------------------------


def test_a_payment_clears_the_oldest_purchase_first(either_hub: Scenario) -> None:
    hub = either_hub
    anna = hub.given(registered("Anna"))
    hub.given(purchase(anna, "40.00", on="2026-01-05"), purchase(anna, "60.00", on="2026-02-05"))
    hub.when(payment(anna, "50.00", on="2026-02-10"))
    assert open_items(hub, anna) == [("50.00", "2026-03-07")]
    assert owed(hub, anna) == "50.00"


def test_a_payment_clears_the_purchase_that_it_names(hub: Scenario, anna: UUID) -> None:
    hub.given(
        purchase(anna, "40.00", on="2026-01-05", number="R1"),
        purchase(anna, "60.00", on="2026-02-05", number="R2"),
    )
    hub.when(payment(anna, "70.00", on="2026-02-10", pays="R2"))
    assert open_items(hub, anna) == [("30.00", "2026-02-04")]


def test_a_payment_told_before_the_purchases_it_came_after_changes_nothing(
    hub: Scenario, anna: UUID
) -> None:
    hub.given(payment(anna, "50.00", on="2026-02-10"))
    hub.given(purchase(anna, "60.00", on="2026-02-05"))
    hub.when(purchase(anna, "40.00", on="2026-01-05"))
    assert open_items(hub, anna) == [("50.00", "2026-03-07")]


def test_a_balance_after_a_cancelled_payment_is_what_it_was_before(
    hub: Scenario, anna: UUID
) -> None:
    hub.given(purchase(anna, "40.00", on="2026-01-05"), purchase(anna, "60.00", on="2026-02-05"))
    before = balance(hub, anna), open_items(hub, anna)
    paid = hub.when(payment(anna, "50.00", on="2026-02-10"))
    hub.when(withdrawn(anna, paid))
    assert (balance(hub, anna), open_items(hub, anna)) == before


def test_a_reversed_payment_opens_again_what_it_had_cleared(hub: Scenario, anna: UUID) -> None:
    hub.given(purchase(anna, "40.00", on="2026-01-05"), purchase(anna, "60.00", on="2026-02-05"))
    hub.given(payment(anna, "20.00", on="2026-02-06", number="P1"))
    before = open_items(hub, anna)
    hub.given(payment(anna, "50.00", on="2026-02-10", number="P2"))
    hub.when(payment(anna, "50.00", on="2026-02-20", transaction="reversal", original="P2"))
    assert open_items(hub, anna) == before == [("20.00", "2026-02-04"), ("60.00", "2026-03-07")]
    assert owed(hub, anna) == "80.00"


def test_a_return_lessens_the_purchase_that_it_names(hub: Scenario, anna: UUID) -> None:
    hub.given(
        purchase(anna, "40.00", on="2026-01-05", number="R1"),
        purchase(anna, "60.00", on="2026-02-05", number="R2"),
    )
    hub.when(returned(anna, "25.00", on="2026-02-20", original="R2"))
    assert open_items(hub, anna) == [("40.00", "2026-02-04"), ("35.00", "2026-03-07")]


def test_what_is_returned_after_payment_is_spare_until_it_is_refunded(
    hub: Scenario, anna: UUID
) -> None:
    hub.given(purchase(anna, "40.00", on="2026-01-05", number="R1"))
    hub.given(payment(anna, "40.00", on="2026-01-06"))
    hub.when(returned(anna, "40.00", on="2026-01-20", original="R1"))
    assert balance(hub, anna).spare_minor == cents("40.00")
    hub.when(payment(anna, "40.00", on="2026-01-22", transaction="refund"))
    after = balance(hub, anna)
    assert (after.spare_minor, after.open_minor, after.owed_minor) == (0, 0, 0)
    assert (after.bought_minor, after.returned_minor) == (4000, 4000)
    assert (after.paid_minor, after.refunded_minor) == (4000, 4000)


def test_a_charged_repair_is_owed_and_one_under_warranty_is_not(hub: Scenario, anna: UUID) -> None:
    charged = hub.given(repair(anna, on="2026-01-10", number="W1"))
    free = hub.given(repair(anna, on="2026-01-10", number="W2"))
    hub.when(
        step(anna, charged, Quoted, "2026-01-11", amount=Decimal("35.50"), currency="EUR"),
        step(anna, charged, Approved, "2026-01-12"),
        step(anna, charged, Repaired, "2026-01-13", charge=Decimal("35.50"), currency="EUR"),
        step(anna, free, Diagnosed, "2026-01-11"),
        step(anna, free, Repaired, "2026-01-13"),
    )
    assert open_items(hub, anna) == [("35.50", "2026-02-12")]
    hub.when(payment(anna, "35.50", on="2026-01-20", pays="W1"))
    assert balance(hub, anna).charged_minor == cents("35.50")
    assert owed(hub, anna) == "0.00"


def test_a_repair_filed_elsewhere_takes_its_charge_along(hub: Scenario, anna: UUID) -> None:
    berta = hub.given(registered("Berta"))
    fixed = hub.given(repair(anna, on="2026-01-10", number="W1"))
    hub.given(
        step(anna, fixed, Quoted, "2026-01-11", amount=Decimal("35.50"), currency="EUR"),
        step(anna, fixed, Approved, "2026-01-12"),
        step(anna, fixed, Repaired, "2026-01-13", charge=Decimal("35.50"), currency="EUR"),
    )
    hub.when(filed_elsewhere(anna, fixed, berta))
    assert open_items(hub, anna) == []
    hub.when(payment(berta, "35.50", on="2026-01-20", pays="W1"))
    assert owed(hub, berta) == "0.00"


def test_a_corrected_purchase_is_owed_as_it_was_and_keeps_its_place(
    hub: Scenario, anna: UUID
) -> None:
    first = hub.given(purchase(anna, "40.00", on="2026-01-05"))
    hub.given(purchase(anna, "60.00", on="2026-01-05"), payment(anna, "50.00", on="2026-01-06"))
    was = purchase(anna, "45.00", on="2026-01-05", contact_id=first)
    hub.when(corrected(anna, was.command.contact))  # type: ignore[attr-defined]
    assert open_items(hub, anna) == [("55.00", "2026-02-04")]


def test_currencies_are_never_added(hub: Scenario, anna: UUID) -> None:
    hub.given(purchase(anna, "40.00"), purchase(anna, "4000", currency="JPY"))
    hub.when(payment(anna, "50.00"))
    with hub.asking() as connection:
        euro, yen = balances.balances(connection, [anna], on=TODAY)
    assert (euro.currency, euro.owed_minor, euro.spare_minor) == ("EUR", -1000, 1000)
    assert (yen.currency, yen.owed_minor) == ("JPY", 4000)


def test_a_purchase_is_rounded_once_however_many_lines_it_has(hub: Scenario, anna: UUID) -> None:
    hub.when(purchase(anna, lines=[line("SCREW", "0.004", "1")] * 3))
    assert balance(hub, anna).bought_minor == 1


# --- due days, ageing, ledger, explanation ------------------------------------------------------


def test_an_item_is_due_when_it_says_so_or_when_the_terms_of_that_time_say_so(
    hub: Scenario, anna: UUID
) -> None:
    hub.given(purchase(anna, "1.00", on="2026-01-05"))
    hub.given(credit_terms(anna, days_to_pay=10))
    hub.given(purchase(anna, "2.00", on="2026-01-05"))
    hub.given(purchase(anna, "3.00", on="2026-01-05", due_on=date(2026, 1, 6)))
    hub.when(credit_terms(anna, days_to_pay=60))
    assert open_items(hub, anna) == [
        ("1.00", "2026-02-04"),
        ("2.00", "2026-01-15"),
        ("3.00", "2026-01-06"),
    ]


def test_ageing_tells_how_long_amounts_have_been_due(hub: Scenario, anna: UUID) -> None:
    for days, amount in ((0, "1"), (1, "2"), (30, "4"), (31, "8"), (60, "16"), (61, "32")):
        hub.given(purchase(anna, amount, due_on=TODAY - timedelta(days=days)))
    for days, amount in ((90, "64"), (91, "128"), (-5, "256")):
        hub.given(purchase(anna, amount, due_on=TODAY - timedelta(days=days)))
    with hub.asking() as connection:
        (aged,) = balances.ageing(connection, [anna], on=TODAY)
    assert aged == Ageing(
        currency="EUR",
        not_due_minor=25700,
        to_30_minor=600,
        to_60_minor=2400,
        to_90_minor=9600,
        over_90_minor=12800,
    )
    assert aged.total_minor == balance(hub, anna).owed_minor
    assert balance(hub, anna).overdue_minor == aged.total_minor - aged.not_due_minor


def test_the_ledger_comes_in_pages_with_the_balance_after_each_entry(
    hub: Scenario, anna: UUID
) -> None:
    for day in range(1, 8):
        hub.given(purchase(anna, "10.00", on=f"2026-01-{day:02}"))
        hub.given(payment(anna, "4.00", on=f"2026-01-{day:02} 12:00"))
    seen: list[int] = []
    before: LedgerCursor | None = None
    with hub.asking() as connection:
        while page := balances.ledger(connection, [anna], before=before, limit=3):
            seen += [line.balance_minor for line in page]
            before = page[-1].cursor
    assert seen == [600 * day + more for day in range(6, -1, -1) for more in (600, 1000)]


def test_every_figure_can_be_explained_by_what_cleared_it(hub: Scenario, anna: UUID) -> None:
    first = hub.given(purchase(anna, "40.00", on="2026-01-05", number="R1"))
    second = hub.given(purchase(anna, "60.00", on="2026-02-05", number="R2"))
    paid = hub.when(payment(anna, "50.00", on="2026-02-10", number="P1"))
    with hub.asking() as connection:
        by_payment = balances.clearings_of(connection, [anna], paid)
        of_second = balances.clearings_of(connection, [anna], second)
    assert [(c.item_contact, c.item_number, c.amount_minor) for c in by_payment] == [
        (first, "R1", 4000),
        (second, "R2", 1000),
    ]
    assert [(c.credit_contact, c.credit_number, c.amount_minor) for c in of_second] == [
        (paid, "P1", 1000)
    ]


# --- linked customers ---------------------------------------------------------------------------


def test_linked_customers_are_settled_as_if_they_had_always_been_one(hub: Scenario) -> None:
    anna, ann = hub.given(registered("Anna")), hub.given(registered("Ann"))
    hub.given(
        purchase(anna, "40.00", on="2026-01-05", number="R1"),
        purchase(ann, "60.00", on="2026-01-03", number="R2"),
        payment(anna, "50.00", on="2026-02-10"),
        payment(ann, "5.00", on="2026-02-11", pays="R1"),
    )
    apart = [open_items(hub, one) for one in (anna, ann)]
    assert apart == [[], [("55.00", "2026-02-02")]]
    hub.when(linked(anna, ann))
    assert open_items(hub, anna, ann) == [("10.00", "2026-02-02"), ("35.00", "2026-02-04")]
    together = balance(hub, anna, ann)
    assert (together.owed_minor, together.spare_minor) == (4500, 0)
    hub.when(unlinked(anna, ann))
    assert [open_items(hub, one) for one in (anna, ann)] == apart


def test_linked_customers_have_one_ledger(hub: Scenario) -> None:
    anna, ann = hub.given(registered("Anna")), hub.given(registered("Ann"))
    bought = hub.given(purchase(anna, "40.00", on="2026-01-05"))
    paid = hub.given(payment(ann, "30.00", on="2026-01-06"))
    with hub.asking() as connection:
        lines = balances.ledger(connection, [anna, ann])
        cleared = balances.clearings_of(connection, [anna, ann], paid)
    assert [(x.contact_id, x.balance_minor, x.open_minor) for x in lines] == [
        (paid, 1000, 0),
        (bought, 4000, 1000),
    ]
    assert [(c.item_contact, c.amount_minor) for c in cleared] == [(bought, 3000)]


# --- credit -------------------------------------------------------------------------------------


def test_a_credit_limit_cannot_be_slipped_by_withdrawing_and_logging_again(
    hub: Scenario, anna: UUID
) -> None:
    hub.given(credit_terms(anna, "100.00"))
    order = hub.given(purchase(anna, "90.00", on="2026-03-20"))
    hub.given(purchase(anna, "30.00", on="2026-03-21"))
    assert standing(hub, anna).code == "over_limit"
    hub.when(withdrawn(anna, order))
    assert standing(hub, anna).used_minor == cents("30.00")
    hub.when(purchase(anna, "90.00", on="2026-03-20"))
    assert standing(hub, anna).code == "over_limit"
    assert standing(hub, anna).available_minor == cents("-20.00")


def test_a_credit_limit_cannot_be_slipped_by_being_two_customers(hub: Scenario) -> None:
    anna, ann = hub.given(registered("Anna")), hub.given(registered("Ann"))
    hub.given(credit_terms(anna, "100.00"), credit_terms(ann, "500.00"))
    hub.given(purchase(anna, "90.00", on="2026-03-20"), purchase(ann, "30.00", on="2026-03-21"))
    together = standing(hub, anna, ann)
    assert (together.code, together.limit_minor, together.used_minor) == (
        "over_limit",
        10000,
        12000,
    )


@pytest.mark.parametrize(
    ("bought", "due", "limit", "code"),
    [
        ("10.00", "2026-04-01", "100.00", "good"),
        ("10.00", "2026-04-01", None, "good"),
        ("79.99", "2026-04-01", "100.00", "good"),
        ("80.00", "2026-04-01", "100.00", "near_limit"),
        ("100.00", "2026-04-01", "100.00", "near_limit"),
        ("100.01", "2026-04-01", "100.00", "over_limit"),
        ("10.00", "2026-03-31", "100.00", "late"),
        ("10.00", "2026-03-02", "100.00", "late"),
        ("10.00", "2026-03-01", "100.00", "overdue"),
        ("10.00", "2026-04-01", "0", "over_limit"),
    ],
)
def test_the_gravest_thing_is_what_the_standing_says(
    hub: Scenario, anna: UUID, bought: str, due: str, limit: str | None, code: str
) -> None:
    hub.given(credit_terms(anna, limit, days_to_pay=29))
    hub.given(purchase(anna, bought, due_on=date.fromisoformat(due)))
    found = standing(hub, anna)
    assert found.code == code
    assert found.used_minor == cents(bought)
    assert found.overdue_days == (TODAY - date.fromisoformat(due)).days


def test_who_has_no_credit_and_owes_nothing_pays_at_once(hub: Scenario, anna: UUID) -> None:
    hub.given(credit_terms(anna, "0"))
    assert standing(hub, anna).code == "cash_only"


def test_a_hold_is_told_with_its_reason_until_the_customer_is_forgotten(
    hub: Scenario, anna: UUID
) -> None:
    hub.given(credit_terms(anna, on_hold=True, hold_reason=Personal("Anna went bankrupt")))
    assert standing(hub, anna).code == "on_hold"
    assert standing(hub, anna).hold_reason == "Anna went bankrupt"
    hub.when(erased(anna))
    assert (standing(hub, anna).code, standing(hub, anna).hold_reason) == ("on_hold", "")


def test_the_terms_in_force_are_the_latest_of_each_currency(hub: Scenario, anna: UUID) -> None:
    hub.given(credit_terms(anna, "10.00"), credit_terms(anna, "500", currency="JPY"))
    hub.when(credit_terms(anna, "20.00"))
    with hub.asking() as connection:
        terms = balances.terms_of(connection, [anna])
        history = balances.terms_history(connection, [anna])
    assert terms == [
        Terms(currency="EUR", limit_minor=2000),
        Terms(currency="JPY", limit_minor=500),
    ]
    assert [each.terms.limit_minor for each in history] == [2000, 500, 1000]


# --- all customers ------------------------------------------------------------------------------


def test_the_overview_names_the_most_overdue_first_in_pages(either_hub: Scenario) -> None:
    hub = either_hub
    expected = []
    for overdue, more in ((30, 0), (10, 7), (10, 5), (0, 90)):
        who = hub.given(registered("Anna"))
        if overdue:
            hub.given(purchase(who, str(overdue), due_on=date(2026, 3, 1)))
        if more:
            hub.given(purchase(who, str(more), due_on=date(2026, 5, 1)))
        expected.append((who, overdue * 100, (overdue + more) * 100))
    settled = hub.given(registered("Berta"))
    hub.given(purchase(settled, "5"), payment(settled, "5"))
    seen = []
    after = None
    with hub.asking() as connection:
        while page := balances.owed_overview(
            connection, on=TODAY, currency="EUR", after=after, limit=2
        ):
            seen += [(row.stream, row.overdue_minor, row.open_minor) for row in page]
            after = page[-1].cursor
        (total,) = balances.owed_totals(connection, on=TODAY)
    assert seen == expected
    assert (total.customers, total.open_minor, total.overdue_minor) == (4, 15200, 5000)


def test_a_long_list_of_open_items_is_cleared_from_the_oldest_on(
    hub: Scenario, anna: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "FEW", 3)
    hub.given(*(purchase(anna, "10.00", number=f"R{n}") for n in range(20)))
    hub.when(payment(anna, "85.00", pays="R15"))
    with hub.asking() as connection:
        left = [(i.number, i.open_minor) for i in balances.open_items(connection, [anna])]
    assert left == [("R7", 500), *((f"R{n}", 1000) for n in range(8, 20) if n != 15)]


def test_very_many_open_items_are_aged_like_few(
    either_hub: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due_days, "MANY", 9)
    anna = either_hub.given(registered("Anna"))
    for day in (1, 2, 3):
        due = TODAY - timedelta(days=day)
        either_hub.given(*(purchase(anna, "10.00", due_on=due) for _ in range(5)))
    many = balance(either_hub, anna, on=TODAY - timedelta(days=1))
    assert (many.open_count, many.open_minor, many.overdue_minor) == (15, 15000, 10000)
    either_hub.when(payment(anna, "55.00"))
    many = balance(either_hub, anna, on=TODAY - timedelta(days=1))
    assert (many.open_count, many.open_minor, many.overdue_minor) == (10, 9500, 9500)
    either_hub.when(payment(anna, "45.00"))
    few = balance(either_hub, anna, on=TODAY - timedelta(days=1))
    assert (few.open_count, few.open_minor, few.overdue_minor) == (5, 5000, 5000)


# --- whatever happens ---------------------------------------------------------------------------

ANNA, BERTA = UUID(int=0xA), UUID(int=0xB)
CONTACTS = [UUID(int=n) for n in range(1, 9)]
people = st.sampled_from([ANNA, BERTA])
contact_ids = st.sampled_from(CONTACTS)
amounts = st.sampled_from(["0.00", "10.00", "15.00", "25.00"])
days = st.integers(5, 12).map(lambda day: f"2026-01-{day:02}")
numbers = st.sampled_from([None, "N1", "N2"])
currencies = st.sampled_from(["EUR", "EUR", "EUR", "JPY"])


@st.composite
def purchases(draw: st.DrawFn) -> Telling:
    who, amount, told = draw(people), draw(amounts), draw(st.sampled_from(["sale", "return"]))
    terms: dict[str, Any] = {
        "on": draw(days),
        "contact_id": uuid4() if draw(st.booleans()) else draw(contact_ids),
        "currency": draw(currencies),
        "number": draw(numbers),
    }
    if told == "return":
        return returned(who, amount, original=draw(numbers), **terms)
    return purchase(who, amount, **terms)


@st.composite
def payments(draw: st.DrawFn) -> Telling:
    told = draw(st.sampled_from(["payment", "payment", "refund", "reversal"]))
    return payment(
        draw(people),
        draw(amounts.filter(lambda amount: amount != "0.00")),
        on=draw(days),
        contact_id=draw(contact_ids),
        currency=draw(currencies),
        transaction=told,
        number=draw(numbers),
        pays=draw(numbers) if told == "payment" else None,
        original=draw(st.sampled_from(["N1", "N2"])) if told == "reversal" else None,
    )


def _corrected(telling: Telling) -> Telling:
    return corrected(telling.command.customer_id, telling.command.contact)  # type: ignore[attr-defined]


tellings = st.one_of(
    purchases(),
    payments(),
    purchases().map(_corrected),
    payments().map(_corrected),
    st.builds(withdrawn, people, contact_ids),
    st.builds(filed_elsewhere, st.just(ANNA), contact_ids, st.just(BERTA)),
    st.builds(filed_elsewhere, st.just(BERTA), contact_ids, st.just(ANNA)),
    st.builds(lambda who, days: credit_terms(who, days_to_pay=days), people, st.integers(0, 9)),
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


@settings(max_examples=80, deadline=None)
@given(st.lists(tellings, min_size=4, max_size=30), cuts(), st.sampled_from([1, 500]))
def test_any_pages_give_the_same_balances(told: list[Telling], at: set[int], many: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(due_days, "MANY", many)
        assert_pages_do_not_matter(Balances(), history(told), at)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(tellings, min_size=4, max_size=30),
    cuts(),
    st.sampled_from([1, 256]),
    st.sampled_from([1, 500]),
)
def test_settled_step_by_step_is_settled_as_from_scratch(
    told: list[Telling], at: set[int], few: int, many: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger, "FEW", few)
        patch.setattr(due_days, "MANY", many)
        with folded(Balances(), history(told), at) as connection:
            _assert_settled_from_scratch(connection)
            _assert_added_up_by_day_due(connection, many)


def _assert_added_up_by_day_due(connection: Connection, many: int) -> None:
    crowded = {
        (row.stream, row.currency)
        for row in connection.execute(select(ledger.accounts))
        if row.left_count > many
    }
    opened: Counter[tuple[UUID, str, date]] = Counter()
    for row in connection.execute(select(ledger.lines).where(ledger.IS_OPEN)):
        if (row.stream, row.currency) in crowded:
            opened[row.stream, row.currency, row.due_on] += row.left_minor
    stored = {tuple(row[:3]): row[3] for row in connection.execute(select(ledger.due_days))}
    assert stored == opened


def _assert_settled_from_scratch(connection: Connection) -> None:
    lines: dict[tuple[UUID, str], list[tuple[ledger.Line, int]]] = {}
    for row in connection.execute(select(ledger.lines)):
        each = ledger.line_of(row)
        lines.setdefault(each.account, []).append((each, row.left_minor))
    stored = {
        (row.credit_position, row.item_position): row.amount_minor
        for row in connection.execute(select(ledger.clearings))
    }
    cleared: dict[tuple[int, int], int] = {}
    accounts = {
        (row.stream, row.currency): row for row in connection.execute(select(ledger.accounts))
    }
    assert accounts.keys() == lines.keys()
    for account, every in lines.items():
        settlement = Settlement.of(each.entry for each, _ in every)
        rest = {**settlement.open, **settlement.spare}
        assert {each.position: left for each, left in every if left} == rest
        cleared |= settlement.cleared
        row = accounts[account]
        assert row.open_minor == sum(settlement.open.values())
        assert row.spare_minor == sum(settlement.spare.values())
        assert row.left_count == len(rest)
        assert (row.last_at, row.last_position) == max(each.order for each, _ in every)
        sums = row.bought_minor + row.charged_minor + row.refunded_minor + row.reversed_minor
        assert sums - row.returned_minor - row.paid_minor == row.open_minor - row.spare_minor
    assert stored == cleared


# --- the tried data -----------------------------------------------------------------------------


@pytest.mark.slow
def test_the_online_shop_is_owed_the_net_of_its_invoices(tried_data: Path) -> None:
    """22,190 invoices of known customers, nobody of whom ever paid: each invoice rounded once."""
    book = _shop(tried_data / "online-retail.csv.gz")
    with folded(Balances(), book, range(5000, 25000, 5000)) as connection:
        (total,) = balances.owed_totals(connection, on=date(2012, 6, 1))
        sums = connection.execute(select(ledger.accounts)).all()
        sales = connection.execute(select(ledger.lines)).all()
    assert len(sales) == 22_190
    assert sum(row.bought_minor - row.returned_minor for row in sums) == 830_006_581
    assert total.open_minor - sum(row.spare_minor for row in sums) == 830_006_581


def _shop(file: Path) -> list[Envelope]:
    """The invoices of known customers, as the log would hold them."""
    invoices: dict[tuple[str, str], list[dict[str, str]]] = {}
    with gzip.open(file, "rt", encoding="utf-8") as text:
        for row in csv.DictReader(text):
            if row["CustomerID"]:
                invoices.setdefault((row["CustomerID"], row["InvoiceNo"]), []).append(row)
    return [
        Envelope(
            originator_id=uuid5(ANNA, customer),
            originator_version=position,
            event=PurchaseLogged(purchase=_invoice(number, rows)),
            by=AGENT,
            position=position,
            recorded_at=BEGINNING,
        )
        for position, ((customer, number), rows) in enumerate(invoices.items(), start=1)
    ]


def _invoice(number: str, rows: Sequence[dict[str, str]]) -> Purchase:
    return Purchase(
        contact_id=uuid5(BERTA, number),
        occurred_at=datetime.fromisoformat(rows[0]["InvoiceDate"]).replace(tzinfo=UTC),
        currency="GBP",
        number=number,
        transaction="cancellation" if number.startswith("C") else "sale",
        lines=tuple(
            line(
                row["StockCode"], row["UnitPrice"], row["Quantity"], description=row["Description"]
            )
            for row in rows
        ),
    )
