"""How each member of staff wants to see the hub."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import Engine, delete, select

from adapters.database import writing
from adapters.desk.tables import preferences, put

Theme = Literal["light", "dark", "system"]
Density = Literal["comfortable", "compact"]


@dataclass(frozen=True)
class Preferences:
    """One person's choices; None leaves language and zone to the browser and the settings."""

    language: str | None = None
    zone: str | None = None
    theme: Theme = "system"
    density: Density = "comfortable"
    shortcuts: bool = True


class PreferencesOfStaff:
    """The choices of all staff."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, staff_id: UUID) -> Preferences:
        """What this person chose, or the ordinary choices."""
        with self._engine.connect() as connection:
            row = connection.execute(
                select(preferences).where(preferences.c.staff_id == staff_id)
            ).one_or_none()
        if row is None:
            return Preferences()
        return Preferences(row.language, row.zone, row.theme, row.density, row.shortcuts)

    def choose(self, staff_id: UUID, chosen: Preferences) -> None:
        """Keep what this person chose."""
        with writing(self._engine) as connection:
            row = {"staff_id": staff_id, **asdict(chosen)}
            put(connection, preferences, row, key=["staff_id"])

    def remove(self, staff_id: UUID) -> None:
        """Forget what this person chose."""
        with writing(self._engine) as connection:
            connection.execute(delete(preferences).where(preferences.c.staff_id == staff_id))
