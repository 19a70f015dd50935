"""The browser's libraries are the ones that vendor.json names, byte for byte, and they work."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parent.parent
VENDORED = ("web/static/vendor", "tests/vendor")
SPRITE = ROOT / "web/static/vendor/icons.svg"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The vendored files, their manifest and its script, free to be harmed."""
    (tmp_path / "requirements").mkdir()
    for name in ("vendor", "vendor.json"):
        shutil.copy(ROOT / "requirements" / name, tmp_path / "requirements" / name)
    for folder in VENDORED:
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


def test_every_vendored_file_is_as_named() -> None:
    assert check(ROOT) == (0, "every vendored file is as vendor.json says\n")


def test_a_vendored_file_that_changed_is_found(copy: Path) -> None:
    with (copy / "web/static/vendor/htmx/htmx.min.js").open("ab") as file:
        file.write(b";")

    assert check(copy) == (1, "changed: web/static/vendor/htmx/htmx.min.js\n")


def test_a_vendored_file_that_is_missing_or_unknown_is_found(copy: Path) -> None:
    licence = copy / "web/static/vendor/tabler/LICENSE"
    licence.rename(licence.with_name("COPYING"))

    missing = "missing: web/static/vendor/tabler/LICENSE\n"
    unknown = "not in vendor.json: web/static/vendor/tabler/COPYING\n"
    assert check(copy) == (1, missing + unknown)


def test_every_vendored_package_brings_its_licence() -> None:
    for package in json.loads((ROOT / "requirements/vendor.json").read_text(encoding="utf-8")):
        paths = [Path(file["path"]).name for file in package["files"]]
        assert "LICENSE" in paths, package["package"]
        assert package["integrity"].startswith("sha512-"), package["package"]


@pytest.mark.browser
def test_every_icon_is_drawn(page: Page) -> None:
    symbols = SPRITE.read_text(encoding="utf-8")
    names = re.findall(r'<symbol id="([^"]+)"', symbols)
    uses = "".join(f'<svg width="24" height="24"><use href="#{name}"/></svg>' for name in names)
    page.set_content(symbols.replace("<svg ", "<svg hidden ") + f"<main>{uses}</main>")

    drawn = page.locator("main use").evaluate_all(
        "uses => uses.filter(use => use.getBBox().width > 0 || use.getBBox().height > 0).length"
    )

    assert drawn == len(names) > 0


def check(root: Path) -> tuple[int, str]:
    command = [sys.executable, str(root / "requirements" / "vendor"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout
