"""Who works at the demonstration company."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID, uuid5

from domain.staff.member import Role

_NAMESPACE = UUID("c1f0a3d2-6d0b-5c55-9d5e-6f1f7c1d8e10")

Desk = Literal["care", "london", "chinese", "accounts", "workshop", "lead", "sales", "audit"]


@dataclass(frozen=True, slots=True)
class Colleague:
    """One member of staff; `desk` is what they do, `sign_in_name` under which they would sign in."""

    name: str
    sign_in_name: str
    role: Role
    desk: Desk

    @property
    def id(self) -> UUID:
        """The same in every story, so that it can be told in advance."""
        return uuid5(_NAMESPACE, self.sign_in_name)


TEAM = (
    Colleague("Lena Hartmann", "lena", "agent", "care"),
    Colleague("Sofia Marques", "sofia", "agent", "care"),
    Colleague("Ben Adler", "ben", "agent", "care"),
    Colleague("Tom Okafor", "tom", "agent", "london"),
    Colleague("陈梅 Mei Chen", "mei", "agent", "chinese"),
    Colleague("Jonas Weber", "jonas", "agent", "accounts"),
    Colleague("Emil Brandt", "emil", "agent", "workshop"),
    Colleague("Yuki Tanaka", "yuki", "agent", "workshop"),
    Colleague("Priya Nair", "priya", "manager", "lead"),
    Colleague("Katrin Vogel", "katrin", "manager", "sales"),
    Colleague("Henrik Lund", "henrik", "auditor", "audit"),
)


def at_desk(desk: Desk) -> tuple[Colleague, ...]:
    """All who work at this desk."""
    return tuple(one for one in TEAM if one.desk == desk)
