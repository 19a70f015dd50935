"""One durable command, from asking to reading it back, against a bare transaction of one row.

python -m benchmarks.command [--commands 300] [--rounds 3] [--history 50000]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Engine, text

from adapters import database, settings
from adapters.wiring import Rapport, build
from benchmarks.measure import databases, folder, in_turn, per_second, ratio, report
from benchmarks.samples import BY, purchase
from domain.customers.commands import LogContact, RegisterCustomer
from domain.customers.contacts import PhoneCall
from domain.customers.details import Details
from domain.customers.events import PurchaseLogged
from domain.personal import Personal
from domain.root import FORM, Act, Envelope
from projections import links, timeline

CHUNK = 5_000


def commands(rapport: Rapport, customer: UUID, count: int) -> Callable[[], None]:
    """Log so many telephone calls, each from a form, and read each back from the timeline."""

    def run() -> None:
        for _ in range(count):
            now = datetime.now(UTC)
            call = PhoneCall(
                contact_id=uuid4(),
                occurred_at=now - timedelta(seconds=1),
                direction="in",
                reason="delivery",
                summary=Personal("Asks where the order is."),
            )
            act = Act(by=BY, at=now, source=FORM, source_ref=uuid4().hex)
            position = rapport.hub.handle(LogContact(customer_id=customer, contact=call), act)
            rapport.projector.fold_now(position)
            with rapport.tables.connect() as connection:
                identity = links.identity(connection, customer)
                newest = timeline.timeline(connection, identity, limit=1).entries[0]
            if newest.contact_id != call.contact_id:
                raise AssertionError("the contact that was logged last is not the newest one")

    return run


def bare(engine: Engine, count: int) -> Callable[[], None]:
    """Insert one row of the same size, each in a durable transaction of its own."""
    with database.writing(engine) as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS bare (id TEXT PRIMARY KEY, row TEXT)"))
    insert = text("INSERT INTO bare VALUES (:id, :row)")

    def run() -> None:
        for _ in range(count):
            with database.writing(engine) as connection:
                connection.execute(insert, {"id": uuid4().hex, "row": "x" * 400})

    return run


def registered(rapport: Rapport, history: int) -> UUID:
    """A customer with so many contacts."""
    customer = uuid4()
    rapport.hub.handle(
        RegisterCustomer(
            customer_id=customer, customer_kind="person", details=Details(name=Personal("Anna"))
        ),
        Act(by=BY, at=datetime.now(UTC)),
    )
    for start in range(0, history, CHUNK):
        rapport.log.append(
            [
                Envelope(
                    originator_id=customer,
                    originator_version=number + 2,
                    event=PurchaseLogged(purchase=purchase(number, uuid4())),
                    by=BY,
                )
                for number in range(start, min(start + CHUNK, history))
            ]
        )
    rapport.projector.catch_up()
    rapport.hub.customer(customer)  # takes the snapshot that a long stream is loaded from
    return customer


def measured(url: str, place: Path, wanted: argparse.Namespace) -> dict[str, Any]:
    """The figures of one database."""
    place.mkdir()
    told = replace(
        settings.load(),
        database_url=url,
        keys_url=f"sqlite:///{place / 'keys.db'}",
        data_dir=place,
    )
    with build(told) as rapport:
        sides = {
            "a new customer": commands(rapport, registered(rapport, 5), wanted.commands),
            "a long history": commands(
                rapport, registered(rapport, wanted.history), wanted.commands
            ),
            "bare": bare(rapport.engine, wanted.commands),
        }
        seconds = in_turn(sides, rounds=wanted.rounds)
    return {
        **{f"{name}, a second": per_second(wanted.commands, s) for name, s in seconds.items()},
        "share of a bare transaction": ratio(seconds["a new customer"], seconds["bare"]),
        "long history against new customer": ratio(
            seconds["a long history"], seconds["a new customer"]
        ),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commands", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--history", type=int, default=50_000)
    wanted = parser.parse_args()
    figures: dict[str, Any] = vars(wanted).copy()
    with databases() as makers, folder() as place:
        for kind, new_database in makers.items():
            figures[kind] = measured(new_database(), place / kind, wanted)
    report("command", figures)


if __name__ == "__main__":
    main()
