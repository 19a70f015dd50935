"""The form of a mapping file: what may stand in it, checked before any line of data is read."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from string import Formatter
from typing import Any, cast
from zoneinfo import available_timezones

import marshmallow as ma
from marshmallow import fields, validate

from adapters.files.kinds import CONSENT, CUSTOMER, PARTS, Form, Part
from domain.imports import ImportKind


class NotImportable(Exception):
    """The file or its mapping cannot be used. Each of the problems says what to do."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True, kw_only=True)
class Spec:
    """Where one field comes from: from columns, a fixed value, or a template with columns in it."""

    columns: tuple[str, ...] = ()
    value: str | None = None
    template: str | None = None
    values: Mapping[str, str] | None = None
    prefixes: Mapping[str, str] | None = None
    otherwise: str | None = None
    dates: tuple[str, ...] = ()
    at: str | None = None
    separator: str | None = None
    negative: str | None = None

    @property
    def uses(self) -> tuple[str, ...]:
        """The columns that this field is read from."""
        return self.columns or tuple(_columns_of(self.template or ""))

    @property
    def results(self) -> set[str]:
        """What the field can become, where the mapping itself says so."""
        told = {self.value, self.otherwise}
        told |= {*(self.values or {}).values(), *(self.prefixes or {}).values()}
        return {result for result in told if result is not None}


def check(told: Mapping[str, Any], kind: ImportKind, name: str) -> dict[str, Any]:
    """The document with a Spec for every field. Raises NotImportable with all that is wrong."""
    try:
        checked = cast("dict[str, Any]", _schema(kind)().load(told))
    except ma.ValidationError as error:
        raise NotImportable(*_sentences(error.messages, name)) from error
    if problems := [f"{name}: {problem}" for problem in _contradictions(checked, kind)]:
        raise NotImportable(*problems)
    return checked


# --- the sections -------------------------------------------------------------------------------


class _Names(fields.Field[tuple[str, ...]]):
    """One name, or a list of them."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[str, ...]:
        names = value if isinstance(value, list) else [value]
        if not names or not all(isinstance(name, str) and name for name in names):
            raise ma.ValidationError("Write a column's name, or a list of such names.")
        return tuple(names)


class _SpecSchema(ma.Schema):
    column = _Names()
    value = fields.String()
    template = fields.String(validate=validate.Length(1))
    values = fields.Dict(fields.String(), fields.String())
    prefixes = fields.Dict(fields.String(), fields.String())
    otherwise = fields.String()
    dates = fields.List(fields.String(), validate=validate.Length(1))
    at = fields.String(validate=validate.Regexp(r"^([01]\d|2[0-3]):[0-5]\d$"))
    separator = fields.String(validate=validate.Length(1))
    negative = fields.String(validate=validate.OneOf(["refund", "reversal"]))

    @ma.validates_schema
    def has_one_origin(self, told: dict[str, Any], **_: Any) -> None:
        if len({"column", "value", "template"} & set(told)) != 1:
            raise ma.ValidationError("Give exactly one of column, value and template.")
        if {"values", "prefixes"} <= set(told):
            raise ma.ValidationError("Give values or prefixes, not both.")
        if "otherwise" in told and not {"values", "prefixes"} & set(told):
            raise ma.ValidationError("otherwise needs values or prefixes beside it.")

    @ma.validates("template")
    def can_be_read(self, text: str, **_: Any) -> None:
        try:
            names = _columns_of(text)
        except ValueError as error:
            raise ma.ValidationError(f"The template cannot be read: {error}.") from error
        if not all(names):
            raise ma.ValidationError("Write the name of a column between { and }.")


class _SpecField(fields.Field[Spec]):
    """Where a field comes from: a column's name, a list of names, or a table that says more."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Spec:
        told = _SpecSchema().load(value if isinstance(value, dict) else {"column": value})
        told["columns"] = told.pop("column", ())
        told["dates"] = tuple(told.pop("dates", ()))
        return Spec(**told)


class _FileSchema(ma.Schema):
    layout = fields.String(required=True, validate=validate.OneOf(["csv", "whitespace", "fixed"]))
    encoding = fields.String(required=True)
    delimiter = fields.String(validate=validate.Length(1, 1))
    quote = fields.String(validate=validate.Length(0, 1))
    header = fields.Boolean()
    columns = fields.List(fields.String(validate=validate.Length(1)), validate=validate.Length(1))
    widths = fields.List(fields.Integer(strict=True, validate=validate.Range(1)))
    ignore = fields.List(fields.String())
    decimal = fields.String(validate=validate.OneOf([".", ","]))
    thousands = fields.String(validate=validate.OneOf(["", ".", ",", " ", "'"]))
    dates = fields.List(fields.String())
    zone = fields.String(required=True)
    empty = fields.List(fields.String())
    region = fields.String(validate=validate.Regexp("^[A-Z]{2}$"))
    international_without_plus = fields.Boolean()
    complete = fields.Boolean()

    @ma.validates_schema(skip_on_field_errors=True)
    def says_how_lines_are_cut(self, told: dict[str, Any], **_: Any) -> None:
        problems: dict[str, str] = {}
        layout = told["layout"]
        if layout == "csv" and "delimiter" not in told:
            problems["delimiter"] = "Say what stands between two cells."
        if layout == "csv" and "quote" not in told:
            problems["quote"] = 'Say what stands around a cell; "" when nothing ever does.'
        if layout != "csv" and ({"delimiter", "quote"} & set(told) or told.get("header")):
            problems["layout"] = "delimiter, quote and header = true belong to the layout csv."
        if told.get("header", False) is ("columns" in told):
            problems["header"] = "Say header = true, or name the columns in their order."
        if (layout == "fixed") is not bool(told.get("widths")):
            problems["widths"] = "Give the widths for the layout fixed, and only for it."
        elif layout == "fixed" and len(told["widths"]) != len(told.get("columns", ())):
            problems["widths"] = "Give one width for each name in columns."
        if told.get("decimal") is not None and told["decimal"] == told.get("thousands"):
            problems["thousands"] = "It cannot be the same sign as decimal."
        if problems:
            raise ma.ValidationError(cast("dict[str, list[str]]", problems))

    @ma.validates("encoding")
    def is_an_encoding(self, name: str, **_: Any) -> None:
        try:
            codecs.lookup(name)
        except LookupError:
            raise ma.ValidationError(
                f"{name!r} is no encoding. Common ones are utf-8, utf-8-sig, utf-16 and cp1252."
            ) from None

    @ma.validates("zone")
    def is_a_zone(self, name: str, **_: Any) -> None:
        if name not in available_timezones():
            raise ma.ValidationError(f"{name!r} is no IANA time zone, such as Europe/London.")


class _SourceSchema(ma.Schema):
    name = fields.String(required=True, validate=validate.Length(1))
    reference = _Names(required=True)
    scope = fields.String(validate=validate.OneOf(["year"]))


class _CleaningSchema(ma.Schema):
    remove_prefix = fields.String(load_default="")
    remove_suffix = fields.String(load_default="")


class _SkipSchema(ma.Schema):
    column = fields.String(required=True)
    reason = fields.String(required=True, validate=validate.Length(1))
    empty = fields.Boolean()
    equals = fields.List(fields.String(), validate=validate.Length(1))
    prefix = fields.String(validate=validate.Length(1))

    @ma.validates_schema
    def has_one_condition(self, told: dict[str, Any], **_: Any) -> None:
        if len({"empty", "equals", "prefix"} & set(told)) != 1 or told.get("empty") is False:
            raise ma.ValidationError("Give exactly one of empty = true, equals and prefix.")


def _schema(kind: ImportKind) -> type[ma.Schema]:
    """The schema of a whole mapping for one kind of file."""
    sections: dict[str, Any] = {
        "file": fields.Nested(_FileSchema, required=True),
        "source": fields.Nested(_SourceSchema, required=True),
        "columns": fields.Dict(fields.String(), fields.Nested(_CleaningSchema)),
        "skip": fields.List(fields.Nested(_SkipSchema)),
        "customer": fields.Nested(_customer(kind), required=True),
    }
    steps: dict[str, Any] = {}
    for name, part in PARTS[kind].items():
        if name.startswith("steps."):
            steps[name.removeprefix("steps.")] = fields.Nested(_specs(part))
        else:
            sections[name] = fields.Nested(_specs(part), required=True)
    if steps:
        sections["steps"] = fields.Nested(ma.Schema.from_dict(steps))
    if kind == "sales":
        may_vary = validate.OneOf(list(PARTS["sales"]["fields"]))
        varies = fields.List(fields.String(validate=may_vary), required=True)
        sections["group"] = fields.Nested(ma.Schema.from_dict({"varies": varies}))
    if kind == "customers":
        sections["consent"] = fields.List(fields.Nested(_specs(CONSENT)))
    return ma.Schema.from_dict(sections)


def _specs(part: Part) -> type[ma.Schema]:
    return ma.Schema.from_dict(
        {name: _SpecField(required=form.required) for name, form in part.items()}
    )


def _customer(kind: ImportKind) -> type[ma.Schema]:
    known: dict[str, Any] = {name: _SpecField() for name in CUSTOMER}
    known["source"] = fields.String(validate=validate.Length(1))
    known["numbers"] = fields.Dict(fields.String(), _SpecField())
    if kind != "customers":
        known["reference"] = _Names(required=True)
        one_of = validate.OneOf(["register", "refuse"])
        known["unknown"] = fields.String(required=True, validate=one_of)
    return ma.Schema.from_dict(known)


# --- what two values together say ----------------------------------------------------------------


def _contradictions(told: Mapping[str, Any], kind: ImportKind) -> Iterator[str]:
    """What is wrong although each value for itself could be right."""
    file = told["file"]
    for place, form, spec in _all_specs(told, kind):
        yield from (f"{place}: {problem}" for problem in _misfits(place, form, spec, file))
    if told["customer"].get("phones") and "region" not in file:
        yield "file: region: Say in which country numbers without its prefix are dialled, as GB."
    if "scope" in told["source"] and "occurred_at" not in told.get("fields", {}):
        yield "source: scope: Customers have no year: take it out."
    if len(set(file.get("columns", ()))) != len(file.get("columns", ())):
        yield "file: columns: Give each column a name of its own."


def _misfits(place: str, form: Form, spec: Spec, file: Mapping[str, Any]) -> Iterator[str]:
    is_time = form.name in ("moment", "day")
    if spec.value == "":
        yield "An empty value says nothing: leave the field out."
    if form.choices and (wrong := spec.results - set(form.choices)):
        yield f"{min(wrong)!r} is none of {', '.join(form.choices)}."
    if form.name == "decimal" and "decimal" not in file:
        yield "Say in the section file which sign is decimal."
    if is_time:
        formats = spec.dates or tuple(file.get("dates", ()))
        if not formats:
            yield "Say how dates are written: dates = [...] here or in the section file."
        for written in formats:
            if not _is_date_format(written):
                yield f"{written!r} is no date format such as %d.%m.%Y %H:%M."
            elif form.name == "moment" and spec.at is None and not _tells_hour(written):
                yield f'{written!r} tells no hour: add at = "12:00", or whichever hour is meant.'
    elif spec.dates:
        yield "dates belongs to a time or a day."
    if spec.at is not None and form.name != "moment":
        yield "at belongs to a time."
    if spec.separator is not None and not form.is_list:
        yield "separator belongs to a field that takes several values."
    if spec.negative is not None and place != "fields: amount":
        yield "negative belongs to the amount of a payment."


def _all_specs(told: Mapping[str, Any], kind: ImportKind) -> Iterator[tuple[str, Form, Spec]]:
    for name, form in CUSTOMER.items():
        if name in told["customer"]:
            yield f"customer: {name}", form, told["customer"][name]
    for system, spec in told["customer"].get("numbers", {}).items():
        yield f"customer: numbers: {system}", Form(), spec
    for part, part_fields in PARTS[kind].items():
        section, _, step = part.partition(".")
        given = told.get(section, {})
        for name, spec in (given.get(step, {}) if step else given).items():
            yield f"{part}: {name}", part_fields[name], spec
    for consent in told.get("consent", ()):
        for name, spec in consent.items():
            yield f"consent: {name}", CONSENT[name], spec


def _is_date_format(written: str) -> bool:
    moment = datetime(2001, 2, 13, 14, 15, 16)  # noqa: DTZ001 only to try the format
    try:
        read = datetime.strptime(moment.strftime(written), written)  # noqa: DTZ007
    except ValueError:
        return False
    return (read.year, read.month, read.day) == (2001, 2, 13)


def _tells_hour(written: str) -> bool:
    return any(sign in written for sign in ("%H", "%I", "%T", "%X", "%c"))


def _columns_of(template: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(template) if name is not None]


def _sentences(messages: Any, place: str) -> Iterator[str]:
    """Each of marshmallow's nested messages as a sentence with its place before it."""
    match messages:
        case dict():
            for name, inner in messages.items():
                further = place if name in ("_schema", "value", "key") else f"{place}: {name}"
                yield from _sentences(inner, further)
        case list():
            for inner in messages:
                yield from _sentences(inner, place)
        case "Unknown field.":
            yield f"{place}: There is no such key. Correct its name, or take it out."
        case "Missing data for required field.":
            yield f"{place}: This is missing. Add it."
        case _:
            yield f"{place}: {messages}"
