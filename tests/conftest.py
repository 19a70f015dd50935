"""What tests stand on: real servers, a real browser, and what happens where they are missing.

A test whose server or browser is not on this machine is skipped, and says what is missing. With
RAPPORT_REQUIRE_ALL=1, as in continuous integration, such a skip is a failure; only the tests of
the tried data may then be skipped, because those files do not belong to the repository.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import servers

if TYPE_CHECKING:
    from tests.scenario import Scenario

ROOT = Path(__file__).resolve().parent.parent
REQUIRE_ALL = os.environ.get("RAPPORT_REQUIRE_ALL") == "1"
MAY_BE_ABSENT = "tried_data"


@pytest.fixture(scope="session")
def tried_data() -> Path:
    """The folder of the real files that the hub was tried with; RAPPORT_TRIED_DATA names another."""
    folder = Path(os.environ.get("RAPPORT_TRIED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the tried data is not at {folder}; RAPPORT_TRIED_DATA may name its folder")
    return folder


@pytest.fixture(scope="session")
def postgres_programs() -> Path:
    """Where `initdb` and `postgres` are, for a test that starts and kills a server of its own."""
    programs = servers.postgres_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt install postgresql)")
    return programs


@pytest.fixture(scope="session")
def postgres_server(postgres_programs: Path) -> Iterator[servers.Postgres]:
    """The PostgreSQL server that tests share: make databases in it, leave it running."""
    with servers.postgres(postgres_programs) as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: servers.Postgres) -> Iterator[str]:
    """The SQLAlchemy URL of an empty PostgreSQL database that is this test's own."""
    url = postgres_server.new_database()
    yield url
    postgres_server.drop_database(url)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The SQLAlchemy URL of an empty database: the test runs once on each of the two."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'rapport.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Scenario]:
    """A hub of the test's own on SQLite, to be told what happened (see scenario.py)."""
    yield from _hub(f"sqlite:///{tmp_path / 'rapport.db'}", tmp_path)


@pytest.fixture
def either_hub(database_url: str, tmp_path: Path) -> Iterator[Scenario]:
    """As `hub`: the test runs once on each of the two databases."""
    yield from _hub(database_url, tmp_path)


def _hub(database_url: str, folder: Path) -> Iterator[Scenario]:
    from tests.scenario import open_hub

    scenario = open_hub(database_url, folder)
    yield scenario
    scenario.close()


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """How pytest-playwright starts the system's Chromium: nothing of it may call home."""
    return {
        "executable_path": servers.chromium(),
        "args": [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
    }


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "postgres_programs" in getattr(item, "fixturenames", ()):
            item.add_marker("postgres")
    if missing := browser_missing():
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason=missing))


def browser_missing() -> str | None:
    if importlib.util.find_spec("pytest_playwright") is None:
        return "Playwright is not installed (python3 rapport develop)"
    if servers.chromium() is None:
        return "Chromium is not installed (Debian: apt install chromium; or set RAPPORT_CHROMIUM)"
    return None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if MAY_BE_ABSENT not in getattr(item, "fixturenames", ()):
        refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    refuse_skip(report)
    return report


def refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid}: RAPPORT_REQUIRE_ALL is set, and this was: {reason}"
