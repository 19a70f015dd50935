"""Money, repairs, imports and operations, as people see them and work in them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from domain.customers.repairs import Diagnosed, Quoted
from domain.personal import Personal
from tests.scenario import credit_terms, payment, purchase, registered, repair, step
from tests.web.telling import Tell, days_ago, tell

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.browser.conftest import Site

__all__ = ["tell"]

pytestmark = pytest.mark.browser

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
SCREENS = (
    "/money",
    "/customers/{anna}/money",
    "/repairs",
    "/repairs?stage=received",
    "/imports",
    "/operations",
)
WIDTHS = (320, 390, 768, 1024, 1280, 1440, 1920)
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}


@pytest.fixture
def anna(tell: Tell) -> UUID:
    """Anna, who owes in two currencies and has three things in the workshop."""
    anna = tell(registered("Anna Weber"))
    quoted = tell(repair(anna, "DRILL", on=days_ago(9), number="W-2"))
    tell(
        credit_terms(anna, "100.00", on_hold=True, hold_reason=Personal("unpaid since spring")),
        purchase(anna, "140.00", on=days_ago(90), number="R-1"),
        payment(anna, "15.00", on=days_ago(60), number="P-1"),
        purchase(anna, "9.00", on=days_ago(2), currency="GBP"),
        repair(anna, "MILL", on=days_ago(9), number="W-1", serial="SN-1"),
        step(anna, quoted, Diagnosed, days_ago(8)),
        step(anna, quoted, Quoted, days_ago(7), amount=Decimal("35.50"), currency="EUR"),
    )
    return anna


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_desk_is_accessible(
    lena: Page, site: Site, anna: UUID, accessible: Callable[[], None], scheme: str, size: str
) -> None:
    lena.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    width, height = SIZES[size]
    lena.set_viewport_size({"width": width, "height": height})
    for screen in SCREENS:
        lena.goto(site.address + screen.format(anna=anna))
        accessible()
    bring(lena, site, "customers.csv", "customers.toml")
    accessible()
    lena.goto(f"{site.address}/customers/{anna}/money?as_of={days_ago(70)}")
    lena.get_by_text("What was true on").first.wait_for()
    accessible()


@pytest.mark.parametrize("language", ["English", "简体中文"])
def test_every_control_can_be_hit_at_every_width(
    lena: Page, site: Site, anna: UUID, uncovered: Callable[[], None], language: str
) -> None:
    lena.goto(f"{site.address}/preferences")
    lena.get_by_label("Language").select_option(label=language)
    lena.locator("main button.btn-primary").click()
    lena.locator("[data-close-note]").click()
    for width in WIDTHS:
        lena.set_viewport_size({"width": width, "height": 800})
        for screen in SCREENS:
            lena.goto(site.address + screen.format(anna=anna))
            uncovered()


def test_a_file_is_brought_in_looked_at_and_taken_in(lena: Page, site: Site) -> None:
    bring(lena, site, "customers.csv", "customers.toml")
    assert lena.locator(".sample").count() == 5
    lena.get_by_role("button", name="Take it in").click()
    lena.get_by_role("heading", name="What came of it").wait_for()
    lena.goto(f"{site.address}/imports")
    lena.get_by_role("rowheader", name="customers.csv").wait_for()


@pytest.mark.usefixtures("anna")
def test_a_rebuild_is_followed_while_it_goes_on(lena: Page, site: Site) -> None:
    lena.goto(f"{site.address}/operations")
    lena.get_by_role("button", name="Rebuild Balances").click()
    lena.get_by_text("Rebuilt; the rows before were the same.").wait_for()
    lena.get_by_text("kept from before").wait_for()
    lena.get_by_role("button", name="Drop the former rows of Balances").click()
    lena.get_by_text("The former rows of Balances are gone.").wait_for()


def test_the_desks_are_reached_and_worked_in_by_keys_alone(
    lena: Page, site: Site, anna: UUID
) -> None:
    for keys, place in (("gr", "/repairs"), ("gi", "/imports"), ("go", "/operations")):
        lena.keyboard.type(keys)
        lena.wait_for_url(site.address + place)
    lena.keyboard.type("gm")
    lena.wait_for_url(f"{site.address}/money")
    lena.keyboard.press("j")
    lena.keyboard.press("Enter")
    lena.wait_for_url(f"{site.address}/customers/{anna}/money?currency=EUR")


def test_a_file_is_taken_in_without_scripts(browser: Browser, site: Site) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.address}/imports")
    page.get_by_label("Name", exact=True).fill("lena")
    page.get_by_label("Password").fill("four dull horses sang")
    page.get_by_role("button", name="Sign in").click()
    send(page, "customers.csv", "customers.toml")
    look_again_until(page, "What would happen")
    page.get_by_role("button", name="Take it in").click()
    look_again_until(page, "What came of it")
    context.close()


def bring(page: Page, site: Site, file: str, mapping: str) -> None:
    """Upload a file of the examples and wait until it was looked at."""
    page.goto(f"{site.address}/imports")
    send(page, file, mapping)
    page.get_by_role("heading", name="What would happen").wait_for()


def send(page: Page, file: str, mapping: str) -> None:
    """Fill in the form for a file, and send it."""
    page.get_by_label("File", exact=True).set_input_files(EXAMPLES / file)
    page.get_by_role("radio", name=mapping.removesuffix(".toml").capitalize()).check()
    page.get_by_label("Mapping", exact=True).select_option(mapping)
    page.get_by_role("button", name="Upload and look at it").click()


def look_again_until(page: Page, heading: str) -> None:
    """Press the button that is there without scripts, until the work is done."""
    for _ in range(100):
        if page.get_by_role("heading", name=heading).is_visible():
            return
        page.wait_for_timeout(100)
        page.get_by_role("link", name="Look again").click()
    raise AssertionError(f"{heading} never came")
