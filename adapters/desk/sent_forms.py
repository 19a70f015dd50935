"""Forms that were sent: the same form sent twice is carried out once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, select, update

from adapters.database import writing
from adapters.desk.tables import put_if_absent, sent_forms

# After so long nobody is working on it any more: the process was killed in the middle. Carrying it
# out again is safe, because the log refuses the same source reference twice.
GIVEN_UP = timedelta(minutes=1)


@dataclass(frozen=True)
class SentForm:
    """What became of a form: `location` is where its sender was led, None while it is worked on."""

    fingerprint: str
    location: str | None


class SentForms:
    """The keys of the forms of the last days."""

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    def take(self, key: str, fingerprint: str) -> SentForm | None:
        """Begin to carry a form out: None when it is ours to do, else what became of it before.

        `fingerprint` tells whether a form sent again under the key says the same.
        """
        now = self._clock()
        row = {"key": key, "fingerprint": fingerprint, "location": None, "sent_at": now}
        with writing(self._engine) as connection:
            connection.execute(
                delete(sent_forms).where(
                    sent_forms.c.key == key,
                    sent_forms.c.location.is_(None),
                    sent_forms.c.sent_at <= now - GIVEN_UP,
                )
            )
            if put_if_absent(connection, sent_forms, row, key=["key"]):
                return None
            before = connection.execute(select(sent_forms).where(sent_forms.c.key == key)).one()
            return SentForm(before.fingerprint, before.location)

    def done(self, key: str, location: str) -> None:
        """The form was carried out and its sender led to `location`."""
        with writing(self._engine) as connection:
            connection.execute(
                update(sent_forms).where(sent_forms.c.key == key).values(location=location)
            )

    def refused(self, key: str) -> None:
        """Nothing came of it: the same form may be sent again, corrected."""
        with writing(self._engine) as connection:
            connection.execute(
                delete(sent_forms).where(sent_forms.c.key == key, sent_forms.c.location.is_(None))
            )

    def remove_older_than(self, age: timedelta) -> None:
        """Forget keys that nobody will send again."""
        with writing(self._engine) as connection:
            connection.execute(
                delete(sent_forms).where(sent_forms.c.sent_at <= self._clock() - age)
            )
