"""The form of a customer's master data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

from babel import Locale
from babel.core import UnknownLocaleError
from flask_babel import get_locale, lazy_gettext
from marshmallow import validate

from domain.customers.details import Address, Details
from projections.profile import Profile
from web.customers.contact_forms import personal
from web.customers.fields import Choice, Words
from web.customers.words import CHANNELS
from web.forms import Form

LANGUAGES = (
    "en", "zh-CN", "zh-TW", "de", "fr", "es", "it", "pt", "nl", "pl", "cs", "sv", "da", "nb", "fi",
    "tr", "ru", "uk", "el", "ar", "he", "hi", "ja", "ko", "th", "vi", "id",
)  # fmt: skip
"""Languages that a customer may prefer, as BCP 47 tags."""

_ADDRESS = ("street", "postcode", "city", "region", "country")


class DetailsForm(Form):
    """All details at once: what is left empty is not known, or no longer."""

    name = Words()
    salutation = Words(longest=80)
    street = Words()
    postcode = Words(longest=20)
    city = Words(longest=120)
    region = Words(longest=120)
    country = Words(longest=60)
    language = Words(longest=35)
    zone = Words(
        longest=60,
        validate=validate.OneOf(
            sorted(available_timezones()),
            error=lazy_gettext("There is no such time zone. Choose one, such as Europe/Berlin."),
        ),
    )
    prefers = Choice(tuple(CHANNELS), load_default=None)
    alert = Words()

    @staticmethod
    def details(told: Mapping[str, Any]) -> Details:
        """The details as the form tells them."""
        address = Address(
            **{name: personal(told[name]) for name in _ADDRESS if name != "country"},
            country=told["country"],
        )
        return Details(
            name=personal(told["name"]),
            salutation=personal(told["salutation"]),
            address=None if address == Address() else address,
            language=told["language"],
            zone=told["zone"],
            prefers=told["prefers"],
            alert=personal(told["alert"]),
        )

    @staticmethod
    def typed(customer: Profile) -> dict[str, str]:
        """What would have to be typed into the form to tell what is known of the customer."""
        return {name: getattr(customer, name) for name in DetailsForm().fields}


def language_options(known: str) -> list[tuple[str, str]]:
    """Languages by their names in the reader's language; the customer's own is among them."""
    tags = dict.fromkeys((*LANGUAGES, known) if known else LANGUAGES)
    return [("", ""), *sorted(((tag, language_name(tag)) for tag in tags), key=lambda o: o[1])]


def zone_options() -> list[tuple[str, str]]:
    """The time zones of places."""
    places = (zone for zone in available_timezones() if "/" in zone)
    named = sorted(zone for zone in places if not zone.startswith(("Etc/", "SystemV/")))
    return [("", ""), *((zone, zone.replace("_", " ")) for zone in named)]


def language_name(tag: str) -> str:
    """The name of a language in the reader's language; the tag itself where it is not known."""
    try:
        name = Locale.parse(tag, sep="-").get_display_name(get_locale())
    except (UnknownLocaleError, ValueError):
        name = None
    return name or tag
