"""Money as people see it: who owes what, and why a balance is what it is."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from adapters.wiring import Rapport
from tests.scenario import (
    credit_terms,
    erased,
    linked,
    payment,
    purchase,
    registered,
)
from tests.web.kit import Visitor, let_in
from tests.web.telling import Tell, days_ago, tell, text_of

__all__ = ["tell"]


def test_what_is_open_is_told_in_each_currency_and_never_added(tell: Tell, lena: Visitor) -> None:
    anna, bela = tell(registered("Anna Weber")), tell(registered("Béla Kiss"))
    tell(
        purchase(anna, "40.00", on=days_ago(100), number="R-1"),
        purchase(bela, "70.00", on=days_ago(1), number="R-2"),
        purchase(bela, "9.00", on=days_ago(1), currency="GBP"),
    )
    page = text_of(lena.open("/money").text)
    assert "Open in EUR €110.00 €40.00 past due 2 customers" in page
    assert "Open in GBP £9.00 nothing past due 1 customer" in page
    assert "61 to 90 days €40.00 36%" in page
    assert "Not due €70.00 64%" in page


def test_the_customer_who_is_furthest_behind_comes_first(tell: Tell, lena: Visitor) -> None:
    anna, bela = tell(registered("Anna Weber")), tell(registered("Béla Kiss"))
    tell(
        purchase(anna, "40.00", on=days_ago(100)),
        purchase(bela, "700.00", on=days_ago(1)),
    )
    page = lena.open("/money?currency=EUR").text
    assert page.index("Anna Weber") < page.index("Béla Kiss")
    assert f"/customers/{anna}/money?currency=EUR" in page


def test_many_customers_are_shown_page_by_page_each_once(
    tell: Tell, lena: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.money.views.ROWS", 2)
    for name in ("Ada", "Ben", "Cleo", "Dora", "Emil"):
        customer = tell(registered(f"{name} Amber"))
        tell(purchase(customer, "40.00", on=days_ago(60)))
    seen: list[str] = []
    address: str | None = "/money"
    while address is not None:
        page = lena.open(address).text
        seen += re.findall(r"(\w+) Amber</a>", page)
        following = re.search(r'href="(/money[^"]+)" rel="next"', page)
        address = following[1].replace("&amp;", "&") if following else None
    assert sorted(seen) == ["Ada", "Ben", "Cleo", "Dora", "Emil"]


def test_a_ledger_explains_each_balance_by_its_lines(tell: Tell, lena: Visitor) -> None:
    anna = tell(registered("Anna Weber"))
    sold = tell(purchase(anna, "40.00", on=days_ago(50), number="R-1"))
    paid = tell(payment(anna, "15.00", on=days_ago(10), number="P-1"))
    page = lena.open(f"/customers/{anna}/money").text
    words = text_of(page)
    assert "Owed to us €25.00" in words
    assert "Past due €25.00 for 20 days at most" in words
    assert "Bought €40.00 Paid − €15.00 Owed €25.00" in words
    assert "Payment P-1 clears €15.00 of R-1" in words
    assert "€15.00 cleared by P-1" in words
    assert f'href="/contacts/{sold}"' in page
    assert f'href="/contacts/{paid}"' in page


def test_a_ledger_of_a_past_day_knows_nothing_that_came_later(tell: Tell, lena: Visitor) -> None:
    anna = tell(registered("Anna Weber"))
    tell(
        purchase(anna, "40.00", on=days_ago(50), number="R-1"),
        payment(anna, "15.00", on=days_ago(10), number="P-1"),
    )
    page = text_of(lena.open(f"/customers/{anna}/money?as_of={days_ago(20)}").text)
    assert "What was true on" in page
    assert "Owed to us €40.00" in page
    assert "P-1" not in page
    unknown = text_of(lena.open(f"/customers/{anna}/money?as_of=yesterday").text)
    assert "is no day" in unknown


def test_a_long_ledger_goes_on_with_the_balance_where_it_stood(
    tell: Tell, lena: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.money.ledger.LINES", 2)
    anna = tell(registered("Anna Weber"))
    tell(*(purchase(anna, "10.00", on=days_ago(30 - n), number=f"R-{n}") for n in range(3)))
    first = lena.open(f"/customers/{anna}/money").text
    older = re.search(r'href="([^"#]+)#ledger-title" rel="next"', first)
    assert older is not None
    second = text_of(lena.open(older[1].replace("&amp;", "&")).text)
    ledger = second[second.index("Ledger") : second.index("Credit terms")]
    assert "R-0" in ledger
    assert "R-1" not in ledger
    assert ledger.count("€10.00") >= 2  # the debit, and the balance after it


def test_credit_terms_and_their_history_stand_on_the_ledger(
    app: Flask, rapport: Rapport, tell: Tell, lena: Visitor
) -> None:
    anna = tell(registered("Anna Weber"))
    tell(credit_terms(anna, "100.00"), credit_terms(anna, "250.00", days_to_pay=14))
    words = text_of(lena.open(f"/customers/{anna}/money").text)
    assert "In force: limit €250.00, 14 days to pay" in words
    assert "€100.00" in words
    assert "Change" not in words

    let_in(rapport, "Mo Berg", "manager")
    manager = Visitor(app)
    manager.sign_in("mo")
    assert "Change" in text_of(manager.open(f"/customers/{anna}/money").text)


def test_linked_customers_have_one_ledger(tell: Tell, lena: Visitor) -> None:
    anna = tell(registered("Anna Weber"))
    again = tell(registered("A. Weber"))
    tell(
        purchase(anna, "40.00", on=days_ago(50), number="R-1"),
        payment(again, "40.00", on=days_ago(10), number="P-1"),
        linked(anna, again),
    )
    led = lena.open(f"/customers/{again}/money")
    assert led.status_code == 302
    assert led.location == f"/customers/{anna}/money"
    words = text_of(lena.open(led.location).text)
    assert "Owed to us €0.00" in words
    assert "€40.00 cleared by P-1" in words
    assert "linked" in text_of(lena.open("/money").text)


def test_an_erased_customer_still_counts_but_has_no_name(tell: Tell, lena: Visitor) -> None:
    anna = tell(registered("Anna Weber"))
    tell(purchase(anna, "40.00", on=days_ago(50)), erased(anna))
    words = text_of(lena.open("/money").text)
    assert "Erased customer" in words
    assert "€40.00" in words
    assert "Anna" not in words


def test_nobody_owing_anything_is_said_and_so_is_an_account_without_entries(
    tell: Tell, lena: Visitor
) -> None:
    assert "Nobody owes anything" in lena.open("/money").text
    anna = tell(registered("Anna Weber"))
    assert "Nothing was bought or paid yet" in lena.open(f"/customers/{anna}/money").text


@pytest.mark.parametrize(
    "address",
    [
        "/money?currency=euro",
        "/money?after=1~2",
        "/money?after=-1~2~00000000-0000-4000-8000-00000000a9e7",
        "/money?after=99999999999999999999~2~00000000-0000-4000-8000-00000000a9e7",
    ],
)
def test_an_address_that_cannot_be_read_is_refused(lena: Visitor, address: str) -> None:
    assert lena.open(address).status_code == 400


@pytest.mark.parametrize("before", ["2026-01-01~5", "soon~5", "2026-01-01T00:00:00+00:00~0"])
def test_a_place_in_the_ledger_that_cannot_be_read_is_refused(
    tell: Tell, lena: Visitor, before: str
) -> None:
    anna = tell(registered("Anna Weber"))
    tell(purchase(anna, "40.00", on=days_ago(50)))
    address = f"/customers/{anna}/money?before={before.replace('+', '%2B')}"
    assert lena.open(address).status_code == 400


def test_a_currency_that_the_customer_has_no_account_in_is_not_found(
    tell: Tell, lena: Visitor
) -> None:
    anna = tell(registered("Anna Weber"))
    tell(purchase(anna, "40.00", on=days_ago(50)))
    assert lena.open(f"/customers/{anna}/money?currency=GBP").status_code == 404
