"""Words about a person, readable for as long as that person's key exists."""

from __future__ import annotations

from collections.abc import Callable


class Personal:
    """A name, an address, a number, a note: anything that tells who somebody is.

    In memory it is text. In the log it is sealed, field by field, with the key of the stream it
    belongs to, and opened only when somebody asks for it, so that a fold that needs no words
    never pays for them. When the key has been destroyed the words are forgotten: `text` is then
    the empty string, and everything around them goes on working.
    """

    __slots__ = ("_opener", "_text")

    def __init__(self, text: str | None, opener: Callable[[], str | None] | None = None) -> None:
        self._text = text
        self._opener = opener

    @classmethod
    def sealed(cls, opener: Callable[[], str | None]) -> Personal:
        """Words still under seal; `opener` gives them, or None when the key is gone."""
        return cls(None, opener)

    @property
    def text(self) -> str:
        """The words, or the empty string when they have been forgotten."""
        self._open()
        return self._text or ""

    @property
    def is_forgotten(self) -> bool:
        """Whether the key to these words no longer exists."""
        self._open()
        return self._text is None

    def _open(self) -> None:
        if self._opener is not None:
            self._text, self._opener = self._opener(), None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Personal):
            return NotImplemented
        return self.is_forgotten == other.is_forgotten and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        """Never the words: a representation ends up in logs and tracebacks."""
        return "Personal(…)"


def text_of(personal: Personal | None) -> str:
    """The words of an optional field; empty when there are none or they are forgotten."""
    return personal.text if personal is not None else ""
