"""Words about persons, sealed on their way into the log and opened only for who asks for them."""

from __future__ import annotations

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, cast
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from eventsourcing.persistence import DataError
from msgspec import inspect

from domain.personal import Personal

SEAL = "sealed:"
"""What a sealed field starts with; alone it stands for words that were forgotten before."""

_NONCE = 12


class Tampered(DataError):
    """Sealed words do not match their seal: the stored bytes were changed, or moved here."""


class Keys(Protocol):
    """Where the key of a stream is found; None when it was destroyed."""

    def key_for(self, stream: UUID) -> AESGCM | None: ...

    def keys_for(self, streams: Collection[UUID]) -> Mapping[UUID, AESGCM | None]: ...


class Shelf:
    """The keys of all streams on one page of the log, fetched together when the first is needed."""

    def __init__(self, keys: Keys, streams: Collection[UUID]) -> None:
        self._keys = keys
        self._streams = streams
        self._found: Mapping[UUID, AESGCM | None] | None = None

    def key_for(self, stream: UUID) -> AESGCM | None:
        """The key of a stream of this page; None when it was destroyed."""
        if self._found is None:
            self._found = self._keys.keys_for(self._streams)
        return self._found[stream]


class Letter:
    """One field's words under seal, and the place that they are sealed for.

    `path` is set where an upcast may have moved them away from it.
    """

    __slots__ = ("_key_for", "_place", "_stream", "_text", "path")

    def __init__(self, text: str, path: str | None) -> None:
        self._text = text
        self.path = path

    def lies(
        self, key_for: Callable[[UUID], AESGCM | None], topic: str, stream: UUID, path: str
    ) -> None:
        """Say where the letter was found, and who has its key."""
        self._key_for, self._stream, self._place = key_for, stream, _place(topic, stream, path)

    def open(self) -> str | None:
        """The words; None when they are forgotten. Raises Tampered."""
        if self._text == SEAL or (key := self._key_for(self._stream)) is None:
            return None
        try:
            sealed = urlsafe_b64decode(self._text[len(SEAL) :])
            return key.decrypt(sealed[:_NONCE], sealed[_NONCE:], self._place).decode()
        except (InvalidTag, ValueError) as error:
            raise Tampered(
                f"The words at {self._place.decode()} do not match their seal: they were changed in "
                "the database, or moved there from another place. Compare with a backup."
            ) from error


class SealedWords(Personal):
    """Words that came out of the log, with the letter that they are in."""

    __slots__ = ("letter",)
    letter: Letter

    @classmethod
    def read(cls, text: object, path: str | None = None) -> SealedWords:
        """The content of a field in the log. Raises ValueError for words that lie there open."""
        if not isinstance(text, str) or not text.startswith(SEAL):
            raise ValueError("words about a person that are not sealed")
        letter = Letter(text, path)
        words = cast("SealedWords", cls.sealed(letter.open))
        words.letter = letter
        return words


def seal(key: AESGCM, words: Personal, topic: str, stream: UUID, path: str) -> str:
    """The words as the log keeps them; only in this place of this stream can they be opened."""
    if words.is_forgotten:
        return SEAL
    nonce = os.urandom(_NONCE)
    sealed = nonce + key.encrypt(nonce, words.text.encode(), _place(topic, stream, path))
    return SEAL + urlsafe_b64encode(sealed).decode()


def _place(topic: str, stream: UUID, path: str) -> bytes:
    return f"{topic}|{stream}|{path}".encode()


# --- where words can stand in an event --------------------------------------------------------

_Field = tuple[str, str]  # its name, and its name in the log
Placed = tuple[str, Personal]
"""Words, with the path of their field within the event: `purchase.note`, `lines.3.note`."""


class Places:
    """Which fields of which structs may hold words or times, found out once for each type."""

    def __init__(self) -> None:
        self._fields: dict[type, tuple[_Field, ...]] = {}

    def learn(self, cls: type[msgspec.Struct]) -> None:
        """Take in an event type with all that its fields are made of."""
        self._learn(inspect.type_info(cls))

    def any_in(self, cls: type[msgspec.Struct]) -> bool:
        """Whether a struct that was learnt may hold words or times."""
        return bool(self._fields[cls])

    def words(self, struct: msgspec.Struct) -> tuple[list[Placed], bool]:
        """All words in a struct, in the order of its fields, and whether all times are in UTC.

        Raises ValueError for a time without a zone.
        """
        found: list[Placed] = []
        return found, self._gather(struct, "", found)

    def _gather(self, value: Any, path: str, found: list[Placed]) -> bool:
        all_utc = True
        if isinstance(value, Personal):
            found.append((path, value))
        elif isinstance(value, datetime):
            all_utc = is_utc(value)
        elif fields := self._fields.get(type(value)):
            for name, stored_name in fields:
                inner = getattr(value, name)
                if inner is None or inner is msgspec.UNSET:
                    continue
                if type(inner) is datetime:
                    if inner.tzinfo is not UTC:
                        all_utc = is_utc(inner) and all_utc
                else:
                    place = f"{path}.{stored_name}" if path else stored_name
                    all_utc = self._gather(inner, place, found) and all_utc
        elif isinstance(value, (tuple, list)):
            for number, item in enumerate(value):
                all_utc = self._gather(item, f"{path}.{number}", found) and all_utc
        elif isinstance(value, dict):
            for name, item in value.items():
                all_utc = self._gather(item, f"{path}.{name}", found) and all_utc
        return all_utc

    def _learn(self, info: inspect.Type) -> bool:
        """Whether values of this type may hold words or times."""
        match info:
            case inspect.CustomType(cls=cls):
                return issubclass(cls, Personal)
            case inspect.DateTimeType():
                return True
            case inspect.StructType(cls=cls, fields=fields):
                if cls not in self._fields:
                    self._fields[cls] = ()  # a type within itself: known before it is finished
                    self._fields[cls] = tuple(
                        (f.name, f.encode_name) for f in fields if self._learn(f.type)
                    )
                return bool(self._fields[cls])
            case inspect.UnionType(types=types) | inspect.TupleType(item_types=types):
                learnt = [self._learn(inner) for inner in types]  # all of them, not up to the first
                return any(learnt)
            case inspect.ListType(item_type=inner) | inspect.VarTupleType(item_type=inner):
                return self._learn(inner)
            case inspect.DictType(value_type=inner) | inspect.Metadata(type=inner):
                return self._learn(inner)
            case inspect.SetType() | inspect.FrozenSetType():
                if self._learn(info.item_type):
                    raise TypeError(
                        "Words and times in a set have no place of their own: use a tuple."
                    )
        return False


def is_utc(moment: datetime) -> bool:
    """Whether an aware time is in UTC. Raises ValueError for a time without a zone."""
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError("a time without a zone: attach the zone of the place where it happened")
    return offset == timedelta(0)


def in_utc(value: Any) -> Any:
    """Plain dicts, lists and tuples with every time in them turned to UTC."""
    match value:
        case datetime():
            return value.astimezone(UTC)
        case dict():
            return {name: in_utc(inner) for name, inner in value.items()}
        case list() | tuple():
            return [in_utc(inner) for inner in value]
    return value
