"""Logging what passed between us and a customer, by the form of each kind."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from adapters.wiring import Rapport
from domain.customers.contacts import Email, Letter, Payment, PhoneCall, Purchase, Repair
from domain.customers.filed import Filed
from projections import follow_ups, timeline
from projections.timeline import Entry
from tests.scenario import line, purchase, registered
from tests.telling import tell
from tests.web.kit import HTML, Visitor, token

HTMX = {**HTML, "HX-Request": "true"}
SCRIPT = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


@pytest.fixture
def anna(rapport: Rapport) -> UUID:
    """A customer."""
    return tell(rapport, registered("Anna Lindqvist"))


def log(visitor: Visitor, customer: UUID, slug: str, **form: str) -> tuple[int, str]:
    """Send the composer's form of a kind; status and page of the answer."""
    page = f"/customers/{customer}"
    sent = visitor.send(f"{page}/{slug}", on=page, **form)
    return sent.status_code, sent.text


def entries(rapport: Rapport, customer: UUID) -> list[Entry]:
    with rapport.tables.connect() as connection:
        return list(timeline.timeline(connection, [customer]).entries)


def only(rapport: Rapport, customer: UUID) -> object:
    """The one contact of a customer, as the log has it."""
    [entry] = entries(rapport, customer)
    events = rapport.log.events_of_contact(entry.contact_id)
    return Filed.after(events, customer=customer, contact_id=entry.contact_id).contact


def test_a_reason_is_enough_for_a_call(lena: Visitor, rapport: Rapport, anna: UUID) -> None:
    status, _ = log(lena, anna, "phone-calls", reason="invoice", direction="in")
    assert status == 303
    call = only(rapport, anna)
    assert isinstance(call, PhoneCall)
    assert (call.reason, call.direction, call.outcome) == ("invoice", "in", "answered")
    assert datetime.now(UTC) - call.occurred_at < timedelta(minutes=1)


def test_a_call_keeps_its_numbers_and_times(lena: Visitor, rapport: Rapport, anna: UUID) -> None:
    started = (datetime.now(UTC) - timedelta(hours=2)).replace(second=0, microsecond=0)
    log(
        lena,
        anna,
        "phone-calls",
        summary="Asked about the bill",
        direction="out",
        outcome="voicemail",
        occurred_at=f"{started:%Y-%m-%dT%H:%M}",
        answered=f"{started:%H:%M}",
        ended=f"{started + timedelta(minutes=7):%H:%M}",
        from_number="100",
        to_number="+44 20 7946 0001",
        note="first line\r\nsecond line",
    )
    call = only(rapport, anna)
    assert isinstance(call, PhoneCall)
    assert call.occurred_at == started
    assert call.talk_seconds == 420
    assert call.to_number is not None
    assert call.to_number.text == "+44 20 7946 0001"
    assert call.note is not None
    assert call.note.text == "first line\nsecond line"


def test_an_email_keeps_its_addresses(lena: Visitor, rapport: Rapport, anna: UUID) -> None:
    log(
        lena,
        anna,
        "emails",
        direction="in",
        subject="Where is it?",
        body="Dear all,\n\nwhere?",
        from_address="anna@example.org",
        to_addresses="desk@example.com; Ben <ben@example.com>",
        outcome="open",
    )
    mail = only(rapport, anna)
    assert isinstance(mail, Email)
    assert [each.text for each in mail.to_addresses] == [
        "desk@example.com",
        "Ben <ben@example.com>",
    ]


def test_a_letter_keeps_its_three_days(lena: Visitor, rapport: Rapport, anna: UUID) -> None:
    log(
        lena,
        anna,
        "letters",
        direction="in",
        subject="Complaint",
        dated_on="2026-03-01",
        received_on="2026-03-04",
        answer_due_on="2026-03-18",
    )
    letter = only(rapport, anna)
    assert isinstance(letter, Letter)
    days = [letter.dated_on, letter.received_on, letter.answer_due_on]
    assert [str(day) for day in days] == ["2026-03-01", "2026-03-04", "2026-03-18"]


def test_a_purchase_takes_the_rows_that_were_filled_in(
    lena: Visitor, rapport: Rapport, anna: UUID
) -> None:
    form = {
        "transaction": "sale",
        "currency": "eur",
        "number": "S-1",
        "due_on": "2027-01-31",
        "lines-0-item": "GRINDER",
        "lines-0-quantity": "2",
        "lines-0-unit_price": "1,249.50",
        "lines-0-tax": "398.99",
        "lines-0-serials": "A1, A2",
        "lines-0-warranty_months": "24",
        "lines-1-quantity": "1",
        "lines-2-item": "CABLE",
        "lines-2-quantity": "0.5",
        "lines-2-unit_price": "3",
    }
    assert log(lena, anna, "purchases", **form)[0] == 303
    bought = only(rapport, anna)
    assert isinstance(bought, Purchase)
    assert [line.item for line in bought.lines] == ["GRINDER", "CABLE"]
    assert bought.total == Decimal("2500.50")
    assert bought.lines[0].serials == ("A1", "A2")
    assert bought.lines[0].warranty_months == 24


def test_in_a_return_two_means_that_two_came_back(
    lena: Visitor, rapport: Rapport, anna: UUID
) -> None:
    form = {
        "transaction": "return",
        "currency": "EUR",
        "original": "S-1",
        "lines-0-item": "GRINDER",
        "lines-0-quantity": "2",
        "lines-0-unit_price": "10",
        "lines-0-tax": "3.19",
    }
    log(lena, anna, "purchases", **form)
    back = only(rapport, anna)
    assert isinstance(back, Purchase)
    assert back.total == -20
    assert back.lines[0].tax == Decimal("-3.19")


def test_a_payment_names_what_it_pays(lena: Visitor, rapport: Rapport, anna: UUID) -> None:
    tell(rapport, purchase(anna, "40.00", number="S-7"))
    page = lena.open(f"/customers/{anna}?kind=payment").text
    assert '<option value="S-7">S-7 · €40.00</option>' in page
    form = {"currency": "EUR", "amount": "15", "method": "cash", "pays": "S-7"}
    log(lena, anna, "payments", transaction="payment", **form)
    assert "€25.00" in lena.open(f"/customers/{anna}").text
    paid = rapport.log.events_of_contact(entries(rapport, anna)[0].contact_id)[0].event
    assert isinstance(paid.payment, Payment)  # type: ignore[attr-defined]
    assert paid.payment.pays == "S-7"  # type: ignore[attr-defined]


def test_a_repair_takes_the_warranty_from_the_sale(
    lena: Visitor, rapport: Rapport, anna: UUID
) -> None:
    sold = line("GRINDER", "99", serials=("SN-9",), warranty_months=24)
    tell(rapport, purchase(anna, lines=[sold], number="S-9", on="2026-02-03"))
    proposed = lena.open("/items/warranty?serial=sn-9", HTMX).text
    assert 'value="GRINDER"' in proposed
    assert 'value="S-9"' in proposed
    assert 'value="2028-02-03"' in proposed
    kept = lena.open("/items/warranty?serial=sn-9&item=MINE", HTMX).text
    assert 'value="MINE"' in kept
    assert "No sale" in lena.open("/items/warranty?serial=other", HTMX).text
    log(
        lena, anna, "repairs", item="GRINDER", serial="SN-9", fault="Hums", promised_on="2027-01-05"
    )
    repair = rapport.log.events_of_contact(entries(rapport, anna)[0].contact_id)[0].event
    assert isinstance(repair.repair, Repair)  # type: ignore[attr-defined]


def test_items_are_suggested_as_they_are_typed(lena: Visitor, rapport: Rapport, anna: UUID) -> None:
    tell(rapport, purchase(anna, lines=[line("GR-200", "249.90", description="Grinder")]))
    found = lena.open("/items?lines-0-item=gr", HTMX).text
    assert 'value="GR-200"' in found
    assert 'data-price="249.90"' in found
    assert lena.open("/items?q=", HTMX).text.strip() == ""


def test_a_follow_up_is_planned_in_the_same_breath(
    lena: Visitor, rapport: Rapport, anna: UUID
) -> None:
    form = {"reason": "invoice", "follow_up_on": "2026-12-24", "follow_up_what": "Call back"}
    log(lena, anna, "phone-calls", **form)
    with rapport.tables.connect() as connection:
        [planned] = follow_ups.open_for(connection, [anna])
    assert (str(planned.on), planned.what) == ("2026-12-24", "Call back")
    assert "Call back" in lena.open(f"/customers/{anna}").text


def test_what_is_long_ago_needs_a_reason_and_keeps_it(
    lena: Visitor, rapport: Rapport, anna: UUID
) -> None:
    form = {"reason": "order", "occurred_at": "2026-01-05T10:00"}
    status, page = log(lena, anna, "phone-calls", **form)
    assert status == 422
    assert "Say why it is written down only now." in page
    assert log(lena, anna, "phone-calls", **form, late_because="Found a slip")[0] == 303
    assert entries(rapport, anna)[0].is_late
    assert "Written down late" in lena.open(f"/customers/{anna}").text


WRONG = [
    ("phone-calls", {}, "reason", "Choose a reason, or write one line."),
    ("phone-calls", {"reason": "x", "direction": "up"}, "direction", "Choose one of those"),
    ("phone-calls", {"reason": "x", "outcome": "won"}, "outcome", "Choose one of those"),
    ("phone-calls", {"reason": "x", "occurred_at": "yesterday"}, "occurred_at", "Write day and"),
    ("phone-calls", {"reason": "x", "occurred_at": "2026-02-30T10:00"}, "occurred_at", "Write day"),
    (
        "phone-calls",
        {"reason": "x", "occurred_at": "0206-02-03T10:00"},
        "occurred_at",
        "Check the y",
    ),
    ("phone-calls", {"reason": "x", "occurred_at": "2198-02-03T10:00"}, "occurred_at", "future"),
    ("phone-calls", {"reason": "x", "ended": "10:00"}, "occurred_at", "when the call started"),
    ("phone-calls", {"reason": "x", "answered": "25:00"}, "answered", "Write the time as 14:05."),
    ("phone-calls", {"reason": "x", "follow_up_on": "tomorrow"}, "follow_up_on", "Write the day"),
    ("phone-calls", {"reason": "x", "follow_up_what": "call"}, "follow_up_on", "on which day"),
    ("phone-calls", {"summary": "a" * 201}, "summary", "This is too long."),
    ("phone-calls", {"summary": "a\x07b"}, "summary", "cannot be shown"),
    ("phone-calls", {"reason": "x", "note": "a\x00b"}, "note", "cannot be shown"),
    ("phone-calls", {"reason": "x", "nonsense": "1"}, None, "This form has no such field."),
    ("emails", {}, "subject", "Write the subject"),
    ("emails", {"subject": "x", "from_address": "anna"}, "from_address", "is no e-mail address"),
    ("emails", {"subject": "x", "to_addresses": "a@b.c, b"}, "to_addresses", "“b” is no e-mail"),
    ("letters", {}, "subject", "Write what it is about"),
    ("letters", {"subject": "x", "dated_on": "1.2.2026"}, "dated_on", "Write the day as year"),
    (
        "letters",
        {"subject": "x", "dated_on": "2026-02-02", "received_on": "2026-02-01"},
        "received_on",
        "on or after the day",
    ),
    ("purchases", {"currency": "EUR"}, "lines", "Please fill this in."),
    (
        "purchases",
        {"lines-0-item": "A", "lines-0-unit_price": "1"},
        "currency",
        "Please fill this in.",
    ),
    (
        "purchases",
        {"currency": "EURO", "lines-0-item": "A", "lines-0-unit_price": "1"},
        "currency",
        "There is no such currency.",
    ),
    (
        "purchases",
        {"currency": "EUR", "lines-0-item": "A", "lines-0-unit_price": "12,50"},
        "lines-0-unit_price",
        "A comma could mean two things here.",
    ),
    (
        "purchases",
        {"currency": "EUR", "lines-0-item": "A", "lines-0-unit_price": "1,234"},
        "lines-0-unit_price",
        "A comma could mean two things here.",
    ),
    (
        "purchases",
        {"currency": "EUR", "lines-0-item": "A", "lines-0-unit_price": "ten"},
        "lines-0-unit_price",
        "Write a number, such as 12.50.",
    ),
    (
        "purchases",
        {"currency": "EUR", "lines-0-item": "A", "lines-0-unit_price": "1e9"},
        "lines-0-unit_price",
        "Write a number, such as 12.50.",
    ),
    (
        "purchases",
        {"currency": "EUR", "lines-0-item": "A", "lines-0-unit_price": "NaN"},
        "lines-0-unit_price",
        "Write a number, such as 12.50.",
    ),
    (
        "purchases",
        {"currency": "EUR", "lines-0-item": "A", "lines-0-unit_price": "9" * 12},
        "lines-0-unit_price",
        "too large",
    ),
    (
        "purchases",
        {"currency": "EUR", "lines-1-unit_price": "5"},
        "lines-1-item",
        "Please fill this in.",
    ),
    (
        "purchases",
        {
            "currency": "EUR",
            "lines-0-item": "A",
            "lines-0-unit_price": "1",
            "lines-0-quantity": "0",
        },
        "lines",
        "other than zero",
    ),
    (
        "purchases",
        {
            "currency": "EUR",
            "lines-0-item": "A",
            "lines-0-unit_price": "999999999",
            "lines-0-quantity": "999999999",
        },
        "lines",
        "This total is too large.",
    ),
    (
        "purchases",
        {
            "currency": "EUR",
            "lines-0-item": "A",
            "lines-0-unit_price": "1",
            "lines-0-warranty_months": "-3",
        },
        "lines-0-warranty_months",
        "Write months",
    ),
    (
        "purchases",
        {
            "currency": "EUR",
            "lines-0-item": "A",
            "lines-0-unit_price": "1",
            "lines-0-colour": "red",
        },
        "lines",
        "This form has no such field.",
    ),
    (
        "purchases",
        {
            "currency": "EUR",
            **{f"lines-{n}-item": "A" for n in range(101)},
            **{f"lines-{n}-unit_price": "1" for n in range(101)},
        },
        "lines",
        "too many lines",
    ),
    ("payments", {"currency": "EUR"}, "amount", "Please fill this in."),
    ("payments", {"currency": "EUR", "amount": "0"}, "amount", "above zero"),
    ("payments", {"currency": "EUR", "amount": "-5"}, "amount", "for money going back"),
    ("payments", {"currency": "EUR", "amount": "1.234"}, "amount", "EUR has 2 decimal places."),
    ("payments", {"currency": "JPY", "amount": "1.5"}, "amount", "JPY has 0 decimal places."),
    (
        "payments",
        {"currency": "EUR", "amount": "5", "transaction": "reversal"},
        "original",
        "which payment is reversed",
    ),
    (
        "payments",
        {"currency": "EUR", "amount": "5", "transaction": "gift"},
        "transaction",
        "Choose",
    ),
    ("repairs", {}, "item", "Please fill this in."),
    ("repairs", {"item": "G", "warranty_until": "soon"}, "warranty_until", "Write the day"),
    ("repairs", {"item": "G", "promised_on": "2026-13-01"}, "promised_on", "Write the day"),
]


@pytest.mark.parametrize(("slug", "form", "field", "says"), WRONG)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    lena: Visitor,
    rapport: Rapport,
    anna: UUID,
    slug: str,
    form: dict[str, str],
    field: str | None,
    says: str,
) -> None:
    status, page = log(lena, anna, slug, **form)
    assert status == 422
    assert entries(rapport, anna) == []
    assert says in page
    if field is not None:
        assert f'id="{field}-error"' in page
    for name, typed in form.items():
        if name in {"direction", "outcome", "transaction", "nonsense", "lines-0-colour"}:
            continue
        if not re.search(r"[\x00-\x1f]", typed):
            assert typed in page


def test_a_contact_that_was_refused_can_be_sent_again_from_the_same_page(
    lena: Visitor, rapport: Rapport, anna: UUID
) -> None:
    page = f"/customers/{anna}"
    key = "k" * 32
    assert lena.send(f"{page}/phone-calls", on=page, key=key).status_code == 422
    again = lena.send(f"{page}/phone-calls", on=page, key=key, reason="order")
    assert again.status_code == 303
    assert len(entries(rapport, anna)) == 1


def test_the_same_form_twice_logs_one_contact(lena: Visitor, rapport: Rapport, anna: UUID) -> None:
    page = f"/customers/{anna}"
    first = lena.send(f"{page}/phone-calls", on=page, key="k" * 32, reason="order")
    second = lena.send(f"{page}/phone-calls", on=page, key="k" * 32, reason="order")
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location
    assert len(entries(rapport, anna)) == 1


def test_the_answer_to_a_script_is_the_new_entry_an_empty_form_and_an_undo(
    lena: Visitor, rapport: Rapport, anna: UUID
) -> None:
    page = lena.open(f"/customers/{anna}").text
    answer = lena.client.post(
        f"/customers/{anna}/phone-calls",
        data={"csrf_token": token(page), "key": "k" * 32, "summary": "Said hello"},
        headers=HTMX,
    )
    assert answer.status_code == 200
    [entry] = entries(rapport, anna)
    assert f'id="contact-{entry.contact_id}"' in answer.text
    assert f"/contacts/{entry.contact_id}/undoing" in answer.text
    assert 'id="composer"' in answer.text
    assert answer.headers["Content-Location"].startswith(f"/customers/{anna}")


TEXT_FIELDS = {
    "phone-calls": ("summary", "note", "from_number", "to_number"),
    "emails": ("subject", "body", "summary", "note"),
    "letters": ("subject", "summary", "note"),
    "purchases": ("lines-0-item", "lines-0-description", "number", "place", "channel", "summary"),
    "payments": ("number", "pays", "reference", "account", "summary"),
    "repairs": ("item", "serial", "fault", "number", "purchase_number", "summary"),
}
NEEDED = {
    "purchases": {"currency": "EUR", "lines-0-item": "A", "lines-0-unit_price": "1"},
    "payments": {"currency": "EUR", "amount": "1"},
    "repairs": {"item": "A"},
}


@pytest.mark.parametrize(
    ("slug", "field"), [(slug, field) for slug, fields in TEXT_FIELDS.items() for field in fields]
)
def test_what_somebody_writes_is_shown_as_text_and_never_run(
    lena: Visitor, rapport: Rapport, anna: UUID, slug: str, field: str
) -> None:
    text = SCRIPT[:56] if "number" in field or field in {"serial", "pays", "channel"} else SCRIPT
    form = {**NEEDED.get(slug, {"reason": "other"}), field: text}
    assert log(lena, anna, slug, **form)[0] == 303
    [entry] = entries(rapport, anna)
    pages = [
        lena.open(f"/customers/{anna}?kind=payment").text,
        lena.open(f"/contacts/{entry.contact_id}").text,
        lena.open(f"/contacts/{entry.contact_id}/correction").text,
        lena.open("/").text,
    ]
    assert any("&lt;script&gt;" in page for page in pages)
    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_an_address_of_no_kind_is_no_page(lena: Visitor, anna: UUID) -> None:
    assert log(lena, anna, "parcels", reason="order")[0] == 404
