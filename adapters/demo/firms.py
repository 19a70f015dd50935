"""Lives of firms that buy on account: cafés, hotels and offices, most of which pay in time."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from adapters.demo import phrases
from adapters.demo.catalogue import (
    ARIA,
    BANCO,
    BANCO_GRINDER,
    BEANS,
    DESCALER,
    DUO,
    FILTERS,
    HOUSE_1000,
    SIDAMO,
    TABLETS,
    Item,
)
from adapters.demo.life import About, Bought, Life
from adapters.demo.persons import hears_of_prices
from adapters.demo.workshop import repair
from domain.customers.contacts import CallOutcome
from domain.money import exponent

Pays = Literal["in time", "late", "badly"]


def live(life: Life) -> None:
    """One firm: terms agreed, a machine, then an order every month or so, as long as it lasts."""
    course, rng = life.company.course, life.rng
    pays: Pays = rng.choices(("in time", "late", "badly"), (68, 25, 7))[0]
    start(life, limit=rng.choice((1500, 2500, 2500, 5000, 8000)))
    bought = order(life, machine_order(life))
    settle(life, bought, pays)
    every = rng.choice((21, 30, 30, 45, 75))
    for _ in range(rng.randint(3, 26)):
        before = life.now
        life.wait(every * 0.6, every * 1.4)
        hears_of_prices(life, since=before)
        if life.today > course.until:
            return
        month(life, pays)


def start(life: Life, *, limit: int) -> None:
    """A firm asks, gets credit terms, and may be written to."""
    rng = life.rng
    life.register(by_hand=True)
    life.call("advice", reason="advice", desk="sales", item=rng.choice((BANCO, DUO)))
    life.credit(_in_round_money(life, limit), days=rng.choice((14, 30, 30)))
    life.consent("email", "price lists", given=True, told_by="on the telephone")
    life.may_mail = True
    if rng.random() < 0.4:
        life.letter("contract", direction="in", reason="order", desk="sales")
    life.wait(1, 10)


def machine_order(life: Life) -> list[tuple[Item, int]]:
    """What a firm begins with."""
    draw = life.rng.random()
    if draw < 0.25:
        return [(BANCO, 1), (BANCO_GRINDER, life.rng.randint(1, 2)), (HOUSE_1000, 10)]
    if draw < 0.6:
        return [(DUO, 1), (HOUSE_1000, 6), (FILTERS, 1)]
    return [(ARIA, life.rng.randint(1, 2)), (HOUSE_1000, 4), (DESCALER, 2)]


def beans(life: Life) -> list[tuple[Item, int]]:
    """What a firm orders every time."""
    basket = [(HOUSE_1000, life.rng.randint(4, 18))]
    basket += [(life.rng.choice((SIDAMO, BEANS[3])), life.rng.randint(2, 8))]
    basket += [(life.rng.choice((TABLETS, FILTERS)), 1)] if life.rng.random() < 0.35 else []
    return basket


def order(life: Life, basket: list[tuple[Item, int]], *, days_to_pay: int = 30) -> Bought:
    """An order on account."""
    channel = life.rng.choice(("web_shop", "web_shop", "phone", "email"))
    return life.buy(basket, channel=channel, days_to_pay=days_to_pay)


def month(life: Life, pays: Pays) -> None:
    """What a month with a firm is made of: an order and its payment, and now and then a word."""
    rng = life.rng
    draw = rng.random()
    if draw < 0.16:
        life.call("regular", reason="order")
    elif draw < 0.28:
        life.mail_in("regular", reason="order")
    elif draw < 0.36 and life.owned:
        owned = rng.choice(life.owned)
        fault = rng.choice(owned.item.faults)
        life.call("fault", reason="fault", item=owned.item, serial=owned.serial, fault=fault)
        life.wait(1, 4)
        repair(life, owned, fault)
    settle(life, order(life, beans(life)), pays)


def settle(life: Life, bought: Bought, pays: Pays) -> None:
    """An invoice is paid: in time, after reminders, in two parts, or not at all."""
    rng = life.rng
    told: About = {"order": bought.number, "amount": f"{bought.total} {bought.contact.currency}"}
    if pays == "in time" or (pays == "late" and rng.random() < 0.45):
        life.wait(8, 27)
        life.pay(bought, method=_method(life), named=rng.random() < 0.8)
        return
    life.wait(34, 40)
    life.mail_out("reminder", reason="payment", desk="accounts", **told)
    life.wait(4, 9)
    if rng.random() < 0.35:
        disputed = life.mail_in("dispute", reason="invoice", **told)
        part = _part(bought, Decimal("0.6"))
        life.note(disputed, phrases.NOTES["money"])
        life.wait(1, 4)
        life.pay(bought, method="bank_transfer", amount=part)
        life.wait(5, 15)
        life.pay(bought, method="bank_transfer", amount=bought.total - part)
        return
    told["date"] = life.today + timedelta(days=7)
    outcome: CallOutcome = rng.choice(
        ("answered", "answered", "answered", "no_answer", "voicemail")
    )
    dunned = life.call(
        "dunning",
        reason="payment",
        direction="out",
        desk="accounts",
        outcome=outcome,
        **told,
    )
    life.follow_up(dunned, days=8, kind="payment")
    life.wait(8, 10)
    life.done(dunned)
    if pays == "badly":
        life.letter("dunning", direction="out", reason="payment", desk="accounts", **told)
        life.wait(12, 30)
        if rng.random() < 0.3:
            return  # still open today
    life.pay(bought, method="bank_transfer")


def _method(life: Life) -> str:
    return "direct_debit" if life.number % 3 == 0 else "bank_transfer"


def _part(bought: Bought, share: Decimal) -> Decimal:
    unit = Decimal(1).scaleb(-exponent(bought.contact.currency))
    return (bought.total * share).quantize(unit, ROUND_HALF_UP)


def _in_round_money(life: Life, euro: int) -> int:
    """A credit limit in the firm's currency."""
    return euro * {"EUR": 1, "GBP": 1, "CNY": 8, "JPY": 160}[life.who.country.currency]
