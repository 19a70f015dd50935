"""What several drills stand on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.kit import TIMES, on_file
from tests.faults.tracing import Point, needs_strace, points_of

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.timeout(300 * TIMES))
            item.add_marker("slow")


@pytest.fixture(scope="session")
def every_call(tmp_path_factory: pytest.TempPathFactory) -> list[Point]:
    """Every call by which a short while at work changes a file."""
    needs_strace()
    folder = tmp_path_factory.mktemp("undisturbed")
    return points_of("a_few", on_file(folder), folder / "trace")
