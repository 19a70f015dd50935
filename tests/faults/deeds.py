"""What the hub is busy with when the fault strikes: people log contacts, and it folds them."""

from __future__ import annotations

import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TypeVar
from uuid import UUID

import msgspec
from eventsourcing.persistence import PersistenceError
from sqlalchemy.exc import DBAPIError

from adapters.database import checkpoint
from adapters.wiring import Rapport
from domain.customers.commands import Command, FileElsewhere, LogContactWithFollowUp
from domain.errors import Busy
from domain.personal import Personal
from domain.root import FORM, Act
from tests.faults.kit import PEOPLE, Premises
from tests.scenario import AGENT, email, line, payment, phone_call, purchase, registered

Say = Callable[[str, int], None]
"""Tells the caller that a deed is done: its reference, and the position of its last event."""

OPEN = "open"
"""What is said first: the hub has been opened, and the deeds begin."""

Deed = tuple[str, Command]
Outcome = TypeVar("Outcome")

FEW = 1
"""The seed by which the first four deeds are a purchase, a payment, a customer, a move."""


def deeds(run: int | str, chance: random.Random) -> Iterator[Deed]:
    """What people do one after the other, without end: deeds of one event and of two."""
    number, filed = 0, list[tuple[UUID, UUID]]()
    while True:
        number += 1
        person, other = chance.sample(PEOPLE, 2)
        telling = chance.choice(
            [
                phone_call(person, "asks for the price", note="calls from the road"),
                email(person, "Your offer", "Thank you, we take it."),
                purchase(person, lines=(line("GRINDER", "40.00"), line("BRUSH", "2.50", "3"))),
                payment(person, "25.00"),
            ]
        )
        moment = datetime.now(UTC) - timedelta(seconds=1)
        contact = msgspec.structs.replace(telling.command.contact, occurred_at=moment)  # type: ignore[attr-defined]
        command = msgspec.structs.replace(telling.command, contact=contact)
        match number % 4:
            case 2:
                yield (
                    f"{run}-{number}/2",
                    LogContactWithFollowUp(
                        customer_id=person,
                        contact=contact,
                        on=moment.date(),
                        staff=AGENT,
                        what=Personal("call back"),
                    ),
                )
            case 0 if filed:
                owner, moved = filed.pop()
                other = next(each for each in PEOPLE if each != owner)
                yield (
                    f"{run}-{number}/2",
                    FileElsewhere(customer_id=owner, contact_id=moved, destination=other),
                )
            case 3 if chance.random() < 0.5:  # somebody new, who needs a key of their own
                yield f"{run}-{number}/1", registered(f"Bert {run}-{number}").command
            case _:
                yield f"{run}-{number}/1", command
                filed = [(person, contact.contact_id)]


def do(rapport: Rapport, deed: str, command: Command) -> int:
    """Carry a deed out as a form does, under its own reference; returns its last position."""
    act = Act(by=AGENT, at=datetime.now(UTC), source=FORM, source_ref=deed, correlation=deed)
    return rapport.hub.handle(command, act)


def keep_logging(say: Say, premises: Premises, run: int, count: int = 10**9) -> None:
    """A process that serves: it logs, folds what it wrote, and checkpoints now and then."""
    chance = random.Random(run)
    with premises.open() as rapport:
        say(OPEN, 0)
        for (deed, command), _ in zip(deeds(run, chance), range(count), strict=False):
            say(deed, position := do(rapport, deed, command))
            if chance.random() < 0.8:
                rapport.projector.fold_now(position)
            if chance.random() < 0.1:
                checkpoint(rapport.engine)


def keep_logging_beside_a_projector(say: Say, premises: Premises, run: int) -> None:
    """As `keep_logging`, while another thread follows the log."""
    with premises.open() as rapport:
        threading.Thread(
            target=rapport.projector.run, args=[threading.Event()], daemon=True
        ).start()
        say(OPEN, 0)
        for deed, command in deeds(f"beside-{run}", random.Random(run)):
            say(deed, do(rapport, deed, command))


def a_few(say: Say, premises: Premises, run: int) -> None:
    """A short while at work, with everything in it that writes: keys, log, read models."""
    with premises.open() as rapport:
        say(OPEN, 0)
        for deed, command in islice(deeds(run, random.Random(FEW)), 4):
            say(deed, position := do(rapport, deed, command))
            rapport.projector.fold_now(position)
        checkpoint(rapport.engine)


def a_few_insisting(say: Say, premises: Premises, run: int) -> None:
    """As `a_few`, by people who try once more when they are shown an error; says every error."""

    def insist(act: Callable[[], Outcome]) -> Outcome:
        try:
            return act()
        except (PersistenceError, DBAPIError, sqlite3.OperationalError) as error:
            say(f"error: {error}", 0)
            return act()

    with insist(premises.open) as rapport:
        for deed, command in islice(deeds(run, random.Random(FEW)), 4):
            say(deed, position := insist(lambda: do(rapport, deed, command)))  # noqa: B023
            rapport.projector.fold_now(position)
        insist(lambda: checkpoint(rapport.engine))


def a_few_giving_up(say: Say, premises: Premises, run: int) -> None:
    """As `a_few`, by a process that says its first error and dies of it."""
    with premises.open() as rapport:
        for deed, command in islice(deeds(run, random.Random(FEW)), 4):
            try:
                position = do(rapport, deed, command)
            except PersistenceError as error:
                say(f"error: {deed} {error}", 0)
                os._exit(1)
            rapport.projector.fold_now(position)


def persist(rapport: Rapport, deed: str, command: Command) -> int:
    """Carry a deed out, sending the same form again after each error."""
    for _ in range(50):
        try:
            return do(rapport, deed, command)
        except (PersistenceError, Busy):
            time.sleep(0.02)
    return do(rapport, deed, command)


def log_until_it_fails(say: Say, premises: Premises, run: int) -> None:
    """Log and fold until the database is gone."""
    with premises.open() as rapport:
        say(OPEN, 0)
        for deed, command in deeds(run, random.Random(run)):
            try:
                position = do(rapport, deed, command)
            except PersistenceError:
                return
            say(deed, position)
            rapport.projector.fold_now(position)


def keep_at_it(say: Say, premises: Premises, run: int, count: int) -> None:
    """Log so many contacts and fold them, whatever happens to the connections."""
    with premises.open() as rapport:
        say(OPEN, 0)
        for deed, command in islice(deeds(run, random.Random(run)), count):
            say(deed, position := persist(rapport, deed, command))
            rapport.projector.fold_now(position)


def deliver(say: Say, premises: Premises, messages: Sequence[Deed]) -> None:
    """Bring these messages in; says of each delivery where the message's first event lies."""
    with premises.open() as rapport:
        say(OPEN, 0)
        for number, (deed, command) in enumerate(messages):
            persist(rapport, deed, command)
            say(f"{deed} {number}", rapport.log.position_of(FORM, deed) or 0)
            rapport.projector.run_once()


def follow(say: Say, premises: Premises, run: int) -> None:
    """A process that does nothing but fold."""
    with premises.open() as rapport:
        say(f"{OPEN} {run}", 0)
        rapport.projector.run(threading.Event())


def rebuild_again_and_again(say: Say, premises: Premises, run: int) -> None:
    """Rebuild every read model beside the one in use, and switch."""
    with premises.open() as rapport:
        say(OPEN, 0)
        while True:
            rapport.projector.rebuilding.rebuild()
            say(f"{run}-rebuilt", 0)
