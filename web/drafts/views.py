"""Drafts: kept while somebody types, given back when they return."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from domain.errors import Invalid
from web.areas import Area
from web.services import services
from web.sign_in.people import current_person

pages = Blueprint("drafts", __name__)
AREA = Area(blueprint=pages)

LONGEST_KEY = 200
LARGEST_DRAFT = 64 * 1024
"""Characters that the fields of one draft may hold together."""


@pages.get("/drafts/<path:key>")
def show(key: str) -> ResponseReturnValue:
    """The draft under this key as JSON: `{"content": {field: text}, "saved_at": time}`."""
    draft = services().desk.drafts.find(current_person().id, key)
    if draft is None:
        return "", 204
    return jsonify(content=draft.content, saved_at=draft.saved_at.isoformat())


@pages.put("/drafts/<path:key>")
def keep(key: str) -> ResponseReturnValue:
    """Keep what was typed: a JSON object of field names and their text."""
    content = request.get_json()
    if not isinstance(content, dict) or not all(_is_typed(value) for value in content.values()):
        raise BadRequest
    if len(key) > LONGEST_KEY or sum(map(_length, content.values())) > LARGEST_DRAFT:
        raise Invalid("This draft is too long to be kept. Save your work, or shorten it.")
    services().desk.drafts.keep(current_person().id, key, content)
    return "", 204


@pages.delete("/drafts/<path:key>")
def remove(key: str) -> ResponseReturnValue:
    """Throw the draft away."""
    services().desk.drafts.remove(current_person().id, key)
    return "", 204


def _is_typed(value: object) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list) and all(isinstance(text, str) for text in value)
    )


def _length(value: str | list[str]) -> int:
    return len(value) if isinstance(value, str) else sum(map(len, value))
