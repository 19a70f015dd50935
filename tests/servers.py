"""The real servers that tests run against, started by the tests and gone with them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    import pwd

START_SECONDS = 60


class ServerError(Exception):
    """A server did not come up; the message carries what it wrote to its log."""


class Postgres:
    """One PostgreSQL server in a folder of its own, reached by a socket in that folder only."""

    def __init__(self, programs: Path, folder: Path, settings: dict[str, str]) -> None:
        self.folder = folder
        self._programs = programs
        self._settings = settings
        self._numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None
        # PostgreSQL refuses to run as root.
        self._owner = account() if os.geteuid() == 0 else None
        if self._owner is not None:
            os.chown(folder, self._owner.pw_uid, self._owner.pw_gid)
        initdb = ["initdb", "-D", "data", "-U", "rapport", "-A", "trust", "-E", "UTF8", "-N"]
        self._wait(self._run(*initdb, "--locale=C.UTF-8"))

    def start(self) -> None:
        """Start, or start again after `stop` or `kill`; returns when connections are answered."""
        settings = [f"-c{name}={value}" for name, value in self._settings.items()]
        self._process = self._run("postgres", "-D", "data", "-k", str(self.folder), *settings)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self._conninfo("postgres")).close()
            except psycopg.OperationalError as error:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise ServerError(self.log()) from error
                time.sleep(0.02)
            else:
                return

    def stop(self) -> None:
        """Shut down in order; open connections are cut."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """Stop without a last word: what was acknowledged must come back from the write-ahead log."""
        self._end(signal.SIGQUIT)

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def new_database(self, template: str = "template1") -> str:
        """The SQLAlchemy URL of a database that nobody has used, a copy of `template`."""
        name = f"test_{next(self._numbers)}"
        self._administer(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        return f"postgresql+psycopg://rapport@/{name}?host={self.folder}"

    def drop_database(self, url: str) -> None:
        """Drop what `new_database` made, also under connections that a test left open."""
        name = url.partition("@/")[2].partition("?")[0]
        self._administer(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )

    def _administer(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._conninfo("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def _conninfo(self, database: str) -> str:
        return f"host={self.folder} user=rapport dbname={database}"

    def _run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [str(self._programs / program), *arguments]
        if setpriv := shutil.which("setpriv"):  # the server ends when the tests are killed
            command = [setpriv, "--pdeathsig", "INT", *command]
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                stdout=log,
                stderr=log,
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
                user=self._owner.pw_uid if self._owner else None,
                group=self._owner.pw_gid if self._owner else None,
                extra_groups=[] if self._owner else None,
            )

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        if process.wait(timeout=START_SECONDS) != 0:
            raise ServerError(self.log())

    def _end(self, with_signal: signal.Signals) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(with_signal)
        try:
            self._process.wait(timeout=START_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def postgres(programs: Path) -> Iterator[Postgres]:
    """A running server, as durable as PostgreSQL is by default, removed afterwards."""
    settings = {
        "listen_addresses": "",
        "max_connections": "60",
        "shared_buffers": "64MB",
        "timezone": "UTC",
    }
    # Not below pytest's own folder: only its owner may enter that, and root does not run servers.
    folder = Path(tempfile.mkdtemp(prefix="rapport-pg-"))
    try:
        server = Postgres(programs, folder, settings)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


def postgres_programs() -> Path | None:
    """The folder of `initdb` and `postgres`, the newest there is; None where there is none."""
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    places = sorted(debian, key=lambda place: float(place.parent.name), reverse=True)
    if pg_config := shutil.which("pg_config"):
        asked = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        places.append(Path(asked.stdout.strip()))
    if on_path := shutil.which("initdb"):
        places.append(Path(on_path).resolve().parent)
    for place in places:
        if (place / "initdb").exists() and (place / "postgres").exists():
            return place
    return None


def account() -> pwd.struct_passwd:
    """The account that a server of root's runs under."""
    import pwd

    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ServerError(
        "run the tests as an ordinary user: root has no account `nobody` to step down to"
    )


def chromium() -> str | None:
    """The browser: RAPPORT_CHROMIUM, else the first that is on PATH; None where there is none."""
    if chosen := os.environ.get("RAPPORT_CHROMIUM"):
        return chosen
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if (found := shutil.which(name))), None)
