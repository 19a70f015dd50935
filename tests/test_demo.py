"""The demonstration company's three years hold together, and are recorded as they took place."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import msgspec
import pytest

from adapters.demo import TEAM, Story, load
from adapters.demo.catalogue import BATCH
from adapters.demo.life import HOME
from adapters.log.words import Places
from domain.customers.contacts import (
    Contact,
    Payment,
    Purchase,
    Repair,
    kind_of,
)
from domain.customers.customer import LATE_AFTER
from domain.customers.details import Details
from domain.customers.events import (
    ConsentTold,
    ContactCorrected,
    ContactFiledHere,
    ContactNoted,
    ContactWithdrawn,
    CreditTermsSet,
    CustomerErased,
    DeclaredDistinct,
    FollowUpDone,
    FollowUpSet,
    LegalHoldPlaced,
    Linked,
    Registered,
    RepairAdvanced,
    TellsContact,
    Unlinked,
)
from domain.customers.repairs import MAY_FOLLOW, RECEIVED, Quoted, Repaired, step_name
from domain.errors import Refused
from domain.identity import SYSTEM
from domain.personal import Personal, text_of
from domain.root import Act, Envelope, Event
from domain.staff.member import Member
from tests.logs import Logs, happened, open_log

UNTIL = datetime(2026, 3, 17, 15, 0, tzinfo=UTC)
E = TypeVar("E", bound=Event)
C = TypeVar("C", bound=Contact)


class Told:
    """A story with the questions that tests ask of it."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.recorded = list(story.recorded())

    @cached_property
    def envelopes(self) -> list[Envelope]:
        return [envelope for recorded in self.recorded for envelope in recorded.envelopes]

    def of(self, kind: type[E]) -> list[E]:
        return [e.event for e in self.envelopes if isinstance(e.event, kind)]

    @cached_property
    def contacts(self) -> list[tuple[datetime, Envelope, Contact]]:
        """Every contact as it was first told, when it was recorded, and in which envelope."""
        return [
            (recorded.at, envelope, envelope.event.contact)
            for recorded in self.recorded
            for envelope in recorded.envelopes
            if isinstance(envelope.event, TellsContact)
            and not isinstance(envelope.event, ContactCorrected | ContactFiledHere)
        ]

    def each(self, kind: type[C]) -> Iterator[tuple[Envelope, C]]:
        """Every contact of one kind, with the envelope it was told in."""
        for _, envelope, contact in self.contacts:
            if isinstance(contact, kind):
                yield envelope, contact


@pytest.fixture(scope="module")
def told() -> Told:
    return Told(Story(until=UNTIL, seed=1))


# --- the story as a whole -----------------------------------------------------------------------


def test_the_same_seed_tells_the_same_story(told: Told) -> None:
    assert Told(Story(until=UNTIL, seed=1)).recorded == told.recorded


def test_another_seed_tells_another_story_of_the_same_size(told: Told) -> None:
    other = Told(Story(until=UNTIL, seed=2))
    assert not {e.stream for e in other.envelopes[len(TEAM) :]} & {e.stream for e in told.envelopes}
    assert abs(len(other.envelopes) - len(told.envelopes)) < len(told.envelopes) / 10


def test_some_two_thousand_customers_fill_three_years(told: Told) -> None:
    assert 1_900 < len(told.of(Registered)) < 2_200
    assert 28_000 < len(told.envelopes) < 40_000
    first, last = told.recorded[0].at, told.recorded[-1].at
    assert timedelta(days=3 * 365 - 1) < last - first <= timedelta(days=3 * 365 + 1)
    assert told.story.until - last < timedelta(days=1)


def test_all_six_kinds_of_contact_happen_often(told: Told) -> None:
    counts = Counter(kind_of(contact) for _, _, contact in told.contacts)
    assert set(counts) == {"phone_call", "email", "letter", "purchase", "payment", "repair"}
    assert min(counts.values()) > 200


def test_most_customers_have_a_handful_of_contacts_and_one_has_hundreds(told: Told) -> None:
    counts = sorted(Counter(envelope.stream for _, envelope, _ in told.contacts).values())
    assert 5 <= counts[len(counts) // 2] <= 15
    assert counts[len(counts) * 9 // 10] <= 30
    assert 330 < counts[-1] < 470


def test_everything_is_recorded_in_order_after_it_happened_and_before_the_end(told: Told) -> None:
    moments = [recorded.at for recorded in told.recorded]
    assert moments == sorted(moments)
    assert moments[-1] <= UNTIL
    assert all(contact.occurred_at <= at for at, _, contact in told.contacts)


def test_the_business_grows_and_december_is_its_best_month(told: Told) -> None:
    months = Counter(p.occurred_at.strftime("%Y-%m") for _, p in told.each(Purchase))
    decembers = [count for month, count in months.items() if month.endswith("-12")]
    julies = [count for month, count in months.items() if month.endswith("-07")]
    assert sum(decembers) > 1.5 * sum(julies)
    first_year = sum(count for month, count in months.items() if month < "2024-03")
    last_year = sum(count for month, count in months.items() if month >= "2025-03")
    assert last_year > 1.5 * first_year


def test_prices_rise_once_and_owners_are_told_before(told: Told) -> None:
    rise = told.story.course.price_rise
    prices = {
        (line.unit_price, p.occurred_at.astimezone(HOME).date() >= rise)
        for _, p in told.each(Purchase)
        if p.currency == "EUR"
        for line in p.lines
        if line.item == "A-JUG"
    }
    assert prices == {(Decimal("24.50"), False), (Decimal("26.00"), True)}
    about_prices = [c for _, _, c in told.contacts if c.reason == "price"]
    told_before = [c for c in about_prices if c.occurred_at.date() < rise]
    assert len(told_before) > 100


# --- money --------------------------------------------------------------------------------------


def test_nothing_is_paid_before_it_was_bought_or_repaired(told: Told) -> None:
    bought = {(e.stream, p.number): p.occurred_at for e, p in told.each(Purchase)}
    bought |= {(e.stream, r.number): r.occurred_at for e, r in told.each(Repair)}
    named = [(e, p) for e, p in told.each(Payment) if p.pays is not None]
    assert len(named) > 4_000
    for envelope, payment in named:
        assert bought[envelope.stream, payment.pays] <= payment.occurred_at


def test_what_comes_back_was_sold_to_the_same_customer_before(told: Told) -> None:
    sales = {(e.stream, p.number): p for e, p in told.each(Purchase) if p.transaction == "sale"}
    backs = [(e, p) for e, p in told.each(Purchase) if p.transaction != "sale"]
    assert Counter(p.transaction for _, p in backs).keys() == {"return", "cancellation"}
    for envelope, back in backs:
        sale = sales[envelope.stream, back.original]
        sold = {line.item: line.quantity for line in sale.lines}
        assert sale.occurred_at < back.occurred_at
        assert all(0 < -line.quantity <= sold[line.item] for line in back.lines)


def test_no_more_is_refunded_than_came_back(told: Told) -> None:
    worth: defaultdict[object, Decimal] = defaultdict(Decimal)
    for envelope, purchase in told.each(Purchase):
        if purchase.transaction != "sale":
            worth[envelope.stream] -= purchase.total
    refunds = [(e, p) for e, p in told.each(Payment) if p.transaction == "refund"]
    assert len(refunds) > 100
    for envelope, refund in refunds:
        worth[envelope.stream] -= refund.amount
    assert min(worth.values()) >= 0


def test_numbers_of_orders_payments_and_repairs_are_given_once(told: Told) -> None:
    numbers = [c.number for _, _, c in told.contacts if isinstance(c, Purchase | Payment | Repair)]
    assert len(numbers) == len(set(numbers))


def test_a_payment_taken_back_by_the_bank_names_that_payment(told: Told) -> None:
    payments = {p.number: p for _, p in told.each(Payment)}
    [reversal] = [p for p in payments.values() if p.transaction == "reversal"]
    assert payments[reversal.original].amount == reversal.amount


def test_one_firm_is_over_its_limit_and_on_hold(told: Told) -> None:
    [held] = [
        e for e in told.envelopes if isinstance(e.event, CreditTermsSet) and e.event.terms.on_hold
    ]
    assert isinstance(held.event, CreditTermsSet)
    owed = Decimal(0)
    for _, envelope, contact in told.contacts:
        if envelope.stream == held.stream and isinstance(contact, Purchase):
            owed += contact.total
        if envelope.stream == held.stream and isinstance(contact, Payment):
            owed -= contact.amount
    assert owed > (held.event.terms.limit or 0)


def test_four_currencies_are_used_and_yen_have_no_cents(told: Told) -> None:
    totals = defaultdict(list)
    for _, purchase in told.each(Purchase):
        totals[purchase.currency].append(purchase.total)
    assert set(totals) == {"EUR", "GBP", "JPY", "CNY"}
    assert len(totals["EUR"]) > len(told.envelopes) / 10
    assert all(total == total.to_integral_value() for total in totals["JPY"])


# --- workshop and grinder -----------------------------------------------------------------------


def test_the_faulty_batch_fills_the_workshop_and_costs_its_owners_nothing(told: Told) -> None:
    batch = {r.contact_id for _, r in told.each(Repair) if _is_of_the_batch(r.serial)}
    others = [r for _, r in told.each(Repair) if r.item == "G-TRITO-2"]
    sold = Counter(
        _is_of_the_batch(serial)
        for _, purchase in told.each(Purchase)
        if purchase.transaction == "sale"
        for line in purchase.lines
        if line.item == "G-TRITO-2"
        for serial in line.serials
    )
    assert len(batch) > 25
    assert len(batch) / sold[True] > 3 * (len(others) - len(batch)) / sold[False]
    charges = [
        event.step.charge
        for event in told.of(RepairAdvanced)
        if event.contact_id in batch and isinstance(event.step, Repaired)
    ]
    assert charges
    assert set(charges) == {None}
    streams = {e.stream for e, r in told.each(Repair) if r.contact_id in batch}
    causes = Counter(
        kind_of(contact)
        for _, envelope, contact in told.contacts
        if envelope.stream in streams and contact.reason in {"fault", "warranty", "complaint"}
    )
    assert {"phone_call", "email", "letter", "repair"} <= set(causes)


def _is_of_the_batch(serial: str | None) -> bool:
    return serial is not None and serial.startswith("T2-") and int(serial[3:7]) in BATCH


def test_what_is_repaired_was_bought_by_the_same_customer(told: Told) -> None:
    serials = {
        (e.stream, serial): p.occurred_at
        for e, p in told.each(Purchase)
        if p.transaction == "sale"
        for line in p.lines
        for serial in line.serials
    }
    for envelope, repair in told.each(Repair):
        assert repair.serial is not None
        assert serials[envelope.stream, repair.serial] < repair.occurred_at


def test_repairs_lie_in_every_stage_on_the_last_day(told: Told) -> None:
    stages = {r.contact_id: RECEIVED for _, r in told.each(Repair)}
    stages |= {event.contact_id: step_name(event.step) for event in told.of(RepairAdvanced)}
    assert set(stages.values()) == set(MAY_FOLLOW)
    assert Counter(stages.values())["returned"] > len(stages) * 0.9


def test_some_quotes_are_accepted_and_some_are_not(told: Told) -> None:
    steps = Counter(step_name(event.step) for event in told.of(RepairAdvanced))
    assert steps["approved"] > steps["refused"] > 5
    assert all(e.step.amount > 0 for e in told.of(RepairAdvanced) if isinstance(e.step, Quoted))


# --- the desk -----------------------------------------------------------------------------------


def test_follow_ups_are_overdue_due_today_and_ahead_for_each_agent(told: Told) -> None:
    open_ones: dict[object, FollowUpSet] = {}
    for envelope in told.envelopes:
        match envelope.event:
            case FollowUpSet() as plan:
                open_ones[plan.contact_id] = plan
            case FollowUpDone(contact_id=contact) | ContactWithdrawn(contact_id=contact):
                open_ones.pop(contact, None)
    today = UNTIL.date()
    due: defaultdict[object, set[str]] = defaultdict(set)
    for plan in open_ones.values():
        when = "today" if plan.on == today else "overdue" if plan.on < today else "ahead"
        due[plan.staff].add(when)
    for colleague in TEAM:
        if colleague.desk in {"care", "london", "chinese", "accounts", "sales"}:
            assert {"overdue", "today"} <= due[colleague.id], colleague.name
    assert due[None]


def test_whoever_does_something_is_a_colleague_or_the_system_of_a_source(told: Told) -> None:
    team = {colleague.id for colleague in TEAM}
    by_hand = [e for e in told.envelopes if e.source is None and e.stream not in team]
    assert {e.by for e in by_hand} <= team
    assert len({e.by for e in by_hand}) >= 8
    assert {e.by for e in told.envelopes if e.source is not None} == {SYSTEM}


def test_each_source_tells_each_of_its_references_once(told: Told) -> None:
    references = [(e.source, e.source_ref) for e in told.envelopes if e.source is not None]
    assert len(references) == len(set(references))
    assert {source for source, _ in references} == {
        "shop", "till", "bank", "card_acquirer", "mailbox",
    }  # fmt: skip


def test_what_is_written_down_late_by_hand_says_why(told: Told) -> None:
    late = [
        contact
        for at, envelope, contact in told.contacts
        if envelope.source is None and at - contact.occurred_at > LATE_AFTER
    ]
    assert len(late) > 10
    assert all(text_of(contact.late_because) for contact in late)


def test_contacts_are_corrected_withdrawn_noted_and_filed_elsewhere(told: Told) -> None:
    assert len(told.of(ContactCorrected)) > 20
    assert len(told.of(ContactWithdrawn)) > 5
    assert len(told.of(ContactNoted)) > 100
    assert len(told.of(ContactFiledHere)) == 1


def test_two_pairs_are_linked_and_the_wrong_one_is_parted_for_ever(told: Told) -> None:
    pairs = [(e.stream, e.event.other) for e in told.envelopes if isinstance(e.event, Linked)]
    assert len(pairs) == 4
    parted = [(e.stream, e.event.other) for e in told.envelopes if isinstance(e.event, Unlinked)]
    assert set(parted) < set(pairs)
    assert len(told.of(DeclaredDistinct)) == 2


def test_consents_are_given_and_withdrawn(told: Told) -> None:
    given = Counter(event.consent.given for event in told.of(ConsentTold))
    assert given[True] > given[False] > 20


def test_one_customer_is_forgotten_and_one_may_not_be(told: Told) -> None:
    [erased] = [e for e in told.envelopes if isinstance(e.event, CustomerErased)]
    assert [e for e in told.envelopes if e.stream == erased.stream][-1] is erased
    [hold] = told.of(LegalHoldPlaced)
    assert hold.because


# --- words --------------------------------------------------------------------------------------


def test_every_text_is_whole(told: Told) -> None:
    for text in _texts(told):
        assert text.strip()
        assert "{" not in text
        assert "Personal(" not in text


def test_words_are_english_german_and_chinese(told: Told) -> None:
    texts = list(_texts(told))
    assert sum("Guten Tag" in text for text in texts) > 300
    assert sum("您好" in text for text in texts) > 50
    names = [text_of(event.details.name or None) for event in told.of(Registered)]
    assert sum(bool(re.search("[\u4e00-\u9fff]", name)) for name in names) > 100


def test_no_address_or_number_reaches_anybody(told: Told) -> None:
    nobodys = re.compile(
        r"""\+49(3023125|4066969|6990009|2214710|8999998)\d{3}  # Germany: kept for films
        | \+44(2079460|1134960|1214960|1614960|7700900)\d{3}    # Britain: kept for drama
        | \+3532091\d{5}                                        # Ireland: kept for drama
        | \+33(199(00)\d{4}|46571\d{4}|63998\d{4})              # France: kept for films
        | \+121255501\d{2}                                      # North America: kept for fiction
        | \+86(10|21)1000\d{4} | \+8130100\d{4}                 # no subscriber's begins like this
        """,
        re.VERBOSE,
    )
    for event in told.of(Registered):
        for identifier in event.identifiers:
            normal = identifier.normal.text
            match identifier.kind:
                case "phone":
                    assert nobodys.fullmatch(normal), normal
                case "email":
                    assert re.search(r"[@.]example\.(com|org|net)$", normal), normal


def _texts(told: Told) -> Iterator[str]:
    places = Places()
    for cls in {type(envelope.event) for envelope in told.envelopes}:
        places.learn(cls)
    for envelope in told.envelopes:
        for _, words in places.words(envelope.event)[0]:
            yield words.text


# --- loading ------------------------------------------------------------------------------------


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[Logs]:
    """An empty log on SQLite."""
    with closing(open_log(f"sqlite:///{tmp_path / 'rapport.db'}", tmp_path)) as opened:
        yield opened


@contextmanager
def closing(logs: Logs) -> Iterator[Logs]:
    yield logs
    logs.log.close()
    logs.engine.dispose()


def ignored(_done: int, _total: int) -> None:
    """Nobody looks at the progress."""


def broken_off(_done: int, _total: int) -> None:
    raise Interrupted


class Interrupted(Exception):
    """The power went."""


def test_an_interrupted_load_goes_on_where_it_stopped(
    database_url: str, tmp_path: Path, told: Told
) -> None:
    def until_half(done: int, total: int) -> None:
        if done > total / 2:
            raise Interrupted

    with closing(open_log(database_url, tmp_path)) as logs:
        with pytest.raises(Interrupted):
            load(logs, until=UNTIL, seed=1, progress=until_half)
        half = logs.log.head()
        later = UNTIL + timedelta(hours=3)  # somebody begins again in the evening
        seen: list[tuple[int, int]] = []
        load(logs, until=later, seed=1, progress=lambda *at: seen.append(at))

        assert 0 < half < logs.log.head() == len(told.envelopes)
        assert seen[-1] == (len(told.envelopes), len(told.envelopes))
        assert_recorded(logs, told)

        load(logs, until=later, seed=1, progress=broken_off)  # nothing is left to record
        with pytest.raises(Refused, match="Demonstration data of seed 1"):
            load(logs, until=UNTIL, seed=2, progress=ignored)


def assert_recorded(logs: Logs, told: Told) -> None:
    """The log holds the story, at its times, and of the forgotten customer no words."""
    found = [e for e in logs.log.page(0, logs.log.head(), 100_000) if isinstance(e, Envelope)]
    stored = [msgspec.structs.replace(e, position=None, recorded_at=None) for e in found]
    [erased] = [e.stream for e in stored if isinstance(e.event, CustomerErased)]
    assert logs.keyring.key_for(erased) is None
    assert [e for e in stored if e.stream != erased] == [
        e for e in told.envelopes if e.stream != erased
    ]
    moments = [e.recorded_at for e in found if e.recorded_at is not None]
    assert moments == sorted(moments)
    happened_at = [recorded.at for recorded in told.recorded for _ in recorded.envelopes]
    for moment, at in zip(moments, happened_at, strict=True):
        assert timedelta(0) <= moment - at < timedelta(days=1)


def test_it_is_never_loaded_beside_real_contacts(logs: Logs) -> None:
    anna = Registered(customer_kind="person", details=Details(name=Personal("Anna")))
    logs.log.append([happened(anna)])
    with pytest.raises(Refused, match="real contacts"):
        load(logs, until=UNTIL, seed=1, progress=ignored)
    assert logs.log.head() == 1


def test_it_is_loaded_after_the_first_administrator_joined(logs: Logs) -> None:
    act = Act(by=SYSTEM, at=UNTIL)
    ada = Member.join(uuid4(), name="Ada", sign_in_name="ada", role="administrator", act=act)
    logs.log.append(ada.collect_events())
    with pytest.raises(Interrupted):
        load(logs, until=UNTIL, seed=1, progress=broken_off)
    assert logs.log.head() > 1


def test_a_story_does_not_end_in_the_future(logs: Logs) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    with pytest.raises(ValueError, match="future"):
        load(logs, until=tomorrow, seed=1, progress=ignored)
    assert logs.log.head() == 0
