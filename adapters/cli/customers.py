"""`rapport customer`: finding a customer, and looking at one, today or as of any past day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

import click
from sqlalchemy import Connection

from adapters import settings
from adapters.cli.output import as_json, show, table
from adapters.wiring import Rapport, build
from domain.errors import NotFound, Refused
from domain.identity import SYSTEM
from domain.money import from_minor
from projections import balances, directory, links, profile, repairs, timeline


class Moment(click.ParamType[datetime]):
    """A day, meant to its end, or a time: 2026-03-01, 2026-03-01T14:00, 2026-03-01T14:00+01:00."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """An aware time; without an offset it is meant in the company's time zone."""
        if isinstance(value, datetime):
            return value
        zone = settings.load().timezone
        try:
            if len(value) == len("2026-03-01"):
                return datetime.combine(date.fromisoformat(value), time.max, zone)
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no time. Write 2026-03-01 or 2026-03-01T14:00.", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=zone)


@click.group()
def customer() -> None:
    """Find a customer, or look at one."""


@customer.command()
@click.argument("text")
@click.option("--limit", default=20, show_default=True)
@as_json
def find(text: str, limit: int, *, as_json: bool) -> None:
    """Find customers by any part of a name, a number, an address, an order or a serial."""
    with build() as rapport, rapport.tables.connect() as connection:
        rows = [
            {
                "id": found.customer_id,
                "name": found.label,
                "by": found.matched,
                "shown": found.shown,
            }
            for found in directory.find(connection, text, limit)
        ]
    show(
        rows,
        as_json=as_json,
        text=lambda: (
            table(rows, {"id": "Id", "name": "Name", "by": "Found by", "shown": ""})
            if rows
            else f"Nobody matches {text!r}."
        ),
    )


@customer.command("show")
@click.argument("customer_id", type=click.UUID)
@click.option("--as-of", type=Moment(), help="What was true at this time.")
@click.option("--known-at", type=Moment(), help="What we knew at this time.")
@as_json
def show_customer(
    customer_id: UUID,
    as_of: datetime | None,
    known_at: datetime | None,
    *,
    as_json: bool,
) -> None:
    """Show one customer: who it is, what is owed, how many contacts there were."""
    with build() as rapport:
        rapport.accesses.record(by=SYSTEM, what="command: customer show", customer=customer_id)
        if as_of is None and known_at is None:
            with rapport.tables.connect() as connection:
                picture = _picture(connection, customer_id, datetime.now(UTC), rapport)
                picture["position"] = rapport.projector.position()
        else:
            with rapport.past(customer_id, true_at=as_of, known_at=known_at) as past:
                if not past.position:
                    raise Refused(
                        "Nothing was recorded of {customer} by then. A later --known-at shows what "
                        "was; --as-of shows what was true, as known today.",
                        customer=customer_id,
                    )
                day = as_of or known_at or datetime.now(UTC)
                picture = _picture(past.connection, customer_id, day, rapport)
                picture["position"] = past.position
        picture["as_of"], picture["known_at"] = as_of, known_at
    show(picture, as_json=as_json, text=lambda: _as_text(picture))


def _picture(
    connection: Connection, customer_id: UUID, moment: datetime, rapport: Rapport
) -> dict[str, Any]:
    identity = links.identity(connection, customer_id)
    who = profile.profile(connection, identity)
    if who is None:
        raise NotFound("customer", customer_id)
    day = moment.astimezone(rapport.settings.timezone).date()
    counts = timeline.counts_by_kind(connection, identity)
    credit = balances.credit(connection, identity, on=day)
    return {
        "id": who.main,
        "name": who.label,
        "number": who.number,
        "kind": who.customer_kind,
        "is_erased": who.is_erased,
        "identifiers": [
            {
                "kind": known.kind,
                "system": known.system,
                "typed": known.typed,
                "normal": known.normal,
            }
            for known in who.identifiers
            if known.retired_at is None
        ],
        "contacts": sum(counts.values()),
        "contacts_by_kind": dict(counts),
        "balances": [
            {
                "currency": balance.currency,
                "bought": from_minor(balance.bought_minor, balance.currency),
                "returned": from_minor(balance.returned_minor, balance.currency),
                "paid": from_minor(balance.paid_minor, balance.currency),
                "refunded": from_minor(balance.refunded_minor, balance.currency),
                "owed": from_minor(balance.owed_minor, balance.currency),
                "overdue": from_minor(balance.overdue_minor, balance.currency),
            }
            for balance in balances.balances(connection, identity, on=day)
        ],
        "credit": credit.code if credit else None,
        "repairs": [
            {"number": repair.number, "item": repair.item, "stage": repair.stage}
            for repair in repairs.repairs_of(connection, identity)
        ],
    }


def _as_text(picture: dict[str, Any]) -> str:
    kinds = ", ".join(
        f"{count} {kind.replace('_', ' ')}"
        for kind, count in picture["contacts_by_kind"].items()
        if count
    )
    lines = [
        f"{picture['name']}  ({picture['kind']}, {picture['number']})",
        f"id        {picture['id']}",
        *(f"{known['kind']:<10}{known['typed']}" for known in picture["identifiers"]),
        f"contacts  {picture['contacts']}" + (f": {kinds}" if kinds else ""),
        *(
            f"owes      {money['owed']} {money['currency']}, overdue {money['overdue']}"
            for money in picture["balances"]
        ),
        *(f"repair    {repair['item']}: {repair['stage']}" for repair in picture["repairs"]),
        f"position  {picture['position']}",
    ]
    return "\n".join(lines)
