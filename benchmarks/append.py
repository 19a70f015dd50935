"""Bulk append, encoding included: against the stock library, and against the bare database.

python -m benchmarks.append [--events 30000] [--rounds 3]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate
from sqlalchemy import make_url

from adapters import database
from adapters.event_store import EventLog, Mapper
from adapters.keyring import Keyring
from adapters.log.recorder import now
from adapters.log.stored import COLUMNS
from adapters.wiring import EVENTS
from benchmarks.measure import databases, folder, in_turn, per_second, ratio, report
from benchmarks.samples import without_words
from domain.customers.events import PurchaseLogged
from domain.root import Envelope

CHUNK = 10_000
STOCK_CHUNK = {"sqlite": 10_000, "postgresql": 100}
"""The stock library's PostgreSQL recorder does not return from 1,000 of these events in one call."""
CUSTOMERS = 500


class StockCustomer(Aggregate):
    """The same customer in the library's own classes."""

    class PurchaseLogged(Aggregate.Event):
        """The same content as ours."""

        by: UUID
        contact_id: UUID
        occurred_at: datetime
        currency: str
        number: str
        channel: str
        lines: list[dict[str, Any]]

        def apply(self, aggregate: Aggregate) -> None:
            """Rules look at nothing of it."""


class Bench:
    """The three sides on one kind of database; each round writes into databases of its own."""

    def __init__(
        self, kind: str, new_database: Callable[[], str], place: Path, events: int
    ) -> None:
        self._kind = kind
        self._new = new_database
        self._place = place
        self._envelopes = without_words(CUSTOMERS, events)

    def ours(self) -> Callable[[], None]:
        """The log's append, sealing and encoding included."""
        log = _open_log(self._new(), self._place)

        def run() -> None:
            for chunk in _chunks(self._envelopes):
                log.append(chunk)

        return run

    def stock(self) -> Callable[[], None]:
        """`Application.save` of the same events in chunks."""
        application = Application[UUID](env=_stock_environment(self._new()))
        events = [_as_stock(envelope) for envelope in self._envelopes]
        size = STOCK_CHUNK[self._kind]

        def run() -> None:
            for chunk in _chunks(events, size):
                application.save(*chunk)

        return run

    def bare(self) -> Callable[[], None]:
        """The same rows, encoded beforehand, by plain executemany or COPY into the same table."""
        log = _open_log(self._new(), self._place)
        rows = [
            (*log.pen.row(stored), "2026-01-01T00:00:00.000000+00:00")
            for stored in log.mapper.to_stored_events(self._envelopes)
        ]
        raw: Any = log.engine.raw_connection().driver_connection
        names = ", ".join(f'"{name}"' for name in COLUMNS)

        def executemany() -> None:
            marks = ", ".join("?" * len(COLUMNS))
            insert = f"INSERT INTO events ({names}) VALUES ({marks})"  # noqa: S608 -- our own words
            for chunk in _chunks(rows):
                raw.execute("BEGIN IMMEDIATE")
                raw.executemany(insert, chunk)
                raw.execute("COMMIT")

        def copy() -> None:
            for chunk in _chunks(rows):
                cursor = raw.cursor()
                with cursor.copy(f"COPY events ({names}) FROM STDIN") as out:
                    for row in chunk:
                        out.write_row(row)
                raw.commit()

        return executemany if log.engine.dialect.name == "sqlite" else copy


def _open_log(url: str, place: Path) -> EventLog:
    keys = f"sqlite:///{place / f'{uuid4()}.keys'}"
    database.upgrade(url, "log")
    database.upgrade(keys, "keys")
    keyring = Keyring(database.connect_keys(keys), bytes(32))
    return EventLog(database.connect_log(url), Mapper(EVENTS, keyring), now)


def _stock_environment(url: str) -> dict[str, str]:
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        return {
            "PERSISTENCE_MODULE": "eventsourcing.sqlite",
            "SQLITE_DBNAME": str(address.database),
        }
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(address.database),
        "POSTGRES_HOST": str(address.query.get("host") or address.host),
        "POSTGRES_PORT": str(address.query.get("port") or address.port or 5432),
        "POSTGRES_USER": str(address.username),
        "POSTGRES_PASSWORD": str(address.password or "none"),
    }


def _as_stock(envelope: Envelope) -> StockCustomer.PurchaseLogged:
    event = envelope.event
    assert isinstance(event, PurchaseLogged)
    purchase = event.purchase
    lines: list[dict[str, str | Decimal]] = [
        {"item": line.item, "quantity": line.quantity, "unit_price": line.unit_price}
        for line in purchase.lines
    ]
    return StockCustomer.PurchaseLogged(
        originator_id=envelope.originator_id,
        originator_version=envelope.originator_version,
        timestamp=purchase.occurred_at,
        by=envelope.by,
        contact_id=purchase.contact_id,
        occurred_at=purchase.occurred_at,
        currency=purchase.currency,
        number=purchase.number or "",
        channel=purchase.channel or "",
        lines=lines,
    )


def _chunks(items: Sequence[Any], size: int = CHUNK) -> list[Sequence[Any]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=30_000)
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    figures: dict[str, Any] = {"events": wanted.events, "rounds": wanted.rounds}
    with databases() as makers, folder() as place:
        for kind, new_database in makers.items():
            bench = Bench(kind, new_database, place, wanted.events)
            seconds: dict[str, list[float]] = {"ours": [], "stock": [], "bare": []}
            for _ in range(wanted.rounds):
                sides = {"ours": bench.ours(), "stock": bench.stock(), "bare": bench.bare()}
                for name, taken in in_turn(sides, rounds=1).items():
                    seconds[name] += taken
            figures[kind] = {
                **{f"{name} events/s": per_second(wanted.events, s) for name, s in seconds.items()},
                "times the stock library": ratio(seconds["ours"], seconds["stock"]),
                "share of the bare database": ratio(seconds["ours"], seconds["bare"]),
            }
    report("append", figures)


if __name__ == "__main__":
    main()
