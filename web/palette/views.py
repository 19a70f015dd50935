"""The palette: pages, actions and whatever the areas find, by typing."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web.areas import Area, Found
from web.permissions import may_open
from web.shell import areas, menu

pages = Blueprint("palette", __name__)
AREA = Area(blueprint=pages)

LONGEST = 200
AT_MOST = 12


@pages.get("/palette")
def show() -> ResponseReturnValue:
    """What fits `q`: options for the dialog, a page of its own where there is no script."""
    text = request.args.get("q", "")[:LONGEST].strip()
    found = [*_found(text), *_places(text)][:AT_MOST]
    offers = [] if found or not text else _offers(text)
    is_dialog = bool(request.headers.get("HX-Request"))
    template = "palette/options.html" if is_dialog else "palette/show.html"
    return render_template(template, text=text, found=found, offers=offers)


def _found(text: str) -> Iterator[Found]:
    for area in areas():
        if text and area.find is not None and area.finds_for and may_open(area.finds_for):
            yield from area.find(text)


def _offers(text: str) -> list[Found]:
    return [
        offer
        for area in areas()
        if area.or_else is not None and area.finds_for and may_open(area.finds_for)
        for offer in area.or_else(text)
    ]


def _places(text: str) -> Iterator[Found]:
    for entry in menu():
        label = str(entry.label)
        if text.casefold() in label.casefold():
            yield Found(label=label, url=url_for(entry.endpoint), icon=entry.icon, keys=entry.keys)
