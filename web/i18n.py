"""Language and time zone of a page, and how money, days, times and numbers are written in them."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from io import BytesIO
from pathlib import Path

import phonenumbers
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import Flask, current_app, g, request
from flask_babel import (
    Babel,
    Domain,
    format_currency,
    format_date,
    format_datetime,
    format_decimal,
    format_percent,
    format_time,
    format_timedelta,
    get_locale,
    to_user_timezone,
)
from markupsafe import Markup

from domain.money import from_minor
from web.preferences.current import current_preferences

LANGUAGES = {"en": "English", "zh_CN": "简体中文"}
"""Every language of the pages, each by its own name. English is the language of the source."""

FOLDER = Path(__file__).parent / "translations"
PSEUDO = "en_XA"
"""The language for tests, there when RAPPORT_PSEUDO is set."""

_BY_TAG = {"en": "en", "zh": "zh_CN"}


class Pages(Babel):  # type: ignore[misc]  # Flask-Babel has no types
    """Flask-Babel, reading our catalogues."""

    @cached_property
    def domain_instance(self) -> Catalogues:
        return Catalogues()


class Catalogues(Domain):  # type: ignore[misc]
    """Translations read from the `.po` files themselves, so that no compiled file can be stale."""

    def get_translations(self) -> Translations:
        name = current_language()
        if g.get("pseudo"):
            return Pseudo()
        if name not in self.cache:
            self.cache[name] = load(name)
        found: Translations = self.cache[name]
        return found


class Pseudo(Translations):
    """A language for tests: what was translated stands in ⟦brackets⟧, what was forgotten does not."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"

    def pgettext(self, context: str, message: str) -> str:
        return f"⟦{message}⟧"

    ugettext, ungettext, upgettext = gettext, ngettext, pgettext


def load(language: str) -> Translations:
    """All catalogues of a language, one file an area, as one."""
    together = Catalog(locale=language)
    for file in sorted((FOLDER / language).glob("*.po")):
        with file.open("rb") as opened:
            for message in read_po(opened, locale=language):
                if message.id and message.string and not message.fuzzy:
                    together[message.id] = message
    compiled = BytesIO()
    write_mo(compiled, together)
    compiled.seek(0)
    return Translations(compiled)


def init_app(app: Flask) -> None:
    """Speak the reader's language on every page."""
    app.config["PSEUDO"] = bool(os.environ.get("RAPPORT_PSEUDO"))
    Pages(app, locale_selector=_language, timezone_selector=_zone)
    for write in (money, minor, day, moment, ago, phone, number, percent):
        app.jinja_env.filters[write.__name__] = write
    app.jinja_env.globals["languages"] = LANGUAGES
    app.jinja_env.globals["language_tag"] = language_tag


def current_language() -> str:
    """The language of the page, a key of LANGUAGES."""
    locale = get_locale()  # which calls zh_CN by its full name, zh_Hans_CN
    return _BY_TAG.get(locale.language, "en") if locale is not None else "en"


def language_tag() -> str:
    """The language of the page as HTML writes it: en, zh-CN."""
    return current_language().replace("_", "-")


def money(amount: Decimal, currency: str) -> str:
    """An amount as the reader writes it: €12.34, 12,34 €, ¥1,200."""
    return str(format_currency(amount, currency))


def minor(amount: int, currency: str) -> str:
    """An amount given in whole minor units, written as `money`."""
    return money(from_minor(amount, currency), currency)


def day(value: date, form: str = "medium") -> Markup:
    """A day, readable by people and machines: `<time datetime=…>`; that of a time in the
    reader's zone.
    """
    whole = to_user_timezone(value).date() if isinstance(value, datetime) else value
    return Markup('<time datetime="{}">{}</time>').format(
        whole.isoformat(), format_date(whole, form)
    )


def moment(value: datetime, form: str = "medium") -> Markup:
    """A point in time, in the reader's zone, readable by people and machines."""
    machine = value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return Markup('<time datetime="{}">{}</time>').format(machine, _short(value, form))


def ago(value: datetime) -> Markup:
    """How long ago, with the whole time for those who point at it."""
    machine = value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    words = format_timedelta(value - datetime.now(UTC), add_direction=True)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        machine, _short(value, "medium"), words
    )


def phone(value: str) -> str:
    """A number in E.164 with the spaces that people read it by; anything else as it is."""
    try:
        parsed = phonenumbers.parse(value)
    except phonenumbers.NumberParseException:
        return value
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


def number(value: int | Decimal) -> str:
    """A number with the reader's separators."""
    return str(format_decimal(value))


def percent(value: float | Decimal) -> str:
    """A share of one as percent: 0.25 is 25 %."""
    return str(format_percent(value))


def _short(value: datetime, form: str) -> str:
    if form != "medium":
        return str(format_datetime(value, form))
    # Babel's own "medium" spells out seconds, which nobody needs in a history.
    return f"{format_date(value, 'medium')} {format_time(value, 'short')}"


def _language() -> str:
    wanted = current_preferences().language or request.cookies.get("language", "")
    if wanted in LANGUAGES:
        return wanted
    if wanted == PSEUDO and current_app.config["PSEUDO"]:
        g.pseudo = True
        return "en"
    for tag, _ in request.accept_languages:
        if found := _BY_TAG.get(tag.replace("_", "-").split("-")[0].lower()):
            return found
    return str(current_app.config["BABEL_DEFAULT_LOCALE"])


def _zone() -> str:
    return current_preferences().zone or str(current_app.config["BABEL_DEFAULT_TIMEZONE"])
