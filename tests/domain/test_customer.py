"""What may happen to a customer, and what is refused."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from domain.customers.contacts import Contact, Email, Letter, Line
from domain.customers.customer import Customer
from domain.customers.details import Consent, CreditTerms, Details
from domain.customers.events import ContactFiledHere, DetailsChanged
from domain.errors import Changed, Erased, Invalid, NotFound, Refused
from domain.personal import Personal
from tests.domain.kit import (
    NOW,
    act,
    anna,
    email_address,
    filed,
    payment,
    phone_call,
    purchase,
    repair,
    stored_names,
    told_by,
)


def test_a_customer_needs_a_name_or_something_to_be_reached_by() -> None:
    with pytest.raises(Invalid) as refusal:
        Customer.register(
            uuid4(), customer_kind="person", details=Details(), identifiers=(), act=act()
        )
    assert refusal.value.field == "name"
    known = Customer.register(
        uuid4(),
        customer_kind="firm",
        details=Details(),
        identifiers=(email_address("office@example.com"),),
        act=act(),
    )
    assert stored_names(known.collect_events()) == ["customer.registered"]


def test_only_what_differs_is_recorded_as_a_change() -> None:
    customer = anna("Anna Berg")
    change = Details(name=Personal("Anna Berg"), language="de")
    customer.change_details(change, seen_version=None, act=act())
    (event,) = customer.collect_events()
    assert event.event == DetailsChanged(details=Details(language="de"))
    customer.change_details(change, seen_version=None, act=act())
    assert customer.collect_events() == []


def test_clearing_a_detail_that_was_never_known_changes_nothing() -> None:
    customer = anna()
    customer.change_details(Details(alert=None), seen_version=None, act=act())
    assert customer.collect_events() == []


def test_two_people_who_edit_one_profile_are_told() -> None:
    customer = anna()
    seen = customer.version
    customer.change_details(Details(language="de"), seen_version=seen, act=act())
    with pytest.raises(Changed):
        customer.change_details(Details(language="fr"), seen_version=seen, act=act())


def test_a_contact_logged_meanwhile_is_no_conflict_for_a_change_of_details() -> None:
    customer = anna()
    seen = customer.version
    customer.log(phone_call(), act=act())
    customer.change_details(Details(language="de"), seen_version=seen, act=act())
    assert stored_names(customer.collect_events()) == [
        "customer.phone_call_logged",
        "customer.details_changed",
    ]


def test_an_address_told_twice_is_kept_once_and_can_come_back_after_it_was_retired() -> None:
    address = email_address("anna@example.com")
    customer = anna("Anna", address)
    customer.add_identifier(address, act=act())
    assert customer.collect_events() == []
    customer.retire_identifier(address, act=act())
    customer.retire_identifier(address, act=act())
    customer.add_identifier(address, act=act())
    assert stored_names(customer.collect_events()) == [
        "customer.identifier_retired",
        "customer.identifier_added",
    ]


def test_a_consent_is_a_fact_of_a_day_and_a_channel() -> None:
    customer = anna()
    yes = Consent(channel="email", purpose="news", given=True, on=date(2026, 1, 5))
    no = Consent(channel="email", purpose="news", given=False, on=date(2026, 2, 5))
    for consent in (yes, yes, no, no):
        customer.tell_consent(consent, act=act())
    assert stored_names(customer.collect_events()) == ["customer.consent_told"] * 2


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (CreditTerms(currency="euro"), "currency"),
        (CreditTerms(currency="EUR", limit=Decimal(-1)), "limit"),
        (CreditTerms(currency="EUR", limit=Decimal("NaN")), "limit"),
        (CreditTerms(currency="EUR", days_to_pay=-1), "days_to_pay"),
        (CreditTerms(currency="EUR", on_hold=True), "hold_reason"),
    ],
)
def test_credit_terms_that_cannot_be_kept_are_refused(terms: CreditTerms, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        anna().set_credit_terms(terms, act=act())
    assert refusal.value.field == field


def test_what_happened_long_ago_needs_a_reason_when_a_person_writes_it_down() -> None:
    long_ago = NOW - timedelta(days=3)
    with pytest.raises(Invalid) as refusal:
        anna().log(phone_call(occurred_at=long_ago), act=act())
    assert refusal.value.field == "late_because"
    anna().log(
        phone_call(occurred_at=long_ago, late_because=Personal("was on the road")), act=act()
    )


def test_a_file_may_tell_of_long_ago_without_a_reason() -> None:
    customer = anna()
    customer.log(purchase(occurred_at=NOW - timedelta(days=900)), act=told_by("shop"))
    assert stored_names(customer.collect_events()) == ["customer.purchase_logged"]


def test_what_lies_in_the_future_has_not_happened() -> None:
    with pytest.raises(Invalid) as refusal:
        anna().log(phone_call(occurred_at=NOW + timedelta(days=2)), act=told_by("pbx"))
    assert refusal.value.field == "occurred_at"


LATER = NOW - timedelta(minutes=1)


@pytest.mark.parametrize(
    ("contact", "field"),
    [
        (phone_call(occurred_at=NOW.replace(tzinfo=None)), "occurred_at"),
        (phone_call(answered_at=NOW - timedelta(hours=1)), "answered_at"),
        (phone_call(answered_at=LATER, ended_at=LATER - timedelta(seconds=1)), "ended_at"),
        (purchase(currency="€"), "currency"),
        (purchase(lines=()), "lines"),
        (purchase("NaN"), "lines"),
        (purchase(original="R-1"), "original"),
        (purchase(transaction="return"), "lines"),
        (payment("0"), "amount"),
        (payment("-5"), "amount"),
        (payment("Infinity"), "amount"),
        (payment(transaction="reversal"), "original"),
        (repair(item=""), "item"),
    ],
)
def test_a_contact_that_cannot_be_true_is_refused_by_its_field(
    contact: Contact, field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        anna().log(contact, act=act())
    assert refusal.value.field == field


def test_a_line_of_quantity_zero_is_refused() -> None:
    line = Line(item="A", quantity=Decimal(0), unit_price=Decimal(1))
    with pytest.raises(Invalid):
        anna().log(purchase(lines=(line,)), act=act())


def test_a_letter_has_its_days_in_order() -> None:
    letter = Letter(
        contact_id=uuid4(),
        occurred_at=LATER,
        direction="in",
        dated_on=date(2026, 3, 1),
        received_on=date(2026, 2, 27),
    )
    with pytest.raises(Invalid) as refusal:
        anna().log(letter, act=act())
    assert refusal.value.field == "received_on"


def test_a_correction_says_how_it_was_and_the_same_again_changes_nothing() -> None:
    customer, call = anna(), phone_call(reason="delivery")
    customer.log(call, act=act())
    events = customer.collect_events()
    corrected = phone_call(contact_id=call.contact_id, reason="invoice")
    for _ in range(2):
        was = filed(customer, call.contact_id, events)
        customer.correct(was, corrected, because=None, act=act())
        events += customer.collect_events()
    assert stored_names(events) == ["customer.phone_call_logged", "customer.contact_corrected"]
    assert filed(customer, call.contact_id, events).contact == corrected


def test_a_call_cannot_be_corrected_into_a_purchase() -> None:
    customer, call = anna(), phone_call()
    customer.log(call, act=act())
    was = filed(customer, call.contact_id, customer.collect_events())
    with pytest.raises(Refused, match="cannot become"):
        customer.correct(was, purchase(contact_id=call.contact_id), because=None, act=act())


def test_what_was_withdrawn_can_be_withdrawn_again_but_not_corrected() -> None:
    customer, call = anna(), phone_call()
    customer.log(call, act=act())
    events = customer.collect_events()
    customer.withdraw(filed(customer, call.contact_id, events), because=None, act=act())
    events += customer.collect_events()
    gone = filed(customer, call.contact_id, events)
    customer.withdraw(gone, because=None, act=act())
    assert customer.collect_events() == []
    with pytest.raises(Refused, match="withdrawn"):
        customer.correct(gone, phone_call(contact_id=call.contact_id), because=None, act=act())


def test_a_contact_filed_elsewhere_takes_its_course_and_notes_along() -> None:
    wrong, right = anna("Anna"), anna("Anne")
    call = phone_call()
    wrong.log(call, act=act())
    events = wrong.collect_events()
    wrong.note(filed(wrong, call.contact_id, events), Personal("spoke with her"), act=act())
    events += wrong.collect_events()
    wrong.file_elsewhere(filed(wrong, call.contact_id, events), right, because=None, act=act())
    events += wrong.collect_events()
    (arrived,) = right.collect_events()
    assert isinstance(arrived.event, ContactFiledHere)
    assert arrived.event.origin == wrong.id
    assert [note.text for note in arrived.event.notes] == ["spoke with her"]
    with pytest.raises(Refused, match="another customer"):
        wrong.withdraw(filed(wrong, call.contact_id, events), because=None, act=act())


def test_of_two_events_of_one_act_only_the_first_bears_the_sources_reference() -> None:
    wrong, right, call = anna(), anna(), phone_call()
    wrong.log(call, act=act())
    was = filed(wrong, call.contact_id, wrong.collect_events())
    wrong.file_elsewhere(was, right, because=None, act=act(source_ref="key-1"))
    refs = [e.source_ref for e in wrong.collect_events() + right.collect_events()]
    assert refs == ["key-1", None]


def test_a_contact_the_customer_never_had_is_not_found() -> None:
    with pytest.raises(NotFound):
        filed(anna(), uuid4(), [])


def test_a_follow_up_is_planned_once_replaced_and_done() -> None:
    customer, call = anna(), phone_call()
    customer.log(call, act=act())
    events = customer.collect_events()
    for day in (date(2026, 3, 5), date(2026, 3, 5), date(2026, 3, 9)):
        was = filed(customer, call.contact_id, events)
        customer.set_follow_up(was, on=day, staff=None, what=None, act=act())
        events += customer.collect_events()
    customer.finish_follow_up(filed(customer, call.contact_id, events), act=act())
    events += customer.collect_events()
    customer.finish_follow_up(filed(customer, call.contact_id, events), act=act())
    events += customer.collect_events()
    assert stored_names(events)[1:] == [
        "customer.follow_up_set",
        "customer.follow_up_set",
        "customer.follow_up_done",
    ]


def test_linking_is_said_once_in_both_histories_and_can_be_taken_back() -> None:
    one, other = anna(), anna()
    one.link(other, because=None, act=act())
    other.link(one, because=None, act=act())
    with pytest.raises(Refused, match="Unlink"):
        other.declare_distinct(one, because=None, act=act())
    other.unlink(one, because=None, act=act())
    one.declare_distinct(other, because=None, act=act())
    with pytest.raises(Refused, match="never to be the same"):
        other.link(one, because=None, act=act())
    told = ["customer.linked", "customer.unlinked", "customer.declared_distinct"]
    assert stored_names(one.collect_events()) == told
    assert stored_names(other.collect_events()) == told


def test_nobody_is_linked_to_themselves() -> None:
    customer = anna()
    with pytest.raises(Refused, match="itself"):
        customer.link(customer, because=None, act=act())


def test_a_legal_hold_keeps_a_customer_from_being_erased_and_says_why() -> None:
    customer = anna()
    customer.place_legal_hold("lawsuit 12/26", act=act())
    with pytest.raises(Refused, match="lawsuit 12/26"):
        customer.erase(act=act())
    customer.lift_legal_hold(act=act())
    customer.erase(act=act())
    customer.erase(act=act())
    assert stored_names(customer.collect_events())[-1] == "customer.erased"
    with pytest.raises(Erased):
        customer.log(phone_call(), act=act())


def test_the_words_of_a_contact_are_never_in_its_representation() -> None:
    mail = Email(
        contact_id=uuid4(), occurred_at=NOW, direction="in", body=Personal("my secret garden")
    )
    assert "secret" not in repr(mail)


def test_a_snapshot_brings_back_all_that_rules_look_at() -> None:
    one, other = anna("Anna", email_address("a@example.com")), anna()
    one.tell_consent(
        Consent(channel="email", purpose="news", given=True, on=date(2026, 1, 5)), act=act()
    )
    one.set_credit_terms(CreditTerms(currency="EUR", limit=Decimal(500)), act=act())
    one.link(other, because=None, act=act())
    again = one.snapshot().mutate(None)
    assert isinstance(again, Customer)
    ignored = {"pending_events", "loaded_from"}
    assert {k: v for k, v in vars(again).items() if k not in ignored} == {
        k: v for k, v in vars(one).items() if k not in ignored
    }
