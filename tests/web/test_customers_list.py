"""The list of customers: its order, its filters, its pages, its file; and who is found by typing."""

from __future__ import annotations

import csv
import re
from html import unescape
from io import StringIO
from uuid import UUID

import pytest
from flask import Flask

from adapters.wiring import Rapport
from tests.scenario import (
    email_address,
    erased,
    linked,
    number,
    phone,
    phone_call,
    purchase,
    registered,
)
from tests.telling import tell
from tests.web.kit import HTML, Visitor, let_in

HTMX = {**HTML, "HX-Request": "true"}


def names(page: str) -> list[str]:
    """The names in the list, from top to bottom."""
    return [unescape(name) for name in re.findall(r'data-open href="[^"]+">([^<]*)</a>', page)]


@pytest.fixture
def town(rapport: Rapport) -> dict[str, UUID]:
    """Some customers: persons and a firm, with and without contacts."""
    found = {
        name: tell(rapport, registered(name, firm="GmbH" in name, city="Leeds"))
        for name in ("Cleo Novak", "Anna Berg", "Müller GmbH", "王小明", "Ben Berg")
    }
    tell(rapport, phone_call(found["Ben Berg"], "Hello", on="2026-05-01"))
    tell(rapport, phone_call(found["Cleo Novak"], "Hello", on="2026-06-01"))
    return found


def test_an_empty_list_says_how_to_begin(lena: Visitor) -> None:
    page = lena.open("/customers").text
    assert "No customers yet" in page
    assert 'href="/customers/new"' in page


def test_the_list_is_in_the_order_that_is_asked_for(lena: Visitor, town: dict[str, UUID]) -> None:
    assert names(lena.open("/customers").text)[:3] == ["Anna Berg", "Ben Berg", "Cleo Novak"]
    backwards = names(lena.open("/customers?sort=name&order=down").text)
    assert backwards == names(lena.open("/customers").text)[::-1]
    latest = names(lena.open("/customers?sort=last_contact").text)
    assert latest[:2] == ["Cleo Novak", "Ben Berg"]
    assert names(lena.open("/customers?sort=registered").text)[0] == "Ben Berg"
    assert len(town) == len(latest)


def test_filters_stand_in_the_address_and_may_be_taken_away(
    lena: Visitor, town: dict[str, UUID]
) -> None:
    page = lena.open("/customers?q=berg").text
    assert names(page) == ["Anna Berg", "Ben Berg"]
    assert "Remove the filter “berg”" in unescape(page)
    assert names(lena.open("/customers?kind=firm").text) == ["Müller GmbH"]
    assert names(lena.open("/customers?q=小明").text) == ["王小明"]
    nobody = lena.open("/customers?q=zebra").text
    assert "Nobody fits" in nobody
    assert 'href="/customers/new?name=zebra"' in nobody
    assert len(town) == 5


@pytest.mark.parametrize(
    "query",
    [
        "sort=shoe",
        "kind=cat",
        "after=x",
        "after=not-a-uuid~anna",
        "sort=registered&after=00000000000000000000000000000000~soon",
        "sort=registered&before=00000000000000000000000000000000~2026-01-01",
    ],
)
def test_what_cannot_be_read_is_no_list(lena: Visitor, query: str) -> None:
    assert lena.open(f"/customers?{query}").status_code == 400


@pytest.mark.parametrize("order", ["", "sort=registered", "sort=last_contact", "order=down"])
def test_pages_go_forth_and_back_and_show_everybody_once(
    lena: Visitor, rapport: Rapport, order: str
) -> None:
    for n in range(120):
        tell(rapport, registered(f"Customer {n:03}"))
    forth: list[list[str]] = []
    there: str | None = f"/customers?{order}"
    page = ""
    while there:
        page = lena.open(there).text
        forth.append(names(page))
        there = link(page, "next")
    assert [len(rows) for rows in forth] == [50, 50, 20]
    assert len({name for rows in forth for name in rows}) == 120
    back = [forth[-1]]
    while there := link(page, "prev"):
        page = lena.open(there).text
        back.insert(0, names(page))
    assert back == forth


def link(page: str, rel: str) -> str | None:
    found = re.search(rf'href="([^"]+)"[^>]* rel="{rel}"', page)
    return unescape(found[1]) if found else None


def test_from_a_list_the_page_leads_to_its_neighbours(lena: Visitor, town: dict[str, UUID]) -> None:
    listed = lena.open("/customers?q=berg&order=down").text
    [ben, anna] = re.findall(r'data-open href="([^"]+)"', listed)
    page = lena.open(unescape(ben)).text
    assert link(page, "next") == unescape(anna)
    assert link(page, "prev") is None
    assert link(lena.open(f"/customers/{town['Ben Berg']}").text, "next") is None


def test_linked_entries_are_one_row(lena: Visitor, rapport: Rapport, town: dict[str, UUID]) -> None:
    tell(rapport, linked(town["Anna Berg"], town["Ben Berg"]))
    assert names(lena.open("/customers?q=berg").text) == ["Anna Berg"]


def test_the_file_holds_everybody_who_fits_and_no_formula(
    lena: Visitor, rapport: Rapport, town: dict[str, UUID]
) -> None:
    tell(rapport, registered('=HYPERLINK("http://evil","Berg")'))
    answer = lena.open("/customers.csv?q=berg")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(StringIO(answer.text.lstrip("\ufeff"))))
    assert [row["name"] for row in rows] == [
        '\'=HYPERLINK("http://evil","Berg")',
        "Anna Berg",
        "Ben Berg",
    ]
    assert rows[2]["id"] == str(town["Ben Berg"])
    assert rows[2]["last_contact"] == "2026-05-01T10:00:00+00:00"


def test_names_are_shown_as_text(lena: Visitor, rapport: Rapport) -> None:
    customer = tell(rapport, registered("<script>alert(1)</script>", city="<b>x</b>"))
    for path in (
        "/customers",
        "/palette?q=script",
        f"/customers/{customer}",
        f"/customers/{customer}/details",
    ):
        page = lena.open(path).text
        assert "<script>alert" not in page
        assert "<b>x" not in page
        assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    "text", ["lindq", "0044 20 7946 0001", "9460001", "anna@example.org", "20318", "S-77"]
)
def test_a_customer_is_found_by_whatever_somebody_knows(
    lena: Visitor, rapport: Rapport, text: str
) -> None:
    anna = tell(
        rapport,
        registered(
            "Anna Lindqvist",
            phone("+44 20 7946 0001"),
            email_address("anna@example.org"),
            number("20318"),
        ),
    )
    bought = purchase(anna, number="S-77")
    tell(rapport, bought)
    found = lena.open("/palette?q=" + text.replace("+", "%2B"), HTMX).text
    assert "Anna Lindqvist" in found
    there = f"/contacts/{bought.id}" if text == "S-77" else f"/customers/{anna}"
    assert f'href="{there}"' in found
    assert "Create customer" not in found


@pytest.mark.parametrize(
    ("text", "carried"),
    [("Zora", "name=Zora"), ("z@example.org", "email=z@example.org"), ("01632 960", "phone=01632")],
)
def test_where_nobody_fits_a_new_customer_is_offered(
    lena: Visitor, text: str, carried: str
) -> None:
    page = unescape(lena.open(f"/palette?q={text}", HTMX).text)
    assert f"Create customer “{text}”" in page
    assert f'href="/customers/new?{carried}' in page


def test_who_may_not_register_is_not_offered_it(app: Flask, rapport: Rapport) -> None:
    let_in(rapport, "Olga Chen", "auditor")
    olga = Visitor(app)
    olga.sign_in("olga")
    assert "Create customer" not in olga.open("/palette?q=zzz", HTMX).text
    assert "New customer" not in olga.open("/customers").text


def test_the_forgotten_say_so(lena: Visitor, rapport: Rapport) -> None:
    tell(rapport, erased(tell(rapport, registered("Anna Berg"))))
    page = lena.open("/customers").text
    assert "Anna Berg" not in page
    assert "Erased" in page
