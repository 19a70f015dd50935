"""The catalogues of the languages: `python -m web.catalogue` brings them up to date with the code.

Each area of the pages has a file of its own, `web/translations/<language>/<area>.po`; what several
areas or the domain say stands in `shared.po`. What is new gets an empty translation, to be filled
in by hand; what is no longer said is dropped. With `--check` nothing is written, and the exit code
is 1 when a catalogue is not up to date or a translation is missing.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
SHARED = "shared"
LANGUAGES = ("zh_CN",)
MessageId = str | tuple[str, ...]

_KEYWORDS = {**DEFAULT_KEYWORDS, "lazy_gettext": None, "lazy_ngettext": (1, 2)}
_REFUSALS = {"Refused", "Invalid", "NotFound", "Changed", "Erased", "Busy"}


def main(arguments: list[str]) -> int:
    """Update, or with `--check` only compare; returns the exit code."""
    check = "--check" in arguments
    said = by_area()
    wrong = [line for language in LANGUAGES for line in _bring_up(language, said, check=check)]
    for line in wrong:
        sys.stderr.write(f"{line}\n")
    return 1 if wrong else 0


def by_area() -> dict[str, set[MessageId]]:
    """Every sentence that the hub says to people, by the area that says it."""
    areas: defaultdict[MessageId, set[str]] = defaultdict(set)
    for area, message in _said():
        areas[message].add(area)
    files: defaultdict[str, set[MessageId]] = defaultdict(set)
    for message, where in areas.items():
        files[where.pop() if len(where) == 1 else SHARED].add(message)
    return dict(files)


def _said() -> Iterator[tuple[str, MessageId]]:
    for file in sorted((ROOT / "web").rglob("*.py")):
        for message in (*_extracted(file, "python"), *_refusals(file)):
            yield _area_of(file), message
    for file in sorted((ROOT / "web/templates").rglob("*.html")):
        for message in _extracted(file, "jinja2"):
            yield _area_of(file), message
    for layer in ("domain", "adapters"):
        for file in sorted((ROOT / layer).rglob("*.py")):
            for message in _refusals(file):
                yield SHARED, message


def _area_of(file: Path) -> str:
    parts = file.relative_to(ROOT / "web").parts
    parts = parts[1:] if parts[0] == "templates" else parts
    return parts[0] if len(parts) > 1 else SHARED


def _extracted(file: Path, method: str) -> Iterator[MessageId]:
    with file.open("rb") as opened:
        for found in extract(method, opened, keywords=_KEYWORDS, options={"trimmed": "true"}):
            yield found[1]


def _refusals(file: Path) -> Iterator[str]:
    """What refusals say: the first word of `Invalid("…")`, and `message = "…"` of their classes."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(words)), *_]):
                if name in _REFUSALS:
                    yield words
            case ast.AnnAssign(target=ast.Name(id="message"), value=ast.Constant(value=str(words))):
                yield words
            case ast.Assign(targets=[ast.Name(id="message")], value=ast.Constant(value=str(words))):
                yield words


def _bring_up(language: str, said: dict[str, set[MessageId]], *, check: bool) -> Iterator[str]:
    folder = ROOT / "web/translations" / language
    known: dict[MessageId, Message] = {
        _id(message): message for file in folder.glob("*.po") for message in _read(file, language)
    }
    for file in folder.glob("*.po"):
        if file.stem not in said:
            if check:
                yield f"{file.relative_to(ROOT)}: nothing of this is said any more"
            else:
                file.unlink()
    for area, messages in sorted(said.items()):
        file = folder / f"{area}.po"
        written = _written(language, messages, known)
        if not check:
            folder.mkdir(parents=True, exist_ok=True)
            file.write_bytes(written)
        elif not file.exists() or file.read_bytes() != written:
            yield f"{file.relative_to(ROOT)}: run python -m web.catalogue"
        for message in sorted(messages, key=str):
            if not _is_translated(known.get(message)):
                yield f"{file.relative_to(ROOT)}: no translation of {message!r}"


def _id(message: Message) -> MessageId:
    return message.id if isinstance(message.id, str) else tuple(message.id)


def _read(file: Path, language: str) -> Iterable[Message]:
    with file.open("rb") as opened:
        return [message for message in read_po(opened, locale=language) if message.id]


def _written(language: str, messages: set[MessageId], known: dict[MessageId, Message]) -> bytes:
    catalog = Catalog(locale=language, fuzzy=False)
    for message in sorted(messages, key=str):
        before = known.get(message)
        catalog.add(message, before.string if before is not None else None)
    out = BytesIO()
    write_po(out, catalog, width=100, omit_header=True, sort_output=True)
    return out.getvalue()


def _is_translated(message: Message | None) -> bool:
    if message is None:
        return False
    strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return all(strings)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
