"""Who is asking: the member of staff behind a session cookie."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import Flask, current_app, g, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from domain.errors import NotFound
from domain.staff.member import Role


@dataclass(frozen=True)
class Person:
    """A member of staff who works here now."""

    id: UUID
    name: str
    role: Role

    @property
    def initials(self) -> str:
        """At most two letters that stand for the person; one where names have no spaces."""
        words = self.name.split()
        return "".join(word[0] for word in (words[:1] + words[-1:] if words[1:] else words)).upper()


class SignedIn(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """A person on one browser. The browser's cookie holds the token of the session, not the id."""

    def __init__(self, person: Person, token: str) -> None:
        self.person = person
        self.token = token

    def get_id(self) -> str:
        return self.token


def init_app(app: Flask) -> None:
    """Find out, when it is first asked, who sent a request."""
    logins = LoginManager(app)
    logins.session_protection = None  # the token is random, and ends here, not at the browser
    logins.user_loader(_signed_in)


def person(staff_id: UUID) -> Person | None:
    """The member of staff, unless they have left.

    Asked of the log and not of a read model, so that a role that was taken away is gone at once.
    """
    try:
        member = current_app.extensions["rapport"].hub.member(staff_id)
    except NotFound:
        return None
    return None if member.has_left else Person(staff_id, member.name.text, member.role)


def visitor() -> Person | None:
    """Who is asking, or None when nobody is signed in."""
    return current_user.person if current_user.is_authenticated else None


def current_person() -> Person:
    """Who is asking, where a permission made sure that somebody is signed in."""
    asking = visitor()
    if asking is None:
        raise RuntimeError("this view needs somebody who is signed in: see web/permissions.py")
    return asking


def begin_session(staff_id: UUID) -> None:
    """Sign somebody in on this browser, with a new token and a new CSRF token."""
    someone = person(staff_id)
    if someone is None:
        raise NotFound("person", staff_id)
    session.clear()
    token = current_app.extensions["rapport"].desk.sessions.begin(staff_id)
    login_user(SignedIn(someone, token))
    g.staff_id = str(staff_id)


def end_session() -> None:
    """Sign out on this browser; the old cookie is worth nothing from here on."""
    if current_user.is_authenticated:
        current_app.extensions["rapport"].desk.sessions.end(current_user.token)
    logout_user()
    session.clear()


def end_other_sessions() -> None:
    """Sign the person out everywhere but here, as after a change of password."""
    sessions = current_app.extensions["rapport"].desk.sessions
    sessions.end_all(current_user.person.id, except_token=current_user.token)


def _signed_in(token: str) -> SignedIn | None:
    # Pages that refresh themselves ask with ?poll, so that an empty chair is signed out in time.
    desk = current_app.extensions["rapport"].desk
    found = desk.sessions.find(token, seen="poll" not in request.args)
    someone = person(found.staff_id) if found is not None else None
    if someone is None:
        return None
    g.staff_id = str(someone.id)
    return SignedIn(someone, token)
