"""The mapping of fields to columns, made into functions over rows before the first row is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from adapters.files.cells import (
    MomentReader,
    Unreadable,
    choice_reader,
    day_reader,
    number_reader,
    read_whole,
    translator,
    words,
)
from adapters.files.document import NotImportable, Spec
from adapters.files.kinds import Form, Part
from adapters.files.mapping import Forms, SourceMapping, template
from adapters.files.reading import Row

_KEPT = 100_000
_SHORT = 100
"""Cells whose reading is remembered, and how long they may be: files say the same over and over."""


class Problem(Exception):
    """A field of a row that cannot be used: which, what stands there, and what to do."""

    def __init__(self, field: str, value: str, remedy: str) -> None:
        self.field = field
        self.value = value
        self.remedy = remedy
        super().__init__(f"{field}: {value!r}: {remedy}")


class Problems(Exception):
    """A record that cannot be recorded: the line of each problem, and the problem."""

    def __init__(self, *found: tuple[int, Problem]) -> None:
        self.found = found
        super().__init__(f"{len(found)} problems")


class Columns:
    """The columns of a file by name, each cell cleaned as the mapping says."""

    def __init__(self, names: Sequence[str], mapping: SourceMapping) -> None:
        self._mapping = mapping
        self._index = {name: index for index, name in enumerate(names)}

    def cells_of(self, names: Sequence[str]) -> Callable[[Row], Any]:
        """The cells of these columns just as they stand in the file: to tell rows apart quickly."""
        places = [self._index[name] for name in names]
        return itemgetter(*places) if places else lambda _: ()

    def clean(self, name: str) -> Callable[[str], str]:
        """A cell of this column without blanks around it and what the mapping takes off."""
        empty = self._mapping.forms.empty
        rule = self._mapping.cleaning.get(name)
        prefix = rule.remove_prefix if rule else ""
        suffix = rule.remove_suffix if rule else ""

        def cleaned(cell: str) -> str:
            cell = cell.strip()
            return "" if cell in empty else cell.removeprefix(prefix).removesuffix(suffix)

        return cleaned

    def cell(self, name: str) -> Callable[[Row], str]:
        """The cleaned cell of one column."""
        place, clean = self._index[name], self.clean(name)
        return lambda row: clean(row[place])

    def text(self, spec: Spec) -> Callable[[Row], str]:
        """The text of a field before it is read; empty when its columns are."""
        if spec.value is not None:
            value = spec.value
            return lambda _: value
        if spec.template is not None:
            return self._filled(spec.template)
        cells = [self.cell(name) for name in spec.columns]
        if len(cells) == 1:
            return cells[0]
        return lambda row: next((text for cell in cells if (text := cell(row))), "")

    def texts(self, spec: Spec) -> Callable[[Row], list[str]]:
        """The texts of a field that takes all its columns, without those that are empty."""
        cells = [self.cell(name) for name in spec.columns] or [self.text(spec)]
        return lambda row: [text for cell in cells if (text := cell(row))]

    def _filled(self, pattern: str) -> Callable[[Row], str]:
        first, *texts = template(pattern)[0]
        cells = [self.cell(name) for name in template(pattern)[1]]

        def filled(row: Row) -> str:
            found = [cell(row) for cell in cells]
            if not all(found):
                return ""
            return first + "".join(a + b for a, b in zip(found, texts, strict=True))

        return filled


class Field:
    """One field of a record: reads its value from a row."""

    def __init__(self, place: str, spec: Spec, form: Form, columns: Columns, forms: Forms) -> None:
        self.place = place
        self.spec = spec
        self._form = form
        self._reader = _reader(spec, form, forms)
        has_meanings = spec.values is not None or spec.prefixes is not None
        self._translate = (
            translator(spec.values, spec.prefixes, spec.otherwise) if has_meanings else None
        )
        self._empty_means = spec.otherwise is not None or "" in (spec.values or {})
        self._text = columns.text(spec)
        self._texts = columns.texts(spec)
        self._cells = columns.cells_of(spec.uses)
        self._read = self._read_list if form.is_list else self._read_one
        self._is_repeated = form.name not in ("words", "many_words")
        self._known: dict[Any, Any] = {}

    @property
    def odd_times(self) -> Mapping[str, str]:
        """Times that the clock showed twice or never, by their text; why they are odd."""
        return self._reader.odd if isinstance(self._reader, MomentReader) else {}

    def text(self, row: Row) -> str:
        """What stands in the row for this field, cleaned; empty when nothing does."""
        return self._text(row)

    def value(self, row: Row) -> Any:
        """The value in this row; None when there is none. Raises Problem."""
        cells = self._cells(row)
        if cells in self._known:
            return self._known[cells]
        value = self._read(row)
        if self._is_repeated and sum(map(len, cells)) < _SHORT:
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[cells] = value
        return value

    def _read_one(self, row: Row) -> Any:
        text = self._text(row)
        if not text and not self._empty_means:
            if self._form.required:
                raise Problem(
                    self.place, text, "This must not be empty. Fill it, or skip the line."
                )
            return None
        return self._understood(text)

    def _read_list(self, row: Row) -> Any:
        texts = self._texts(row)
        if self.spec.separator is not None:
            texts = [part.strip() for text in texts for part in text.split(self.spec.separator)]
        return tuple(self._understood(text) for text in texts if text) or None

    def _understood(self, text: str) -> Any:
        try:
            return self._reader(self._translate(text) if self._translate else text)
        except Unreadable as problem:
            raise Problem(self.place, text, str(problem)) from problem


def fields_of(
    place: str, specs: Mapping[str, Spec], part: Part, columns: Columns, mapping: SourceMapping
) -> dict[str, Field]:
    """The fields of one section, ready to read. Raises NotImportable for a fixed value that is wrong."""
    made = {
        name: Field(f"{place}.{name}", spec, part[name], columns, mapping.forms)
        for name, spec in specs.items()
    }
    problems = []
    for field in made.values():
        if field.spec.value is not None:
            try:
                field.value(())
            except Problem as problem:
                problems.append(f"{mapping.name}: {problem}")
    if problems:
        raise NotImportable(*problems)
    return made


def values(fields: Mapping[str, Field], row: Row) -> tuple[dict[str, Any], list[Problem]]:
    """The values of all fields that say something in this row, and what is wrong with the others."""
    told: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, field in fields.items():
        try:
            value = field.value(row)
        except Problem as problem:
            problems.append(problem)
        else:
            if value is not None:
                told[name] = value
    return told, problems


def _reader(spec: Spec, form: Form, forms: Forms) -> Callable[[str], Any]:
    match form.name:
        case "decimal":
            return number_reader(forms)
        case "whole":
            return read_whole
        case "day":
            return day_reader(spec.dates or forms.dates)
        case "moment":
            return MomentReader(forms, spec.dates or forms.dates, spec.at)
        case "choice":
            return choice_reader(form.choices)
        case "words" | "many_words":
            return words
    return str
