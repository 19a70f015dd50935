"""What somebody was typing: kept while they type, given back when they return, gone once sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Engine, delete, select

from adapters.database import writing
from adapters.desk.tables import drafts, put


@dataclass(frozen=True)
class Draft:
    """One form, half filled in: what stood in each of its fields."""

    key: str
    content: Mapping[str, object]
    saved_at: datetime


class Drafts:
    """The drafts of all staff; each sees only their own.

    A key names the form, and begins with the path of what it is about, such as
    `customers/<id>/composer`, so that the drafts about something can be found and removed.
    """

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    def keep(self, staff_id: UUID, key: str, content: Mapping[str, object]) -> None:
        """Keep this draft, over the one kept before under the same key."""
        row = {
            "staff_id": staff_id,
            "key": key,
            "content": dict(content),
            "saved_at": self._clock(),
        }
        with writing(self._engine) as connection:
            put(connection, drafts, row, key=["staff_id", "key"])

    def find(self, staff_id: UUID, key: str) -> Draft | None:
        """The draft under this key, if there is one."""
        with self._engine.connect() as connection:
            row = connection.execute(
                select(drafts).where(drafts.c.staff_id == staff_id, drafts.c.key == key)
            ).one_or_none()
        return None if row is None else Draft(row.key, row.content, row.saved_at)

    def all_of(self, staff_id: UUID) -> Sequence[Draft]:
        """All drafts of one person, the latest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(drafts)
                .where(drafts.c.staff_id == staff_id)
                .order_by(drafts.c.saved_at.desc(), drafts.c.key)
            )
            return [Draft(row.key, row.content, row.saved_at) for row in rows]

    def remove(self, staff_id: UUID, key: str) -> None:
        """Throw a draft away. None there is no error."""
        with writing(self._engine) as connection:
            connection.execute(
                delete(drafts).where(drafts.c.staff_id == staff_id, drafts.c.key == key)
            )

    def remove_all(self, staff_id: UUID) -> None:
        """Throw all drafts of one person away."""
        with writing(self._engine) as connection:
            connection.execute(delete(drafts).where(drafts.c.staff_id == staff_id))

    def remove_about(self, path: str) -> None:
        """Throw everybody's drafts about something away, as when a customer is erased.

        `path` is the beginning of the keys: `customers/<id>`.
        """
        begins = drafts.c.key.startswith(path.rstrip("/") + "/", autoescape=True)
        with writing(self._engine) as connection:
            connection.execute(delete(drafts).where(begins | (drafts.c.key == path)))

    def remove_older_than(self, age: timedelta) -> None:
        """Throw away what nobody came back to."""
        with writing(self._engine) as connection:
            connection.execute(delete(drafts).where(drafts.c.saved_at <= self._clock() - age))
