"""Sign-in names and passwords, and how often somebody may try."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, Engine, delete, exists, insert, select, update
from sqlalchemy.exc import IntegrityError

from adapters.database import writing
from adapters.desk.passwords import Passwords, PasswordStrength, require_acceptable
from adapters.desk.tables import credentials, put_if_absent, sign_in_attempts
from domain.errors import Invalid

SHUT_OUT = timedelta(minutes=15)

# One person who forgot a password is stopped at ten, without shutting out colleagues behind the
# same address; the wider limits stop a list of addresses on one name, and of names from one address.
TRIES_OF_PERSON_AT_ADDRESS = 10
TRIES_OF_PERSON = 50
TRIES_OF_ADDRESS = 100


class TooManyAttempts(Exception):
    """Nobody looked at the password: there were too many tries. `until` is when to come back."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"too many attempts to sign in; again from {until:%H:%M} UTC")
        self.until = until


class Credentials:
    """Who may sign in under which name."""

    def __init__(
        self, engine: Engine, *, strength: PasswordStrength, clock: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._passwords = Passwords(strength)
        self._clock = clock

    def there_are_any(self) -> bool:
        """Whether anybody can sign in at all."""
        with self._engine.connect() as connection:
            return bool(
                connection.scalar(select(exists().where(credentials.c.staff_id.is_not(None))))
            )

    def name_of(self, staff_id: UUID) -> str | None:
        """What this person signs in with."""
        with self._engine.connect() as connection:
            return connection.scalar(
                select(credentials.c.sign_in_name).where(credentials.c.staff_id == staff_id)
            )

    def require_free(self, sign_in_name: str) -> None:
        """Refuse a name that cannot be given. Raises Invalid on field `sign_in_name`."""
        if not sign_in_name.strip():
            raise Invalid("Give a name to sign in with.", field="sign_in_name")
        with self._engine.connect() as connection:
            if _kept_hash(connection, sign_in_name) is not None:
                raise _taken(sign_in_name)

    def add(self, staff_id: UUID, sign_in_name: str, password: str) -> None:
        """Let somebody sign in. Raises Invalid when the name is taken or the password is weak."""
        self.require_free(sign_in_name)
        require_acceptable(password, sign_in_name=sign_in_name)
        row = {
            "staff_id": staff_id,
            "sign_in_name": sign_in_name.strip(),
            "folded_name": folded(sign_in_name),
            "password_hash": self._passwords.hash(password),
            "changed_at": self._clock(),
        }
        try:
            with writing(self._engine) as connection:
                connection.execute(insert(credentials).values(**row))
        except IntegrityError:
            raise _taken(sign_in_name) from None

    def change_password(self, staff_id: UUID, password: str) -> None:
        """Another password from now on. Raises Invalid when it is weak."""
        require_acceptable(password, sign_in_name=self.name_of(staff_id) or "")
        self._keep(staff_id, self._passwords.hash(password))

    def is_password_of(self, staff_id: UUID, password: str) -> bool:
        """Whether this is the password of somebody who has signed in already."""
        with self._engine.connect() as connection:
            kept = connection.scalar(
                select(credentials.c.password_hash).where(credentials.c.staff_id == staff_id)
            )
        return self._passwords.is_right(password, kept)

    def check(self, sign_in_name: str, password: str, *, address: str) -> UUID | None:
        """Who this is, or None when name and password do not belong together.

        `address` is where the attempt comes from. Raises TooManyAttempts, without looking at the
        password, from the eleventh failure within a quarter of an hour.
        """
        subjects = _subjects(sign_in_name, address)
        self._count(subjects)
        with self._engine.connect() as connection:
            found = _kept_hash(connection, sign_in_name)
        staff_id, kept = found if found is not None else (None, None)
        if not self._passwords.is_right(password, kept) or staff_id is None or kept is None:
            return None
        with writing(self._engine) as connection:
            connection.execute(
                delete(sign_in_attempts).where(sign_in_attempts.c.subject_hash.in_(subjects))
            )
        if self._passwords.is_outdated(kept):
            self._keep(staff_id, self._passwords.hash(password))
        return staff_id

    def remove(self, staff_id: UUID) -> None:
        """This person signs in no more."""
        with writing(self._engine) as connection:
            connection.execute(delete(credentials).where(credentials.c.staff_id == staff_id))

    def remove_old_attempts(self) -> None:
        """Forget tries that no longer count."""
        with writing(self._engine) as connection:
            connection.execute(
                delete(sign_in_attempts).where(sign_in_attempts.c.forgotten_at <= self._clock())
            )

    def _keep(self, staff_id: UUID, password_hash: str) -> None:
        with writing(self._engine) as connection:
            connection.execute(
                update(credentials)
                .where(credentials.c.staff_id == staff_id)
                .values(password_hash=password_hash, changed_at=self._clock())
            )

    def _count(self, subjects: dict[str, int]) -> None:
        # Counted before the password is looked at, so that many tries at once count too.
        now = self._clock()
        with writing(self._engine) as connection:
            for subject, limit in subjects.items():
                table, mine = sign_in_attempts, sign_in_attempts.c.subject_hash == subject
                connection.execute(delete(table).where(mine, table.c.forgotten_at <= now))
                row = {"subject_hash": subject, "attempts": 0, "forgotten_at": now + SHUT_OUT}
                put_if_absent(connection, table, row, key=["subject_hash"])
                tried = connection.execute(
                    update(table)
                    .where(mine)
                    .values(attempts=table.c.attempts + 1)
                    .returning(table.c.attempts, table.c.forgotten_at)
                ).one()
                if tried.attempts > limit:
                    raise TooManyAttempts(tried.forgotten_at)


def folded(sign_in_name: str) -> str:
    """What sign-in names are compared by."""
    return unicodedata.normalize("NFKC", sign_in_name).casefold().strip()


def _kept_hash(connection: Connection, sign_in_name: str) -> tuple[UUID, str] | None:
    row = connection.execute(
        select(credentials.c.staff_id, credentials.c.password_hash).where(
            credentials.c.folded_name == folded(sign_in_name)
        )
    ).one_or_none()
    return None if row is None else (row.staff_id, row.password_hash)


def _taken(sign_in_name: str) -> Invalid:
    return Invalid(
        "Somebody signs in as {name} already. Choose another name.",
        field="sign_in_name",
        name=sign_in_name.strip(),
    )


def _subjects(sign_in_name: str, address: str) -> dict[str, int]:
    person = folded(sign_in_name)
    return {
        _hashed("both", person, address): TRIES_OF_PERSON_AT_ADDRESS,
        _hashed("person", person): TRIES_OF_PERSON,
        _hashed("address", address): TRIES_OF_ADDRESS,
    }


def _hashed(*words: str) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()
