"""A member of staff: who joined, what they may do, and when they left."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from domain.errors import Invalid, Refused
from domain.personal import Personal
from domain.root import Act, Beginning, Event, Root

Role = Literal["agent", "manager", "auditor", "administrator"]
ROLES: tuple[Role, ...] = ("agent", "manager", "auditor", "administrator")


class Joined(Beginning, frozen=True, kw_only=True):
    """A person began to work with the hub, signing in under `sign_in_name`."""

    TOPIC = "staff.joined"
    name: Personal
    sign_in_name: Personal
    role: Role

    def begin(self, aggregate_id: UUID) -> Member:
        member = Member(aggregate_id)
        member.role = self.role
        member.name = self.name
        return member


class RoleGiven(Event, frozen=True, kw_only=True):
    """A member of staff may now do what this role may do."""

    TOPIC = "staff.role_given"
    role: Role

    def apply(self, member: Member) -> None:
        member.role = self.role


class Renamed(Event, frozen=True, kw_only=True):
    """A member of staff goes by another name."""

    TOPIC = "staff.renamed"
    name: Personal

    def apply(self, member: Member) -> None:
        member.name = self.name


class Left(Event, frozen=True, kw_only=True):
    """A member of staff works with the hub no longer; what they did stays theirs."""

    TOPIC = "staff.left"

    def apply(self, member: Member) -> None:
        member.has_left = True


class Member(Root):
    """One member of staff."""

    def __init__(self, aggregate_id: UUID) -> None:
        super().__init__(aggregate_id)
        self.name = Personal("")
        self.role: Role = "agent"
        self.has_left = False

    @classmethod
    def join(cls, member_id: UUID, *, name: str, sign_in_name: str, role: Role, act: Act) -> Member:
        """A new member of staff."""
        if not name.strip():
            raise Invalid("Give the person's name.", field="name")
        if not sign_in_name.strip():
            raise Invalid("Give a name to sign in with.", field="sign_in_name")
        joined = Joined(name=Personal(name), sign_in_name=Personal(sign_in_name), role=role)
        return cls.start(member_id, joined, act)

    def give_role(self, role: Role, *, act: Act) -> None:
        """Let the member do what the role may do."""
        self._refuse_if_gone()
        if role != self.role:
            self.happen(RoleGiven(role=role), act)

    def rename(self, name: str, *, act: Act) -> None:
        """Call the member by another name."""
        self._refuse_if_gone()
        if not name.strip():
            raise Invalid("Give the person's name.", field="name")
        if name != self.name.text:
            self.happen(Renamed(name=Personal(name)), act)

    def leave(self, *, act: Act) -> None:
        """The member's work with the hub ends."""
        if not self.has_left:
            self.happen(Left(), act)

    def _refuse_if_gone(self) -> None:
        if self.has_left:
            raise Refused("This person has left. Enrol them again under a new name.")
