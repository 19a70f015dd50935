"""The files among the examples, taken in as a new user would do it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from domain.customers.contacts import Email, Payment, PhoneCall, Purchase
from domain.customers.events import PaymentLogged, PurchaseLogged, TellsContact
from domain.customers.filed import Filed
from domain.identity import contact_id_of, customer_id_of
from tests.files import EXAMPLES, Office, counts


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with Office.at(tmp_path / "office") as office:
        office.take_example("customers", "customers")
        yield office


def contact(office: Office, source: str, reference: str) -> object:
    [*_, last] = [e.event for e in office.course(reference, source) if e.event.tells_contact]
    assert isinstance(last, TellsContact)
    return last.contact


def test_customers(office: Office) -> None:
    assert len({e.stream for e in office.everything()}) == 10
    lee = office.hub.customer(customer_id_of("bikeshop", "K-1004"))
    assert ("phone", "", "+861065529988") in lee.identifiers
    anna = office.hub.customer(customer_id_of("bikeshop", "K-1001"))
    assert {("number", "accounting", "20411"), ("phone", "", "+491712345678")} <= anna.identifiers
    again = office.take_example("customers", "customers")
    assert counts(again) == {"unchanged": 10}


def test_sales(office: Office) -> None:
    summary = office.take_example("sales", "sales")
    assert counts(summary) == {"new": 9, "skipped": 1}
    bike = contact(office, "bikeshop", "sales:A-5001")
    assert isinstance(bike, Purchase)
    assert bike.total == Decimal("1308.90")
    assert bike.lines[0].description == 'City bike "Spree"'
    cargo = contact(office, "bikeshop", "sales:A-5005")
    assert isinstance(cargo, Purchase)
    assert cargo.lines[0].serials == ("CB-1", "CB-2")
    kinds = [
        e.event.purchase.transaction
        for e in office.everything()
        if isinstance(e.event, PurchaseLogged)
    ]
    assert (kinds.count("return"), kinds.count("cancellation")) == (1, 1)


def test_payments(office: Office) -> None:
    assert counts(office.take_example("payments", "payments")) == {"new": 9}
    paid = [e.event.payment for e in office.everything() if isinstance(e.event, PaymentLogged)]
    assert [p.transaction for p in paid].count("payment") == 7
    refund, reversal = (contact(office, "accounting", f"payments:P-90{n}") for n in (3, 7))
    assert isinstance(refund, Payment)
    assert isinstance(reversal, Payment)
    assert (refund.transaction, refund.amount) == ("refund", Decimal("34.95"))
    assert (reversal.transaction, reversal.original) == ("reversal", "P-906")
    assert counts(office.take_example("payments", "payments")) == {"unchanged": 9}


def filed(office: Office, job: str, customer: str) -> Filed:
    course = office.course(f"repairs:{job}", "workshop")
    return Filed.after(
        course,
        customer=customer_id_of("bikeshop", customer),
        contact_id=contact_id_of("workshop", f"repairs:{job}"),
    )


def test_repairs_with_the_steps_taken_so_far_and_later_those_since(office: Office) -> None:
    assert counts(office.take_example("repairs", "repairs")) == {"new": 4}
    assert filed(office, "R-1", "K-1001").repair_stage == "returned"
    assert filed(office, "R-2", "K-1003").repair_stage == "repaired"
    assert filed(office, "R-3", "K-1005").repair_stage == "returned"
    assert filed(office, "R-4", "K-1010").repair_stage == "received"
    assert counts(office.take_example("repairs", "repairs")) == {"unchanged": 4}
    mapping = (EXAMPLES / "repairs.toml").read_text(encoding="utf-8")
    later = (EXAMPLES / "repairs.csv").read_text(encoding="utf-8")
    later = later.replace("|64.00|\n", "|64.00|2026-02-20 16:00\n")
    assert counts(office.take("repairs", later, mapping)) == {"corrected": 1, "unchanged": 3}
    assert filed(office, "R-2", "K-1003").repair_stage == "returned"
    assert office.course("repairs:R-2", "workshop")[-1].source_ref == "repairs:R-2/returned"


def test_a_step_that_cannot_follow_keeps_the_whole_repair_out(office: Office) -> None:
    mapping = (EXAMPLES / "repairs.toml").read_text(encoding="utf-8")
    told = (EXAMPLES / "repairs.csv").read_text(encoding="utf-8")
    wrong = told.replace("2026-02-18 09:10||2026-02-19 14:00", "||2026-02-19 14:00")
    summary = office.take("repairs", wrong, mapping)
    assert counts(summary) == {"new": 3, "refused": 1}
    assert "quoted cannot become repaired" in summary.refusals[0].remedy
    assert office.course("repairs:R-2", "workshop") == []


def test_a_step_that_was_told_otherwise_before_is_refused(office: Office) -> None:
    office.take_example("repairs", "repairs")
    mapping = (EXAMPLES / "repairs.toml").read_text(encoding="utf-8")
    told = (EXAMPLES / "repairs.csv").read_text(encoding="utf-8")
    summary = office.take("repairs", told.replace("2026-02-10 15:00", "2026-02-10 16:00"), mapping)
    assert counts(summary) == {"unchanged": 3, "refused": 1}
    assert "diagnosed" in summary.refusals[0].remedy


def test_contacts_of_three_kinds_in_one_file(office: Office) -> None:
    summary = office.take_example("contacts", "contacts")
    assert counts(summary) == {"new": 6}
    call = contact(office, "contact-list", "contacts:C-1")
    assert isinstance(call, PhoneCall)
    assert (call.talk_seconds, call.staff) == (272, "Jana")
    missed = contact(office, "contact-list", "contacts:C-2")
    assert isinstance(missed, PhoneCall)
    assert missed.outcome == "no_answer"
    mail = contact(office, "contact-list", "contacts:C-4")
    assert isinstance(mail, Email)
    assert [address.text for address in mail.to_addresses] == ["joerg@example.net"]
    assert counts(office.take_example("contacts", "contacts")) == {"unchanged": 6}


@pytest.mark.parametrize(
    ("was", "becomes", "field"),
    [
        ("C-1,call,", "C-1,fax,", "fields.kind"),
        ("C-1,call,in,", "C-1,call,sideways,", "fields.direction"),
        ("2026-01-10 09:02:30", "2026-01-10 08:02:30", "fields.answered_at"),
        ("2026-01-10 09:07:02", "later", "fields.ended_at"),
        (",reached,+4930", ",shouted,+4930", "fields.outcome"),
        ("Jana,,Asks for a city bike in blue,K-1001", "Jana,,Asks,K-9999", "customer.reference"),
    ],
)
def test_a_contact_with_a_wrong_field_is_refused_and_the_others_go_in(
    office: Office, was: str, becomes: str, field: str
) -> None:
    mapping = (EXAMPLES / "contacts.toml").read_text(encoding="utf-8")
    content = (EXAMPLES / "contacts.csv").read_text(encoding="utf-8")
    assert was in content
    summary = office.take("contacts", content.replace(was, becomes), mapping)
    assert counts(summary) == {"new": 5, "refused": 1}
    assert summary.refusals[0].field == field


@pytest.mark.parametrize(
    ("was", "becomes", "field"),
    [
        ("1308.90", "a lot", "fields.amount"),
        ("1308.90", "0.00", "fields.amount"),
        ("1308.90", "", "fields.amount"),
        ("2026-01-20", "2026-13-20", "fields.occurred_at"),
        ("P-901,", ",", "source.reference"),
    ],
)
def test_a_payment_with_a_wrong_field_is_refused_and_the_others_go_in(
    office: Office, was: str, becomes: str, field: str
) -> None:
    mapping = (EXAMPLES / "payments.toml").read_text(encoding="utf-8")
    content = (EXAMPLES / "payments.csv").read_text(encoding="utf-8")
    assert was in content
    summary = office.take("payments", content.replace(was, becomes, 1), mapping)
    assert counts(summary) == {"new": 8, "refused": 1}
    assert summary.refusals[0].field == field


@pytest.mark.slow
def test_the_sales_of_a_british_online_shop_to_the_penny(tmp_path: Path, tried_data: Path) -> None:
    file, mapping = tried_data / "online-retail.csv.gz", EXAMPLES / "online-retail.toml"
    with Office.at(tmp_path / "shop") as office:
        _check_to_the_penny(office, file, mapping)


def _check_to_the_penny(office: Office, file: Path, mapping: Path) -> None:
    summary = office.take_file("sales", file, mapping)
    assert counts(summary) == {"new": 406_829, "skipped": 135_080}
    assert summary.skipped_because == {"no customer": 135_080}
    assert summary.recorded == {"customer.registered": 4_372, "customer.purchase_logged": 22_190}
    bought = [e.event.purchase for e in office.everything() if isinstance(e.event, PurchaseLogged)]
    assert [p.transaction for p in bought].count("cancellation") == 3_654
    assert sum((p.total for p in bought), Decimal(0)) == Decimal("8300065.814")
    known = office.hub.customer(customer_id_of("online-retail", "14911"))
    assert known.identifiers == {("number", "online-retail", "14911")}
    assert known.version == 249
    head = office.logs.log.head()
    assert counts(office.take_file("sales", file, mapping)) == {
        "unchanged": 406_829,
        "skipped": 135_080,
    }
    assert office.logs.log.head() == head


def test_the_purchases_of_a_cd_shop(tmp_path: Path, tried_data: Path) -> None:
    file, mapping = tried_data / "cdnow-sample.txt", EXAMPLES / "cdnow.toml"
    with Office.at(tmp_path / "shop") as office:
        assert counts(office.take_file("sales", file, mapping)) == {"new": 6_919}
        assert len({e.stream for e in office.everything()}) == 2_357
        assert counts(office.take_file("sales", file, mapping)) == {"unchanged": 6_919}
