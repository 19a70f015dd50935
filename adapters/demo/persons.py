"""Lives of people who buy a machine or a grinder: most are quiet, some have a story."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import msgspec

from adapters.demo import phrases
from adapters.demo.catalogue import (
    ACCESSORIES,
    ARIA,
    BEANS,
    DUO,
    FILO,
    MOLA,
    PICO,
    PLAN,
    SHIPPING,
    TRITO,
    TRITO_2,
    Item,
)
from adapters.demo.life import HOME, About, Bought, Life, Owned
from adapters.demo.people import address, phone
from adapters.demo.workshop import repair
from adapters.numbers import identifier_of_phone
from domain.customers.contacts import CallOutcome, PhoneCall
from domain.customers.details import Details

_ABROAD = {"CN", "JP", "US"}


def live(life: Life) -> None:
    """One private customer, from the first contact until well after the last day of the story."""
    course, rng = life.company.course, life.rng
    _arrive(life)
    bought = _first_purchase(life)
    _after_a_purchase(life, bought)
    eager = rng.choice((0, 1, 1, 2, 3, 4, 5, 7, 10, 15, 21))
    for _ in range(eager):
        before = life.now
        life.wait(16, 100)
        _until_next_season(life)
        hears_of_prices(life, since=before)
        if life.today > course.until:
            return
        _something_happens(life)


def _arrive(life: Life) -> None:
    """Somebody becomes known: by an order, or because they asked first."""
    rng = life.rng
    if rng.random() < 0.24:
        life.register(by_hand=True)
        _may_be_written_to(life, told_by="on the telephone")
        item = rng.choice((PICO, ARIA, DUO, FILO, _grinder_of(life)))
        asked = life.call("advice", reason="advice", item=item)
        if rng.random() < 0.3:
            life.follow_up(asked, days=rng.randint(2, 5), kind="call")
            life.wait(2, 6)
            life.call("advice", reason="advice", direction="out", item=item)
            life.done(asked)
        life.wait(1, 9)
    else:
        life.register()
        _may_be_written_to(life, told_by="shop")


def _may_be_written_to(life: Life, *, told_by: str) -> None:
    life.may_mail = life.rng.random() < 0.55
    if life.may_mail:
        life.consent("email", "newsletter", given=True, told_by=told_by)


def _first_purchase(life: Life) -> Bought:
    rng = life.rng
    draw = rng.random()
    machine = rng.choice((PICO, PICO, ARIA, ARIA, ARIA, DUO, FILO, FILO))
    basket: list[tuple[Item, int]] = []
    if draw < 0.50:
        basket.append((machine, 1))
        if rng.random() < 0.4:
            basket.append((_grinder_of(life), 1))
    elif draw < 0.86:
        basket.append((_grinder_of(life), 1))
    else:
        basket.append((rng.choice(ACCESSORIES), 1))
    basket += [(rng.choice(BEANS), rng.randint(1, 3))] if rng.random() < 0.6 else []
    basket += [(rng.choice(ACCESSORIES), 1)] if rng.random() < 0.45 else []
    return _order(life, _once_each(basket))


def _order(life: Life, basket: list[tuple[Item, int]]) -> Bought:
    """An order or a purchase in a store, and how it is paid."""
    rng, country = life.rng, life.who.country
    faulty = life.company.course.is_faulty_delivery(life.today) and rng.random() < 0.7
    if country.code in {"DE", "GB"} and rng.random() < 0.22:
        place = "London store" if country.code == "GB" else "Berlin store"
        bought = life.buy(basket, channel="store", place=place, faulty_batch=faulty)
        life.pay(bought, method=rng.choice(("card", "card", "cash")))
        return bought
    if all(item.shelf in {"beans", "parts"} for item, _ in basket):
        basket = [*basket, (SHIPPING, 1)]
    on_invoice = country.code in {"DE", "AT"} and rng.random() < 0.3
    bought = life.buy(basket, days_to_pay=14 if on_invoice else None, faulty_batch=faulty)
    method = rng.choice(("alipay", "wechat_pay")) if country.code == "CN" else "card"
    if not on_invoice:
        life.pay(bought, method=method if rng.random() < 0.9 else "bank_transfer")
    if rng.random() < 0.3:
        life.confirm(bought)
    if on_invoice:
        _pay_invoice(life, bought)
    return bought


def _pay_invoice(life: Life, bought: Bought) -> None:
    rng = life.rng
    life.wait(3, 13)
    if rng.random() < 0.16:
        life.wait(14, 20)
        told: About = {
            "order": bought.number,
            "amount": f"{bought.total} {bought.contact.currency}",
        }
        life.mail_out("reminder", reason="payment", desk="accounts", **told)
        life.wait(3, 10)
        if rng.random() < 0.3:
            told["date"] = life.today + timedelta(days=7)
            dunned = life.call(
                "dunning", reason="payment", direction="out", desk="accounts", **told
            )
            life.follow_up(dunned, days=8, kind="payment")
            life.wait(4, 9)
            life.done(dunned)
    life.pay(bought, method="bank_transfer", named=rng.random() < 0.85)


def _after_a_purchase(life: Life, bought: Bought) -> None:
    rng = life.rng
    told: About = {"order": bought.number, "item": bought.items[0], "date": life.today}
    draw = rng.random()
    if draw < 0.12 and bought.contact.channel == "web_shop":
        _waits_for(life, told)
    elif draw < 0.18 and bought.items[0].has_serial:
        _send_back(life, bought)
    elif draw < 0.21 and life.who.country.code not in _ABROAD:
        life.call("cancel", reason="order", **told)
        worth = life.give_back(bought, 0, cancelled=True)
        life.wait(1, 4)
        life.refund(worth, method="card", currency=bought.contact.currency)
        return
    elif draw < 0.25:
        life.wait(1, 9)
        life.call("invoice", reason="invoice", **told)
    if life.owned and rng.random() < 0.42:
        life.wait(2, 25)
        _ask(life, rng.choice(life.owned))
    for owned in [one for one in life.owned if one.bought is bought]:
        if _is_of_the_batch(owned) and rng.random() < 0.8:
            _batch(life, owned)


def _waits_for(life: Life, told: About) -> None:
    """Something is wrong with a delivery."""
    life.wait(3, 8)
    if life.rng.random() < 0.5:
        life.mail_in("delivery", reason="delivery", **told)
        life.wait(1, 2)
        life.mail_out("delivery_answer", reason="delivery", **told)
        return
    asked = life.call("delivery", reason="delivery", **told)
    if life.rng.random() < 0.4:
        life.note(asked, phrases.NOTES["call"])


def _send_back(life: Life, bought: Bought) -> None:
    """Within the fourteen days: a mail or call, the parcel, the money."""
    rng = life.rng
    life.wait(4, 11)
    told: About = {"item": bought.items[0], "order": bought.number}
    if rng.random() < 0.5:
        life.mail_in("return", reason="return", **told)
    else:
        life.call("return", reason="return", **told)
    life.wait(3, 8)
    worth = life.give_back(bought, 0)
    life.wait(1, 3)
    currency = bought.contact.currency
    life.refund(worth, method="card", currency=currency)
    told["amount"] = f"{worth} {currency}"
    life.mail_out("refunded", reason="return", **told)


def _ask(life: Life, owned: Owned) -> None:
    """A question about use: by telephone at once, or by mail with an answer."""
    rng = life.rng
    grinds = owned.item.shelf == "grinder"
    if rng.random() < 0.5:
        topic = "use_grinder" if grinds else "use"
        late_days = rng.randint(2, 6) if rng.random() < 0.06 else 0
        asked = life.call(topic, reason="use", item=owned.item, late_days=late_days)
        if rng.random() < 0.03:
            life.withdraw(life.call(topic, reason="use", item=owned.item))
        elif rng.random() < 0.22:
            life.follow_up(asked, days=rng.randint(1, 6), kind="call", anybody=rng.random() < 0.3)
            life.wait(1, 7)
            outcome: CallOutcome = rng.choice(("answered", "answered", "no_answer", "voicemail"))
            life.call(
                "called_back", reason="use", direction="out", outcome=outcome, item=owned.item
            )
            life.done(asked)
    else:
        question = rng.choice(("grind", "static") if grinds else ("light", "bitter", "water"))
        life.mail_in(question, reason="use", item=owned.item)
        life.wait(0, 2)
        life.mail_out(f"{question}_answer", reason="use", item=owned.item)


def _something_happens(life: Life) -> None:
    rng = life.rng
    draw = rng.random()
    if draw < 0.58:
        basket = [(rng.choice(BEANS), rng.randint(1, 4))]
        basket += [(rng.choice(ACCESSORIES), 1)] if rng.random() < 0.5 else []
        basket += [(_grinder_of(life), 1)] if rng.random() < 0.06 else []
        bought = _order(life, _once_each(basket))
        if rng.random() < 0.5:
            _after_a_purchase(life, bought)
    elif draw < 0.72 and life.owned:
        _breaks(life, rng.choice(life.owned))
    elif draw < 0.80 and life.owned:
        _ask(life, rng.choice(life.owned))
    elif draw < 0.84:
        _moves(life)
    elif draw < 0.88:
        _no_more_mail(life)
    elif draw < 0.93 and life.owned and not life.has_plan:
        _service_plan(life, rng.choice(life.owned))
    elif draw < 0.96:
        life.call(rng.choice(("complaint", "praise")), reason="other", item=_something_of(life))
    else:
        life.letter("thanks", direction="in", reason="praise", item=_something_of(life))


def _breaks(life: Life, owned: Owned) -> None:
    """It does not work any more: reported, sent in, repaired, and perhaps asked after."""
    rng = life.rng
    fault = rng.choice(owned.item.faults)
    told: About = {
        "item": owned.item,
        "serial": owned.serial,
        "fault": fault,
        "date": owned.bought.contact.occurred_at.date(),
    }
    if rng.random() < 0.55:
        reported = life.call("fault", reason="fault", **told)
        if rng.random() < 0.2:
            _turns_out_otherwise(life)
        if rng.random() < 0.2:
            life.note(reported, phrases.NOTES["call"])
    else:
        life.mail_in("fault", reason="fault", **told)
        life.wait(0, 1)
    life.mail_out("label", reason="fault", **told)
    life.wait(3, 9)
    if rng.random() < 0.3:
        life.call("repair", reason="repair", **told)
    repair(life, owned, fault)
    if rng.random() < 0.18:
        life.wait(3, 9)
        life.call("repaired", reason="praise", item=owned.item)


def _turns_out_otherwise(life: Life) -> None:
    """What was written down about the last call is put right."""
    call = life.last_contact()
    if isinstance(call, PhoneCall):
        longer = call.ended_at and call.ended_at - timedelta(seconds=life.rng.randint(10, 60))
        life.correct(msgspec.structs.replace(call, reason="warranty", ended_at=longer))


def _batch(life: Life, owned: Owned) -> None:
    """A grinder of the faulty batch: it breaks before the recall, or the recall finds it."""
    rng, course = life.rng, life.company.course
    told: About = {"item": owned.item, "serial": owned.serial, "fault": "blocks"}
    breaks = life.today + timedelta(days=rng.randint(15, 110))
    if breaks < course.recall:
        life.go_to(breaks)
        life.call("batch", reason="fault", **told)
        life.mail_out("label", reason="fault", **told)
    else:
        life.go_to(course.recall + timedelta(days=rng.randint(0, 3)))
        if rng.random() < 0.75:
            life.mail_out("recall", reason="warranty", desk="lead", **told)
        else:
            life.letter("recall", direction="out", reason="warranty", desk="lead", **told)
        life.wait(1, 18)
        if rng.random() < 0.2:
            return  # never answered
        if rng.random() < 0.6:
            life.mail_in("recall_answer", reason="warranty", **told)
        else:
            life.call("batch", reason="warranty", **told)
        life.wait(0, 2)
        life.mail_out("label", reason="warranty", **told)
    life.wait(3, 9)
    repair(life, owned, "blocks", batch=True)
    if rng.random() < 0.12:
        _gives_up(life, owned)


def _gives_up(life: Life, owned: Owned) -> None:
    """It broke again: a letter, an answer, the money back."""
    life.wait(10, 40)
    told: About = {"item": owned.item, "serial": owned.serial, "fault": "blocks"}
    life.letter("complaint", direction="in", reason="complaint", answer_days=14, **told)
    written = life.today
    life.wait(2, 9)
    line = next(number for number, item in enumerate(owned.bought.items) if item is owned.item)
    worth = life.give_back(owned.bought, line)
    currency = owned.bought.contact.currency
    amount = f"{worth} {currency}"
    answer: About = {**told, "date": written, "amount": amount}
    life.letter("complaint_answer", direction="out", reason="complaint", desk="lead", **answer)
    life.wait(1, 4)
    life.refund(worth, method="bank_transfer", currency=currency)


def _moves(life: Life) -> None:
    """A new address, or a new number beside the old one."""
    country = life.who.country
    number = phone(life.rng, country)
    identifier = identifier_of_phone(number, country.code) if number else None
    if identifier is not None and life.rng.random() < 0.3:
        text = ("New number", "Added while on the phone; the old one still works.")
        life.call("details", reason="details", text=text)
        life.add_identifier(identifier)
    else:
        text = ("Moved, new address", "Updated while on the phone. Parcels go there from now on.")
        life.call("details", reason="details", text=text)
        life.change_details(Details(address=address(life.rng, country)))


def _no_more_mail(life: Life) -> None:
    life.mail_in("unsubscribe", reason="privacy")
    life.wait(0, 1)
    life.open_at(9, 17)
    life.consent("email", "newsletter", given=False, told_by="e-mail of the customer")
    life.may_mail = False


def _service_plan(life: Life, owned: Owned) -> None:
    """Offered by telephone; some say yes."""
    rng = life.rng
    offered = life.call(
        "plan",
        reason="service_plan",
        direction="out",
        text=(
            f"Offered the yearly service plan for {owned.item.name}",
            "Interested, wants to read the terms first. Sent by e-mail.",
        ),
    )
    price = life.company.course.price(PLAN, life.today, life.who.country.currency)
    amount = f"{price} {life.who.country.currency}"
    life.mail_out("plan", reason="service_plan", item=owned.item, amount=amount)
    life.follow_up(
        offered, days=rng.randint(5, 9), kind="offer", what="Ask what came of the service plan"
    )
    life.wait(5, 12)
    if rng.random() < 0.5:
        life.call("plan", reason="service_plan", direction="out", text=_YES)
        life.done(offered)
        life.pay(life.buy([(PLAN, 1)], channel="phone"), method="card")
        life.has_plan = True
    else:
        life.call("plan", reason="service_plan", direction="out", text=_NO)
        life.done(offered)


_YES = ("Service plan: says yes", "Starts with the next visit to the workshop. Ordered right away.")
_NO = ("Service plan: not now", "Descales by the book and does the gaskets alone. Respect.")


def hears_of_prices(life: Life, *, since: datetime) -> None:
    """Three weeks before the price rise whoever may be written to is told, if that day lies between."""
    rise, now = life.company.course.price_rise, life.now
    notice = datetime.combine(rise - timedelta(days=21), time(), HOME)
    if not since < notice < now or not life.may_mail:
        return
    life.now = notice.astimezone(UTC)
    life.mail_out("price", reason="price", desk="sales", date=rise)
    if life.rng.random() < 0.12:
        life.wait(1, 8)
        life.call("price", reason="price")
    life.now = max(now, life.now)


def _until_next_season(life: Life) -> None:
    """Many come back before Christmas: a quarter of the springs and summers is skipped."""
    if 2 <= life.today.month <= 9 and life.rng.random() < 0.25:
        life.go_to(life.today.replace(month=life.rng.choice((11, 12)), day=life.rng.randint(1, 22)))


def _grinder_of(life: Life) -> Item:
    """The grinder that is sold at this time."""
    modern = TRITO_2 if life.today >= life.company.course.launch else TRITO
    return life.rng.choice((MOLA, modern, modern, modern))


def _is_of_the_batch(owned: Owned) -> bool:
    return owned.item is TRITO_2 and owned.serial.startswith(("T2-41", "T2-42", "T2-43"))


def _something_of(life: Life) -> Item:
    return life.owned[0].item if life.owned else life.rng.choice(BEANS)


def _once_each(basket: list[tuple[Item, int]]) -> list[tuple[Item, int]]:
    return list(dict(basket).items())
