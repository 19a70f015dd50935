"""Whether the hub can serve: what a load balancer or an administrator has to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from adapters import database

if TYPE_CHECKING:
    from adapters.wiring import Rapport

LARGEST_LAG = 5000
"""Events that a read model may be behind before pages show too little of the truth."""


def problems(rapport: Rapport) -> list[str]:
    """What keeps the hub from serving, each as a sentence; empty when it can."""
    try:
        with rapport.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        database.check(rapport.settings.database_url)
        status = rapport.projector.status()
    except SQLAlchemyError:
        return ["The database cannot be reached."]
    except database.Outdated as outdated:
        return [str(outdated)]
    return [
        f"The read model {each.name} is {each.lag} events behind."
        for each in status
        if each.state == "live" and each.lag > LARGEST_LAG
    ]
