"""People join and leave: in the history, where it stays, and at the desk, where it takes effect."""

from __future__ import annotations

from uuid import UUID, uuid4

from adapters.desk import Desk
from adapters.desk.passwords import require_acceptable
from domain.hub import Hub
from domain.root import Act
from domain.staff.member import Member, Role


def enrol(
    hub: Hub, desk: Desk, *, name: str, sign_in_name: str, password: str, role: Role, act: Act
) -> UUID:
    """Let somebody work with the hub; returns their id.

    Raises Invalid, naming the field, when the sign-in name is taken or the password is weak.
    """
    desk.credentials.require_free(sign_in_name)
    require_acceptable(password, sign_in_name=sign_in_name)
    member_id = uuid4()
    member = Member.join(member_id, name=name, sign_in_name=sign_in_name, role=role, act=act)
    hub.enrol(member)
    desk.credentials.add(member_id, sign_in_name, password)
    return member_id


def let_go(hub: Hub, desk: Desk, member_id: UUID, *, act: Act) -> None:
    """End somebody's work with the hub: every session of theirs ends at once."""
    hub.change_member(member_id, lambda member: member.leave(act=act))
    desk.dismiss(member_id)
