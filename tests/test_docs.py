"""The manual says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapters.reference import PAGES
from adapters.settings import VARIABLES
from adapters.wiring import EVENTS

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("page", sorted(PAGES))
def test_a_page_made_from_the_code_is_up_to_date(page: str) -> None:
    stored = (ROOT / page).read_text(encoding="utf-8")
    assert stored == PAGES[page](), "run `python3 rapport reference` and commit what it changes"


def test_every_event_says_what_happened() -> None:
    for name, (event, _version) in EVENTS.items():
        assert event.__doc__, name
        assert re.fullmatch(r"[a-z]+\.[a-z_]+(\.v\d+)?", name)


def test_every_setting_that_the_code_reads_is_documented() -> None:
    read = set()
    for folder in ("adapters", "web", "projections", "tests", "benchmarks"):
        for file in (ROOT / folder).rglob("*.py"):
            read |= set(re.findall(r"RAPPORT_[A-Z]+(?:_[A-Z]+)*", file.read_text("utf-8")))
    unknown = {name.removesuffix("_FILE") for name in read} - set(VARIABLES)
    assert unknown == set()


def links_of(page: Path) -> list[Path]:
    """The files that a page of the manual links to."""
    found = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    return [(page.parent / link).resolve() for link in found]


def test_no_link_of_the_manual_leads_nowhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    broken = [(page, to) for page in pages for to in links_of(page) if not to.exists()]
    assert broken == []
