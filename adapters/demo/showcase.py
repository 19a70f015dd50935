"""Customers whose stories are told one by one, each for something that a hub has to get right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random

import msgspec

from adapters.demo import firms, phrases
from adapters.demo.catalogue import (
    ARIA,
    BANCO,
    BANCO_GRINDER,
    DESCALER,
    DUO,
    FILO,
    GASKETS,
    HOUSE_250,
    HOUSE_1000,
    MOLA,
    PICO,
    PLAN,
    SIDAMO,
    TABLETS,
    TRITO,
    TRITO_2,
    Item,
)
from adapters.demo.life import HOME, About, Bought, Company, Life
from adapters.demo.people import (
    AUSTRIA,
    BRITAIN,
    CHINA,
    FRANCE,
    GERMANY,
    JAPAN,
    Country,
    Who,
    person,
)
from adapters.demo.team import TEAM, at_desk
from adapters.demo.workshop import repair
from domain.customers.commands import (
    DeclareDistinct,
    EraseCustomer,
    FileElsewhere,
    LinkCustomers,
    PlaceLegalHold,
    UnlinkCustomers,
)
from domain.customers.details import Address, Details
from domain.customers.repairs import (
    Approved,
    Declined,
    Diagnosed,
    Quoted,
    Repaired,
    RepairStep,
    Returned,
)
from domain.personal import Personal


@dataclass
class Stage:
    """Where lives enter one after the other, each with a number and luck of its own."""

    company: Company
    number: int
    lives: list[Life] = field(default_factory=list)

    @property
    def until(self) -> date:
        """The last day of the story."""
        return self.company.course.until

    def ago(self, days: int) -> date:
        """The day so many days before the last one."""
        return self.until - timedelta(days=days)

    def luck(self) -> Random:
        """What the next life's chances are drawn from."""
        return Random(f"{self.company.seed}/{self.number + 1}")

    def enter(self, who: Who, day: date) -> Life:
        """Somebody's life begins to be told, on a day."""
        rng = self.luck()
        self.number += 1
        begins = datetime.combine(day, time(), HOME).astimezone(UTC)
        life = Life(self.company, self.number, who, begins, rng)
        self.lives.append(life)
        return life

    def anybody(self, country: Country, day: date) -> Life:
        """Somebody of that country enters."""
        return self.enter(person(self.luck(), country, number=self.number + 1), day)


def _who(
    name: str,
    country: Country,
    email: str,
    phone: str | None,
    street: str,
    postcode: str,
    city: str,
    *,
    is_firm: bool = False,
) -> Who:
    return Who(
        name=name,
        is_firm=is_firm,
        country=country,
        address=Address(
            street=Personal(street),
            postcode=Personal(postcode),
            city=Personal(city),
            country=country.code,
        ),
        email=email,
        phone=phone,
    )


# --- firms ------------------------------------------------------------------------------------


def cafe_with_an_order_every_week(stage: Stage) -> None:
    """The best customer: some four hundred contacts over three years, and a page to scroll."""
    life = stage.enter(
        _who(
            "Café Zimtstern GmbH", GERMANY, "hallo@zimtstern.example.com", "030 23125 417",
            "Lindenallee 12", "10437", "Berlin", is_firm=True,
        ),
        stage.company.course.begins,
    )  # fmt: skip
    firms.start(life, limit=8000)
    life.change_details(
        Details(alert=Personal("Delivers before eight only. Ask for Nele."), prefers="phone")
    )
    firms.settle(
        life, firms.order(life, [(BANCO, 1), (BANCO_GRINDER, 2), (HOUSE_1000, 12)]), "in time"
    )
    bills: list[Bought] = []
    week = 0
    while life.today < stage.until:
        week += 1
        life.wait(6, 8)
        bills.append(firms.order(life, firms.beans(life)))
        while bills and bills[0].contact.occurred_at < life.now - timedelta(days=16):
            life.pay(bills.pop(0), method="direct_debit", named=week % 4 != 0)
        if week % 5 in {0, 3}:
            spoke = life.call("regular", reason="order", direction="out" if week % 6 else "in")
            if week % 15 == 0:
                life.note(spoke, phrases.NOTES["call"])
        if week % 6 == 2:
            life.mail_in("regular", reason="order")
        if week % 26 == 9:
            owned = life.rng.choice(life.owned)
            fault = life.rng.choice(owned.item.faults)
            life.call("fault", reason="fault", item=owned.item, serial=owned.serial, fault=fault)
            repair(life, owned, fault)
        if week % 52 == 40:
            life.letter("contract", direction="in", reason="order", desk="sales")


def roastery_over_its_limit(stage: Stage) -> None:
    """Paid well for a year, then slower and slower; now over the limit and on hold."""
    life = stage.enter(
        _who(
            "Northgate Roastery Ltd", BRITAIN, "accounts@northgate.example.org", "0161 496 0184",
            "14 Mill Lane", "M4 1HQ", "Manchester", is_firm=True,
        ),
        stage.ago(700),
    )  # fmt: skip
    firms.start(life, limit=2500)
    firms.settle(life, firms.order(life, [(DUO, 1), (HOUSE_1000, 6)]), "in time")
    while life.today < stage.ago(330):
        life.wait(22, 34)
        firms.settle(life, firms.order(life, firms.beans(life)), "in time")
    while life.today < stage.ago(150):
        life.wait(5, 15)
        firms.settle(life, firms.order(life, firms.beans(life)), "late")
    life.go_to(stage.ago(95))
    unpaid = [firms.order(life, [(DUO, 1), (HOUSE_1000, 10)])]
    life.wait(14, 18)
    unpaid.append(firms.order(life, [(HOUSE_1000, 36), (SIDAMO, 12)]))
    life.wait(16, 20)
    unpaid.append(firms.order(life, [(HOUSE_1000, 48), (TABLETS, 4)]))
    owed = sum((one.total for one in unpaid), Decimal(0))
    told: About = {"order": unpaid[0].number, "amount": f"{unpaid[0].total} GBP"}
    life.mail_out("reminder", reason="payment", desk="accounts", **told)
    life.wait(6, 8)
    told["date"] = life.today + timedelta(days=10)
    life.call(
        "dunning",
        reason="payment",
        direction="out",
        desk="accounts",
        text=(
            "{order} overdue: promises to pay by {date}",
            (
                "Owner himself on the phone. A big hotel has not paid him. Pays half next week, rest "
                "at the end of the month. I believe the first half."
            ),
        ),
        **told,
    )
    life.wait(10, 12)
    life.pay(unpaid[0], method="bank_transfer", amount=Decimal("600.00"))
    life.wait(9, 11)
    life.credit(
        2500,
        days=30,
        hold=f"{owed - 600} GBP open of a limit of 2500, second promise broken",
    )
    life.letter("dunning", direction="out", reason="payment", desk="accounts", **told)
    asked = life.call(
        "dunning",
        reason="order",
        text=(
            "Wants to order again, refused for now",
            (
                "Explained the hold. He understood, sounded tired. Katrin should ring him about "
                "instalments before we lose him."
            ),
        ),
    )
    sales = at_desk("sales")[0]
    life.follow_up(asked, on=stage.until, kind="payment", what="Offer instalments", by=sales)


def hotel_that_pays_in_parts(stage: Stage) -> None:
    """Every invoice in two or three parts, some of them without saying for what."""
    life = stage.enter(
        _who(
            "Hôtel Bellerive SARL", FRANCE, "compta@bellerive.example.net", "04 65 71 20 33",
            "8 quai de la Gare", "69002", "Lyon", is_firm=True,
        ),
        stage.ago(600),
    )  # fmt: skip
    firms.start(life, limit=5000)
    basket: list[tuple[Item, int]] = [(BANCO, 1), (BANCO_GRINDER, 1)]
    while life.today < stage.ago(30):
        bought = firms.order(life, basket)
        part = (bought.total / 3).quantize(Decimal("0.01"))
        life.wait(20, 28)
        life.pay(bought, method="bank_transfer", amount=part)
        life.wait(15, 25)
        life.pay(bought, method="bank_transfer", amount=part, named=False)
        asked = life.mail_out(
            "reminder",
            reason="payment",
            desk="accounts",
            order=bought.number,
            amount=f"{bought.total - part * 2} EUR",
        )
        life.note(asked, "Madame Perrin pays on the tenth of each month, no need to chase.")
        life.wait(8, 14)
        life.pay(bought, method="bank_transfer", amount=bought.total - part * 2)
        life.wait(14, 30)
        basket = firms.beans(life)
    life.call("regular", reason="invoice")


# --- people -----------------------------------------------------------------------------------


def owner_of_a_faulty_grinder(stage: Stage) -> None:
    """Machine, plan, a grinder of the bad batch, two repairs, a letter, the money back, and peace."""
    course = stage.company.course
    life = stage.enter(
        _who(
            "Clara Weidenfeld", GERMANY, "clara.weidenfeld@example.org", "0221 4710 286",
            "Kastanienweg 31", "50667", "Köln",
        ),
        stage.ago(930),
    )  # fmt: skip
    life.register(by_hand=True)
    life.consent("email", "newsletter", given=True, told_by="on the telephone")
    asked = life.call("advice", reason="advice", item=DUO)
    life.follow_up(asked, days=3, kind="call")
    life.wait(3, 4)
    life.done(asked)
    machine = life.buy([(DUO, 1), (HOUSE_1000, 2), (DESCALER, 1)], days_to_pay=14)
    life.wait(6, 10)
    life.pay(machine, method="bank_transfer")
    life.wait(20, 30)
    life.call("use", reason="use", item=DUO)
    for _ in range(5):
        life.wait(35, 70)
        life.pay(life.buy([(HOUSE_1000, 2), (SIDAMO, 1)]), method="card")
    life.pay(life.buy([(PLAN, 1)], channel="phone"), method="card")
    life.go_to(course.launch + timedelta(days=30))
    grinder = life.buy([(TRITO_2, 1)], faulty_batch=True)
    life.pay(grinder, method="card")
    mill = grinder.owned[0]
    told: About = {"item": TRITO_2, "serial": mill.serial, "fault": "blocks"}
    life.wait(25, 30)
    misheard: About = {**told, "serial": f"{mill.serial[:-1]}X"}
    life.call(
        "batch",
        reason="fault",
        text=(
            "Trito 2 {serial} {fault}",
            "Two days old the problem, grinder five weeks. Our batch.",
        ),
        **misheard,
    )
    life.correct(
        msgspec.structs.replace(
            life.last_contact(),
            summary=Personal(f"Trito 2 {mill.serial} blocks after two seconds and smells warm"),
        ),
        because="Serial number was read out wrongly, checked with a photo",
    )
    life.mail_out("label", reason="fault", **told)
    life.wait(4, 6)
    first = repair(life, mill, "blocks", batch=True)
    life.note(first.contact_id, "Tested with 200 g of light roast, runs quietly.")
    life.go_to(course.recall)
    life.mail_out("recall", reason="warranty", desk="lead", **told)
    life.wait(1, 2)
    life.mail_in(
        "recall_answer",
        reason="warranty",
        text=(
            "Re: Your Trito 2: please read",
            (
                "Hello,\n\nmine has been exchanged already and blocks again, since yesterday. I do "
                "like the thing, but this is the second time.\n\nClara Weidenfeld"
            ),
        ),
    )
    life.wait(4, 6)
    repair(life, mill, "blocks", batch=True)
    life.wait(40, 50)
    life.letter("complaint", direction="in", reason="complaint", answer_days=14, **told)
    written = life.today
    angry = life.call(
        "complaint",
        reason="complaint",
        direction="out",
        desk="lead",
        text=(
            "Rang about her letter: takes the money back",
            (
                "Forty minutes, in the end about coffee in general. She was right in every point. "
                "Refund today, and I promised that she hears from us before the next grinder is sold."
            ),
        ),
    )
    life.follow_up(angry, days=200, kind="call", what="Tell her of the new burr carrier")
    worth = life.give_back(grinder, 0)
    refunded: About = {**told, "date": written, "amount": f"{worth} EUR"}
    life.letter("complaint_answer", direction="out", reason="complaint", desk="lead", **refunded)
    life.refund(worth, method="card", currency="EUR")
    life.wait(30, 40)
    life.pay(life.buy([(MOLA, 1), (SIDAMO, 2)]), method="card")
    life.letter("thanks", direction="in", reason="praise", item=MOLA)
    life.done(angry)
    life.go_to(stage.ago(12))
    boiler = next(one for one in life.owned if one.item is DUO)
    life.call("fault", reason="fault", item=DUO, serial=boiler.serial, fault="no_steam")
    sent_in = life.bring_in(boiler, "no_steam")
    life.wait(2, 3)
    life.open_at(8, 15)
    finding = Personal("Steam valve seized, seat corroded. Out of warranty since spring.")
    life.advance(sent_in, Diagnosed(taken_at=life.now, finding=finding))
    life.open_at(9, 16)
    life.advance(sent_in, Quoted(taken_at=life.now, amount=Decimal("118.00"), currency="EUR"))
    quote = life.mail_out(
        "quote", reason="repair", item=DUO, serial=boiler.serial, amount="118.00 EUR"
    )
    life.follow_up(quote, on=stage.until, kind="repair", what="Quote not answered yet: ring her")


def customer_in_shanghai(stage: Stage) -> None:
    """Chinese name, address and letters; pays in CNY; parcels that wait at customs."""
    life = stage.enter(
        _who(
            "李婷婷", CHINA, "litingting@example.com", "+86 21 1000 8866",
            "南京西路1266号", "200041", "上海市静安区",
        ),
        stage.ago(640),
    )  # fmt: skip
    life.register(by_hand=True)
    life.change_details(Details(prefers="email"))
    life.call("advice", reason="advice", item=ARIA)
    life.wait(2, 5)
    machine = life.buy([(ARIA, 1), (MOLA, 1), (HOUSE_250, 4)])
    life.pay(machine, method="alipay")
    life.wait(6, 9)
    told: About = {"order": machine.number, "date": life.today}
    life.mail_in("delivery", reason="delivery", **told)
    life.wait(1, 1)
    life.mail_out("delivery_answer", reason="delivery", **told)
    life.wait(12, 20)
    life.mail_in("light", reason="use", item=ARIA)
    life.wait(0, 1)
    life.mail_out("light_answer", reason="use", item=ARIA)
    for _ in range(6):
        life.wait(45, 70)
        life.pay(life.buy([(HOUSE_250, 6), (SIDAMO, 2)]), method="wechat_pay")
    owned = life.owned[0]
    fault: About = {"item": ARIA, "serial": owned.serial, "fault": "drips"}
    fault["date"] = machine.contact.occurred_at.date()
    life.mail_in("fault", reason="fault", **fault)
    life.wait(1, 2)
    life.mail_out("label", reason="fault", **fault)
    life.wait(9, 14)
    repair(life, owned, "drips")
    life.wait(5, 9)
    life.call(
        "praise",
        reason="praise",
        text=("维修后非常满意", "机器寄回后使用正常，客人想了解下一季豆单，已约定发送。"),
    )


def customer_in_tokyo(stage: Stage) -> None:
    """Pays in yen, in which there are no cents."""
    life = stage.enter(
        _who(
            "佐藤 由美", JAPAN, "sato.yumi@example.net", "+81 3 0100 4477",
            "神宮前三丁目16番地", "150-0001", "東京都渋谷区",
        ),
        stage.ago(410),
    )  # fmt: skip
    life.register()
    bought = life.buy([(FILO, 1), (MOLA, 1), (SIDAMO, 3)])
    life.pay(bought, method="card")
    life.wait(8, 10)
    life.mail_in("water", reason="use", item=FILO)
    life.mail_out("water_answer", reason="use", item=FILO)
    life.wait(60, 80)
    life.pay(life.buy([(SIDAMO, 6)]), method="card")
    life.letter("thanks", direction="in", reason="praise", item=FILO)


def card_payment_taken_back(stage: Stage) -> None:
    """The bank takes a payment back, the customer is appalled, and pays by transfer."""
    life = stage.enter(
        _who(
            "Marcus Feld", AUSTRIA, "marcus.feld@example.com", None,
            "Neubaugasse 44", "1070", "Wien",
        ),
        stage.ago(240),
    )  # fmt: skip
    life.register()
    bought = life.buy([(ARIA, 1), (TRITO_2, 1)])
    paid = life.pay(bought, method="card")
    life.wait(24, 30)
    life.charge_back(paid)
    told: About = {"order": bought.number, "amount": f"{bought.total} EUR"}
    reminded = life.mail_out("reminder", reason="payment", desk="accounts", **told)
    life.follow_up(reminded, days=5, kind="payment")
    life.wait(2, 3)
    life.call(
        "dunning",
        reason="payment",
        text=(
            "Chargeback of {order}: did not know it was us",
            "His wife did not recognise our name on the card statement. Very sorry, transfers today.",
        ),
        **told,
    )
    life.wait(1, 2)
    life.pay(bought, method="bank_transfer")
    life.wait(1, 1)
    life.done(reminded)


def registered_twice(stage: Stage) -> None:
    """Once in the shop, once at the desk; found out by a repair, and linked."""
    first = stage.enter(
        _who(
            "Johanna Lindqvist", GERMANY, "johanna.lindqvist@example.org", "040 66969 218",
            "Hafenstraße 7", "20359", "Hamburg",
        ),
        stage.ago(520),
    )  # fmt: skip
    first.register()
    machine = first.buy([(PICO, 1), (GASKETS, 1)])
    first.pay(machine, method="card")
    first.wait(30, 40)
    first.call("use", reason="use", item=PICO)
    second = stage.enter(
        _who(
            "J. Lindquist", GERMANY, "jo.lindquist@example.net", "040 66969 218",
            "Hafenstr. 7", "20359", "Hamburg",
        ),
        stage.ago(300),
    )  # fmt: skip
    second.register(by_hand=True)
    second.call(
        "fault", reason="fault", item=PICO, serial=machine.owned[0].serial, fault="no_water"
    )
    second.wait(2, 3)
    second.mail_in("delivery", reason="delivery", order=machine.number, date=second.today)
    first.go_to(second.today)
    first.wait(3, 4)
    repair(first, machine.owned[0], "no_water")
    first.ask(
        LinkCustomers(
            customer_id=first.customer_id,
            other_id=second.customer_id,
            because=Personal(
                "Same telephone, same street, serial number from the first one's order"
            ),
        ),
        by=first.agent,
    )
    second.go_to(first.today)
    second.wait(20, 30)
    second.call("repaired", reason="praise", item=PICO)


def father_and_son_of_one_name(stage: Stage) -> None:
    """Linked because name and town agree; unlinked when the father rang; never the same again."""
    father = stage.enter(
        _who(
            "Peter Maier", GERMANY, "peter.maier@example.com", "089 99998 340",
            "Rosengasse 3", "80331", "München",
        ),
        stage.ago(800),
    )  # fmt: skip
    father.register(by_hand=True)
    father.pay(
        father.buy([(FILO, 1), (HOUSE_1000, 1)], channel="store", place="Berlin store"),
        method="cash",
    )
    son = stage.enter(
        _who(
            "Peter Maier", GERMANY, "p.maier@example.org", "089 99998 512",
            "Rosengasse 3a", "80331", "München",
        ),
        stage.ago(430),
    )  # fmt: skip
    son.register()
    bought = son.buy([(DUO, 1), (TRITO, 1)], days_to_pay=14)
    father.go_to(son.today)
    father.wait(5, 6)
    father.ask(
        LinkCustomers(
            customer_id=father.customer_id,
            other_id=son.customer_id,
            because=Personal("Same name, same house"),
        ),
        by=father.agent,
    )
    son.wait(30, 32)
    told: About = {"order": bought.number, "amount": f"{bought.total} EUR"}
    son.mail_out("reminder", reason="payment", desk="accounts", **told)
    father.go_to(son.today)
    father.wait(2, 3)
    wrong = father.call(
        "dunning",
        reason="invoice",
        text=(
            "Was reminded of {order}, which is his son's",
            "Peter Maier senior, 71, has never bought a Duo. Same name, next door. Apologised.",
        ),
        **told,
    )
    because = Personal("Father and son, two households; the father rang")
    father.ask(
        UnlinkCustomers(customer_id=father.customer_id, other_id=son.customer_id, because=because),
        by=father.agent,
    )
    father.ask(
        DeclareDistinct(customer_id=father.customer_id, other_id=son.customer_id, because=because),
        by=father.agent,
    )
    father.note(wrong, "Sent a bag of beans to Rosengasse 3. To the father.")
    son.go_to(father.today)
    son.wait(2, 4)
    son.pay(bought, method="bank_transfer")


def family_with_one_mailbox(stage: Stage) -> None:
    """Two people, one e-mail address: a mail filed on the wrong one is filed where it belongs."""
    shared = "familie.yildiz@example.org"
    elif_ = stage.enter(
        _who("Elif Yıldız", GERMANY, shared, "030 23125 655", "Weserufer 19", "28195", "Bremen"),
        stage.ago(380),
    )
    elif_.register()
    machine = elif_.buy([(ARIA, 1), (HOUSE_1000, 1)])
    elif_.pay(machine, method="card")
    emre = stage.enter(
        _who("Emre Yıldız", GERMANY, shared, "030 23125 656", "Weserufer 19", "28195", "Bremen"),
        stage.ago(200),
    )
    emre.register()
    grinder = emre.buy([(TRITO_2, 1)])
    emre.pay(grinder, method="card")
    elif_.go_to(emre.today)
    elif_.wait(14, 16)
    mail = elif_.mail_in(
        "fault",
        reason="fault",
        text=(
            "Mühle rasselt",
            (
                "Guten Tag,\n\nmeine Trito 2 rasselt seit heute früh, das Pulver kommt stoßweise."
                "\n\nEmre Yıldız"
            ),
        ),
    )
    elif_.note(mail, "Signed by Emre: the grinder is his, the mailbox is the family's.")
    elif_.ask(
        FileElsewhere(
            customer_id=elif_.customer_id,
            contact_id=mail,
            destination=emre.customer_id,
            because=Personal("Written by Emre from the family's mailbox"),
        ),
        by=elif_.agent,
    )
    emre.go_to(elif_.today)
    emre.wait(3, 4)
    repair(emre, grinder.owned[0], "rattles")
    elif_.go_to(emre.today)
    elif_.call("family", reason="repair")


def customer_who_was_forgotten(stage: Stage) -> None:
    """Asked to be forgotten: amounts and times stay, every word about the person is gone."""
    life = stage.anybody(GERMANY, stage.ago(500))
    life.register()
    bought = life.buy([(PICO, 1), (HOUSE_250, 2)])
    life.pay(bought, method="card")
    life.wait(20, 30)
    life.call("use", reason="use", item=PICO)
    life.wait(150, 160)
    life.mail_in("erase", reason="privacy")
    life.wait(3, 4)
    life.ask(EraseCustomer(customer_id=life.customer_id), by=at_desk("lead")[0])


def customer_under_legal_hold(stage: Stage) -> None:
    """A lawyer wrote: nothing may be forgotten before the matter is over, even when asked."""
    life = stage.enter(
        _who(
            "Graham Whitfield", BRITAIN, "g.whitfield@example.com", "0113 496 0275",
            "52 Victoria Road", "LS1 4DY", "Leeds",
        ),
        stage.ago(360),
    )  # fmt: skip
    life.register()
    bought = life.buy([(ARIA, 1)])
    life.pay(bought, method="card")
    life.wait(90, 100)
    told: About = {"item": ARIA, "serial": bought.owned[0].serial, "fault": "drips"}
    life.call("fault", reason="fault", **told)
    life.wait(20, 25)
    life.letter("lawyer", direction="in", reason="complaint", answer_days=21, **told)
    lead = at_desk("lead")[0]
    life.ask(
        PlaceLegalHold(
            customer_id=life.customer_id, because="Water damage claim WD-114, with the insurer"
        ),
        by=lead,
    )
    life.change_details(Details(alert=Personal("Claim WD-114: letters only, by Priya.")))
    life.wait(30, 40)
    asked = life.mail_in("erase", reason="privacy")
    life.note(asked, "Not possible while the claim is open: legal hold. Answered by letter.")


# --- today ------------------------------------------------------------------------------------


def repairs_in_every_stage(stage: Stage) -> None:
    """What lies in the workshop today: two of every stage, and one just sent back."""
    stages = ("received", "diagnosed", "quoted", "approved", "refused", "repaired", "returned")
    for number, wanted in enumerate((*stages, *stages[:-1])):
        country = (GERMANY, BRITAIN, GERMANY, FRANCE)[number % 4]
        life = stage.anybody(country, stage.ago(780 + 11 * number))
        item = (ARIA, PICO, DUO, TRITO)[number % 4]
        life.register()
        bought = life.buy([(item, 1), (HOUSE_250, 2)])
        life.pay(bought, method="card")
        life.go_to(stage.ago(9 + number % 3))
        fault = item.faults[number % len(item.faults)]
        told: About = {"item": item, "serial": bought.owned[0].serial, "fault": fault}
        life.call("fault", reason="fault", **told)
        received = life.bring_in(bought.owned[0], fault)
        for step in _course(wanted, life, item):
            life.open_at(8, 12)
            life.advance(received, step(life.now))
            life.wait(1, 1)


_Step = Callable[[datetime], RepairStep]


def _course(wanted: str, life: Life, item: Item) -> list[_Step]:
    """The steps that bring a repair out of warranty to a stage."""
    currency = life.who.country.currency
    price = Decimal("79.00") if item is TRITO else Decimal("112.00")
    finding = phrases.GRINDER_FINDINGS if item is TRITO else phrases.FINDINGS
    found = Personal(life.rng.choice(finding)[0])
    way: dict[str, _Step] = {
        "diagnosed": lambda at: Diagnosed(taken_at=at, finding=found),
        "quoted": lambda at: Quoted(taken_at=at, amount=price, currency=currency),
        "approved": lambda at: Approved(taken_at=at),
        "refused": lambda at: Declined(taken_at=at),
        "repaired": lambda at: Repaired(
            taken_at=at, minutes=45, charge=price, currency=currency, due_on=life.today
        ),
        "returned": lambda at: Returned(taken_at=at),
    }
    names = [name for name in way if name != "refused"]
    if wanted == "received":
        names = []
    elif wanted == "refused":
        names = ["diagnosed", "quoted", "refused"]
    else:
        names = names[: names.index(wanted) + 1]
    return [way[name] for name in names]


def follow_ups_of_these_days(stage: Stage) -> None:
    """What each colleague finds on their page: something overdue, something for today, and ahead."""
    agents = [one for one in TEAM if one.desk in {"care", "london", "chinese", "accounts", "sales"}]
    for number, (colleague, due) in enumerate(
        (one, due) for one in agents for due in (-5, -1, 0, 0, 2)
    ):
        country = {"london": BRITAIN, "chinese": CHINA}.get(colleague.desk, GERMANY)
        life = stage.anybody(country, stage.ago(60 + 7 * number))
        life.agent = colleague
        life.register()
        bought = life.buy([((ARIA, PICO, TRITO_2, MOLA)[number % 4], 1), (HOUSE_250, 2)])
        on_account = colleague.desk == "accounts"
        if not on_account:
            life.pay(bought, method="card")
        life.go_to(stage.ago(9 if due < -1 else 4))
        told: About = {
            "order": bought.number,
            "item": bought.items[0],
            "amount": f"{bought.total} {bought.contact.currency}",
            "date": stage.until + timedelta(days=due),
        }
        topic = "dunning" if on_account else ("use", "delivery", "advice")[number % 3]
        spoke = life.call(topic, reason="payment" if on_account else topic, **told)
        life.follow_up(
            spoke,
            on=stage.until + timedelta(days=due),
            kind="payment" if on_account else "call",
            by=colleague,
            anybody=number % 5 == 3,
        )


CAST: tuple[Callable[[Stage], None], ...] = (
    cafe_with_an_order_every_week,
    roastery_over_its_limit,
    hotel_that_pays_in_parts,
    owner_of_a_faulty_grinder,
    customer_in_shanghai,
    customer_in_tokyo,
    card_payment_taken_back,
    registered_twice,
    father_and_son_of_one_name,
    family_with_one_mailbox,
    customer_who_was_forgotten,
    customer_under_legal_hold,
    repairs_in_every_stage,
    follow_ups_of_these_days,
)
"""All of them, in the order in which they enter."""
