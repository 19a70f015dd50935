"""How answers are printed: for people as text, for programs as JSON, progress apart from both."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import click

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


def show(answer: Any, *, as_json: bool, text: Callable[[], str]) -> None:
    """Print the answer: as JSON, or as the text that `text` makes."""
    click.echo(
        json.dumps(answer, default=_plain, ensure_ascii=False, indent=2) if as_json else text()
    )


def on_one_line(value: Any) -> str:
    """A record as JSON on one line, for a person to check field by field."""
    return json.dumps(value, default=_plain, ensure_ascii=False)


def table(rows: Sequence[Mapping[str, object]], columns: Mapping[str, str]) -> str:
    """Rows as aligned columns; `columns` maps each row's keys to their headings."""
    lines = [list(columns.values())]
    lines += [["" if (v := row.get(key)) is None else str(v) for key in columns] for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on stderr; call what it gives with (done, total)."""
    with click.progressbar(length=1, label=label, file=sys.stderr) as bar:

        def show_progress(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(min(done, bar.length) - bar.pos)

        yield show_progress


def _plain(value: object) -> object:
    match value:
        case datetime() | date():
            return value.isoformat()
        case UUID() | Decimal():
            return str(value)
        case set() | frozenset() | tuple():
            return list(value)
    if hasattr(value, "__dataclass_fields__"):
        return {name: getattr(value, name) for name in value.__dataclass_fields__}
    raise TypeError(f"{type(value).__name__} has no JSON form")
