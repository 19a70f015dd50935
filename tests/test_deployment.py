"""What `deploy/` holds does what the manual says, on a real PostgreSQL with real processes."""

from __future__ import annotations

import configparser
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psycopg
import pytest

from adapters import settings
from adapters.settings import VARIABLES
from adapters.wiring import build
from domain.identity import SYSTEM
from domain.root import Act
from tests import servers
from tests.scenario import registered

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
EXAMPLES = ROOT / "examples"
PATIENCE = 60.0


class Site:
    """Rapport on a PostgreSQL server of its own, set up as `docs/how-to/run-on-postgresql.md` says."""

    def __init__(self, server: servers.Postgres, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.psql("rapport", "postgres", "--file", DEPLOY / "postgresql" / "roles.sql")
        self.upgrade()

    def url(self, role: str, database: str = "rapport") -> str:
        return f"postgresql://{role}@/{database}?host={self.server.folder}"

    def environment(self, role: str = "rapport_app") -> dict[str, str]:
        """Settings as the units and the compose file give them: secrets by files."""
        told = {
            "RAPPORT_DATABASE_URL": self.url(role),
            "RAPPORT_KEYS_URL": self.url("rapport_keys", "rapport_keys"),
            "RAPPORT_MASTER_KEY": "5a" * 32,
            "RAPPORT_SECRET_KEY": "a5" * 32,
        }
        for name, value in told.items():
            (self.folder / f"{role}.{name}").write_text(value + "\n")
        kept = {name: os.environ[name] for name in os.environ if not name.startswith("RAPPORT_")}
        return {
            **kept,
            **{f"{name}_FILE": str(self.folder / f"{role}.{name}") for name in told},
            "RAPPORT_DATA_DIR": str(self.folder / "data"),
            "PYTHONPATH": str(ROOT),
        }

    def psql(self, role: str, database: str, *words: str | Path) -> None:
        """Run psql under a role; raises CalledProcessError when one statement fails."""
        target = ("-h", self.server.folder, "-U", role, "-d", database, "-v", "ON_ERROR_STOP=1")
        subprocess.run(["psql", "-q", *target, *words], check=True, cwd=self.folder)

    def upgrade(self) -> None:
        """Bring the schema up to date as its owner, and hand over what the application needs."""
        self.run("db", "upgrade", role="rapport_owner")
        self.psql("rapport_owner", "rapport", "--file", DEPLOY / "postgresql" / "grants.sql")

    def run(self, *words: str | Path, role: str = "rapport_app") -> str:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "adapters.cli", *words],
            env=self.environment(role),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def status(self) -> Any:
        return json.loads(self.run("status", "--json"))

    @contextmanager
    def process(self, *words: str | Path) -> Iterator[subprocess.Popen[bytes]]:
        """One of the long-running processes, ended in order afterwards."""
        with subprocess.Popen(words, env=self.environment(), cwd=ROOT) as process:
            try:
                yield process
            finally:
                process.terminate()
                assert process.wait(timeout=PATIENCE) == 0


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(postgres_programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    if shutil.which("psql") is None:
        pytest.skip("psql is not installed (Debian: apt install postgresql-client)")
    with servers.postgres(postgres_programs) as server:  # roles belong to a whole server
        site = Site(server, tmp_path_factory.mktemp("site"))
        for kind in ("customers", "sales"):
            mapping = ("--mapping", EXAMPLES / f"{kind}.toml")
            site.run("import", kind, EXAMPLES / f"{kind}.csv", *mapping)
        yield site


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.2)


def test_the_application_adds_to_the_log_and_rebuilds_but_cannot_change_it(site: Site) -> None:
    site.run("rebuild")
    before = site.status()
    assert before["events"] == 30
    with psycopg.connect(site.url("rapport_app"), autocommit=True) as connection:
        for deed in (
            "UPDATE events SET topic = 'other'",
            "DELETE FROM events",
            "DELETE FROM accesses",
            "TRUNCATE events",
            "DROP TABLE events",
            "ALTER TABLE events DISABLE TRIGGER ALL",
            "DROP FUNCTION events_are_for_ever CASCADE",
            "SELECT setval('events_position_seq', 1)",
        ):
            with pytest.raises(psycopg.Error):
                connection.execute(deed)
    site.run("compare")
    assert site.status()["events"] == before["events"]


def test_the_schema_is_upgraded_again_after_the_application_has_rebuilt(site: Site) -> None:
    site.run("rebuild", "balances")
    site.upgrade()
    site.run("rebuild", "balances")


def test_a_backup_is_restored_as_the_owner(site: Site, tmp_path: Path) -> None:
    folders = (tmp_path / "log", "--keys", tmp_path / "keys")
    site.run("backup", *folders)
    before = site.status()
    site.psql("rapport", "postgres", "-c", "DROP DATABASE rapport WITH (FORCE)")
    site.psql("rapport", "postgres", "-c", "CREATE DATABASE rapport OWNER rapport_owner")
    site.run("restore", tmp_path / "log", role="rapport_owner")  # the key database survived
    site.upgrade()
    after = site.status()
    assert (after["head"], after["customers"]) == (before["head"], before["customers"])
    site.run("rebuild")


def test_gunicorn_serves_and_a_worker_folds(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    unit = unit_of("rapport-web")["ExecStart"]
    words = unit.replace("127.0.0.1:8000", f"127.0.0.1:{port}").split()[1:]
    gunicorn = Path(sys.executable).with_name("gunicorn")

    def answer(path: str) -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as response:
                return int(response.status)
        except urllib.error.HTTPError as refused:
            return refused.code
        except urllib.error.URLError:
            return 0

    with (
        site.process(gunicorn, *words),
        site.process(sys.executable, "-P", "-m", "adapters.cli", "worker"),
    ):
        until(lambda: answer("/healthz") == 200)
        assert answer("/readyz") == 200
        for name, value in site.environment().items():
            monkeypatch.setenv(name, value)
        with build(replace(settings.load(), cheap_passwords=True)) as rapport:
            anna = registered("Anna Berg").command
            position = rapport.hub.handle(anna, Act(by=SYSTEM, at=datetime.now(UTC)))
            assert rapport.projector.wait_for(position, timeout=PATIENCE)  # the worker folds it
        assert answer("/readyz") == 200


@pytest.mark.parametrize("hops", [0, 1])
def test_the_word_of_a_proxy_counts_only_where_there_is_one(hops: int, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    kept = {name: os.environ[name] for name in os.environ if not name.startswith("RAPPORT_")}
    environment = {
        **kept,
        "RAPPORT_DATABASE_URL": f"sqlite:///{tmp_path / 'rapport.db'}",
        "RAPPORT_PORT": str(port),
        "RAPPORT_HTTPS": "yes",
        "RAPPORT_PROXY_HOPS": str(hops),
        "PYTHONPATH": str(ROOT),
    }
    run = [sys.executable, "-P", "-m", "adapters.cli", "run"]
    with subprocess.Popen(run, env=environment, cwd=tmp_path) as process:
        try:
            until(lambda: listens(port))
            browser = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            browser.request("GET", "/healthz", headers={"X-Forwarded-Proto": "https"})
            told = browser.getresponse().headers
            browser.close()
            assert ("Strict-Transport-Security" in told) == bool(hops)
        finally:
            process.terminate()
            assert process.wait(timeout=PATIENCE) == 0


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def unit_of(name: str) -> configparser.SectionProxy:
    """The [Service] section of a unit; of keys that repeat, the last."""
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(DEPLOY / "systemd" / f"{name}.service", encoding="utf-8")
    return unit["Service"]


def test_every_setting_in_the_files_of_deploy_is_known() -> None:
    for file in DEPLOY.rglob("*"):
        if file.is_file() and "secrets" not in file.parts:
            told = set(re.findall(r"RAPPORT_[A-Z]+(?:_[A-Z]+)*", file.read_text("utf-8")))
            assert {name.removesuffix("_FILE") for name in told} <= set(VARIABLES), file


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    for file in (DEPLOY / "systemd").glob("*.service"):
        text = file.read_text("utf-8")
        text = text.replace("/opt/rapport/.venv/bin/gunicorn", sys.executable)
        (tmp_path / file.name).write_text(text, encoding="utf-8")
        checked = subprocess.run(
            ["systemd-analyze", "verify", tmp_path / file.name],
            capture_output=True,
            text=True,
            check=False,
        )
        assert checked.stderr == ""
