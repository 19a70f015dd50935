"""A PostgreSQL server that is killed the hard way, and looked over afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import psycopg

from tests.servers import Postgres


def kill_hard(server: Postgres) -> None:
    """SIGKILL to the postmaster and to every process it started, as when the machine dies."""
    postmaster = int((server.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(postmaster, signal.SIGSTOP)  # or it would see its children die, and clean up
    family = [*_children_of(postmaster), postmaster]
    for pid in family:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    server.stop()  # it is dead: this only takes note
    while any(Path(f"/proc/{pid}").exists() and not _is_zombie(pid) for pid in family):
        time.sleep(0.005)


def amcheck(programs: Path, server: Postgres, database_url: str) -> None:
    """Look every table and index of a database over; skips this when pg_amcheck is missing."""
    if not (programs / "pg_amcheck").exists():
        return
    name = database_url.partition("@/")[2].partition("?")[0]
    with psycopg.connect(f"host={server.folder} user=rapport dbname={name}") as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS amcheck")
    checked = subprocess.run(
        [programs / "pg_amcheck", "-h", server.folder, "-U", "rapport", "--heapallindexed", name],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def _children_of(pid: int) -> list[int]:
    children = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            if int(status.read_text().rpartition(")")[2].split()[1]) == pid:
                children.append(int(status.parent.name))
    return children


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True
