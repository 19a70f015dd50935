"""What several drills stand on."""

from __future__ import annotations

import pytest

from tests.faults.kit import on_file
from tests.faults.tracing import Point, needs_strace, points_of


@pytest.fixture(scope="session")
def every_call(tmp_path_factory: pytest.TempPathFactory) -> list[Point]:
    """Every call by which a short while at work changes a file."""
    needs_strace()
    folder = tmp_path_factory.mktemp("undisturbed")
    return points_of("a_few", on_file(folder), folder / "trace")
