"""Help: the keys that work everywhere, and the words that the pages use."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, lazy_gettext

from web.areas import Area, MenuEntry

pages = Blueprint("help", __name__)
AREA = Area(
    blueprint=pages,
    menu=(MenuEntry(label=lazy_gettext("Help"), endpoint="help.show", icon="help", keys="?"),),
)


@dataclass(frozen=True)
class Keys:
    """What keys do; alternatives are separate strings, keys pressed in turn stand in one."""

    does: LazyString
    keys: tuple[str, ...]


KEYS: tuple[tuple[LazyString, tuple[Keys, ...]], ...] = (
    (
        lazy_gettext("Everywhere"),
        (
            Keys(lazy_gettext("Find a customer, a page, an action"), ("Ctrl K", "/")),
            Keys(lazy_gettext("Go to Today"), ("g t",)),
            Keys(lazy_gettext("Go to Customers"), ("g c",)),
            Keys(
                lazy_gettext("Go to Money, Repairs, Imports, Operations"),
                ("g m", "g r", "g i", "g o"),
            ),
            Keys(lazy_gettext("Light or dark"), ("d",)),
            Keys(lazy_gettext("This help"), ("?",)),
            Keys(lazy_gettext("Close what is open, leave a field"), ("Esc",)),
            Keys(lazy_gettext("Save the form you are in"), ("Ctrl Enter",)),
        ),
    ),
    (
        lazy_gettext("In lists"),
        (
            Keys(lazy_gettext("Next and previous row"), ("j", "k")),
            Keys(lazy_gettext("Open the row"), ("Enter",)),
            Keys(lazy_gettext("Select the row"), ("x",)),
        ),
    ),
    (
        lazy_gettext("On a customer's page"),
        (
            Keys(lazy_gettext("Log a contact"), ("c",)),
            Keys(lazy_gettext("Choose kind and reason"), ("← →",)),
            Keys(lazy_gettext("Edit the profile"), ("e",)),
            Keys(lazy_gettext("Previous and next customer of the list"), ("[", "]")),
        ),
    ),
)

WORDS: tuple[tuple[LazyString, LazyString], ...] = (
    (
        lazy_gettext("Contact"),
        lazy_gettext(
            "Anything that passed between us and a customer: a phone call, an e-mail, a letter, "
            "a purchase, a payment or a repair."
        ),
    ),
    (
        lazy_gettext("History"),
        lazy_gettext(
            "Everything that was recorded, for ever and in order. Nothing in it is edited: a "
            "correction is recorded beside what it corrects."
        ),
    ),
    (
        lazy_gettext("Correct, withdraw, re-file"),
        lazy_gettext(
            "Say it right, say that it never was, or say that it belongs to another customer. "
            "What was said before stays readable."
        ),
    ),
    (
        lazy_gettext("As of"),
        lazy_gettext("What was true, or what we knew, on a day in the past."),
    ),
    (
        lazy_gettext("Link"),
        lazy_gettext("Two entries are one customer. Unlinking gives back both as they were."),
    ),
    (
        lazy_gettext("Follow-up"),
        lazy_gettext("The day on which somebody should come back to a contact."),
    ),
    (
        lazy_gettext("Open item"),
        lazy_gettext("A purchase that is not paid in full."),
    ),
    (
        lazy_gettext("Balance"),
        lazy_gettext("What a customer owes us in one currency. Currencies are never added up."),
    ),
)


@pages.get("/help")
def show() -> ResponseReturnValue:
    """The page, or its content alone for the dialog that `?` opens."""
    is_dialog = bool(request.headers.get("HX-Request"))
    template = "help/content.html" if is_dialog else "help/show.html"
    return render_template(template, keys=KEYS, words=WORDS, is_dialog=is_dialog)
