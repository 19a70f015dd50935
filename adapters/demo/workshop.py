"""How something is repaired: under warranty, for a price, or not at all."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from adapters.demo import phrases
from adapters.demo.catalogue import in_currency
from adapters.demo.life import About, Life, Owned
from domain.customers.contacts import Repair
from domain.customers.repairs import (
    Approved,
    Declined,
    Diagnosed,
    Part,
    Quoted,
    Repaired,
    Returned,
)
from domain.personal import Personal

_DEAR = Decimal(260)
"""From this quote on, in EUR, owners begin to think it over."""


def repair(life: Life, owned: Owned, fault: str, *, batch: bool = False) -> Repair:
    """The whole course of a repair, from its arrival in the workshop to its return."""
    rng = life.rng
    received = life.bring_in(owned, fault, brought=rng.random() < 0.2)
    if rng.random() < 0.25:
        life.note(received.contact_id, phrases.NOTES["repair"])
    life.wait(1, 4)
    finding, parts = _find(life, owned, batch=batch)
    _diagnose(life, received, finding)
    if batch or received.in_warranty:
        life.wait(1, 6)
        _finish(life, received, parts, charge=None)
    else:
        _for_a_price(life, owned, received, parts)
    return received


def _find(life: Life, owned: Owned, *, batch: bool) -> tuple[str, tuple[Part, ...]]:
    if batch:
        carrier = Part(item="SP-CARRIER-2", quantity=Decimal(1), unit_cost=Decimal("8.40"))
        return phrases.BATCH_FINDING, (carrier,)
    grinds = owned.item.number.startswith(("G-", "P-BANCO-G"))
    finding, used = life.rng.choice(phrases.GRINDER_FINDINGS if grinds else phrases.FINDINGS)
    parts = tuple(
        Part(item=item, quantity=Decimal(1), unit_cost=Decimal(cost)) for item, cost in used
    )
    return finding, parts


def _diagnose(life: Life, received: Repair, finding: str) -> None:
    life.open_at(8, 16)
    life.advance(received, Diagnosed(taken_at=life.now, finding=Personal(finding)))


def _for_a_price(life: Life, owned: Owned, received: Repair, parts: tuple[Part, ...]) -> None:
    rng, currency = life.rng, life.who.country.currency
    euro = Decimal(rng.choice((45, 59, 72, 89, 104, 128))) + 2 * sum(
        (part.unit_cost or Decimal(0) for part in parts), Decimal(0)
    )
    amount = in_currency(euro * (4 if owned.item.shelf == "professional" else 1), currency)
    told: About = {"item": owned.item, "serial": owned.serial, "amount": f"{amount} {currency}"}
    life.open_at(9, 16)
    valid_until = life.today + timedelta(days=30)
    quoted = Quoted(taken_at=life.now, amount=amount, currency=currency, valid_until=valid_until)
    life.advance(received, quoted)
    quote = life.mail_out("quote", reason="repair", desk="workshop", **told)
    if rng.random() < 0.3:
        life.follow_up(quote, days=6, kind="repair", what="Quote answered?")
        life.wait(6, 9)
        life.done(quote)
    life.wait(1, 6)
    if rng.random() < (0.45 if euro >= _DEAR else 0.15) and owned.item.shelf != "professional":
        life.mail_in("quote_no", reason="repair", **told)
        life.open_at(9, 16)
        life.advance(received, Declined(taken_at=life.now))
        life.wait(1, 3)
        _send_back(life, received)
        return
    life.mail_in("quote_yes", reason="repair", **told)
    life.open_at(9, 16)
    life.advance(received, Approved(taken_at=life.now))
    life.wait(2, 8)
    _finish(life, received, parts, charge=amount)
    life.wait(2, 16)
    life.pay_repair(received.number or "", amount, currency)


def _finish(life: Life, received: Repair, parts: tuple[Part, ...], charge: Decimal | None) -> None:
    life.open_at(8, 17)
    repaired = Repaired(
        taken_at=life.now,
        parts=parts,
        minutes=life.rng.choice((20, 30, 35, 45, 60, 90)),
        charge=charge,
        currency=None if charge is None else life.who.country.currency,
        due_on=None if charge is None else life.today + timedelta(days=14),
    )
    life.advance(received, repaired)
    life.wait(0, 2)
    _send_back(life, received)


def _send_back(life: Life, received: Repair) -> None:
    life.open_at(9, 17)
    life.advance(received, Returned(taken_at=life.now))
