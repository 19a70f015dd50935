"""How words are compared when somebody looks for them, in any script."""

from __future__ import annotations

import re
import unicodedata

_MARKS = re.compile("[\u0300-\u036f]")
_APART = re.compile(r"[^\w]|_")
_JOINED = re.compile("['’ʼ`´]")


def folded(text: str) -> str:
    """Text as it is searched: no capitals, no accents, wide and narrow forms alike.

    Chinese and other scripts stay as they are.
    """
    if text.isascii():
        return " ".join(text.lower().split())
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(unicodedata.normalize("NFC", _MARKS.sub("", plain)).split())


def tokens(text: str) -> str:
    """Folded letters and digits, one space for whatever stands between: `o'Neil-Ruiz` → `oneil ruiz`."""
    return " ".join(_APART.sub(" ", _JOINED.sub("", folded(text))).split())


def compact(text: str) -> str:
    """Folded letters and digits alone, as numbers of orders are compared: `RE-2026/7` → `re20267`."""
    return tokens(text).replace(" ", "")


def digits(text: str) -> str:
    """The ASCII digits of a telephone number, without what is dialled only inside a country.

    `+49 (0)30 1234` → `49301234`, `030/1234` → `301234`, `0049 30 1234` → `49301234`.
    """
    text = unicodedata.normalize("NFKC", text).strip()
    if text.startswith(("+", "00")):
        text = text.replace("(0)", "")
    return "".join(c for c in text if "0" <= c <= "9").lstrip("0")


def after_prefix(prefix: str) -> str:
    """The first text, by code points, behind all that begin with the prefix."""
    last = ord(prefix[-1]) + 1
    return prefix[:-1] + chr(0xE000 if last == 0xD800 else min(last, 0x10FFFF))


def pattern(word: str) -> str:
    """A LIKE pattern, with the backslash to escape, for text that holds the word anywhere."""
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
