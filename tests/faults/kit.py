"""A hub that is about to suffer, and the question whether it kept what it promised.

How long the drills are: RAPPORT_FAULT_ROUNDS multiplies their rounds. Each is repeatable as far
as its seed goes, which a failure names; the moment at which a signal arrives is the machine's.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text

from adapters.settings import Settings, made_once
from adapters.sqlite import file_of
from adapters.wiring import Rapport, build
from domain.personal import Personal
from domain.root import Envelope
from tests.scenario import registered
from tests.telling import tell

TIMES = int(os.environ.get("RAPPORT_FAULT_ROUNDS", "1"))
SEED = 20_260_105
PEOPLE = tuple(UUID(int=0xFACE << 64 | number) for number in range(1, 4))
EVERYTHING = 2**62


def rounds(short: int) -> int:
    """How many rounds a drill takes that takes `short` of them in an ordinary run."""
    return short * TIMES


@dataclass(frozen=True)
class Premises:
    """Where a hub lies: its database, and the folder with everything else."""

    database_url: str
    folder: Path

    def settings(self) -> Settings:
        """As the hub is set up in service, apart from cheap passwords."""
        return Settings(
            database_url=self.database_url,
            keys_url=f"sqlite:///{self.folder / 'keys.db'}",
            data_dir=self.folder,
            master_key=bytes.fromhex(made_once(self.folder / "master.key")),
            secret_key=made_once(self.folder / "secret.key"),
            host="127.0.0.1",
            port=8000,
            timezone=ZoneInfo("UTC"),
            locale="en",
            region="GB",
            https=False,
            proxy_hops=0,
            log_level="warning",
            log_format="console",
            idle_minutes=30,
            session_hours=12,
            cheap_passwords=True,
        )

    def open(self) -> Rapport:
        """The hub, as a process that serves opens it."""
        return build(self.settings())

    def environment(self) -> dict[str, str]:
        """The same settings for a command of the command line."""
        return {
            **os.environ,
            "RAPPORT_DATABASE_URL": self.database_url,
            "RAPPORT_DATA_DIR": str(self.folder),
            "RAPPORT_CHEAP_PASSWORDS": "yes",
            "RAPPORT_LOG_LEVEL": "warning",
        }


def founded(database_url: str, folder: Path) -> Premises:
    """A new hub that knows a few customers."""
    folder.mkdir(parents=True, exist_ok=True)
    premises = Premises(database_url, folder)
    with premises.open() as rapport:
        tell(rapport, *(registered(f"Anna {n}", id=each) for n, each in enumerate(PEOPLE)))
        rapport.projector.catch_up()
    return premises


def on_file(folder: Path) -> Premises:
    """As `founded`, on SQLite in the folder."""
    return founded(f"sqlite:///{folder / 'rapport.db'}", folder)


# --- whether everything is as it was promised ---------------------------------------------------

Acknowledged = Mapping[str, int]
"""What callers were told is recorded: the deed's reference, and the position of its last event.

Who tells it a second time gets the position of its first event.

A reference ends in the number of events that the deed makes: `7-12/2` makes two.
"""


def nothing_lost(premises: Premises, acknowledged: Acknowledged) -> None:
    """Open the hub again and check every promise; the AssertionError names the one broken."""
    with premises.open() as rapport:
        check_log(rapport, acknowledged)
        check_read_models(rapport)
    if rapport.settings.is_sqlite:
        for file in (file_of(rapport.engine.url), premises.folder / "keys.db"):
            assert integrity(file) == "ok"


def check_log(rapport: Rapport, acknowledged: Acknowledged) -> None:
    """Each deed that was acknowledged is recorded once and whole; no deed is there in part."""
    deeds = recorded(rapport)
    lost = sorted(acknowledged.keys() - deeds.keys())
    assert not lost, f"{len(lost)} of {len(acknowledged)} acknowledged deeds are lost: {lost[:5]}"
    for deed, positions in deeds.items():
        size = int(deed.rpartition("/")[2])
        assert len(positions) == size, f"{deed} is recorded as {len(positions)} events"
        assert positions == list(range(positions[0], positions[0] + size)), f"{deed} is torn apart"
        assert acknowledged.get(deed, positions[0]) in positions, f"{deed} lies elsewhere"
    with rapport.engine.connect() as connection:
        streams = connection.execute(
            text("SELECT stream, count(*), min(version), max(version) FROM events GROUP BY stream")
        ).all()
    for stream, count, first, last in streams:
        assert (first, last) == (1, count), f"stream {stream} has a gap"
        assert rapport.hub.customer(UUID(str(stream))).version == last
    for found in rapport.log.page(0, EVERYTHING, EVERYTHING):
        assert isinstance(found, Envelope), found
        for word in words_of(found.event):
            assert not word.is_forgotten


def check_read_models(rapport: Rapport) -> None:
    """The read models, folded on from where they are, have the rows of a rebuild."""
    head = rapport.log.head()
    for status in rapport.projector.status():
        assert status.position <= head, f"{status.name} is ahead of the log"
        assert not status.parked, f"{status.name} has parked events"
    rapport.projector.catch_up()
    for name in rapport.projector.names:
        comparison = rapport.projector.verify(name)
        assert comparison.equal, comparison.difference


def recorded(rapport: Rapport) -> dict[str, list[int]]:
    """The positions of every deed that is in the log, ascending."""
    deeds: dict[str, list[int]] = {}
    with rapport.engine.connect() as connection:
        for deed, position in connection.execute(
            text("SELECT correlation, position FROM events WHERE correlation IS NOT NULL")
        ):
            deeds.setdefault(deed, []).append(position)
    return {deed: sorted(positions) for deed, positions in deeds.items()}


def words_of(value: object) -> Iterable[Personal]:
    """Every word about a person in an event."""
    if isinstance(value, Personal):
        yield value
    elif isinstance(value, tuple):
        for inner in value:
            yield from words_of(inner)
    else:
        for name in getattr(value, "__struct_fields__", ()):
            yield from words_of(getattr(value, name))


def integrity(file: Path) -> str:
    """What SQLite says of the file: `ok`, or what is wrong with it."""
    connection = sqlite3.connect(file)
    try:
        return "; ".join(row[0] for row in connection.execute("PRAGMA integrity_check"))
    except sqlite3.DatabaseError as error:
        return str(error)
    finally:
        connection.close()
