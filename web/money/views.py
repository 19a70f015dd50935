"""Money as pages: who owes what in each currency, and one customer's ledger."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext
from sqlalchemy import Connection

from projections import balances, directory, links
from projections.balances import OwedCursor, OwedTotal, Owing
from web.areas import Area, MenuEntry
from web.customers.look import looking_at, today
from web.customers.words import CREDIT, credit_reason
from web.money.ledger import LedgerPage
from web.money.words import KINDS, ages
from web.services import services

ROWS = 50

pages = Blueprint("money", __name__)
AREA = Area(
    blueprint=pages,
    menu=(MenuEntry(label=lazy_gettext("Money"), endpoint="money.show", icon="coin", keys="g m"),),
)


@pages.get("/money")
def show() -> ResponseReturnValue:
    """What all customers owe in a currency, by age and by customer."""
    on = today()
    with services().tables.connect() as connection:
        totals = sorted(balances.owed_totals(connection, on=on), key=lambda total: -total.customers)
        currency = _chosen(totals)
        aged = {each.currency: each for each in balances.ageing_totals(connection, on=on)}
        rows = balances.owed_overview(
            connection, on=on, currency=currency, after=_cursor(), limit=ROWS + 1
        )
        page = rows[:ROWS]
        names, linked = _whose(connection, page)
        return render_template(
            "money/index.html",
            on=on,
            totals=totals,
            currency=currency,
            chosen=next((total for total in totals if total.currency == currency), None),
            ages=ages(aged[currency]) if currency in aged else (),
            rows=page,
            names=names,
            linked=linked,
            next=_after(page[-1]) if len(rows) > ROWS else None,
        )


@pages.get("/customers/<uuid:customer_id>/money")
def ledger(customer_id: UUID) -> ResponseReturnValue:
    """One customer's ledger with everything that explains the balance."""
    with looking_at(customer_id) as look:
        if look.customer.main != customer_id and look.is_now:
            return redirect(url_for(".ledger", customer_id=look.customer.main), 302)
        return render_template(
            "money/ledger.html",
            look=look,
            customer=look.customer,
            page=LedgerPage.asked(look),
            kinds=KINDS,
            credit_words=CREDIT,
            credit_reason=credit_reason,
        )


def _chosen(totals: Sequence[OwedTotal]) -> str:
    wanted = request.args.get("currency", "")
    if wanted and not (len(wanted) == 3 and wanted.isalpha() and wanted.isupper()):
        abort(400)
    return wanted or next((total.currency for total in totals), "")


def _whose(
    connection: Connection, page: Sequence[Owing]
) -> tuple[dict[UUID, str], dict[UUID, UUID]]:
    """What the customers are called, and for streams that are linked, one of the others."""
    streams = [row.stream for row in page]
    groups = links.identities(connection, streams)
    linked = {stream: group[1] for stream, group in groups.items() if len(group) > 1}
    return directory.labels(connection, streams), linked


def _cursor() -> OwedCursor | None:
    text = request.args.get("after", "")
    if not text:
        return None
    try:
        overdue, opened, stream = text.split("~")
        cursor = OwedCursor(int(overdue), int(opened), UUID(stream))
    except ValueError:
        abort(400)
    if not (0 <= cursor.overdue_minor < 2**62 and 0 <= cursor.open_minor < 2**62):
        abort(400)
    return cursor


def _after(row: Owing) -> str:
    place = f"{row.overdue_minor}~{row.open_minor}~{row.stream}"
    return url_for(".show", currency=row.currency, after=place)
