"""The page of one customer: now, on a past day, filtered, linked, forgotten."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from html import unescape
from uuid import UUID, uuid4

import pytest
from flask import Flask

from adapters.wiring import Rapport
from domain.customers.repairs import Quoted
from tests.scenario import (
    consent,
    credit_terms,
    email_address,
    erased,
    follow_up,
    identifier_retired,
    legal_hold,
    linked,
    number,
    payment,
    phone,
    phone_call,
    purchase,
    registered,
    repair,
    step,
)
from tests.telling import tell
from tests.web.kit import HTML, Visitor, let_in
from tests.web.test_languages import VisibleText
from web import i18n

HTMX = {**HTML, "HX-Request": "true"}


@pytest.fixture
def anna(rapport: Rapport) -> UUID:
    """A customer with some history."""
    anna = tell(
        rapport,
        registered(
            "Anna Lindqvist",
            phone("020 7946 0001", "+442079460001"),
            email_address("anna@example.org"),
            number("20318"),
            city="Leeds",
        ),
    )
    tell(
        rapport,
        credit_terms(anna, "50.00"),
        consent(anna, "email", given=True, on="2026-01-05"),
        purchase(anna, "40.00", number="S-1", on="2026-02-01"),
        purchase(anna, "30.00", number="S-2", on="2026-03-01"),
        payment(anna, "40.00", on="2026-03-15"),
        phone_call(anna, "Asked about the bill", reason="invoice", on="2026-04-01"),
    )
    return anna


def read(page: str) -> str:
    """What people read on a page."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def test_the_page_tells_who_it_is_and_what_is_owed(lena: Visitor, anna: UUID) -> None:
    page = lena.open(f"/customers/{anna}").text
    assert '<a href="tel:+442079460001">' in page
    assert "+44 20 7946 0001" in page
    assert '<a href="mailto:anna@example.org">' in page
    words = read(page)
    assert "No. 20318" in words
    assert "€30.00 owed to us · €30.00 past due" in words
    assert "Credit: overdue" in words
    assert "€30.00 is past due, for" in words
    assert "over 90 days €30.00" in words
    assert "E-mail: Offers" in words
    assert re.search(r'<time datetime="2026-04-01T10:00:00Z">', page)


def test_amounts_stand_beside_their_contacts(lena: Visitor, anna: UUID) -> None:
    words = read(lena.open(f"/customers/{anna}").text)
    assert "Purchase S-2 Written down late €30.00 GRINDER" in words
    assert "Phone call Invoice Written down late Asked about the bill" in words


def test_the_history_shows_one_kind_or_what_holds_some_words(lena: Visitor, anna: UUID) -> None:
    one_kind = lena.open(f"/customers/{anna}?show=purchase").text
    assert "S-1" in one_kind
    assert "Asked about the bill" not in one_kind
    found = lena.open(f"/customers/{anna}?q=bill").text
    assert "Asked about the bill" in found
    assert "S-1" not in found
    assert "Nothing fits" in lena.open(f"/customers/{anna}?q=zebra").text


@pytest.mark.parametrize(
    "query",
    ["show=gift", "before=x", "before=2026-01-01~3", "before=2026-01-01T00:00:00Z~-1"],
)
def test_a_filter_that_cannot_be_read_is_no_page(lena: Visitor, anna: UUID, query: str) -> None:
    assert lena.open(f"/customers/{anna}?{query}").status_code == 400


def test_older_contacts_are_a_link_away_and_none_is_shown_twice(
    lena: Visitor, rapport: Rapport, anna: UUID
) -> None:
    calls = [phone_call(anna, f"Call number {n:02}", on="2026-05-01") for n in range(40)]
    tell(rapport, *calls)
    seen: list[str] = []
    there: str | None = f"/customers/{anna}"
    while there:
        page = lena.open(there).text
        seen += re.findall(r'id="contact-([\w-]+)"', page)
        link = re.search(r'class="older"><a class="btn" href="([^"]+)"', page)
        there = unescape(link[1]) if link else None
    assert len(seen) == len(set(seen)) == 44


def test_news_are_told_only_when_something_changed(
    lena: Visitor, rapport: Rapport, anna: UUID
) -> None:
    page = lena.open(f"/customers/{anna}").text
    [stamp] = re.findall(r'data-history="(\w+)"', page)
    ask = f"/customers/{anna}/history?poll=1&seen={stamp}"
    assert lena.open(ask, HTMX).status_code == 204
    tell(rapport, phone_call(anna, "By a colleague"))
    news = lena.open(ask, HTMX)
    assert news.status_code == 200
    assert "By a colleague" in news.text
    assert 'id="facts"' in news.text


def test_a_past_day_shows_what_was_true_then_and_lets_nobody_write(
    lena: Visitor, anna: UUID
) -> None:
    page = lena.open(f"/customers/{anna}?as_of=2026-02-15").text
    words = read(page)
    assert "What was true on Feb 15, 2026 , as we know it today." in words
    assert "Nothing can be changed here." in words
    assert "S-1" in words
    assert "S-2" not in words
    assert "€40.00 owed to us" in words
    assert "past due" not in words
    main = page[page.index("<main") : page.index("</main>")]
    assert 'method="post"' not in main
    assert "Edit" not in read(main)


def test_what_was_told_later_was_not_known_before(lena: Visitor, anna: UUID) -> None:
    page = lena.open(f"/customers/{anna}?known_at=2199-12-31").text
    assert "S-1" in page
    assert "What we knew on" in page
    # The story of this customer was recorded just now: nobody knew her before.
    before = lena.open(f"/customers/{anna}?known_at=2020-01-01")
    assert before.status_code == 422
    assert "Nothing was known of this customer by then." in before.text


def test_the_page_as_of_a_day_is_the_page_that_was_shown_on_it(
    lena: Visitor, rapport: Rapport
) -> None:
    ben = tell(rapport, registered("Ben"), *[])
    tell(rapport, purchase(ben, "40.00", number="S-1", on="2026-02-01"))
    today = datetime.now(UTC).date()
    live = lena.open(f"/customers/{ben}").text
    then = lena.open(f"/customers/{ben}?as_of={today}").text

    def history(page: str) -> list[str]:
        return re.findall(r'<li class="entry.*?</li>', page, re.DOTALL)

    def money(page: str) -> str:
        return read(page[page.index('id="money"') : page.index('id="profile-title"')])

    assert history(then) == history(live) != []
    assert money(then) == money(live)


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "0001-01-01", "1.2.2026"])
def test_a_day_that_is_none_is_refused_with_how_to_write_it(
    lena: Visitor, anna: UUID, day: str
) -> None:
    refused = lena.open(f"/customers/{anna}?as_of={day}")
    assert refused.status_code == 422
    assert "Write it as year, month and day" in refused.text


def test_linked_entries_are_one_page_under_either_address(
    lena: Visitor, rapport: Rapport, anna: UUID
) -> None:
    twin = tell(rapport, registered("A. Lindqvist"))
    tell(rapport, purchase(twin, "5.00", number="S-3"), linked(anna, twin))
    led = lena.open(f"/customers/{twin}?show=purchase")
    assert led.status_code == 302
    assert led.location == f"/customers/{anna}?show=purchase"
    words = read(lena.open(f"/customers/{anna}").text)
    assert "S-3" in words
    assert "€35.00 owed to us" in words
    assert "Linked with 1 other entry" in words


def test_a_forgotten_customer_keeps_amounts_and_takes_nothing_new(
    lena: Visitor, rapport: Rapport, anna: UUID
) -> None:
    tell(rapport, erased(anna))
    page = lena.open(f"/customers/{anna}").text
    assert "Lindqvist" not in page
    assert "Asked about the bill" not in page
    assert "S-2" in page
    assert "This customer was erased on request." in page
    assert 'id="composer"' not in page


def test_holds_and_retired_numbers_are_said(lena: Visitor, rapport: Rapport, anna: UUID) -> None:
    tell(
        rapport,
        legal_hold(anna, "Lawsuit 12/26"),
        identifier_retired(anna, phone("020 7946 0001", "+442079460001")),
    )
    page = lena.open(f"/customers/{anna}").text
    assert "Lawsuit 12/26" in page
    assert "tel:+442079460001" not in page
    assert "<s>020 7946 0001</s>" in page


def test_open_repairs_and_what_is_to_be_done_stand_beside_the_history(
    lena: Visitor, rapport: Rapport, anna: UUID
) -> None:
    broken = repair(anna, "GRINDER", number="R-1", on="2026-05-01")
    quote = {"amount": Decimal(20), "currency": "EUR"}
    call = phone_call(anna, "Call", on="2026-06-01")
    tell(rapport, broken, step(anna, broken.id, Quoted, "2026-05-02", **quote), call)
    tell(rapport, follow_up(anna, call.id, on="2026-07-01", what="Ring her"))
    words = read(lena.open(f"/customers/{anna}").text)
    assert "GRINDER R-1 Quoted" in words
    assert "Ring her Overdue Jul 1, 2026" in words


def test_an_auditor_reads_and_cannot_write(app: Flask, rapport: Rapport, anna: UUID) -> None:
    let_in(rapport, "Olga Chen", "auditor")
    olga = Visitor(app)
    olga.sign_in("olga")
    page = olga.open(f"/customers/{anna}").text
    assert 'id="composer"' not in page
    assert f"/customers/{anna}/details" not in page
    assert olga.open(f"/customers/{anna}/details").status_code == 403


def test_nobody_is_404(lena: Visitor) -> None:
    assert lena.open(f"/customers/{uuid4()}").status_code == 404
    assert lena.open(f"/customers/{uuid4()}?as_of=2026-01-01").status_code == 404
    assert lena.open(f"/contacts/{uuid4()}").status_code == 404


def test_nothing_on_the_pages_was_left_untranslated(
    app: Flask, lena: Visitor, rapport: Rapport, anna: UUID
) -> None:
    call = phone_call(anna, "20318", on="2026-06-01")
    broken = repair(anna, "GRINDER", on="2026-05-01")
    tell(rapport, call, follow_up(anna, call.id, on="2026-07-01", what="20318"), broken)
    app.config["PSEUDO"] = True
    lena.client.set_cookie("language", i18n.PSEUDO)
    ours = {"Rapport", "Lena Hoffmann", "LH", "AL", "sales", "anna", "Anna Lindqvist", "Leeds"}
    ours |= {"anna@example.org", "Europe Berlin", "GRINDER", "Asked about the bill", "S", "UTC"}
    ours |= {
        "Anna Lindqvist · Rapport",
        "S-1",
        "S-2",
        "told afterwards",
        "form",
        "customer",
        "found in the drawer",
    }
    for path in (
        "/",
        "/customers",
        "/customers/new",
        f"/customers/{anna}",
        *(f"/customers/{anna}?kind={kind}" for kind in ("email", "letter", "payment", "repair")),
        f"/customers/{anna}?kind=purchase",
        f"/customers/{anna}?as_of=2026-05-15&known_at=2199-01-01",
        f"/customers/{anna}/details?link=zzz",
        f"/contacts/{call.id}?move=zzz",
        f"/contacts/{broken.id}",
        f"/contacts/{call.id}/correction",
    ):
        reader = VisibleText()
        reader.feed(re.sub(r"<time.*?</time>", "", lena.open(path).text))
        left = {untranslated(text) for text in reader.found}
        assert {t for t in left if re.search(r"[^\W\d]", t)} - ours == set(), path


def untranslated(text: str) -> str:
    """What stands outside of the brackets that translated words are put in, one in another too."""
    while (shorter := re.sub(r"⟦[^⟦⟧]*⟧", "", text)) != text:
        text = shorter
    return re.sub(r"⟦[^⟧]*$|^[^⟦]*⟧", "", text).strip(" ·…:,×")
