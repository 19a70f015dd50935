"""A file, cut into rows of cells as its mapping says, each with the number of its line."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import IO, Any, TypeAlias, cast

from adapters.files.document import NotImportable
from adapters.files.mapping import Layout, SourceMapping

Row: TypeAlias = Sequence[str]
Broken: TypeAlias = Callable[[int, str, str], None]
"""Told of a line that cannot be cut into cells: its number, its text, and the remedy."""

LONGEST = 1 << 20
"""Characters of one row. What is longer lacks a closing quote, or is no text of lines at all."""

_BLOCK = 1 << 18
_GZIP = b"\x1f\x8b"
_MARKS = {
    b"\xef\xbb\xbf": ("utf-8-sig", "utf-8-sig"),
    b"\xff\xfe": ("utf-16", "utf-16"),
    b"\xfe\xff": ("utf-16", "utf-16"),
}
_UNREADABLE = re.compile("[\udc80-\udcff]")


class Source:
    """One file with its layout; `name` is what people call it. Raises NotImportable when it is not what its mapping says."""

    def __init__(self, path: Path, layout: Layout, *, name: str) -> None:
        self._path = path
        self._name = name
        self._layout = layout
        self._refuse_other_encoding()
        self.columns = layout.columns or self._header()

    def check(self, mapping: SourceMapping) -> None:
        """Make sure that file and mapping speak of the same columns. Raises NotImportable."""
        used, found = mapping.used_columns(), self.columns
        problems = [
            f"{self._name}: There is no column {name!r}, which the mapping names in {place}. "
            f"The file has: {', '.join(found)}."
            for name, place in used.items()
            if name not in found
        ]
        problems += [
            f"{self._name}: The mapping does not speak of the column {name!r}. Map it, or add "
            "it to ignore in the section file."
            for name in found
            if name not in used and name not in self._layout.ignore
        ]
        problems += [
            f"{self._name}: The column {name!r} stands there more than once. Give each its own "
            "name."
            for name in dict.fromkeys(found)
            if found.count(name) > 1
        ]
        problems += [
            f"{mapping.name}: file: ignore: There is no column {name!r}."
            for name in sorted(self._layout.ignore - set(found))
        ]
        if problems:
            raise NotImportable(*problems)

    def blocks(self, broken: Broken) -> Iterator[tuple[int, Sequence[Row]]]:
        """The rows after the header, many at a time: those of consecutive lines, with the first's number.

        Empty lines are passed over. Raises NotImportable when the file ends in the middle or is
        not in its encoding.
        """
        with self._open() as text:
            rows = _Rows(text, self._layout, len(self.columns), broken)
            if self._layout.columns is None:
                rows.pass_over_header()
            yield from rows.blocks()

    @contextmanager
    def _open(self) -> Iterator[IO[str]]:
        """The text of the file. What is not in its encoding becomes a sign that rows are refused for."""
        try:
            with self._bytes() as content:
                yield io.TextIOWrapper(
                    content, self._layout.encoding, errors="surrogateescape", newline=""
                )
        except OSError as error:  # gzip.BadGzipFile is one
            raise NotImportable(f"{self._name} cannot be read: {error}.") from error
        except (EOFError, zlib.error) as error:
            raise NotImportable(
                f"{self._name} is compressed and ends in the middle or is damaged ({error}). "
                "Fetch it again."
            ) from error
        except UnicodeError as error:
            raise NotImportable(
                f"{self._name} is not written in {self._layout.encoding} ({error}). Correct "
                "encoding in the mapping, or fetch the file again."
            ) from error

    @contextmanager
    def _bytes(self) -> Iterator[IO[bytes]]:
        """The bytes of the file, unpacked when its content says that it is packed."""
        with self._path.open("rb") as file:
            if file.peek(2)[:2] == _GZIP:
                with gzip.GzipFile(fileobj=file) as unpacked:
                    yield io.BufferedReader(cast("io.RawIOBase", unpacked), LONGEST)
            else:
                yield file

    def _refuse_other_encoding(self) -> None:
        encoding = self._layout.encoding.lower().replace("_", "-")
        with self._open() as text:
            start = bytes(cast("io.TextIOWrapper", text).buffer.read(3))
        for mark, (found, right) in _MARKS.items():
            if start.startswith(mark) and not encoding.startswith(found):
                raise NotImportable(
                    f"{self._name} begins with the mark of {found}, but the mapping says "
                    f'{self._layout.encoding}. Write encoding = "{right}" in the section file.'
                )

    def _header(self) -> tuple[str, ...]:
        with self._open() as text:
            line = text.readline(LONGEST)
        if not line.strip():
            raise NotImportable(f"{self._name} is empty: not even a header stands in it.")
        if len(line) >= LONGEST or "\0" in line or _UNREADABLE.search(line):
            raise NotImportable(
                f"The first line of {self._name} is no header in {self._layout.encoding}. "
                "Correct encoding in the mapping, or give the right file."
            )
        try:
            return tuple(next(csv.reader([line], strict=True, **_dialect(self._layout))))
        except csv.Error as error:
            raise NotImportable(
                f"The header of {self._name} cannot be cut into columns: {error}. Correct "
                "delimiter and quote in the mapping."
            ) from error


class _Rows:
    """Cuts text into rows; a line that cannot be cut costs that line and no more.

    Text is cut block by block, which is several times faster than line by line. A block in which
    anything is odd, be it only a cell of two lines, is gone through line by line instead.
    """

    def __init__(self, text: IO[str], layout: Layout, width: int, broken: Broken) -> None:
        self._text = text
        self._cut = _cutter(layout)
        self._width = width
        self._broken = broken
        self._again: deque[str] = deque()
        self._taken: list[str] = []
        self._line = 1

    def pass_over_header(self) -> None:
        self._text.readline()
        self._line += 1

    def blocks(self) -> Iterator[tuple[int, Sequence[Row]]]:
        csv.field_size_limit(LONGEST)
        while block := self._text.read(_BLOCK):
            if block[-1] != "\n":
                block += self._text.readline()
            lines = list(io.StringIO(block, newline=""))
            if (rows := self._whole(block, lines)) is not None:
                yield self._line, rows
                self._line += len(rows)
            else:
                self._again.extend(lines)
                yield from self._line_by_line()

    def _whole(self, block: str, lines: list[str]) -> Sequence[Row] | None:
        """All rows of a block when each line is one; None when anything is odd about it."""
        if "\0" in block or not (block.isascii() or _UNREADABLE.search(block) is None):
            return None
        try:
            rows = list(self._cut(iter(lines)))
        except csv.Error:
            return None
        is_plain = len(rows) == len(lines) and set(map(len, rows)) == {self._width}
        return rows if is_plain else None

    def _line_by_line(self) -> Iterator[tuple[int, Sequence[Row]]]:
        """The rows of the lines that wait in `_again`, and of further ones that the last row needs."""
        while self._again:
            try:
                for cells in self._cut(self._lines()):
                    lines = len(self._taken)
                    if len(cells) == self._width and (lines == 1 or self._is_short()):
                        yield self._line, [cells]
                    elif cells:
                        self._refuse(self._remedy_for_width(len(cells)))
                        break
                    self._line += lines
                    self._taken.clear()
                    if not self._again:
                        return
            except csv.Error as error:
                self._refuse(
                    f"The line cannot be cut into cells ({error}). Most likely a quote is missing "
                    "or stands in the middle of a cell: close it, or double it."
                )
            except _Sign as sign:
                self._refuse(str(sign))

    def _lines(self) -> Iterator[str]:
        while line := self._again.popleft() if self._again else self._text.readline():
            self._taken.append(line)
            yield _sound(line)

    def _refuse(self, remedy: str) -> None:
        """Give up the first of the lines taken, and take the others again."""
        first, *others = self._taken
        self._broken(self._line, first.rstrip("\r\n")[:200], remedy)
        self._line += 1
        self._again.extendleft(reversed(others))
        self._taken.clear()

    def _is_short(self) -> bool:
        """Whether a row of several lines ends before a stray quote could have eaten the file."""
        return sum(map(len, self._taken)) <= LONGEST

    def _remedy_for_width(self, cells: int) -> str:
        return (
            f"The line has {cells} cells where there are {self._width} columns. Most likely a "
            "delimiter stands in a cell without quotes, or a quote is missing."
        )


def _cutter(layout: Layout) -> Callable[[Iterator[str]], Iterator[Row]]:
    """What cuts lines into cells."""
    if layout.layout == "csv":
        dialect = _dialect(layout)
        return lambda lines: csv.reader(lines, strict=True, **dialect)
    if layout.layout == "whitespace":
        return lambda lines: (line.split() for line in lines)
    ends = list(accumulate(layout.widths))
    spans = list(zip([0, *ends], ends, strict=False))
    return lambda lines: (_cut_fixed(line.rstrip("\r\n"), spans) for line in lines)


class _Sign(Exception):
    """A line holds something that is no text; the message says what to do."""


def _sound(line: str) -> str:
    if "\0" in line:
        raise _Sign("The line holds a NUL byte, which is no text. Take it out.")
    if found := _UNREADABLE.search(line):
        byte = ord(found.group()) - 0xDC00
        raise _Sign(
            f"The line holds the byte {byte:#04x}, which means nothing in the mapping's encoding. "
            "Correct encoding in the mapping, or the line."
        )
    return line


def _dialect(layout: Layout) -> dict[str, Any]:
    if layout.quote:
        return {"delimiter": layout.delimiter, "quotechar": layout.quote}
    return {"delimiter": layout.delimiter, "quoting": csv.QUOTE_NONE}


def _cut_fixed(line: str, spans: Sequence[tuple[int, int]]) -> Sequence[str]:
    """The cells of a line in columns of fixed widths; the last may be cut off where it is blank."""
    if not line.strip():
        return ()
    if len(line) > spans[-1][1] or len(line) <= spans[-1][0]:
        return (line,)
    return [line[start:end] for start, end in spans]
