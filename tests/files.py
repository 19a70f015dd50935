"""A hub that files are taken into, and ordinary files and mappings for it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from uuid import UUID

from adapters.event_store import Factory
from adapters.files.importing import Import
from adapters.files.summary import Summary
from adapters.raw_store import RawStore
from domain.hub import Hub
from domain.identity import contact_id_of, customer_id_of
from domain.imports import ImportKind
from domain.root import Envelope
from tests.logs import AGENT, Logs, open_log

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
MASTER = b"\x07" * 32
TODAY = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)

SALES = """
[file]
layout = "csv"
encoding = "utf-8"
delimiter = ","
quote = '"'
header = true
decimal = "."
dates = ["%Y-%m-%d %H:%M"]
zone = "Europe/Berlin"

[source]
name = "shop"
reference = "order"

[[skip]]
column = "customer"
empty = true
reason = "no customer"

[group]
varies = []

[customer]
reference = "customer"
unknown = "register"
name = { template = "Customer {customer}" }

[fields]
number = "order"
occurred_at = "at"
transaction = { column = "order", prefixes = { C = "cancellation" }, otherwise = "sale" }
currency = { value = "EUR" }

[lines]
item = "item"
quantity = "quantity"
unit_price = "price"
"""

HEADER = "order,at,customer,item,quantity,price"

CUSTOMERS = """
[file]
layout = "csv"
encoding = "utf-8"
delimiter = ","
quote = '"'
header = true
dates = ["%Y-%m-%d"]
zone = "Europe/Berlin"
region = "DE"

[source]
name = "shop"
reference = "no"

[customer]
name = "name"
street = "street"
city = "city"
phones = "phone"
emails = "email"

[[consent]]
channel = { value = "email" }
purpose = { value = "newsletter" }
given = { column = "news", values = { y = "yes", n = "no" } }
on = "since"
"""

CUSTOMERS_HEADER = "no,name,street,city,phone,email,news,since"


@dataclass
class Office:
    """Where files are taken in."""

    folder: Path
    logs: Logs
    hub: Hub
    raw: RawStore

    @classmethod
    def at(cls, folder: Path, url: str | None = None) -> Office:
        folder.mkdir(exist_ok=True)
        address = url or f"sqlite:///{folder / 'log.db'}"
        logs = open_log(address, folder, master=MASTER, clock=lambda: TODAY)
        hub = Hub(Factory(logs.log), logs.log, logs.keyring)
        return cls(folder=folder, logs=logs, hub=hub, raw=RawStore(folder))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.hub.close()
        self.logs.engine.dispose()

    def take(
        self,
        kind: ImportKind,
        content: str | bytes,
        mapping: str,
        *,
        name: str = "file.csv",
        **how: Any,
    ) -> Summary:
        """Take in a file with this content."""
        file, told = self.folder / name, self.folder / "mapping.toml"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        told.write_text(mapping, encoding="utf-8")
        return self.take_file(kind, file, told, **how)

    def take_sales(self, *lines: str, mapping: str = SALES, **how: Any) -> Summary:
        """Take in sales, one text a line."""
        return self.take("sales", "\n".join([HEADER, *lines]) + "\n", mapping, **how)

    def take_customers(self, *lines: str, mapping: str = CUSTOMERS, **how: Any) -> Summary:
        """Take in customers, one text a line."""
        content = "\n".join([CUSTOMERS_HEADER, *lines]) + "\n"
        return self.take("customers", content, mapping, **how)

    def take_example(self, name: str, kind: ImportKind) -> Summary:
        """Take in one of the examples, with its mapping."""
        return self.take_file(kind, EXAMPLES / f"{name}.csv", EXAMPLES / f"{name}.toml")

    def take_file(self, kind: ImportKind, file: Path, mapping: Path, **how: Any) -> Summary:
        """Take in a file that is there."""
        how = {"by": AGENT, "refused_folder": self.folder, **how}
        return Import(kind, file, mapping).run(self.hub, self.logs.log, self.raw, **how)

    def everything(self) -> list[Envelope]:
        """All that the log holds about customers, in its order."""
        found = self.logs.log.page(0, 2**62, 1_000_000)
        events = [envelope for envelope in found if isinstance(envelope, Envelope)]
        assert len(events) == len(found), "all can be read"
        return [e for e in events if not e.event.TOPIC.startswith("import.")]

    def course(self, reference: str, source: str = "shop") -> list[Envelope]:
        """All that is known of one contact of a source, such as `sales:A-1`."""
        return list(self.logs.log.events_of_contact(contact_id_of(source, reference)))

    def of_customer(self, number: str, source: str = "shop") -> list[Envelope]:
        """All that is known of one customer of a source."""
        stream = customer_id_of(source, number)
        return [envelope for envelope in self.everything() if envelope.stream == stream]


def told(envelopes: Collection[Envelope]) -> dict[tuple[UUID, int], tuple[Any, ...]]:
    """What was recorded, by stream and version, without when and in which run."""
    return {(e.stream, e.originator_version): (e.event, e.source, e.source_ref) for e in envelopes}


def counts(summary: Summary) -> dict[str, int]:
    """The counts of lines that are not zero; makes sure that they add up."""
    c = summary.counts
    assert c.read == c.new + c.unchanged + c.corrected + c.skipped + c.refused
    names = ("new", "unchanged", "corrected", "skipped", "refused")
    return {name: count for name in names if (count := getattr(c, name))}
