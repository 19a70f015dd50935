"""The frame of every page, as people see it, hear it and type into it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.browser.conftest import Site

pytestmark = pytest.mark.browser

SCREENS = ("/", "/preferences", "/help", "/palette", "/no-such-page")
WIDTHS = (320, 390, 768, 1024, 1280, 1440, 1920)
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_screen_is_accessible(
    lena: Page, site: Site, accessible: Callable[[], None], scheme: str, size: str
) -> None:
    lena.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    width, height = SIZES[size]
    lena.set_viewport_size({"width": width, "height": height})
    for screen in SCREENS:
        lena.goto(site.address + screen)
        accessible()
    lena.goto(f"{site.address}/preferences")
    lena.get_by_label("The one you have").fill("a wrong old one")
    lena.get_by_label("The new one").fill("seven quiet lamps burn")
    lena.get_by_role("button", name="Change password").click()
    lena.get_by_text("This is not your password.").wait_for()
    accessible()
    lena.keyboard.press("Escape")
    lena.keyboard.press("Control+k")
    lena.locator("#palette [role=option]").first.wait_for()
    accessible()


@pytest.mark.usefixtures("silent")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_the_door_is_accessible(
    page: Page,
    site: Site,
    accessible: Callable[[], None],
    uncovered: Callable[[], None],
    scheme: str,
    size: str,
) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": SIZES[size][0], "height": SIZES[size][1]})
    page.goto(f"{site.address}/sign-in")
    accessible()
    page.get_by_label("Name", exact=True).fill("lena")
    page.get_by_label("Password").fill("another password")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("do not belong together").wait_for()
    accessible()
    uncovered()


@pytest.mark.parametrize("language", ["English", "简体中文"])
def test_every_control_can_be_hit_at_every_width(
    lena: Page, site: Site, uncovered: Callable[[], None], language: str
) -> None:
    lena.goto(f"{site.address}/preferences")
    lena.get_by_label("Language").select_option(label=language)
    lena.locator("main button.btn-primary").click()
    lena.locator("[data-close-note]").click()
    for width in WIDTHS:
        lena.set_viewport_size({"width": width, "height": 800})
        for screen in SCREENS:
            lena.goto(site.address + screen)
            uncovered()


def test_the_palette_finds_a_page_and_opens_it_by_keys_alone(lena: Page, site: Site) -> None:
    lena.keyboard.press("Control+k")
    lena.keyboard.type("pref")
    lena.locator("[role=option]", has_text="Preferences").wait_for()
    lena.keyboard.press("Enter")
    lena.wait_for_url(f"{site.address}/preferences")


def test_the_palette_opens_what_was_typed_even_when_enter_is_faster_than_the_answer(
    lena: Page, site: Site
) -> None:
    lena.keyboard.press("Control+k")
    lena.get_by_role("option", name="Today").wait_for()
    lena.keyboard.type("pref")
    lena.keyboard.press("Enter")
    lena.wait_for_url(f"{site.address}/preferences")


def test_arrows_move_in_the_palette_and_escape_gives_the_focus_back(lena: Page) -> None:
    lena.locator("#search-button").focus()
    lena.keyboard.press("/")
    lena.get_by_role("option").nth(1).wait_for()
    lena.keyboard.press("ArrowDown")
    second = lena.get_by_role("option").nth(1)
    assert second.get_attribute("aria-selected") == "true"
    active = lena.locator("#palette-input").get_attribute("aria-activedescendant")
    assert active == second.get_attribute("id")
    lena.keyboard.press("Escape")
    assert lena.evaluate("document.activeElement.id") == "search-button"


def test_single_keys_lead_places_but_rest_while_somebody_types(lena: Page, site: Site) -> None:
    lena.goto(f"{site.address}/preferences")
    lena.get_by_label("The one you have").focus()
    lena.keyboard.type("g t?d")
    assert lena.url == f"{site.address}/preferences"
    lena.keyboard.press("Escape")
    lena.keyboard.type("gt")
    lena.wait_for_url(f"{site.address}/")


def test_the_question_mark_opens_help(lena: Page, accessible: Callable[[], None]) -> None:
    lena.keyboard.type("?")
    lena.get_by_role("heading", name="Keys").wait_for()
    accessible()
    lena.keyboard.press("Escape")
    assert not lena.locator("#help-dialog").is_visible()


def test_shortcuts_can_be_switched_off(lena: Page, site: Site) -> None:
    lena.goto(f"{site.address}/preferences")
    lena.get_by_label("Single keys are shortcuts").uncheck()
    lena.get_by_role("button", name="Save").click()
    lena.get_by_text("Your preferences are saved.").wait_for()
    lena.keyboard.type("gt?")
    assert lena.url == f"{site.address}/preferences"
    assert not lena.locator("#help-dialog").is_visible()
    lena.keyboard.press("Control+k")
    assert lena.locator("#palette").is_visible()


def test_dark_mode_is_kept_and_there_before_the_page_is_drawn(lena: Page, site: Site) -> None:
    with lena.expect_response("**/preferences/theme"):
        lena.keyboard.press("d")
    assert lena.locator("html").get_attribute("data-bs-theme") == "dark"
    source = lena.request.get(site.address + "/").text()
    assert 'data-bs-theme="dark"' in source


def test_what_was_typed_comes_back_after_going_away(lena: Page, site: Site) -> None:
    form = """() => {
      const form = document.createElement("form");
      form.dataset.draft = "customers/7/composer";
      form.innerHTML = '<label>Note <textarea name="note"></textarea></label><label>Loud <input type="checkbox" name="loud" value="on"></label>';
      document.querySelector("main").replaceChildren(form);
      attendDrafts(document);
    }"""
    lena.evaluate(form)
    lena.get_by_label("Note").fill("Asks when the grinder will be back")
    lena.get_by_label("Loud").check()
    lena.goto(f"{site.address}/help")  # at once: nothing has been kept by then but on leaving

    lena.goto(f"{site.address}/")
    lena.evaluate(form)
    lena.get_by_text("Your draft is back.").wait_for()
    assert lena.get_by_label("Note").input_value() == "Asks when the grinder will be back"
    assert lena.get_by_label("Loud").is_checked()

    with lena.expect_response("**/drafts/**"):
        lena.get_by_role("button", name="Discard").click()
    assert lena.get_by_label("Note").input_value() == ""


def test_touch_screens_show_no_key_hints(browser: Browser, site: Site) -> None:
    context = browser.new_context(
        has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844}
    )
    page = context.new_page()
    page.goto(f"{site.address}/help")
    assert not page.locator(".help-keys").is_visible()
    context.close()


def test_everything_works_without_scripts(browser: Browser, site: Site) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.address}/preferences")
    page.get_by_label("Name", exact=True).fill("lena")
    page.get_by_label("Password").fill("four dull horses sang")
    page.get_by_role("button", name="Sign in").click()
    assert page.url == f"{site.address}/preferences"

    page.locator("#search-button").click()
    page.get_by_role("textbox").fill("help")
    page.get_by_role("button", name="Find").click()
    page.locator("main").get_by_role("link", name="Help").click()
    assert page.url == f"{site.address}/help"

    page.get_by_role("button", name="Light or dark").click()
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    page.locator(".account summary").click()
    page.get_by_role("button", name="Sign out").click()
    assert page.url == f"{site.address}/sign-in"
    context.close()


@pytest.mark.parametrize("media", ["forced-colors", "reduced-motion"])
def test_the_systems_wishes_are_heard(
    lena: Page, accessible: Callable[[], None], media: str
) -> None:
    if media == "forced-colors":
        lena.emulate_media(forced_colors="active")
    else:
        lena.emulate_media(reduced_motion="reduce")
        durations = lena.evaluate(
            "[...document.querySelectorAll('*')].map(e => getComputedStyle(e).transitionDuration)"
        )
        assert set(durations) == {"0s"}
    accessible()


def test_a_printed_page_is_black_on_white_without_controls(lena: Page) -> None:
    lena.keyboard.press("d")
    lena.emulate_media(media="print")
    assert not lena.locator(".bar").is_visible()
    assert not lena.locator(".side").is_visible()
    assert lena.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert lena.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"


def test_nothing_is_lost_at_double_size_with_wide_spacing(
    lena: Page, site: Site, uncovered: Callable[[], None]
) -> None:
    lena.set_viewport_size({"width": 640, "height": 450})  # 1280 x 900 at 200 %
    for screen in SCREENS:
        lena.goto(site.address + screen)
        lena.evaluate("""() => { const s = new CSSStyleSheet(); s.replaceSync(
          "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }");
          document.adoptedStyleSheets = [...document.adoptedStyleSheets, s]; }""")
        uncovered()
