"""Forms: which words a stranger may send, in the reader's language when they will not do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast
from uuid import uuid4

from flask import request
from flask_babel import LazyString, gettext, lazy_gettext
from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields

from domain.errors import Refused
from web.errors import sentence

# What every form of ours brings along, besides its own fields.
_CARRIED = {"csrf_token", "key", "draft"}

Errors = Mapping[str, list[str]]
"""What is wrong, by field; what is wrong with no single field stands under `_form`."""

_SAID_BY_FIELDS = {
    "required": lazy_gettext("Please fill this in."),
    "null": lazy_gettext("Please fill this in."),
    "validator_failed": lazy_gettext("This cannot be right."),
}


class Form(Schema):
    """A form of the pages: reads what was posted, refuses what was not asked for."""

    class Meta:
        unknown = RAISE

    error_messages = {  # noqa: RUF012 - marshmallow's own declaration
        "unknown": lazy_gettext("This form has no such field.")
    }

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Let fields that have no words of their own say ours; other schemas keep marshmallow's."""
        plain = fields.Field.default_error_messages
        field_obj.error_messages |= {
            name: words
            for name, words in _SAID_BY_FIELDS.items()
            if field_obj.error_messages.get(name) == plain[name]
        }


class Rejected(Exception):
    """The form cannot be taken as it is: `errors` says why, `values` is what was typed."""

    def __init__(self, errors: Errors, values: Mapping[str, Any]) -> None:
        super().__init__(", ".join(sorted(errors)))
        self.errors = errors
        self.values = values

    @classmethod
    def because(cls, refusal: Refused) -> Rejected:
        """The same form again, with what a rule said beside the field that it was about."""
        return cls({refusal.field or "_form": [sentence(refusal)]}, typed())


def typed() -> dict[str, str]:
    """What stood in the fields, as text, to be shown again."""
    return {name: text for name, text in request.form.items() if name not in _CARRIED}


def filled_in(form: type[Form], *, only_known: bool = False) -> dict[str, Any]:
    """What was posted, read by the form. Raises Rejected.

    A field left empty counts as not sent. `only_known` ignores further fields, for pages that
    hold two forms in one.
    """
    posted = {
        name: values if len(values) > 1 else values[0]
        for name, values in request.form.lists()
        if name not in _CARRIED and any(value.strip() for value in values)
    }
    try:
        loaded: dict[str, Any] = form(unknown=EXCLUDE if only_known else RAISE).load(posted)
    except ValidationError as error:
        errors = _placed(_flat(cast("dict[str, Any]", error.messages)), form)
        raise Rejected(errors, typed()) from None
    return loaded


def new_key() -> str:
    """The key of a form about to be shown: sent twice, it is carried out once."""
    return uuid4().hex


def _flat(messages: Mapping[str, Any], prefix: str = "") -> dict[str, list[str]]:
    flat: dict[str, list[str]] = {}
    for name, found in messages.items():
        where = "_form" if name == "_schema" else f"{prefix}{name}"
        if isinstance(found, Mapping):
            flat.update(_flat(found, f"{where}-"))
        else:
            # marshmallow wraps a single sentence in a list only when it is a plain string.
            sentences = [found] if isinstance(found, str | LazyString) else found
            flat[where] = [_in_words(text) for text in sentences]
    return flat


def _placed(errors: dict[str, list[str]], form: type[Form]) -> dict[str, list[str]]:
    """The errors, with those of fields that the form does not show told of the form as a whole."""
    shown = {"_form", *form().fields}
    placed: dict[str, list[str]] = {}
    for name, sentences in errors.items():
        where = name if name.partition("-")[0] in shown else "_form"
        placed.setdefault(where, []).extend(sentences)
    return placed


def _in_words(text: Any) -> str:
    # marshmallow's own sentences are English; those that we extract from here have a translation.
    return str(gettext(str(text)))


# What marshmallow says of wrong values, named here so that the catalogues have it.
MARSHMALLOW_SAYS = (
    lazy_gettext("Not a valid string."),
    lazy_gettext("Not a valid number."),
    lazy_gettext("Not a valid integer."),
    lazy_gettext("Not a valid boolean."),
    lazy_gettext("Not a valid datetime."),
    lazy_gettext("Not a valid date."),
    lazy_gettext("Not a valid time."),
    lazy_gettext("Not a valid email address."),
    lazy_gettext("Not a valid UUID."),
    lazy_gettext("Not a valid list."),
    lazy_gettext("Unknown field."),
)
