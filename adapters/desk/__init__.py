"""What people need at their desks and history does not: passwords, sessions, preferences, drafts.

These tables live beside the log but are no part of it: they are changed and deleted in place,
and nothing is computed from them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Engine

from adapters.desk.credentials import Credentials, TooManyAttempts
from adapters.desk.drafts import Draft, Drafts
from adapters.desk.passwords import CHEAP, STRONG, PasswordStrength
from adapters.desk.preferences import Preferences, PreferencesOfStaff
from adapters.desk.sent_forms import SentForms
from adapters.desk.sessions import Session, Sessions
from adapters.desk.tables import desk_metadata

__all__ = [
    "CHEAP",
    "STRONG",
    "Credentials",
    "Desk",
    "Draft",
    "Drafts",
    "PasswordStrength",
    "Preferences",
    "PreferencesOfStaff",
    "SentForms",
    "Session",
    "Sessions",
    "TooManyAttempts",
    "desk_metadata",
]

DRAFTS_KEPT = timedelta(days=30)
SENT_FORMS_KEPT = timedelta(hours=48)


@dataclass(frozen=True)
class Desk:
    """The desk tables of one database, each behind the few questions that are asked of it."""

    credentials: Credentials
    sessions: Sessions
    preferences: PreferencesOfStaff
    drafts: Drafts
    sent_forms: SentForms

    @classmethod
    def at(
        cls,
        engine: Engine,
        *,
        strength: PasswordStrength = STRONG,
        idle: timedelta = timedelta(minutes=30),
        longest: timedelta = timedelta(hours=12),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> Desk:
        """The desk in this database. The tables must exist; migrations make them.

        A session ends after `idle` without a request, and after `longest` in any case.
        """
        return cls(
            credentials=Credentials(engine, strength=strength, clock=clock),
            sessions=Sessions(engine, idle=idle, longest=longest, clock=clock),
            preferences=PreferencesOfStaff(engine),
            drafts=Drafts(engine, clock=clock),
            sent_forms=SentForms(engine, clock=clock),
        )

    def dismiss(self, staff_id: UUID) -> None:
        """A member of staff left: no way in any more, and nothing of theirs stays on the desk."""
        self.credentials.remove(staff_id)
        self.sessions.end_all(staff_id)
        self.preferences.remove(staff_id)
        self.drafts.remove_all(staff_id)

    def tidy(self) -> None:
        """Delete what has run out: ended sessions, old drafts, keys of forms sent days ago."""
        self.sessions.remove_ended()
        self.credentials.remove_old_attempts()
        self.drafts.remove_older_than(DRAFTS_KEPT)
        self.sent_forms.remove_older_than(SENT_FORMS_KEPT)
