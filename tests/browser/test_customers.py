"""Working with customers in a browser: by few keys, without losing a word, on every screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from projections.timeline import timeline
from tests.browser.test_shell import SIZES, WIDTHS
from tests.scenario import (
    consent,
    credit_terms,
    email,
    email_address,
    follow_up,
    letter,
    line,
    number,
    payment,
    phone,
    phone_call,
    purchase,
    registered,
    repair,
    withdrawn,
)
from tests.telling import tell
from tests.web.kit import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.browser.conftest import Site

pytestmark = pytest.mark.browser


@pytest.fixture
def anna(site: Site) -> UUID:
    """A customer with a contact of each kind."""
    anna = tell(
        site.rapport,
        registered(
            "Anna Lindqvist",
            phone("+44 20 7946 0001"),
            email_address("anna@example.org"),
            number("20318"),
            city="Leeds",
        ),
    )
    call = phone_call(anna, "Asked about the invoice", reason="invoice")
    wrong = phone_call(anna, "Meant for somebody else")
    serial = line("GRINDER", "249.90", serials=("SN-1",), warranty_months=24, description="Steel")
    tell(
        site.rapport,
        credit_terms(anna, "200.00"),
        consent(anna, "email", given=True, on="2026-01-05"),
        purchase(anna, lines=[serial], number="S-1", on="2026-03-02"),
        payment(anna, "100.00", number="P-1", method="transfer", on="2026-03-20"),
        email(anna, "Delivery", "Where is it?", on="2026-04-01"),
        letter(anna, "Reminder", on="2026-05-01", direction="out"),
        repair(anna, serial="SN-1", on="2026-06-01"),
        call,
        follow_up(anna, call.id, on="2026-07-01"),
        wrong,
        withdrawn(anna, wrong.id),
    )
    return anna


@pytest.fixture
def on_page(lena: Page, site: Site, anna: UUID) -> Page:
    """Lena looks at Anna's page."""
    lena.goto(f"{site.address}/customers/{anna}")
    return lena


def entries(page: Page) -> int:
    return page.locator(".timeline .entry").count()


def choose(page: Page, kind: str) -> None:
    """Choose a kind of contact in the composer."""
    page.get_by_role("group", name="Kind of contact").get_by_label(kind).check(force=True)


def test_a_call_is_logged_in_three_strokes_and_the_focus_stays(on_page: Page) -> None:
    before = entries(on_page)
    on_page.keyboard.press("c")
    on_page.keyboard.press("Space")
    on_page.keyboard.press("Control+Enter")
    on_page.locator(".note", has_text="Logged: Phone call.").wait_for(timeout=2000)
    assert entries(on_page) == before + 1
    assert on_page.locator(".timeline .entry").first.get_by_text("Question").is_visible()
    assert on_page.evaluate("document.activeElement.name") == "reason"
    assert on_page.locator("#toasts").get_attribute("aria-live") == "polite"


def test_from_a_telephone_number_to_a_logged_call_in_sixteen_strokes(
    lena: Page, site: Site, anna: UUID
) -> None:
    to_find, to_log = ["Control+k", *"9460001", "Enter"], ["c", "Space", "Control+Enter"]
    for stroke in to_find:
        lena.keyboard.press(stroke, delay=50)
    lena.wait_for_url(f"{site.address}/customers/{anna}")
    for stroke in to_log:
        lena.keyboard.press(stroke, delay=50)
    lena.locator(".note", has_text="Logged").wait_for(timeout=2000)
    assert len(to_find + to_log) <= 16


def test_undo_withdraws_what_was_logged(on_page: Page) -> None:
    on_page.keyboard.press("c")
    on_page.keyboard.press("Space")
    on_page.keyboard.press("Control+Enter")
    on_page.get_by_role("button", name="Undo").click()
    on_page.get_by_text("Undone: the contact was withdrawn.").wait_for()
    assert on_page.locator(".timeline .entry").first.get_by_text("Withdrawn").is_visible()


def test_two_clicks_log_one_contact(on_page: Page) -> None:
    before = entries(on_page)
    on_page.get_by_role("radio", name="Delivery").check(force=True)
    on_page.evaluate(
        "() => { const b = document.querySelector('.composer-end button'); b.click(); b.click(); }"
    )
    on_page.locator(".note", has_text="Logged").wait_for()
    on_page.reload()
    assert entries(on_page) == before + 1


def test_a_draft_comes_back_after_going_somewhere_else(on_page: Page, site: Site) -> None:
    here = on_page.url
    on_page.get_by_label("In one line").fill("She will call back on Monday")
    on_page.get_by_role("link", name="Customers", exact=True).click()
    on_page.wait_for_url(f"{site.address}/customers")
    on_page.goto(here)
    on_page.get_by_text("Your draft is back.").wait_for()
    assert on_page.get_by_label("In one line").input_value() == "She will call back on Monday"


def test_each_kind_keeps_a_draft_of_its_own(on_page: Page) -> None:
    on_page.get_by_label("In one line").fill("About the bill")
    choose(on_page, "E-mail")
    on_page.get_by_label("Subject").wait_for()
    choose(on_page, "Phone call")
    on_page.get_by_text("Your draft is back.").wait_for()
    assert on_page.get_by_label("In one line").input_value() == "About the bill"


def test_arrow_keys_choose_the_kind(on_page: Page) -> None:
    on_page.get_by_role("radio", name="Phone call").focus()
    on_page.keyboard.press("ArrowRight")
    on_page.get_by_label("Subject").wait_for()
    assert on_page.evaluate("document.activeElement.value") == "email"


def test_what_is_wrong_stands_at_its_field_and_nothing_is_lost(
    on_page: Page, accessible: Callable[[], None]
) -> None:
    choose(on_page, "Payment")
    on_page.get_by_label("Amount").fill("12,50")
    on_page.get_by_label("In one line").fill("At the counter")
    on_page.keyboard.press("Control+Enter")
    on_page.get_by_text("A comma could mean two things here.").wait_for()
    assert on_page.get_by_label("Amount").get_attribute("aria-invalid") == "true"
    assert on_page.get_by_label("In one line").input_value() == "At the counter"
    accessible()
    on_page.get_by_label("Amount").fill("12.50")
    on_page.keyboard.press("Control+Enter")
    on_page.locator(".note", has_text="Logged: Payment.").wait_for()
    assert "€12.50" in on_page.locator(".timeline .entry").first.inner_text()


def test_a_purchase_takes_known_items_and_further_lines(on_page: Page) -> None:
    choose(on_page, "Purchase")
    first = on_page.locator("[name=lines-0-item]")
    first.wait_for()
    with on_page.expect_response(lambda answer: "/items?" in answer.url):
        first.press_sequentially("GRIN")
    on_page.locator("#item-options option[value=GRINDER]").wait_for(state="attached")
    first.fill("GRINDER")
    assert on_page.locator("[name=lines-0-unit_price]").input_value() == "249.90"
    on_page.get_by_role("button", name="Add a line").click()
    added = on_page.locator("[name=lines-3-item]")
    added.fill("CABLE")
    on_page.locator("[name=lines-3-unit_price]").fill("5")
    on_page.keyboard.press("Control+Enter")
    on_page.locator(".note", has_text="Logged: Purchase.").wait_for()
    assert "€254.90" in on_page.locator(".timeline .entry").first.inner_text()


def test_a_serial_number_proposes_the_sale_and_its_warranty(on_page: Page) -> None:
    choose(on_page, "Repair")
    serial = on_page.get_by_label("Serial number")
    serial.fill("SN-1")
    serial.press("Tab")
    on_page.get_by_text("The warranty runs until").wait_for()
    assert on_page.get_by_label("Item").input_value() == "GRINDER"
    assert on_page.get_by_label("Bought with").input_value() == "S-1"
    assert on_page.get_by_label("Warranty until").input_value() == "2028-03-02"


def test_what_a_colleague_logs_appears_within_two_seconds(
    on_page: Page, site: Site, anna: UUID
) -> None:
    on_page.get_by_label("In one line").fill("still typing")
    tell(site.rapport, phone_call(anna, "Logged by a colleague"))
    on_page.locator(".timeline").get_by_text("Logged by a colleague").wait_for(timeout=2000)
    assert on_page.get_by_label("In one line").input_value() == "still typing"
    assert on_page.evaluate("document.activeElement.name") == "summary"


def test_older_contacts_follow_on_the_same_page(lena: Page, site: Site) -> None:
    ben = tell(site.rapport, registered("Ben Silva"))
    tell(site.rapport, *(phone_call(ben, f"Call {n:02}") for n in range(30)))
    lena.goto(f"{site.address}/customers/{ben}")
    assert entries(lena) == 25
    lena.get_by_role("link", name="Older contacts").click()
    lena.get_by_text("Call 00").wait_for()
    assert entries(lena) == 30


def test_rows_open_by_keys_and_brackets_go_through_the_list(lena: Page, site: Site) -> None:
    for name in ("Ada Okafor", "Ben Okafor", "Cleo Okafor", "Somebody Else"):
        tell(site.rapport, registered(name))
    lena.goto(f"{site.address}/customers?q=okafor")
    lena.keyboard.press("j")
    lena.keyboard.press("Enter")
    lena.get_by_role("heading", name="Ada Okafor").wait_for()
    lena.keyboard.press("]")
    lena.get_by_role("heading", name="Ben Okafor").wait_for()
    lena.keyboard.press("]")
    lena.get_by_role("heading", name="Cleo Okafor").wait_for()
    assert not lena.get_by_role("link", name="Next customer of the list").is_visible()
    lena.keyboard.press("[")
    lena.get_by_role("heading", name="Ben Okafor").wait_for()


def test_nobody_found_becomes_a_new_customer_with_what_was_typed(lena: Page, site: Site) -> None:
    lena.keyboard.press("Control+k")
    lena.keyboard.type("Zora Unheard")
    lena.get_by_role("option", name="Create customer “Zora Unheard”").wait_for()
    lena.keyboard.press("Enter")
    lena.wait_for_url(f"{site.address}/customers/new*")
    assert lena.get_by_label("Customer's name").input_value() == "Zora Unheard"
    lena.get_by_role("button", name="Register").click()
    lena.get_by_role("heading", name="Zora Unheard").wait_for()


def test_without_javascript_a_customer_is_found_and_a_contact_logged(
    browser: Browser, site: Site, anna: UUID
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{site.address}/sign-in")
        page.get_by_label("Name", exact=True).fill("lena")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.goto(f"{site.address}/palette?q=lindqvist")
        page.get_by_role("link", name="Anna Lindqvist").click()
        choose(page, "E-mail")
        page.get_by_role("button", name="Choose").click()
        page.get_by_label("Subject").fill("Sent without a script")
        page.get_by_role("button", name="Log contact").click()
        assert page.get_by_text("Logged: E-mail.").is_visible()
        assert page.locator(".timeline").get_by_text("Sent without a script").is_visible()
        assert page.url.startswith(f"{site.address}/customers/{anna}")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_screen_is_accessible(
    lena: Page, site: Site, anna: UUID, accessible: Callable[[], None], scheme: str, size: str
) -> None:
    lena.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    lena.set_viewport_size({"width": SIZES[size][0], "height": SIZES[size][1]})
    for screen in screens(site, anna):
        lena.goto(site.address + screen)
        lena.evaluate(
            "document.querySelectorAll('details.further').forEach((d) => (d.open = true))"
        )
        accessible()


@pytest.mark.slow
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
        for screen in screens(site, anna):
            lena.goto(site.address + screen)
            uncovered()


def screens(site: Site, anna: UUID) -> list[str]:
    """The pages about customers, with each kind of contact open for writing once."""
    with site.rapport.tables.connect() as connection:
        kinds = {each.kind: each.contact_id for each in timeline(connection, [anna]).entries}
    return [
        "/",
        "/customers",
        "/customers/new?name=Anna",
        f"/customers/{anna}",
        *(f"/customers/{anna}?kind={kind}" for kind in ("email", "letter", "purchase")),
        *(f"/customers/{anna}?kind={kind}" for kind in ("payment", "repair")),
        f"/customers/{anna}?as_of=2026-04-15",
        f"/customers/{anna}/details?link=anna",
        f"/contacts/{kinds['purchase']}",
        f"/contacts/{kinds['repair']}?move=anna",
        f"/contacts/{kinds['email']}/correction",
    ]
