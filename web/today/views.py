"""Today: what waits for the person who just sat down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext

from adapters.desk import Draft
from web.areas import Area, MenuEntry
from web.customers.words import KINDS
from web.customers.work import work_of
from web.permissions import Permission, may
from web.services import services
from web.sign_in.people import current_person
from web.start.views import demo_loading

pages = Blueprint("today", __name__)
AREA = Area(
    blueprint=pages,
    menu=(MenuEntry(label=lazy_gettext("Today"), endpoint="today.show", icon="home", keys="g t"),),
)


@pages.get("/")
def show() -> ResponseReturnValue:
    """The page people start their day on."""
    drafts = [_line(draft) for draft in services().desk.drafts.all_of(current_person().id)]
    work = work_of(current_person().id) if may(Permission.SEE_CUSTOMERS) else None
    return render_template("today/show.html", drafts=drafts, demo=demo_loading(), work=work)


@dataclass(frozen=True)
class DraftLine:
    """A draft in the list: its longest text, and the page that its form stands on."""

    text: str
    address: str
    saved_at: datetime


def _line(draft: Draft) -> DraftLine:
    texts = [text for text in draft.content.values() if isinstance(text, str)]
    page, _, form = draft.key.rpartition("/")
    choice = f"?kind={form}" if form in KINDS else ""
    return DraftLine(max(texts, key=len, default=""), f"/{page}{choice}", draft.saved_at)
