"""What the ledger page of one customer shows of one currency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import abort, request

from projections import balances
from projections.balances import Balance, Clearing, LedgerCursor, LedgerLine, OpenItem, TermsDecided
from projections.standing import CreditStanding, Terms
from web.customers.look import Look
from web.money.words import Age, ages

LINES = 50


@dataclass(frozen=True, kw_only=True)
class LedgerPage:
    """The account in one currency. `clearings` explain, by contact, what its line cleared or
    what cleared it; `older` is where the next page begins.

    Without any entry or terms `currency` is empty, and nothing else is there.
    """

    currency: str
    currencies: Sequence[str]
    balance: Balance | None
    standing: CreditStanding | None
    ages: Sequence[Age]
    open_items: Sequence[OpenItem]
    lines: Sequence[LedgerLine]
    older: str | None
    clearings: Mapping[UUID, Sequence[Clearing]]
    terms: Terms | None
    terms_history: Sequence[TermsDecided]

    @classmethod
    def asked(cls, look: Look) -> LedgerPage:
        """As the address says. Aborts with 400 when it cannot be read."""
        currencies = list(dict.fromkeys([*look.currencies, *look.standings]))
        currency = request.args.get("currency") or next(iter(currencies), "")
        if currency and currency not in currencies:
            abort(404)
        history = balances.terms_history(look.connection, look.identity)
        in_force = balances.terms_of(look.connection, look.identity)
        items = [item for item in look.open_items if item.currency == currency]
        lines = balances.ledger(
            look.connection,
            look.identity,
            currency=currency,
            before=_cursor(),
            limit=LINES + 1,
        )
        page = lines[:LINES]
        return cls(
            currency=currency,
            currencies=currencies,
            balance=next((each for each in look.balances if each.currency == currency), None),
            standing=look.standings.get(currency),
            ages=ages(look.ageing[currency]) if currency in look.ageing else (),
            open_items=items,
            lines=page,
            older=_address(page[-1].cursor) if len(lines) > LINES else None,
            clearings=balances.clearings_among(
                look.connection,
                look.identity,
                {*(item.contact_id for item in items), *(line.contact_id for line in page)},
            ),
            terms=next((each for each in in_force if each.currency == currency), None),
            terms_history=[each for each in history if each.terms.currency == currency],
        )


def _address(cursor: LedgerCursor) -> str:
    return f"{cursor.occurred_at.isoformat()}~{cursor.position}"


def _cursor() -> LedgerCursor | None:
    text = request.args.get("before", "")
    if not text:
        return None
    moment, _, position = text.partition("~")
    try:
        cursor = LedgerCursor(datetime.fromisoformat(moment), int(position))
    except ValueError:
        abort(400)
    if cursor.occurred_at.tzinfo is None or not 0 < cursor.position < 2**62:
        abort(400)
    return cursor
