"""The page of one contact: what was told, what became of it, and putting it right."""

from __future__ import annotations

import re
from html import unescape
from uuid import UUID

import pytest

from adapters.wiring import Rapport
from projections import follow_ups, timeline
from projections.repairs import repair as repair_now
from projections.timeline import Entry
from tests.scenario import (
    email,
    filed_elsewhere,
    follow_up,
    line,
    payment,
    phone_call,
    purchase,
    registered,
    repair,
    withdrawn,
)
from tests.telling import tell
from tests.web.kit import Visitor
from tests.web.test_customers_page import read


@pytest.fixture
def anna(rapport: Rapport) -> UUID:
    """A customer."""
    return tell(rapport, registered("Anna Lindqvist"))


@pytest.fixture
def call(rapport: Rapport, anna: UUID) -> UUID:
    """A call of hers."""
    told = phone_call(anna, "Asked about the bill", reason="invoice", on="2026-04-01 10:00")
    return tell(rapport, told)


def entry(rapport: Rapport, contact: UUID) -> Entry:
    with rapport.tables.connect() as connection:
        found = timeline.entry(connection, contact)
    assert found is not None
    return found


def correct(visitor: Visitor, contact: UUID, **changes: str) -> int:
    """Change some fields of the form that the page shows, leave the others, and send it."""
    page = f"/contacts/{contact}/correction"
    form = filled_in(visitor.open(page).text)
    return visitor.send(page, on=page, **{**form, **changes}).status_code


def filled_in(page: str) -> dict[str, str]:
    """What stands in the fields of the form, as a browser would send it."""
    page = page[page.index('id="composer-form"') : page.index("</main>")]
    page = re.sub(r"<template.*?</template>|<datalist.*?</datalist>", "", page, flags=re.DOTALL)
    found: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        is_choice = attributes["type"] in {"radio", "checkbox"}
        if attributes["type"] != "hidden" and (not is_choice or " checked" in tag):
            found[attributes["name"]] = unescape(attributes.get("value", ""))
    for name, text in re.findall(
        r'<textarea[^>]* name="([^"]+)"[^>]*>(.*?)</textarea>', page, re.DOTALL
    ):
        found[name] = unescape(text)
    for name, options in re.findall(
        r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL
    ):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        found[name] = unescape(chosen[1]) if chosen else ""
    return found


def test_the_page_tells_everything_and_where_it_stands_in_the_log(
    lena: Visitor, rapport: Rapport, anna: UUID
) -> None:
    mail = email(
        anna, "Delivery", "Where\nis it?", on="2026-04-01", reason="delivery", message_id="m1@x"
    )
    tell(rapport, mail)
    words = read(lena.open(f"/contacts/{mail.id}").text)
    assert "Subject Delivery" in words
    assert "Text Where is it?" in words
    assert "Message id m1@x" in words
    position = entry(rapport, mail.id).position
    assert f"Position {position} · customer.email_logged · version 2" in words
    assert str(mail.id) in words


def test_a_correction_shows_before_and_after(lena: Visitor, rapport: Rapport, call: UUID) -> None:
    changes = {"summary": "Asked about the refund", "reason": "payment", "because": "Misheard"}
    assert correct(lena, call, **changes) == 303
    words = read(lena.open(f"/contacts/{call}").text)
    assert "In one line Asked about the bill Asked about the refund" in words
    assert "Reason Invoice Payment due" in words
    assert "Because: Misheard" in words
    assert entry(rapport, call).corrections == 1
    assert "Corrected" in lena.open(f"/customers/{entry(rapport, call).stream}").text


@pytest.mark.parametrize("kind", ["phone_call", "email", "purchase", "return", "payment", "repair"])
def test_a_form_sent_back_untouched_corrects_nothing(
    lena: Visitor, rapport: Rapport, anna: UUID, kind: str
) -> None:
    on = "2026-04-01 10:07"
    sold = line("GRINDER", "249.905", "2", serials=("A", "B"), unit_cost=1, description="Steel")
    told = {
        "phone_call": phone_call(anna, "Hello", on=on, note="a\nb", reason="elsewhere"),
        "email": email(anna, "Hello", "a, b", on=on, thread="t1", outcome="answered by bot"),
        "purchase": purchase(anna, lines=[sold], on=on, number="S-1", channel="shop"),
        "return": purchase(
            anna, lines=[line("G", "2", "-3")], on=on, transaction="return", original="S-1"
        ),
        "payment": payment(anna, "5.00", on=on, pays="S-9", method="barter"),
        "repair": repair(anna, "GRINDER", on=on, serial="A"),
    }[kind]
    tell(rapport, told)
    assert correct(lena, told.id) == 303
    assert entry(rapport, told.id).corrections == 0


def test_a_correction_that_is_wrong_comes_back_with_what_was_typed(
    lena: Visitor, rapport: Rapport, anna: UUID
) -> None:
    paid = payment(anna, "5.00", on="2026-04-01")
    tell(rapport, paid)
    page = f"/contacts/{paid.id}/correction"
    form = filled_in(lena.open(page).text)
    refused = lena.send(page, on=page, **{**form, "amount": "5,00"})
    assert refused.status_code == 422
    assert 'value="5,00"' in refused.text
    assert "A comma could mean two things here." in refused.text


def test_a_withdrawn_contact_stays_readable_and_counts_nowhere(
    lena: Visitor, rapport: Rapport, anna: UUID
) -> None:
    bought = purchase(anna, "40.00", on="2026-04-01")
    tell(rapport, bought)
    page = f"/contacts/{bought.id}"
    refused = lena.send(f"{page}/withdrawal", on=page)
    assert refused.status_code == 422
    assert "Please fill this in." in refused.text
    assert lena.send(f"{page}/withdrawal", on=page, because="Wrong till").status_code == 303
    words = read(lena.open(page).text)
    assert "Because: Wrong till" in words
    assert "GRINDER" in words
    customer = lena.open(f"/customers/{anna}").text
    assert "entry-gone" in customer
    assert "owed to us" not in customer
    assert "Correct" not in re.findall(r"<a [^>]*data-keys=\"e\"[^>]*>(.*?)</a>", customer)


def test_undo_withdraws_and_leads_back_to_the_customer(
    lena: Visitor, rapport: Rapport, call: UUID, anna: UUID
) -> None:
    undone = lena.send(f"/contacts/{call}/undoing", on=f"/contacts/{call}")
    assert undone.location == f"/customers/{anna}"
    assert entry(rapport, call).is_withdrawn
    assert "undone at once" in lena.open(f"/contacts/{call}").text


def test_a_contact_moves_to_the_customer_it_belongs_to(
    lena: Visitor, rapport: Rapport, call: UUID, anna: UUID
) -> None:
    ben = tell(rapport, registered("Ben Silva"))
    page = f"/contacts/{call}"
    found = lena.open(f"{page}?move=silva").text
    assert f'value="{ben}"' in found
    assert lena.send(f"{page}/place", on=page, destination=str(ben)).status_code == 303
    assert entry(rapport, call).stream == ben
    assert "Moved to another customer" in lena.open(f"/customers/{anna}").text
    assert "Moved here" in lena.open(f"/customers/{ben}").text
    assert "From this customer" in lena.open(page).text


def test_a_note_is_added_and_an_empty_one_refused(
    lena: Visitor, rapport: Rapport, call: UUID
) -> None:
    page = f"/contacts/{call}"
    assert lena.send(f"{page}/notes", on=page, note="  ").status_code == 422
    assert lena.send(f"{page}/notes", on=page, note="She was right").status_code == 303
    assert "She was right" in lena.open(page).text
    assert entry(rapport, call).notes == 1


def test_a_follow_up_is_planned_and_ticked_off_where_it_is_seen(
    lena: Visitor, rapport: Rapport, call: UUID, anna: UUID
) -> None:
    page = f"/contacts/{call}"
    wrong = lena.send(f"{page}/follow-up", on=page, what="Ring her")
    assert wrong.status_code == 422
    assert 'value="Ring her"' in wrong.text
    sent = lena.send(f"{page}/follow-up", on=page, day="2026-07-01", what="Ring her")
    assert sent.status_code == 303
    assert "Ring her" in lena.open("/").text
    done = lena.send(f"{page}/follow-up/done", on="/", next="/")
    assert done.location == "/"
    with rapport.tables.connect() as connection:
        assert follow_ups.open_for(connection, [anna]) == []
    away = lena.send(f"{page}/follow-up/done", on=page, next="https://evil.example/")
    assert away.location == "/"


def test_what_paid_what_is_said_on_both_sides(lena: Visitor, rapport: Rapport, anna: UUID) -> None:
    bought = purchase(anna, "40.00", number="S-1", on="2026-04-01")
    paid = payment(anna, "15.00", number="P-1", on="2026-04-02")
    tell(rapport, bought, paid)
    assert "Paid by P-1 €15.00" in read(lena.open(f"/contacts/{bought.id}").text)
    assert "Pays S-1 €15.00" in read(lena.open(f"/contacts/{paid.id}").text)


def test_a_repair_goes_the_steps_that_may_come_next(
    lena: Visitor, rapport: Rapport, anna: UUID
) -> None:
    broken = repair(anna, "GRINDER", on="2026-05-01")
    tell(rapport, broken)
    page = f"/contacts/{broken.id}"

    def go(**form: str) -> tuple[int, str]:
        sent = lena.send(f"{page}/steps", on=page, **form)
        return sent.status_code, sent.text

    assert go(step="diagnosed", finding="Worn burrs")[0] == 303
    skipped, why = go(step="approved")
    assert skipped == 422
    assert "A repair that is diagnosed cannot become approved." in why
    assert go(step="quoted", amount="80", currency="EUR", valid_until="2027-01-01")[0] == 303
    assert go(step="approved")[0] == 303
    done = {"parts-0-item": "BURRS", "parts-0-quantity": "2", "parts-0-unit_cost": "9.50"}
    assert go(step="repaired", minutes="45", charge="80", currency="EUR", **done)[0] == 303
    assert go(step="returned", note="Fetched by her son")[0] == 303
    words = read(lena.open(page).text)
    assert "Worn burrs" in words
    assert "45 minutes of work · charged €80.00" in words
    assert "2 × BURRS" in words
    assert "What comes next?" not in words
    with rapport.tables.connect() as connection:
        now = repair_now(connection, broken.id)
    assert now is not None
    assert (now.stage, now.charge_minor, str(now.parts_cost)) == ("returned", 8000, "19.00")
    assert "€80.00 owed to us" in read(lena.open(f"/customers/{anna}").text)


@pytest.mark.parametrize(
    ("form", "field", "says"),
    [
        ({"step": "quoted", "currency": "EUR"}, "quoted-amount", "Please fill this in."),
        ({"step": "quoted", "amount": "1.001", "currency": "EUR"}, "quoted-amount", "2 decimal"),
        ({"step": "quoted", "amount": "5", "currency": "e"}, "quoted-currency", "no such currency"),
        ({"step": "diagnosed", "taken_at": "2020-01-01T10:00"}, "diagnosed-taken_at", "after the"),
    ],
)
def test_what_is_wrong_with_a_step_is_said_at_its_field(
    lena: Visitor, rapport: Rapport, anna: UUID, form: dict[str, str], field: str, says: str
) -> None:
    broken = repair(anna, "GRINDER", on="2026-05-01")
    tell(rapport, broken)
    refused = lena.send(f"/contacts/{broken.id}/steps", on=f"/contacts/{broken.id}", **form)
    assert refused.status_code == 422
    assert f'id="{field}-error"' in refused.text
    assert says in refused.text


def test_nobody_is_charged_who_did_not_agree(lena: Visitor, rapport: Rapport, anna: UUID) -> None:
    broken = repair(anna, "GRINDER", on="2026-05-01")
    diagnosed = {"step": "diagnosed"}
    tell(rapport, broken)
    page = f"/contacts/{broken.id}"
    lena.send(f"{page}/steps", on=page, **diagnosed)
    form = {"step": "repaired", "charge": "80", "currency": "EUR", "minutes": "-1"}
    assert "Minutes of work" in lena.send(f"{page}/steps", on=page, **form).text
    refused = lena.send(f"{page}/steps", on=page, **{**form, "minutes": "5"})
    assert refused.status_code == 422
    assert "Nobody agreed to a charge." in refused.text


def test_a_moved_or_withdrawn_contact_offers_no_correction(
    lena: Visitor, rapport: Rapport, anna: UUID, call: UUID
) -> None:
    ben = tell(rapport, registered("Ben Silva"))
    broken = repair(anna, "GRINDER", on="2026-05-01")
    tell(rapport, broken)
    tell(rapport, withdrawn(anna, broken.id), filed_elsewhere(anna, call, ben))
    page = lena.open(f"/contacts/{broken.id}").text
    assert f"/contacts/{broken.id}/correction" not in page
    assert f"/contacts/{broken.id}/steps" not in page
    again = f"/contacts/{broken.id}/correction"
    form = filled_in(lena.open(again).text)
    refused = lena.send(again, on=again, **{**form, "item": "CABLE"})
    assert refused.status_code == 422
    assert "This contact was withdrawn." in refused.text


def test_a_follow_up_of_hers_waits_on_today(
    lena: Visitor, rapport: Rapport, anna: UUID, call: UUID
) -> None:
    tell(rapport, follow_up(anna, call, on="2026-07-01", what="Anybody may", staff=None))
    words = read(lena.open("/").text)
    assert "Anybody may Anna Lindqvist · Overdue Jul 1, 2026 · anybody" in words
