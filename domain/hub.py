"""The hub: commands go in, events come out, and nothing else changes the history."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar, cast
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.persistence import (
    InfrastructureFactory,
    IntegrityError,
    Recording,
    TrackingRecorder,
)
from eventsourcing.utils import EnvType

from domain.customers.commands import Command, EraseCustomer
from domain.customers.customer import Customer
from domain.customers.filed import Filed
from domain.errors import Busy, NotFound, Refused, ToldTwice
from domain.imports import Import
from domain.root import Act, Envelope, Root
from domain.staff.member import Member

ATTEMPTS = 20
"""How often a command is decided anew when others keep writing to the same customer."""

SNAPSHOT_EVERY = 30
"""Events after which a customer's state is kept, so that loading never reads more than these."""

_Aggregate = TypeVar("_Aggregate", bound=Root)


class History(Protocol):
    """What the hub asks of the log besides the streams of aggregates."""

    def events_of_contact(self, contact_id: UUID) -> Sequence[Envelope]:
        """All events about one contact, on whichever customer, in the order of the log."""

    def position_of(self, source: str, source_ref: str) -> int | None:
        """Where the log holds what this source told under this reference."""


class Keys(Protocol):
    """What the hub asks of the keyring."""

    def destroy(self, stream: UUID) -> None:
        """Destroy the key of a stream for ever. Twice changes nothing."""


class Hub(Application[UUID]):
    """All customers and all staff, and the commands that may be given about them."""

    is_snapshotting_enabled = True

    def __init__(
        self, factory: InfrastructureFactory[TrackingRecorder], history: History, keys: Keys
    ) -> None:
        self._given_factory = factory
        self._history = history
        self._keys = keys
        super().__init__()

    def construct_factory(self, env: EnvType) -> InfrastructureFactory[TrackingRecorder]:
        return self._given_factory

    def handle(self, command: Command, act: Act) -> int:
        """Carry out a command; returns the log position of its last event.

        When the source told this before, nothing is recorded and the earlier position comes
        back; 0 means that everything was so already. Raises Refused when a rule says no, Busy
        when others kept writing to the same customer.
        """
        for _ in range(ATTEMPTS):
            customers = _CustomersOfCommand(self, self._history)
            try:
                command.decide(customers, act)
                position = self._record_all(customers.touched)
            except ToldTwice:
                position = self._earlier(act)
            except IntegrityError:
                continue  # somebody wrote to the same customer first: decide on what is true now
            except Refused:
                # What is told a second time may be refused because it was done the first time.
                if not (position := self._earlier(act)):
                    raise
            if isinstance(command, EraseCustomer):
                self._keys.destroy(command.customer_id)
            return position
        if act.source_ref is not None and (told := self._earlier(act)):
            return told
        raise Busy

    def change_member(self, member_id: UUID, change: Callable[[Member], None]) -> int:
        """Change one member of staff; returns as `handle` does."""
        for _ in range(ATTEMPTS):
            member = self.member(member_id)
            change(member)
            try:
                return self._record_all([member])
            except IntegrityError:
                continue
        raise Busy

    def enrol(self, member: Member) -> int:
        """Record a new member of staff."""
        return self._record_all([member])

    def customer(self, customer_id: UUID) -> Customer:
        """The customer as of now. Raises NotFound.

        Reads the last snapshot and what came after; takes a new snapshot when that was long.
        """
        customer = self._load(Customer, "customer", customer_id)
        if self.snapshots and customer.version - customer.loaded_from >= SNAPSHOT_EVERY:
            # Another process may keep the same state at the same moment: then it is there.
            with contextlib.suppress(IntegrityError):
                self.snapshots.put([customer.snapshot()])
        return customer

    def member(self, member_id: UUID) -> Member:
        """The member of staff as of now. Raises NotFound."""
        return self._load(Member, "person", member_id)

    def file_import(self, import_id: UUID) -> Import:
        """One run of an import. Raises NotFound."""
        return self._load(Import, "import", import_id)

    def _load(self, kind: type[_Aggregate], word: str, aggregate_id: UUID) -> _Aggregate:
        try:
            aggregate = self.repository.get(aggregate_id, projector_func=_after)
        except AggregateNotFoundError:
            raise NotFound(word, aggregate_id) from None
        if not isinstance(aggregate, kind):
            raise NotFound(word, aggregate_id)
        return aggregate

    def _record_all(self, aggregates: Sequence[Root]) -> int:
        recordings: list[Recording[UUID]] = self.save(*cast("list[Root]", aggregates))
        return recordings[-1].notification.id if recordings else 0

    def _earlier(self, act: Act) -> int:
        if act.source is None or act.source_ref is None:
            return 0
        return self._history.position_of(act.source, act.source_ref) or 0


def _after(aggregate: Root | None, events: Iterable[Envelope]) -> Root | None:
    """The aggregate after these events. The library's own way to do this asks each event whether
    it can change an aggregate, which takes longer than to let it.
    """
    for envelope in events:
        aggregate = envelope.mutate(aggregate)
    return aggregate


class _CustomersOfCommand:
    """The customers that one command loads; each is loaded once, and saved with the others."""

    def __init__(self, hub: Hub, history: History) -> None:
        self._hub = hub
        self._history = history
        self._loaded: dict[UUID, Customer] = {}

    @property
    def touched(self) -> list[Customer]:
        return [customer for customer in self._loaded.values() if customer.pending_events]

    def get(self, customer_id: UUID) -> Customer:
        if customer_id not in self._loaded:
            self._loaded[customer_id] = self._hub.customer(customer_id)
        return self._loaded[customer_id]

    def add(self, customer: Customer) -> None:
        self._loaded[customer.id] = customer

    def filed(self, customer: Customer, contact_id: UUID) -> Filed:
        # Read after the customer was loaded: what is written to this contact from here on is
        # written to the customer's stream too, so the version conflict tells us to decide anew.
        events = self._history.events_of_contact(contact_id)
        return Filed.after(events, customer=customer.id, contact_id=contact_id)
