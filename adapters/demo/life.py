"""One customer's story as it is being planned: what happens next, and when it is written down.

Nothing is decided here. A life gathers commands, each with the moment at which somebody gives it;
`story.py` lets the aggregates decide them all, in the order of those moments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import NamedTuple, TypedDict, Unpack
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import msgspec

from adapters.demo import phrases
from adapters.demo.catalogue import BATCH, TRITO_2, Course, Item, tax_in
from adapters.demo.people import Who
from adapters.demo.phrases import FAULTS, Text
from adapters.demo.team import Colleague, Desk, at_desk
from domain.customers.commands import (
    AddIdentifier,
    AdvanceRepair,
    ChangeDetails,
    Command,
    CorrectContact,
    FinishFollowUp,
    LogContact,
    NoteContact,
    RegisterCustomer,
    SetCreditTerms,
    SetFollowUp,
    TellConsent,
    WithdrawContact,
)
from domain.customers.contacts import (
    CallOutcome,
    Contact,
    Direction,
    Email,
    Letter,
    Line,
    Payment,
    PhoneCall,
    Purchase,
    Repair,
)
from domain.customers.details import Channel, Consent, CreditTerms, Details
from domain.customers.identifiers import Identifier
from domain.customers.repairs import RepairStep
from domain.identity import SYSTEM
from domain.personal import Personal
from domain.root import Act

HOME = ZoneInfo("Europe/Berlin")
"""Where the company's desk, workshop and first store are."""

OUR_ADDRESS = "service@coffee-works.example"
OUR_NUMBER = "+49 30 23125 100"

_IDS = UUID("9f2f6f0e-4a0b-5b68-8c2e-0d1d5e7a4b33")


class About(TypedDict, total=False):
    """What a text may speak of; a fault is one of phrases.FAULTS."""

    item: Item
    serial: str
    order: str
    amount: str
    date: date
    fault: str


class Told(NamedTuple):
    """A command that somebody gives at a moment; in this order they are given."""

    at: datetime
    life: int
    order: int
    command: Command
    act: Act


@dataclass(frozen=True)
class Company:
    """What all lives share. `mark` is the correlation that all events of the story bear."""

    seed: int
    course: Course
    mark: str


class Owned(NamedTuple):
    """Something with a serial number that a customer bought, and when."""

    item: Item
    serial: str
    bought: Bought


@dataclass(frozen=True)
class Bought:
    """A purchase as later contacts speak of it."""

    contact: Purchase
    items: tuple[Item, ...]

    @property
    def number(self) -> str:
        """The order or invoice number."""
        return self.contact.number or ""

    @property
    def total(self) -> Decimal:
        """What it came to."""
        return self.contact.total

    @property
    def owned(self) -> list[Owned]:
        """Each thing in it that bears a serial number."""
        return [
            Owned(item, serial, self)
            for item, line in zip(self.items, self.contact.lines, strict=True)
            for serial in line.serials
        ]


@dataclass
class Life:
    """What happens to one customer, told in order; `now` is how far the story has come.

    Each method lets one thing happen at `now` or soon after, and moves `now` on.
    """

    company: Company
    number: int
    who: Who
    now: datetime
    rng: Random
    told: list[Told] = field(default_factory=list)
    owned: list[Owned] = field(default_factory=list)
    has_plan: bool = False
    may_mail: bool = False

    def __post_init__(self) -> None:
        self.customer_id = self._id("customer")
        self._ids = 0
        self._written: dict[UUID, datetime] = {}
        self._numbers: dict[str, int] = {}
        chinese, english = self.who.country.language in {"zh", "ja"}, self.who.country.code
        desk: Desk = "chinese" if chinese else "london" if english in {"GB", "IE"} else "care"
        self.agent = self.rng.choice(at_desk(desk))

    # --- time ---------------------------------------------------------------------------------

    @property
    def today(self) -> date:
        """The day that the story has come to, at home."""
        return self.now.astimezone(HOME).date()

    def wait(self, least: float, most: float) -> None:
        """Let days pass; what follows happens in the course of the day reached."""
        day = self.today + timedelta(days=round(self.rng.uniform(least, most)))
        if day > self.today:
            self.go_to(day)

    def go_to(self, day: date) -> None:
        """Go on with the story on a day, unless it is there already."""
        if day > self.today:
            self.now = datetime.combine(day, time(), HOME).astimezone(UTC)

    def open_at(self, opens: int, closes: int, *, days: int = 5) -> datetime:
        """The next moment between two hours at home, on the first so many days of the week."""
        local = self.now.astimezone(HOME)
        fresh = local.time() == time()
        local += timedelta(minutes=self.rng.randint(4, 55), seconds=self.rng.randint(0, 59))
        if local.weekday() >= days or local.hour >= closes:
            day = local.date() + timedelta(days=1)
            while day.weekday() >= days:
                day += timedelta(days=1)
            local, fresh = datetime.combine(day, time(), HOME), True
        if fresh or local.hour < opens:
            local = datetime.combine(local.date(), time(opens), HOME) + timedelta(
                seconds=self.rng.randint(120, (closes - opens) * 3600 - 900)
            )
        self.now = local.astimezone(UTC)
        return self.now

    # --- becoming known -----------------------------------------------------------------------

    def register(self, *, by_hand: bool = False) -> None:
        """The customer becomes known: at the desk, or by the first order in the shop."""
        who = self.who
        self.open_at(9 if by_hand else 7, 18 if by_hand else 22, days=5 if by_hand else 7)
        self._tell(
            RegisterCustomer(
                customer_id=self.customer_id,
                customer_kind="firm" if who.is_firm else "person",
                details=Details(
                    name=Personal(who.name),
                    address=who.address,
                    language=who.country.language,
                    zone=who.country.zone,
                ),
                identifiers=(*who.identifiers, self.customer_number),
            ),
            by=self.agent if by_hand else None,
            source=None if by_hand else "shop",
            ref=f"customer {self.customer_number.normal.text}",
            happened_at=self.now,
        )

    @property
    def customer_number(self) -> Identifier:
        """The number under which the shop or the books know the customer."""
        prefix, system = ("D", "books") if self.who.is_firm else ("K", "shop")
        number = Personal(f"{prefix}{20000 + self.number}")
        return Identifier(kind="number", typed=number, normal=number, system=system)

    def consent(self, channel: Channel, purpose: str, *, given: bool, told_by: str) -> None:
        """The customer allows or forbids something."""
        consent = Consent(
            channel=channel, purpose=purpose, given=given, on=self.today, told_by=told_by
        )
        in_shop = told_by == "shop"
        self._tell(
            TellConsent(customer_id=self.customer_id, consent=consent),
            by=None if in_shop else self.agent,
            source="shop" if in_shop else None,
            ref=f"consent {self.customer_number.normal.text} {channel} {purpose} {self.today}",
        )

    def change_details(self, change: Details) -> None:
        """Something about the customer is different from now on."""
        self._tell(ChangeDetails(customer_id=self.customer_id, change=change), by=self.agent)

    def add_identifier(self, identifier: Identifier) -> None:
        """The customer is reached by one more address or number."""
        command = AddIdentifier(customer_id=self.customer_id, identifier=identifier)
        self._tell(command, by=self.agent)

    def credit(
        self,
        limit: int | None,
        *,
        days: int = 30,
        hold: str | None = None,
        by: Desk = "accounts",
    ) -> None:
        """What the customer may owe is decided."""
        terms = CreditTerms(
            currency=self.who.country.currency,
            limit=None if limit is None else Decimal(limit),
            days_to_pay=days,
            on_hold=hold is not None,
            hold_reason=None if hold is None else Personal(hold),
        )
        self.open_at(9, 17)
        command = SetCreditTerms(customer_id=self.customer_id, terms=terms)
        self._tell(command, by=at_desk(by)[0])

    # --- talking and writing ------------------------------------------------------------------

    def call(
        self,
        topic: str,
        *,
        reason: str,
        direction: Direction = "in",
        outcome: CallOutcome = "answered",
        desk: Desk | None = None,
        late_days: int = 0,
        text: Text | None = None,
        **about: Unpack[About],
    ) -> UUID:
        """A telephone call; returns its contact id. `late_days` after it, it is written down."""
        begun = self.open_at(9, 18)
        agent = self.agent if desk is None else self.rng.choice(at_desk(desk))
        rings = timedelta(seconds=self.rng.randint(3, 40))
        spoke = outcome in {"answered", "forwarded"}
        talk = timedelta(seconds=self.rng.randint(75, 840) if spoke else 0)
        own, ours = Personal(self.who.phone or ""), Personal(OUR_NUMBER)
        inward = direction == "in"
        summary, note = self._say(text or phrases.CALLS[topic], 0.35, agent, about)
        call = PhoneCall(
            contact_id=self._next_id(),
            occurred_at=begun,
            zone=HOME.key,
            direction=direction,
            from_number=(own if inward else ours) if self.who.phone else None,
            to_number=(ours if inward else own) if self.who.phone else None,
            staff=agent.sign_in_name,
            answered_at=begun + rings if spoke else None,
            ended_at=begun + rings + talk,
            outcome=outcome,
            reason=reason,
            summary=Personal(summary),
            note=Personal(note) if spoke and self.rng.random() < 0.85 else None,
            late_because=self._late(late_days),
        )
        self.now = begun + rings + talk
        self._log_by_hand(call, by=agent, late_days=late_days)
        return call.contact_id

    def mail_in(
        self,
        topic: str,
        *,
        reason: str,
        text: Text | None = None,
        address: str | None = None,
        **about: Unpack[About],
    ) -> UUID:
        """An e-mail from the customer, taken in from the mailbox; returns its contact id."""
        self.open_at(7, 22, days=7)
        subject, body = self._say(text or phrases.MAILS[topic], 1, self.agent, about)
        return self._mail("in", subject, body, reason, address or self.who.email, by=None)

    def mail_out(
        self,
        topic: str,
        *,
        reason: str,
        desk: Desk | None = None,
        **about: Unpack[About],
    ) -> UUID:
        """An e-mail to the customer, written by a colleague; returns its contact id."""
        agent = self.agent if desk is None else self.rng.choice(at_desk(desk))
        self.open_at(8, 18)
        subject, body = self._say(phrases.MAILS[topic], 1, agent, about)
        return self._mail("out", subject, body, reason, self.who.email, by=agent)

    def confirm(self, bought: Bought) -> None:
        """The shop confirms an order by e-mail, as shops do by themselves."""
        amount = f"{bought.total} {bought.contact.currency}"
        about: About = {"order": bought.number, "amount": amount}
        subject, body = self._say(phrases.MAILS["order_confirmed"], 1, self.agent, about)
        self.now += timedelta(minutes=2)
        self._mail("out", subject, body, "order", self.who.email, by=None)

    def letter(
        self,
        topic: str,
        *,
        direction: Direction,
        reason: str,
        desk: Desk | None = None,
        answer_days: int | None = None,
        text: Text | None = None,
        **about: Unpack[About],
    ) -> UUID:
        """A letter, logged when the post is opened or taken away; returns its contact id."""
        agent = self.agent if desk is None else self.rng.choice(at_desk(desk))
        at = self.open_at(10, 15)
        subject, summary = self._say(text or phrases.LETTERS[topic], 0.8, agent, about)
        inward = direction == "in"
        letter = Letter(
            contact_id=self._next_id(),
            occurred_at=at,
            zone=HOME.key,
            direction=direction,
            dated_on=self.today - timedelta(days=self.rng.randint(2, 5) if inward else 0),
            received_on=self.today if inward else None,
            answer_due_on=self.today + timedelta(days=answer_days) if answer_days else None,
            subject=Personal(subject),
            summary=Personal(summary),
            reason=reason,
            outcome="to_answer" if answer_days else "filed",
        )
        self._log_by_hand(letter, by=agent)
        return letter.contact_id

    # --- buying and paying --------------------------------------------------------------------

    def buy(
        self,
        basket: Sequence[tuple[Item, int]],
        *,
        channel: str = "web_shop",
        days_to_pay: int | None = None,
        place: str | None = None,
        faulty_batch: bool = False,
    ) -> Bought:
        """A purchase; what bears a serial number belongs to the customer from now on."""
        at = self.open_at(10, 19, days=6) if channel == "store" else self.open_at(7, 23, days=7)
        lines = tuple(
            self._line(item, quantity, faulty_batch=faulty_batch) for item, quantity in basket
        )
        due = None if days_to_pay is None else self.today + timedelta(days=days_to_pay)
        purchase = Purchase(
            contact_id=self._next_id(),
            occurred_at=at,
            zone=self.who.country.zone if channel == "web_shop" else HOME.key,
            currency=self.who.country.currency,
            lines=lines,
            number=self._number("R" if self.who.is_firm else "W"),
            channel=channel,
            place=place,
            due_on=due,
        )
        source = "till" if channel == "store" else "shop"
        self._log_from(source, purchase, purchase.number, minutes=5)
        bought = Bought(purchase, tuple(item for item, _ in basket))
        self.owned += bought.owned
        return bought

    def pay(
        self,
        bought: Bought,
        *,
        method: str,
        amount: Decimal | None = None,
        named: bool = True,
    ) -> Payment:
        """Money comes in for a purchase: at once by card, or a bank transfer that is read later."""
        if method == "bank_transfer":
            self.open_at(8, 17)
        else:
            self.now += timedelta(minutes=1)
        payment = Payment(
            contact_id=self._next_id(),
            occurred_at=self.now,
            currency=bought.contact.currency,
            amount=bought.total if amount is None else amount,
            method=method,
            number=self._number("P"),
            pays=bought.number if named else None,
            reference=Personal(f"{bought.number} {self.who.name}") if named else None,
            reason="payment",
        )
        self._log_money(payment)
        return payment

    def pay_repair(self, number: str, amount: Decimal, currency: str) -> None:
        """Money comes in for a charged repair."""
        self.open_at(8, 17)
        payment = Payment(
            contact_id=self._next_id(),
            occurred_at=self.now,
            currency=currency,
            amount=amount,
            method="bank_transfer",
            number=self._number("P"),
            pays=number,
            reason="payment",
        )
        self._log_money(payment)

    def give_back(
        self, bought: Bought, line: int, *, cancelled: bool = False, quantity: int = 1
    ) -> Decimal:
        """One line of a purchase comes back, or is called off before it left; returns its worth."""
        self.open_at(9, 17)
        sold = bought.contact.lines[line]
        back = msgspec.structs.replace(
            sold,
            quantity=Decimal(-quantity),
            tax=None if sold.tax is None else -sold.tax * quantity / sold.quantity,
            warranty_months=None,
        )
        credit = Purchase(
            contact_id=self._next_id(),
            occurred_at=self.now,
            zone=HOME.key,
            currency=bought.contact.currency,
            lines=(back,),
            transaction="cancellation" if cancelled else "return",
            number=self._number("G"),
            original=bought.number,
            channel=bought.contact.channel,
            reason="return",
        )
        self.owned = [one for one in self.owned if one.serial not in sold.serials]
        self._log_from("shop", credit, credit.number, minutes=5)
        return -credit.total

    def refund(self, amount: Decimal, *, method: str, currency: str) -> None:
        """Money goes back to the customer."""
        self.open_at(9, 17)
        refund = Payment(
            contact_id=self._next_id(),
            occurred_at=self.now,
            currency=currency,
            amount=amount,
            transaction="refund",
            method=method,
            number=self._number("P"),
            reason="return",
        )
        self._log_money(refund)

    def charge_back(self, payment: Payment) -> None:
        """The customer's bank takes a card payment back."""
        self.open_at(8, 17)
        reversal = Payment(
            contact_id=self._next_id(),
            occurred_at=self.now,
            currency=payment.currency,
            amount=payment.amount,
            transaction="reversal",
            method=payment.method,
            number=self._number("P"),
            original=payment.number,
            reason="payment",
        )
        self._log_money(reversal)

    # --- in the workshop ----------------------------------------------------------------------

    def bring_in(self, owned: Owned, fault: str, *, brought: bool = False) -> Repair:
        """The workshop receives something; the warranty follows from the day it was bought."""
        at = self.open_at(9, 16)
        bought = owned.bought.contact.occurred_at.date()
        months = owned.item.warranty_months or 0
        worker = self.rng.choice(at_desk("workshop"))
        words = FAULTS[fault]
        text = words[self._tongue(words, 0.5)]
        repair = Repair(
            contact_id=self._next_id(),
            occurred_at=at,
            zone=HOME.key,
            item=owned.item.number,
            number=self._number("S"),
            serial=owned.serial,
            fault=Personal(text),
            purchase_number=owned.bought.number,
            warranty_until=_months_later(bought, months),
            promised_on=self.today + timedelta(days=self.rng.randint(7, 14)),
            reason="fault",
            summary=Personal(f"{owned.item.name}: {text}"),
            note=Personal("Brought to the Berlin store in person.") if brought else None,
        )
        self._log_by_hand(repair, by=worker)
        return repair

    def advance(self, repair: Repair, step: RepairStep, *, by: Colleague | None = None) -> None:
        """The repair goes one step further."""
        worker = by or self.rng.choice(at_desk("workshop"))
        command = AdvanceRepair(
            customer_id=self.customer_id, contact_id=repair.contact_id, step=step
        )
        self._tell(command, by=worker)

    # --- about contacts -----------------------------------------------------------------------

    def note(self, contact: UUID, texts: Mapping[str, tuple[str, ...]] | str) -> None:
        """A colleague adds a few words to a contact."""
        self._after(contact)
        text = texts if isinstance(texts, str) else self.rng.choice(texts[self._tongue(texts, 0.4)])
        self._tell(
            NoteContact(customer_id=self.customer_id, contact_id=contact, note=Personal(text)),
            by=self.agent,
        )

    def follow_up(
        self,
        contact: UUID,
        *,
        kind: str,
        days: int = 0,
        on: date | None = None,
        what: str | None = None,
        by: Colleague | None = None,
        anybody: bool = False,
    ) -> None:
        """Something is planned: for a certain day, or a working day about so many days ahead."""
        self._after(contact)
        colleague = by or self.agent
        if on is None:
            on = self.today + timedelta(days=days)
            on += timedelta(days=7 - on.weekday() if on.weekday() >= 5 else 0)
        texts = phrases.FOLLOW_UPS[kind]
        self._tell(
            SetFollowUp(
                customer_id=self.customer_id,
                contact_id=contact,
                on=on,
                staff=None if anybody else colleague.id,
                what=Personal(what or self.rng.choice(texts[self._tongue(texts, 0.4)])),
            ),
            by=colleague,
        )

    def done(self, contact: UUID) -> None:
        """What was planned about a contact is done."""
        self.open_at(9, 18)
        self._tell(FinishFollowUp(customer_id=self.customer_id, contact_id=contact), by=self.agent)

    def correct(self, contact: Contact, *, because: str | None = None) -> None:
        """The contact was otherwise than it was written down."""
        self._after(contact.contact_id)
        why = because or self._jot(phrases.CORRECTIONS)
        late = contact.late_because or (
            Personal(why) if contact.occurred_at < self.now - timedelta(hours=20) else None
        )
        self._tell(
            CorrectContact(
                customer_id=self.customer_id,
                contact=msgspec.structs.replace(contact, late_because=late),
                because=Personal(why),
            ),
            by=self.agent,
        )

    def withdraw(self, contact: UUID, *, because: str | None = None) -> None:
        """The contact should not have been logged."""
        self._after(contact)
        why = because or self._jot(phrases.WITHDRAWALS)
        self._tell(
            WithdrawContact(
                customer_id=self.customer_id, contact_id=contact, because=Personal(why)
            ),
            by=self.agent,
        )

    def ask(self, command: Command, *, by: Colleague) -> None:
        """A command that only few lives need."""
        self.open_at(9, 18)
        self._tell(command, by=by)

    def last_contact(self) -> Contact:
        """The contact that was logged last."""
        for told in reversed(self.told):
            if isinstance(told.command, LogContact):
                return told.command.contact
        raise LookupError("nothing was logged yet")

    # --- how it is written down ---------------------------------------------------------------

    def _mail(
        self,
        direction: Direction,
        subject: str,
        body: str,
        reason: str,
        address: str,
        *,
        by: Colleague | None,
    ) -> UUID:
        own, ours = Personal(address), Personal(OUR_ADDRESS)
        inward = direction == "in"
        contact_id = self._next_id()
        thread = subject.removeprefix("Re: ").removeprefix("AW: ").removeprefix("回复：")
        mail = Email(
            contact_id=contact_id,
            occurred_at=self.now,
            direction=direction,
            from_address=own if inward else ours,
            to_addresses=(ours if inward else own,),
            subject=Personal(subject),
            body=Personal(body),
            message_id=f"{contact_id.hex[:20]}@{'mail' if inward else 'desk'}.example",
            thread=uuid5(self.customer_id, thread).hex[:16],
            reason=reason,
            outcome="to_answer" if inward else "answered",
        )
        if by is None:
            self._log_from("mailbox", mail, mail.message_id, minutes=3)
        else:
            self._log_by_hand(mail, by=by)
        return contact_id

    def _line(self, item: Item, quantity: int, *, faulty_batch: bool) -> Line:
        currency, country = self.who.country.currency, self.who.country.code
        price = self.company.course.price(item, self.today, currency)
        serials = tuple(self._serial(item, faulty_batch=faulty_batch) for _ in range(quantity))
        return Line(
            item=item.number,
            description=item.name,
            quantity=Decimal(quantity),
            unit_price=price,
            tax=tax_in(price * quantity, country, currency),
            unit_cost=item.cost if currency == "EUR" else None,
            serials=serials if item.has_serial else (),
            warranty_months=item.warranty_months,
        )

    def _serial(self, item: Item, *, faulty_batch: bool) -> str:
        if not item.has_serial:
            return ""
        year, week, _ = self.today.isocalendar()
        if item is TRITO_2:
            last = self.rng.choice(BATCH) if faulty_batch else self.rng.randint(4400, 9899)
            return f"T2-{last}-{self.number:04d}"
        return f"{item.serial}-{year % 100}{week:02d}-{self.rng.randint(100, 999)}{self.number:04d}"

    def _number(self, prefix: str) -> str:
        number = f"{prefix}-{self.today:%y%m%d}-{self.number:04d}"
        count = self._numbers[number] = self._numbers.get(number, 0) + 1
        return number if count == 1 else f"{number}-{count}"

    def _log_money(self, payment: Payment) -> None:
        if payment.method == "bank_transfer":  # the statement of the day is read next morning
            self._log_from("bank", payment, payment.number, at=self._next_statement())
        else:
            source = "till" if payment.method == "cash" else "card_acquirer"
            self._log_from(source, payment, payment.number, minutes=4)

    def _next_statement(self) -> datetime:
        day = self.today + timedelta(days=1)
        while day.weekday() >= 5:
            day += timedelta(days=1)
        minute = time(6, 30 + self.number % 20)
        return datetime.combine(day, minute, HOME).astimezone(UTC)

    def _log_from(
        self,
        source: str,
        contact: Contact,
        ref: str | None,
        *,
        minutes: int = 0,
        at: datetime | None = None,
    ) -> None:
        at = at or contact.occurred_at + timedelta(minutes=minutes)
        self._written[contact.contact_id] = at
        command = LogContact(customer_id=self.customer_id, contact=contact)
        self._tell(command, at=at, by=None, source=source, ref=ref)

    def _log_by_hand(self, contact: Contact, *, by: Colleague, late_days: int = 0) -> None:
        command = LogContact(customer_id=self.customer_id, contact=contact)
        if late_days:
            written = self.now + timedelta(days=late_days)
        else:
            self.now += timedelta(minutes=self.rng.randint(1, 9), seconds=self.rng.randint(0, 59))
            written = self.now
        self._written[contact.contact_id] = written
        self._tell(command, at=written, by=by)

    def _after(self, contact: UUID) -> None:
        self.now = max(self.now, self._written[contact])
        self.now += timedelta(minutes=self.rng.randint(1, 6), seconds=self.rng.randint(0, 59))

    def _late(self, days: int) -> Personal | None:
        return Personal(self._jot(phrases.LATE_REASONS)) if days else None

    def _jot(self, texts: Mapping[str, tuple[str, ...]]) -> str:
        return self.rng.choice(texts[self._tongue(texts, 0.4)])

    def _tongue(self, texts: Mapping[str, object], own: float) -> str:
        """The customer's language, in so many cases and where there are texts in it; or English."""
        language = self.who.country.language
        return language if language in texts and self.rng.random() < own else "en"

    def _say(
        self,
        texts: Mapping[str, tuple[Text, ...]] | Text,
        own: float,
        agent: Colleague,
        about: About,
    ) -> Text:
        """Two texts in one language, with what they speak of filled in."""
        if isinstance(texts, tuple):
            language, text = "en", texts
        else:
            language = self._tongue(texts, own)
            text = self.rng.choice(texts[language])
        city = self.who.address.city
        words = {name: _in_words(value, language) for name, value in about.items()}
        words |= {
            "name": self.who.name,
            "agent": agent.name,
            "city": city.text if city else "",
        }
        first, second = (part.format_map(words) for part in text)
        return first[:1].upper() + first[1:], second

    def _tell(
        self,
        command: Command,
        *,
        by: Colleague | None,
        at: datetime | None = None,
        source: str | None = None,
        ref: str | None = None,
        happened_at: datetime | None = None,
    ) -> None:
        moment = at or self.now
        act = Act(
            by=by.id if by else SYSTEM,
            at=moment,
            source=source,
            source_ref=ref if source else None,
            correlation=self.company.mark,
            happened_at=happened_at,
        )
        self.told.append(Told(moment, self.number, len(self.told), command, act))

    def _next_id(self) -> UUID:
        self._ids += 1
        return self._id(str(self._ids))

    def _id(self, what: str) -> UUID:
        return uuid5(_IDS, f"{self.company.seed}/{self.number}/{what}")


def _in_words(value: object, language: str) -> str:
    match value:
        case date():
            if language == "zh":
                return f"{value.year}年{value.month}月{value.day}日"
            return f"{value:%d.%m.%Y}" if language == "de" else f"{value.day} {value:%B %Y}"
        case Item():
            return value.name
        case str() if value in FAULTS:
            return FAULTS[value].get(language, FAULTS[value]["en"])
    return str(value)


def _months_later(day: date, months: int) -> date:
    """The day so many months later; of a shorter month its 28th at most, as our terms say."""
    years, month = divmod(day.month - 1 + months, 12)
    return day.replace(year=day.year + years, month=month + 1, day=min(day.day, 28))
