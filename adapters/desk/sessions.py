"""Who is signed in. The cookie holds a random token; here is only its hash."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Engine, delete, insert, or_, select, update

from adapters.database import writing
from adapters.desk.tables import sessions

# Being seen is written at most once a minute: each writing waits for the disk.
_SEEN_AGAIN = timedelta(minutes=1)


@dataclass(frozen=True)
class Session:
    """One person signed in on one browser."""

    staff_id: UUID
    created_at: datetime
    last_seen_at: datetime
    ends_at: datetime


class Sessions:
    """The sessions of all staff."""

    def __init__(
        self,
        engine: Engine,
        *,
        idle: timedelta,
        longest: timedelta,
        clock: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._idle = idle
        self._longest = longest
        self._clock = clock

    def begin(self, staff_id: UUID) -> str:
        """Sign somebody in; returns the token (256 random bits) that their browser keeps."""
        token, now = secrets.token_urlsafe(32), self._clock()
        with writing(self._engine) as connection:
            connection.execute(
                insert(sessions).values(
                    token_hash=_hashed(token),
                    staff_id=staff_id,
                    created_at=now,
                    last_seen_at=now,
                    ends_at=now + self._longest,
                )
            )
        return token

    def find(self, token: str, *, seen: bool = True) -> Session | None:
        """The session of this token, unless it has ended.

        `seen` says that a person did something; a page that refreshes itself keeps nobody in.
        """
        now = self._clock()
        with self._engine.connect() as connection:
            row = connection.execute(
                select(sessions).where(sessions.c.token_hash == _hashed(token))
            ).one_or_none()
        if row is None or row.ends_at <= now or row.last_seen_at + self._idle <= now:
            return None
        if seen and row.last_seen_at + min(_SEEN_AGAIN, self._idle / 10) <= now:
            with writing(self._engine) as connection:
                connection.execute(
                    update(sessions)
                    .where(sessions.c.token_hash == row.token_hash)
                    .values(last_seen_at=now)
                )
        return Session(row.staff_id, row.created_at, row.last_seen_at, row.ends_at)

    def end(self, token: str) -> None:
        """Sign out on one browser."""
        with writing(self._engine) as connection:
            connection.execute(delete(sessions).where(sessions.c.token_hash == _hashed(token)))

    def end_all(self, staff_id: UUID, *, except_token: str | None = None) -> None:
        """Sign somebody out everywhere, or everywhere else."""
        here = _hashed(except_token) if except_token is not None else ""
        with writing(self._engine) as connection:
            connection.execute(
                delete(sessions).where(
                    sessions.c.staff_id == staff_id, sessions.c.token_hash != here
                )
            )

    def remove_ended(self) -> None:
        """Delete the sessions that can no longer be used."""
        now = self._clock()
        with writing(self._engine) as connection:
            connection.execute(
                delete(sessions).where(
                    or_(sessions.c.ends_at <= now, sessions.c.last_seen_at <= now - self._idle)
                )
            )


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
