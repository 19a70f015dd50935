"""Customers in the palette, and what to do when nobody matches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from flask import url_for
from flask_babel import gettext

from projections import directory
from web.areas import Found
from web.customers.words import FOUND_BY
from web.i18n import phone
from web.permissions import may_open
from web.services import services

AT_MOST = 10

_NUMBER = re.compile(r"\+?[\d\s()/.\-]{5,}")


def find(text: str) -> Iterator[Found]:
    """Customers by any part of name, telephone, address or number, the likeliest first."""
    with services().tables.connect() as connection:
        matches = directory.find(connection, text, AT_MOST)
    for match in matches:
        is_number = match.contact_id is not None
        yield Found(
            label=match.label,
            url=(
                url_for("customers.contact", contact_id=match.contact_id)
                if is_number
                else url_for("customers.show", customer_id=match.customer_id)
            ),
            icon="building" if match.customer_kind == "firm" else "user",
            detail=_matched_by(match),
            badge=gettext("Erased") if match.is_erased else "",
        )


def create(text: str) -> Iterator[Found]:
    """A new customer, with what was typed carried over."""
    if not may_open("customers.register"):
        return
    field = "email" if "@" in text else "phone" if _NUMBER.fullmatch(text) else "name"
    carried: dict[str, Any] = {field: text}
    yield Found(
        label=gettext("Create customer “%(text)s”", text=text),
        url=url_for("customers.new", **carried),
        icon="plus",
    )


def _matched_by(match: directory.Found) -> str:
    if match.matched == "name" or match.shown == match.label:
        return "" if match.shown == match.label else match.shown
    shown = phone(match.shown) if match.matched == "phone" else match.shown
    return f"{FOUND_BY[match.matched]} {shown}"
