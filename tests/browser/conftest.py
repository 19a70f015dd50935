"""The pages in a real browser, served as they are in real life."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from waitress.server import create_server

from adapters.wiring import Rapport
from tests.web.conftest import app, empty_hub, rapport, settings
from tests.web.kit import PASSWORD, let_in

if TYPE_CHECKING:
    from flask import Flask
    from playwright.sync_api import Page

__all__ = ["app", "empty_hub", "rapport", "settings"]

AXE = Path(__file__).parent.parent / "vendor/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

# Whether something else lies over the middle of a control, and which controls are too small to hit.
# Links in running text may be as high as their line; covered corners of closed menus do not count.
PROBE = """() => {
  const found = [];
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 0) found.push(`page is ${wide} px too wide`);
  for (const one of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")) {
    if (!one.checkVisibility({ visibilityProperty: true, opacityProperty: false })) continue;
    one.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
    const box = one.getBoundingClientRect();
    if (box.width < 2 || box.height < 2 || box.bottom < 0) continue;
    const name = one.outerHTML.slice(0, 90);
    const inText = one.matches("p a, dd a");
    if (!inText && (box.width < 24 || box.height < 24)) {
      if (!(one.matches("[type=checkbox], [type=radio]") && one.closest("label")?.getBoundingClientRect().height >= 24))
        found.push(`${Math.round(box.width)}x${Math.round(box.height)}: ${name}`);
    }
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    if (!top || !(one.contains(top) || top.contains(one) || one.labels?.[0]?.contains(top))) found.push(`covered: ${name}`);
  }
  return found;
}"""


class Site:
    """The hub, served on a port of its own."""

    def __init__(self, rapport: Rapport, address: str) -> None:
        self.rapport = rapport
        self.address = address


@pytest.fixture
def site(app: Flask, rapport: Rapport) -> Iterator[Site]:
    """The pages, served; Lena, an administrator, works here."""
    let_in(rapport, role="administrator")
    server: Any = create_server(app, host="127.0.0.1", port=0, threads=8)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield Site(rapport, f"http://127.0.0.1:{server.effective_port}")
    server.close()
    thread.join(timeout=5)


@pytest.fixture
def silent(page: Page, site: Site) -> Iterator[list[str]]:
    """Fails the test when a page says something on the console or asks another host."""
    said: list[str] = []
    # A status of 4xx or 5xx that a test provokes is told by Chromium itself, and no page's doing.
    page.on(
        "console",
        lambda message: (
            None
            if message.text.startswith("Failed to load resource")
            else said.append(message.text)
        ),
    )
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on(
        "request",
        lambda request: (
            None if request.url.startswith((site.address, "data:")) else said.append(request.url)
        ),
    )
    yield said
    assert said == []


@pytest.fixture
def lena(page: Page, site: Site, silent: list[str]) -> Page:
    """A page on which Lena is signed in."""
    page.goto(f"{site.address}/sign-in")
    page.get_by_label("Name", exact=True).fill("lena")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.address}/")
    assert silent == []
    return page


@pytest.fixture
def accessible(page: Page) -> Callable[[], None]:
    """Asserts that axe-core finds nothing wrong with what the page shows now."""

    def check() -> None:
        page.evaluate(AXE.read_text("utf-8"))
        result = page.evaluate("rules => axe.run({runOnly: rules})", RULES)
        assert [
            (violation["id"], [node["html"][:120] for node in violation["nodes"]])
            for violation in result["violations"]
        ] == []

    return check


@pytest.fixture
def uncovered(page: Page) -> Callable[[], None]:
    """Asserts that every control can be seen and hit, and that nothing sticks out of the page."""

    def check() -> None:
        assert page.evaluate(PROBE) == []

    return check
