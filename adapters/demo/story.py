"""The demonstration company's three years: whose lives they are made of, and how they are recorded."""

from __future__ import annotations

import dataclasses
from bisect import bisect
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from random import Random
from typing import NamedTuple
from uuid import UUID

from adapters.demo import firms, persons, showcase
from adapters.demo.catalogue import Course
from adapters.demo.life import HOME, Company, Life, Told
from adapters.demo.people import (
    CHINA,
    COUNTRIES,
    WEIGHTS,
    Country,
    Who,
    address,
    firm,
    person,
    phone,
)
from adapters.demo.team import TEAM
from domain.customers.customer import Customer
from domain.customers.filed import Filed
from domain.errors import NotFound
from domain.identity import SYSTEM
from domain.root import Act, Envelope
from domain.staff.member import Member

PERSONS, FIRMS = 1790, 160
"""How many lives are drawn by lot, beside those told in showcase.py."""


MARK = "demonstration "
"""How the correlation of every event of a story begins."""


class Recorded(NamedTuple):
    """What one command brought about, and the moment at which it is recorded."""

    at: datetime
    envelopes: list[Envelope]


class Story:
    """Three years ending at `until` (aware); the same seed and end tell the same story."""

    def __init__(self, *, until: datetime, seed: int) -> None:
        self.seed = seed
        self.until = until.astimezone(UTC)
        self.course = Course(self.until.astimezone(HOME).date())
        self.mark = f"{MARK}{seed} until {self.until.isoformat()}"
        self._company = Company(seed, self.course, self.mark)

    @property
    def begins(self) -> datetime:
        """The first moment of the story, when its staff join."""
        return datetime.combine(self.course.begins, time(6), HOME).astimezone(UTC)

    def commands(self) -> list[Told]:
        """Everything that is asked of customers until the last moment, in the order of asking."""
        told = [one for life in self._lives() for one in life.told if one.at <= self.until]
        told.sort(key=lambda one: (one.at, one.life, one.order))
        return told

    def recorded(self) -> Iterator[Recorded]:
        """The staff's joining, then what follows from each command. Raises Refused never: every
        command is decided by the aggregates themselves, so that a story cannot break a rule.
        """
        yield self._joined()
        customers = _Customers()
        for told in self.commands():
            told.command.decide(customers, told.act)
            if envelopes := customers.collect():
                yield Recorded(told.at, envelopes)

    def _joined(self) -> Recorded:
        act = Act(by=SYSTEM, at=self.begins, correlation=self.mark)
        members = [
            Member.join(
                one.id, name=one.name, sign_in_name=one.sign_in_name, role=one.role, act=act
            )
            for one in TEAM
        ]
        return Recorded(self.begins, [event for one in members for event in one.collect_events()])

    # --- whose lives --------------------------------------------------------------------------

    def _lives(self) -> Iterator[Life]:
        days = [self.course.begins + timedelta(days=day) for day in range(3 * 365)]
        crowds = list(accumulate(self.course.crowd(day) for day in days))
        codes, weights = list(WEIGHTS), list(WEIGHTS.values())
        number = 0
        for number in range(1, PERSONS + 1):
            rng = self._random(number)
            country = COUNTRIES[rng.choices(codes, weights)[0]]
            if country.code in {"DE", "GB"} and rng.random() < 0.03:
                who = _moved_here(rng, person(rng, CHINA, number=number), country)
            else:
                who = person(rng, country, number=number)
            day = days[bisect(crowds, rng.random() * crowds[-1])]
            life = self._life(number, who, day, rng)
            persons.live(life)
            yield life
        for number in range(PERSONS + 1, PERSONS + FIRMS + 1):
            rng = self._random(number)
            country = COUNTRIES[rng.choices(codes, weights)[0]]
            day = days[int(len(days) * rng.random() ** 1.3)]
            life = self._life(number, firm(rng, country, number=number), day, rng)
            firms.live(life)
            yield life
        stage = showcase.Stage(self._company, number)
        for cast in showcase.CAST:
            cast(stage)
        yield from stage.lives

    def _life(self, number: int, who: Who, day: date, rng: Random) -> Life:
        begins = datetime.combine(day, time(), HOME).astimezone(UTC)
        return Life(self._company, number, who, begins, rng)

    def _random(self, number: int) -> Random:
        return Random(f"{self._company.seed}/{number}")


def story_of(mark: str) -> Story:
    """The story whose events bear this correlation."""
    seed, until = mark.removeprefix(MARK).split(" until ")
    return Story(until=datetime.fromisoformat(until), seed=int(seed))


class _Customers:
    """All customers in memory, as far as the story has come: what commands are decided on."""

    def __init__(self) -> None:
        self._customers: dict[UUID, Customer] = {}
        self._of_contact: defaultdict[UUID, list[Envelope]] = defaultdict(list)
        self._touched: dict[UUID, Customer] = {}

    def get(self, customer_id: UUID) -> Customer:
        customer = self._customers.get(customer_id)
        if customer is None:
            raise NotFound("customer", customer_id)
        self._touched[customer_id] = customer
        return customer

    def add(self, customer: Customer) -> None:
        self._customers[customer.id] = self._touched[customer.id] = customer

    def filed(self, customer: Customer, contact_id: UUID) -> Filed:
        events = self._of_contact[contact_id]
        return Filed.after(events, customer=customer.id, contact_id=contact_id)

    def collect(self) -> list[Envelope]:
        """What happened since the last time, in the order in which the hub would record it."""
        happened = [event for one in self._touched.values() for event in one.collect_events()]
        self._touched.clear()
        for envelope in happened:
            if (contact := envelope.event.about) is not None:
                self._of_contact[contact].append(envelope)
        return happened


def _moved_here(rng: Random, who: Who, country: Country) -> Who:
    """Somebody with a name from elsewhere who lives, pays and telephones in this country."""
    here = dataclasses.replace(country, language=who.country.language)
    return dataclasses.replace(
        who, country=here, address=address(rng, country), phone=phone(rng, country)
    )
