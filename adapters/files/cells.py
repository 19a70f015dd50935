"""What stands in a cell: numbers, days and times, read only as the mapping says they are written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal

from adapters.files.mapping import Forms
from domain.personal import Personal

AMBIGUOUS = "clock was set back: the earlier of two equal times was taken"
NONEXISTENT = "clock was set forward: a time that never was, moved on by the change"

_FIRST_YEAR = 1900
_DIGITS = 15


class Unreadable(Exception):
    """A cell does not hold what its field needs; the message says what to do."""


def number_reader(forms: Forms) -> Callable[[str], Decimal]:
    """Reads `1.234,56` and the like, with exactly the mapping's signs; raises Unreadable."""
    decimal, thousands = re.escape(forms.decimal), re.escape(forms.thousands)
    whole = rf"\d{{1,3}}(?:{thousands}\d{{3}})+|\d+" if thousands else r"\d+"
    form = re.compile(rf"[+-]?(?:{whole})(?:{decimal}\d+)?", re.ASCII)
    example = f"1{forms.thousands}234{forms.decimal}56"

    def read(text: str) -> Decimal:
        if form.fullmatch(text) is None:
            raise Unreadable(
                f"This is not a number like {example}. Correct it, or decimal and thousands in the "
                "mapping."
            )
        plain = text.replace(forms.thousands, "") if forms.thousands else text
        number = Decimal(plain.replace(forms.decimal, "."))
        if number.adjusted() >= _DIGITS or len(number.as_tuple().digits) > 2 * _DIGITS:
            raise Unreadable("This number is too long to be an amount. Correct it.")
        return number

    return read


def read_whole(text: str) -> int:
    """A whole number of zero or more; raises Unreadable."""
    if re.fullmatch(r"\d{1,9}", text, re.ASCII) is None:
        raise Unreadable("This is not a whole number of zero or more. Correct it.")
    return int(text)


def day_reader(formats: Sequence[str]) -> Callable[[str], date]:
    """Reads a day written in one of the formats; raises Unreadable."""

    def read(text: str) -> date:
        return _by_format(text, formats).date()

    return read


class MomentReader:
    """Reads times; one without an offset was read off a clock in the mapping's zone.

    Where that clock was set back, a time that came twice is taken as the earlier one; where it
    was set forward, a time that never came is moved on by as much. `odd` tells of which times
    that was so, and why.
    """

    def __init__(self, forms: Forms, formats: Sequence[str], at: str | None) -> None:
        self._zone = forms.zone
        self._formats = formats
        self._at = time.fromisoformat(at) if at else None
        self.odd: dict[str, str] = {}

    def __call__(self, text: str) -> datetime:
        """The time in UTC; raises Unreadable."""
        moment = _by_format(text, self._formats)
        if self._at is not None:
            moment = datetime.combine(moment.date(), self._at, moment.tzinfo)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
        local = moment.replace(tzinfo=self._zone)
        told = local.astimezone(UTC)
        if local.utcoffset() != local.replace(fold=1).utcoffset():
            there = told.astimezone(self._zone).replace(tzinfo=None) == moment
            self.odd[text] = AMBIGUOUS if there else NONEXISTENT
        return told


def choice_reader(choices: Sequence[str]) -> Callable[[str], str]:
    """Takes one of the choices as it is; raises Unreadable."""
    allowed = set(choices)

    def read(text: str) -> str:
        if text not in allowed:
            raise Unreadable(
                f"This is none of {', '.join(choices)}. Say in the mapping what it means: "
                "values = {…}."
            )
        return text

    return read


def translator(
    values: Mapping[str, str] | None, prefixes: Mapping[str, str] | None, otherwise: str | None
) -> Callable[[str], str]:
    """Turns a cell into what the mapping says it means; raises Unreadable for what it leaves out."""

    def translate(text: str) -> str:
        if values is not None and text in values:
            return values[text]
        for prefix, meaning in (prefixes or {}).items():
            if text.startswith(prefix):
                return meaning
        if otherwise is None:
            raise Unreadable("The mapping does not say what this means. Add it there.")
        return otherwise

    return translate


def words(text: str) -> Personal:
    """Words about a person."""
    return Personal(text)


def _by_format(text: str, formats: Sequence[str]) -> datetime:
    for written in formats:
        try:
            moment = datetime.strptime(text, written)  # noqa: DTZ007 the zone is the caller's
        except ValueError:
            continue
        if moment.year < _FIRST_YEAR:
            raise Unreadable(f"The year {moment.year} cannot be right. Correct it.")
        return moment
    raise Unreadable(
        f"This is not a date written as {' or '.join(formats)}. Correct it, or dates in the mapping."
    )
