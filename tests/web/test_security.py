"""What every answer tells the browser, and what no request gets past."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from adapters.settings import Settings
from adapters.wiring import build
from tests.web.kit import HTML, PASSWORD, Visitor, let_in, token
from web import create_app
from web.permissions import ROUTES

TEMPLATES = Path(__file__).parent.parent.parent / "web/templates"
PAGES = ("/sign-in", "/help", "/", "/preferences", "/no-such-page", "/palette?q=x", "/healthz")


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_carries_the_strict_headers(lena: Visitor, path: str) -> None:
    headers = lena.open(path).headers
    policy = headers["Content-Security-Policy"]
    for rule in (
        "default-src 'none'",
        "script-src 'self'",
        "frame-ancestors 'none'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    ):
        assert rule in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in headers  # not behind https


def test_behind_https_cookies_are_bound_to_the_host_and_browsers_told_to_stay(
    settings: Settings,
) -> None:
    with build(replace(settings, https=True)) as rapport:
        let_in(rapport)
        client = create_app(rapport).test_client()
        page = client.get("/sign-in", base_url="https://hub.example", headers=HTML)
        assert "max-age=31556926" in page.headers["Strict-Transport-Security"]
        form = {"csrf_token": token(page.text), "name": "lena", "password": PASSWORD}
        answer = client.post(
            "/sign-in",
            base_url="https://hub.example",
            data=form,
            headers={**HTML, "Referer": "https://hub.example/sign-in"},
        )
    assert answer.status_code == 303
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-rapport=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_the_session_cookie_is_for_this_site_and_no_script(stranger: Visitor) -> None:
    cookie = stranger.sign_in().headers["Set-Cookie"]
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))


def test_no_form_is_taken_without_its_token(app: Flask, lena: Visitor) -> None:
    methods = {"POST", "PUT", "PATCH", "DELETE"}
    changing = [
        (rule, method)
        for rule in app.url_map.iter_rules()
        for method in methods & set(rule.methods or ())
    ]
    assert len(changing) >= 8
    adapter = app.url_map.bind("localhost")
    for rule, method in changing:
        values = dict.fromkeys(rule.arguments, "00000000-0000-4000-8000-000000000000")
        path = adapter.build(rule.endpoint, values, method=method)
        answer = lena.client.open(path, method=method, headers=HTML)
        assert answer.status_code == 400, rule.endpoint


def test_opening_pages_changes_nothing(app: Flask, lena: Visitor) -> None:
    events = app.extensions["rapport"].events
    before = events()
    for rule in app.url_map.iter_rules():
        if rule.endpoint in ROUTES and not rule.arguments and "GET" in (rule.methods or ()):
            lena.open(rule.rule)
    assert events() == before


def test_no_template_needs_what_the_policy_forbids() -> None:
    forbidden = re.compile(
        r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=[\"{]|hx-on|=\"js:|href=\"javascript:",
        re.IGNORECASE,
    )
    templates = list(TEMPLATES.rglob("*.html"))
    assert templates
    for file in templates:
        assert not forbidden.search(file.read_text("utf-8")), file


def test_static_files_are_kept_for_ever_under_a_name_that_changes_with_them(
    stranger: Visitor,
) -> None:
    page = stranger.open("/sign-in").text
    addresses = re.findall(r'(?:href|src)="(/static/[^"#]+)"', page)
    assert len(addresses) >= 5
    for address in addresses:
        assert re.match(r"/static/[0-9a-f]{16}/", address)
        answer = stranger.open(address, {"Accept-Encoding": "br, gzip"})
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        if address.endswith((".css", ".js")):
            assert answer.headers["Content-Encoding"] == "br"


def test_the_first_load_of_a_page_is_small(lena: Visitor) -> None:
    packed = {"Accept-Encoding": "br, gzip", "Accept": "text/html"}
    page = lena.open("/", packed)
    text = lena.open("/").text
    addresses = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', text))
    total = len(page.data) + sum(len(lena.open(each, packed).data) for each in addresses)
    assert len(addresses) + 1 <= 10
    assert total <= 180_000


def test_nothing_outside_the_static_folder_is_served(stranger: Visitor) -> None:
    version = re.search(r"/static/[0-9a-f]{16}/", stranger.open("/sign-in").text)
    assert version is not None
    for path in ("../__init__.py", "..%2f__init__.py", "%2e%2e/__init__.py", ""):
        assert stranger.open(version[0] + path).status_code == 404


def test_a_request_id_is_taken_over_when_it_is_harmless(stranger: Visitor) -> None:
    told = stranger.open("/healthz", {"X-Request-ID": "order-4711-abc"})
    assert told.headers["X-Request-ID"] == "order-4711-abc"
    bad = stranger.open("/healthz", {"X-Request-ID": "<script>alert(1)</script>"})
    assert re.fullmatch(r"[0-9a-f]{32}", bad.headers["X-Request-ID"])
