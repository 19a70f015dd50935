"""The workshop's board: what is where, and what was promised for when."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest

from domain.customers.repairs import Diagnosed, Quoted, Returned
from tests.scenario import erased, registered, repair, step
from tests.web.kit import Visitor
from tests.web.telling import Tell, days_ago, tell, text_of

__all__ = ["tell"]


def promised(days: int) -> date:
    return date.fromisoformat(days_ago(-days))


def column(page: str, stage: str) -> str:
    """What stands in one column of the board."""
    start = page.index(f'aria-labelledby="stage-{stage}"')
    return text_of(page[start : page.index("</section>", start)])


def test_each_open_repair_stands_in_the_column_of_its_stage(tell: Tell, lena: Visitor) -> None:
    anna = tell(registered("Anna Weber"))
    mill = tell(repair(anna, "MILL", on=days_ago(5), number="W-1", serial="SN-1"))
    drill = tell(repair(anna, "DRILL", on=days_ago(5)))
    tell(
        step(anna, drill, Diagnosed, days_ago(4)),
        step(anna, drill, Quoted, days_ago(3), amount=Decimal("35.50"), currency="EUR"),
    )
    page = lena.open("/repairs").text
    assert "2 items are here" in text_of(page)
    received, quoted = column(page, "received"), column(page, "quoted")
    assert "Received 1" in received
    assert "MILL Anna Weber W-1 SN-1" in received
    assert "Quoted 1" in quoted
    assert "quoted €35.50" in quoted
    assert "none" in column(page, "approved")
    assert f'href="/contacts/{mill}"' in page


def test_what_was_promised_for_an_earlier_day_is_late(tell: Tell, lena: Visitor) -> None:
    anna = tell(registered("Anna Weber"))
    tell(
        repair(anna, "MILL", on=days_ago(9), promised_on=promised(-1)),
        repair(anna, "DRILL", on=days_ago(9), promised_on=promised(3)),
        repair(anna, "SAW", on=days_ago(9)),
    )
    page = lena.open("/repairs").text
    assert text_of(page).count("Late:") == 1
    assert page.index("MILL") < page.index("DRILL") < page.index("SAW")

    late = lena.open("/repairs?late=yes").text
    assert "MILL" in late
    assert "DRILL" not in late
    assert "SAW" not in late
    assert "Received 1" in column(late, "received")


def test_a_repair_that_went_back_leaves_the_board_for_the_list(tell: Tell, lena: Visitor) -> None:
    anna = tell(registered("Anna Weber"))
    mill = tell(repair(anna, "MILL", on=days_ago(9), promised_on=promised(-5)))
    tell(step(anna, mill, Returned, days_ago(1)))
    assert "Nothing is in repair" in lena.open("/repairs").text
    returned = lena.open("/repairs?stage=returned").text
    assert "MILL" in returned
    assert "Late:" not in text_of(returned)


def test_a_full_column_shows_the_first_and_leads_to_the_list_of_all(
    tell: Tell, lena: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.repairs.views.CARDS", 2)
    monkeypatch.setattr("web.repairs.views.ROWS", 2)
    anna = tell(registered("Anna Weber"))
    for number in range(5):
        tell(repair(anna, f"MILL-{number}", on=days_ago(9), promised_on=promised(number)))
    board = column(lena.open("/repairs").text, "received")
    assert "Received 5" in board
    assert "MILL-2" not in board
    assert "Show all 5" in board

    seen: list[str] = []
    address: str | None = "/repairs?stage=received"
    while address is not None:
        page = lena.open(address).text
        seen += re.findall(r"MILL-\d", text_of(page))
        following = re.search(r'href="(/repairs[^"]+)" rel="next"', page)
        address = following[1].replace("&amp;", "&") if following else None
    assert seen == [f"MILL-{number}" for number in range(5)]


def test_the_repair_of_an_erased_customer_has_no_name(tell: Tell, lena: Visitor) -> None:
    anna = tell(registered("Anna Weber"))
    tell(repair(anna, "MILL", on=days_ago(9)), erased(anna))
    assert "Erased customer" in lena.open("/repairs").text


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/repairs?stage=lost", 404),
        ("/repairs?stage=received&after=soon", 400),
        ("/repairs?stage=received&after=2026-01-01~2026-01-01T00:00:00~4", 400),
        ("/repairs?stage=received&after=2026-01-01~2026-01-01T00:00:00%2B00:00~0", 400),
    ],
)
def test_an_address_that_cannot_be_read_is_refused(
    lena: Visitor, address: str, status: int
) -> None:
    assert lena.open(address).status_code == status
