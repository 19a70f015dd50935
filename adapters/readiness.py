"""Whether the hub can serve: what a load balancer or an administrator has to know."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError

from adapters import database

if TYPE_CHECKING:
    from adapters.wiring import Rapport

LARGEST_LAG = 5000
"""Events that a read model may be behind before pages show too little of the truth."""

LEAST_ROOM = 10 * 1024 * 1024
"""Bytes that must be left on a disk of the hub's: with less, the next contacts may be refused."""


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
    behind = [
        f"The read model {each.name} is {each.lag} events behind."
        for each in status
        if each.state == "live" and each.lag > LARGEST_LAG
    ]
    return behind + _disks_without_room(rapport)


def _disks_without_room(rapport: Rapport) -> list[str]:
    """The folders we write to in which it gets tight; a database server watches its own disk."""
    folders = {rapport.settings.data_dir}
    for url in map(make_url, (rapport.settings.database_url, rapport.settings.keys_url)):
        if url.get_backend_name() == "sqlite" and url.database:
            folders.add(Path(url.database).parent)
    return [
        f"The disk of {folder} is full: make room, then everything goes on without a restart."
        for folder in sorted(folders)
        if shutil.disk_usage(folder).free < LEAST_ROOM
    ]
