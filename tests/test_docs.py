"""The manual says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from adapters.cli.main import rapport
from adapters.reference import PAGES
from adapters.settings import VARIABLES
from adapters.wiring import EVENTS

ROOT = Path(__file__).resolve().parent.parent
MANUAL = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
OF_THE_LAUNCHER = {"test", "develop"}
MISSPELT = {"RAPPORT_PROT"}
"""What the doctor's own test misspells on purpose."""


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
    assert unknown == MISSPELT


def links_of(page: Path) -> list[Path]:
    """The files that a page of the manual links to."""
    found = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    return [(page.parent / link).resolve() for link in found]


def test_no_link_of_the_manual_leads_nowhere() -> None:
    broken = [(page, to) for page in MANUAL for to in links_of(page) if not to.exists()]
    assert broken == []


def calls_in(text: str) -> list[list[str]]:
    """The words after each `rapport` that is called in a page."""
    found = re.findall(r"(?:python3 (?:\S+/)?|[`(])rapport +([a-z-][^`\n#|>)]*)", text)
    return [call.split() for call in found]


def unknown_in(call: list[str]) -> str | None:
    """The first word of a call that the command line does not know."""
    if call[0] in OF_THE_LAUNCHER:
        return None
    command: click.Command = rapport
    for word in call:
        if word.startswith("-"):
            known = {"--help", *(name for each in command.params for name in each.opts)}
            if word not in known:
                return word
        elif isinstance(command, click.Group):
            if word not in command.commands:
                return word
            command = command.commands[word]
    return None


def test_every_command_in_the_manual_exists() -> None:
    calls = [(page.name, call) for page in MANUAL for call in calls_in(page.read_text("utf-8"))]
    assert len(calls) > 50
    unknown = [(page, call, word) for page, call in calls if (word := unknown_in(call))]
    assert unknown == []


@pytest.mark.parametrize(
    ("written", "unknown"),
    [
        ("    python3 rapport rebild balances", "rebild"),
        ("`rapport db downgrade`", "downgrade"),
        ("python3 /opt/rapport/rapport restore FOLDER --key K", "--key"),
        ("python3 rapport customer find Anna --json", None),
    ],
)
def test_a_command_that_does_not_exist_is_noticed(written: str, unknown: str | None) -> None:
    (call,) = calls_in(written)
    assert unknown_in(call) == unknown


def test_every_setting_in_the_manual_exists() -> None:
    for page in MANUAL:
        told = set(re.findall(r"RAPPORT_[A-Z]+(?:_[A-Z]+)*", page.read_text("utf-8")))
        assert {name.removesuffix("_FILE") for name in told} <= set(VARIABLES), page
