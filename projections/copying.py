"""Rows as the text of PostgreSQL's COPY, formatted a column at a time.

The driver formats value by value, which takes longer than the server needs to store them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from types import NoneType
from typing import Any
from uuid import UUID

_ROWS_AT_ONCE = 1_000
_NULL = "\\N"
_SPECIAL = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def as_text(columns: Sequence[Sequence[Any]]) -> Iterator[bytes] | None:
    """The rows in chunks; None when a value is of a kind that only the driver can format."""
    texts: list[Iterable[str]] = []
    for values in columns:
        text = _column(values)
        if text is None:
            return None
        texts.append(text)
    lines = list(map("\t".join, zip(*texts, strict=True)))
    return (
        ("\n".join(lines[first : first + _ROWS_AT_ONCE]) + "\n").encode()
        for first in range(0, len(lines), _ROWS_AT_ONCE)
    )


def uuid_texts(values: Iterable[UUID]) -> Iterable[str]:
    """Their 32 hexadecimal digits, which every database takes."""
    return map("%032x".__mod__, map(_int_of, values))


def _column(values: Sequence[Any]) -> Iterable[str] | None:
    kinds = set(map(type, values))
    has_gaps = NoneType in kinds
    kinds.discard(NoneType)
    if not kinds:
        return [_NULL] * len(values)
    texts = _TEXTS.get(kinds.pop())
    if texts is None or kinds:
        return None
    if not has_gaps:
        return texts(values)
    told = iter(texts([value for value in values if value is not None]))
    return [_NULL if value is None else next(told) for value in values]


def _escaped(values: Sequence[str]) -> Iterable[str]:
    every = "".join(values)
    if any(special in every for special in "\\\t\n\r"):
        return [value.translate(_SPECIAL) for value in values]
    return values


def _each(text: Callable[[Any], str]) -> Callable[[Sequence[Any]], Iterable[str]]:
    return lambda values: map(text, values)


_int_of = attrgetter("int")

_TEXTS: dict[type, Callable[[Sequence[Any]], Iterable[str]]] = {
    str: _escaped,
    int: _each(str),
    bool: _each({True: "t", False: "f"}.__getitem__),
    UUID: uuid_texts,
    Decimal: _each(str),
    date: _each(date.isoformat),
    datetime: _each(datetime.isoformat),
}
