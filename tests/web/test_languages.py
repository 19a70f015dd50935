"""Every page speaks the reader's language, and nothing on it was forgotten."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from flask import Flask

from adapters.settings import LOCALES
from tests.web.kit import Visitor
from web import catalogue, i18n

PAGES = ("/", "/preferences", "/help", "/palette", "/palette?q=zzz", "/no-such-page")


class VisibleText(HTMLParser):
    """Collects what people read or hear: text, labels, hints; not what they typed or chose."""

    SAID = frozenset({"aria-label", "title", "placeholder", "alt"})
    UNSAID = frozenset({"script", "style", "kbd", "code", "time", "option"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "link", "input", "use", "path", "br"}:
            self._inside.append(tag)
        self.found += [value for name, value in attrs if name in self.SAID and value]

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            while self._inside.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self.UNSAID & set(self._inside) and data.strip():
            self.found.append(data.strip())


def test_every_catalogue_is_up_to_date_and_complete() -> None:
    assert catalogue.main(["--check"]) == 0


def test_settings_and_pages_know_the_same_languages() -> None:
    assert set(LOCALES) == set(i18n.LANGUAGES)


@pytest.mark.parametrize(
    ("asked", "tag"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.5", "zh-CN"),
        ("zh", "zh-CN"),
        ("en-GB", "en"),
        ("de-DE,de;q=0.9", "en"),
        ("de,zh-Hans-CN;q=0.5", "zh-CN"),
        ("", "en"),
    ],
)
def test_the_browsers_language_is_spoken(stranger: Visitor, asked: str, tag: str) -> None:
    page = stranger.open("/sign-in", {"Accept": "text/html", "Accept-Language": asked}).text
    assert f'<html lang="{tag}"' in page
    assert ("登录" in page) is (tag == "zh-CN")


def test_a_language_chosen_at_the_door_stays(stranger: Visitor) -> None:
    stranger.send("/language", on="/sign-in", language="zh_CN", next="/sign-in")
    assert 'lang="zh-CN"' in stranger.open("/sign-in").text


@pytest.mark.parametrize("path", ["/sign-in", "/help", "/no-such-page"])
def test_a_stranger_reads_nothing_untranslated(app: Flask, stranger: Visitor, path: str) -> None:
    assert _untranslated(app, stranger, path) == []


@pytest.mark.parametrize("path", PAGES)
def test_somebody_signed_in_reads_nothing_untranslated(
    app: Flask, lena: Visitor, path: str
) -> None:
    assert _untranslated(app, lena, path) == []


def test_refusals_are_translated_with_their_values(lena: Visitor) -> None:
    lena.send("/language", on="/preferences", language="zh_CN")
    form = {"old_password": "four dull horses sang", "password": "short"}
    refused = lena.send("/preferences/password", on="/preferences", **form)
    assert "请至少使用 12 个字符" in refused.text


def test_money_days_and_times_are_written_as_the_reader_writes_them(app: Flask) -> None:
    late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert i18n.money(Decimal("1234.5"), "EUR") == "€1,234.50"
        assert i18n.minor(1200, "JPY") == "¥1,200"
        assert "Mar 2, 2026" in i18n.day(date(2026, 3, 2))
        assert i18n.moment(late).startswith('<time datetime="2026-03-02T23:30:00Z">')
    with app.test_request_context(headers={"Accept-Language": "zh-CN"}):
        assert i18n.money(Decimal("1234.5"), "CNY") == "¥1,234.50"
        assert "2026年3月2日" in i18n.day(date(2026, 3, 2))
    app.config["BABEL_DEFAULT_TIMEZONE"] = "Asia/Shanghai"
    with app.test_request_context(headers={"Accept-Language": "zh-CN"}):
        assert "2026年3月3日 07:30" in i18n.moment(late)
        assert '<time datetime="2026-03-03">' in i18n.day(late)


def test_numbers_of_telephones_are_written_with_spaces() -> None:
    assert i18n.phone("+442079460001") == "+44 20 7946 0001"
    assert i18n.phone("switchboard") == "switchboard"


def _untranslated(app: Flask, visitor: Visitor, path: str) -> list[str]:
    app.config["PSEUDO"] = True
    visitor.client.set_cookie("language", i18n.PSEUDO)
    reader = VisibleText()
    reader.feed(visitor.open(path).text)
    ours = set(i18n.LANGUAGES.values()) | {"Rapport", "· Rapport", "Lena Hoffmann", "LH", "404"}
    left = [re.sub(r"⟦[^⟧]*⟧", "", text).strip(" ·…") for text in reader.found]
    return [text for text in left if re.search(r"\w", text) and text not in ours]
