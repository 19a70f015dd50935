"""Rows as the text of PostgreSQL's COPY, formatted a column at a time.

The driver formats value by value, which takes longer than the server needs to store them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from types import NoneType
from typing import Any
from uuid import UUID

_ROWS_AT_ONCE = 1_000
_NULL = "\\N"
_SPECIAL = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def as_text(rows: Sequence[Sequence[Any]]) -> Iterator[bytes] | None:
    """The rows in chunks; None when a value is of a kind that only the driver can format."""
    columns: list[list[str]] = []
    for values in zip(*rows, strict=True):
        column = _column(values)
        if column is None:
            return None
        columns.append(column)
    lines = list(map("\t".join, zip(*columns, strict=True)))
    return (
        ("\n".join(lines[first : first + _ROWS_AT_ONCE]) + "\n").encode()
        for first in range(0, len(lines), _ROWS_AT_ONCE)
    )


def _column(values: Sequence[Any]) -> list[str] | None:
    kinds = set(map(type, values)) - {NoneType}
    if not kinds:
        return [_NULL] * len(values)
    text = _TEXT.get(kinds.pop())
    if text is None or kinds:
        return None
    if None in values:
        return [_NULL if value is None else text(value) for value in values]
    return list(map(text, values))


def _escaped(text: str) -> str:
    if "\\" in text or "\n" in text or "\t" in text or "\r" in text:
        return text.translate(_SPECIAL)
    return text


_TEXT: dict[type, Callable[[Any], str]] = {
    str: _escaped,
    int: str,
    bool: {True: "t", False: "f"}.__getitem__,
    UUID: lambda value: f"{value.int:032x}",
    Decimal: str,
    date: date.isoformat,
    datetime: datetime.isoformat,
}
