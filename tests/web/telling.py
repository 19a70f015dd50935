"""What the business told the hub whose pages a test looks at."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Protocol
from uuid import UUID

import pytest

from adapters.wiring import Rapport
from domain.root import Act
from tests.scenario import AGENT, Telling


class Tell(Protocol):
    """Tells these things, and returns the id of the last customer or contact."""

    def __call__(self, *tellings: Telling) -> UUID: ...


@pytest.fixture
def tell(rapport: Rapport) -> Tell:
    """Let these things have happened, told by the till."""

    def told(*tellings: Telling) -> UUID:
        for telling in tellings:
            act = Act(by=AGENT, at=datetime.now(UTC), source="till")
            rapport.hub.handle(telling.command, act)
        rapport.projector.catch_up()
        return tellings[-1].id

    return told


def days_ago(days: int) -> str:
    """The day so many days before today; negative ones lie ahead."""
    return f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%d}"


def text_of(page: str) -> str:
    """What stands on a page, without tags, in one line."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))
