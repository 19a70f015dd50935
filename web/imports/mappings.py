"""The mappings that lie ready to be chosen, and those that somebody sends along."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import get_args

from flask import request
from flask_babel import LazyString, gettext, lazy_gettext
from marshmallow import fields, validate

from adapters.files.document import NotImportable
from adapters.files.mapping import load
from domain.imports import ImportKind
from web.forms import Form, Rejected, typed

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
LARGEST_MAPPING = 256 * 1024

KINDS: dict[str, LazyString] = {
    "sales": lazy_gettext("Sales"),
    "customers": lazy_gettext("Customers"),
    "payments": lazy_gettext("Payments"),
    "repairs": lazy_gettext("Repairs"),
    "contacts": lazy_gettext("Contacts"),
}
"""The kinds of files, as people choose them."""


class MappingForm(Form):
    """What a file holds, and which of the mappings that lie ready says how to read it."""

    kind = fields.String(required=True, validate=validate.OneOf(get_args(ImportKind)))
    mapping = fields.String(load_default="")


@dataclass(frozen=True)
class Example:
    """A mapping that lies ready: the name of its file, and the kind of file that it reads."""

    name: str
    kind: ImportKind


@dataclass(frozen=True)
class ChosenMapping:
    """A mapping as it was chosen or sent along."""

    name: str
    content: bytes


@cache
def examples() -> tuple[Example, ...]:
    """The mappings that lie ready, by kind and name."""
    found = []
    for file in EXAMPLES.glob("*.toml"):
        for kind in get_args(ImportKind):
            try:
                load(file, kind)
            except NotImportable:  # it reads files of another kind
                continue
            found.append(Example(file.name, kind))
    return tuple(sorted(found, key=lambda each: (list(KINDS).index(each.kind), each.name)))


def chosen_mapping(
    kind: str, ready: str, *, otherwise: ChosenMapping | None = None
) -> ChosenMapping:
    """The mapping that was sent along, else the one that lies `ready`, else another one.

    Raises Rejected where there is none of them, or one for another kind of file.
    """
    sent = request.files.get("mapping_file")
    if sent is not None and sent.filename:
        content = sent.stream.read(LARGEST_MAPPING + 1)
        if len(content) > LARGEST_MAPPING:
            raise _rejected("mapping_file", gettext("This is too large for a mapping."))
        return ChosenMapping(sent.filename, content)
    example = next((each for each in examples() if each.name == ready), None)
    if example is None and not ready and otherwise is not None:
        return otherwise
    if example is None:
        raise _rejected("mapping", gettext("Choose a mapping, or send one along below."))
    if example.kind != kind:
        told = gettext(
            "This mapping reads files of another kind: %(kind)s.", kind=KINDS[example.kind]
        )
        raise _rejected("mapping", told)
    return ChosenMapping(example.name, (EXAMPLES / example.name).read_bytes())


def _rejected(field: str, why: str) -> Rejected:
    return Rejected({field: [why]}, typed())
