"""The same customers in the eventsourcing library's own classes and recorders: what we compare with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import singledispatchmethod
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url

from domain.customers.events import PurchaseLogged
from domain.root import Envelope


class Customer(Aggregate):
    """A customer who buys."""

    class PurchaseLogged(Aggregate.Event):
        """The content of our event of this name."""

        by: UUID
        contact_id: UUID
        occurred_at: datetime
        currency: str
        number: str
        channel: str
        lines: list[dict[str, Any]]

        def apply(self, aggregate: Aggregate) -> None:
            """Rules look at nothing of it."""


class Customers(Application[UUID]):
    """Where they are saved."""


def save(url: str, envelopes: Sequence[Envelope], *, chunk: int) -> None:
    """Record purchases by `Application.save`, so many in one call."""
    application = Customers(env=environment(url))
    for start in range(0, len(envelopes), chunk):
        application.save(*map(as_stock, envelopes[start : start + chunk]))
    application.close()


class Sums(PostgresTrackingRecorder):
    """What each customer bought: one table, written with the library's tracking."""

    def __init__(
        self, datastore: PostgresDatastore, *, tracking_table_name: str = "tracking", **kwargs: Any
    ) -> None:
        super().__init__(datastore, tracking_table_name=tracking_table_name, **kwargs)
        table = (Identifier(datastore.schema), Identifier("sums"))
        self.sql_create_statements.append(
            SQL(
                "CREATE TABLE IF NOT EXISTS {}.{} (customer uuid, currency text, bought numeric, "
                "PRIMARY KEY (customer, currency))"
            ).format(*table)
        )
        self._add = SQL(
            "INSERT INTO {}.{} AS known VALUES (%s, %s, %s) ON CONFLICT (customer, currency) "
            "DO UPDATE SET bought = known.bought + excluded.bought"
        ).format(*table)

    def add(self, customer: UUID, currency: str, bought: Decimal, tracking: Tracking) -> None:
        """Add to a sum and move the position, in one transaction."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(self._add, (customer, currency, bought), prepare=True)


class Bought(Projection[Sums]):
    """The library's way: one event at a time."""

    name = "bought"

    @singledispatchmethod
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        self.view.insert_tracking(tracking)

    @process_event.register
    def _(self, event: Customer.PurchaseLogged, tracking: Tracking) -> None:
        bought = sum(
            (Decimal(line["quantity"]) * Decimal(line["unit_price"]) for line in event.lines),
            start=Decimal(0),
        )
        self.view.add(event.originator_id, event.currency, bought, tracking)


def project(url: str, events: int) -> None:
    """Fold everything that was saved by the library's ProjectionRunner."""
    with ProjectionRunner(
        application_class=Customers,
        projection_class=Bought,
        view_class=Sums,
        env=environment(url),
    ) as runner:
        runner.wait(events, timeout=600)


def environment(url: str) -> dict[str, str]:
    """The library's settings for a database."""
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


def as_stock(envelope: Envelope) -> Customer.PurchaseLogged:
    """The library's event with the content of ours."""
    event = envelope.event
    assert isinstance(event, PurchaseLogged)
    purchase = event.purchase
    content: dict[str, Any] = {
        "by": envelope.by,
        "contact_id": purchase.contact_id,
        "occurred_at": purchase.occurred_at,
        "currency": purchase.currency,
        "number": purchase.number or "",
        "channel": purchase.channel or "",
        "lines": [
            {"item": line.item, "quantity": line.quantity, "unit_price": line.unit_price}
            for line in purchase.lines
        ],
    }
    return Customer.PurchaseLogged(
        originator_id=envelope.originator_id,
        originator_version=envelope.originator_version,
        timestamp=purchase.occurred_at,
        **content,
    )
