"""Between events and what is stored of them: JSON that an auditor can read with nothing but SQL."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import (
    JSONTranscoder,
    MapperDeserialisationError,
    StoredEvent,
)
from eventsourcing.persistence import Mapper as LibraryMapper

from adapters.log.recorder import Line
from adapters.log.stored import StoredEnvelope
from adapters.log.words import SEAL, Keys, Placed, Places, SealedWords, Shelf, in_utc, seal
from domain.personal import Personal
from domain.root import Envelope, Event, Unreadable

KeyFor = Callable[[UUID], AESGCM | None]


class Keyring(Keys, Protocol):
    """The keys of streams, some of which are yet to be made."""

    def create(self, streams: Collection[UUID]) -> Mapping[UUID, AESGCM | None]:
        """The keys of the streams, made durable; None for a stream whose key was destroyed."""


class Forgotten(Exception):
    """Words about somebody who was forgotten must not be written any more."""


def known_events(*bases: type[Event]) -> dict[str, tuple[type[Event], int]]:
    """Every stored name that the log may hold, with its event type and the version it means.

    Walks the subclasses of the bases that have a TOPIC. Raises TypeError when two events would
    be stored under one name, or when an older version has no upcast.
    """
    known: dict[str, tuple[type[Event], int]] = {}
    for cls in sorted(set(_subclasses(bases)), key=lambda cls: (cls.__module__, cls.__qualname__)):
        if not hasattr(cls, "TOPIC"):
            continue
        if missing := set(range(1, cls.VERSION)) - set(cls.UPCASTS):
            raise TypeError(f"{cls.__qualname__} has no upcast from version {min(missing)}.")
        for version in range(1, cls.VERSION + 1):
            name = cls.stored_name(version)
            if name in known:
                other = known[name][0].__qualname__
                raise TypeError(f"{cls.__qualname__} and {other} are both stored as {name!r}.")
            known[name] = cls, version
    return known


def _subclasses(bases: Iterable[type[Event]]) -> Iterator[type[Event]]:
    for base in bases:
        yield base
        yield from _subclasses(base.__subclasses__())


class Mapper(LibraryMapper[UUID]):
    """Turns envelopes into stored events and back, for a fixed set of known events."""

    def __init__(self, known: Mapping[str, tuple[type[Event], int]], keyring: Keyring) -> None:
        super().__init__(JSONTranscoder())
        self._keyring = keyring
        self._places = Places()
        self._forms: dict[str, _Form] = {}
        for name, (cls, version) in known.items():
            self._places.learn(cls)
            self._forms[name] = _Form(name, cls, version, self._places)

    # --- writing ---

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredEnvelope:
        return self.to_stored_events([domain_event])[0]

    def to_stored_events(
        self, domain_events: Sequence[DomainEventProtocol[UUID]]
    ) -> list[StoredEnvelope]:
        """The envelopes as they will be stored, with one look for the keys of all streams.

        Raises Forgotten for words about somebody whose key was destroyed, ValueError for a time
        without a zone, TypeError for an event that is not known.
        """
        drafts = [self._draft(event) for event in domain_events]
        need = {draft.envelope.originator_id for draft in drafts if draft.words}
        keys = self._keyring.create(need) if need else {}
        return [self._stored(draft, keys) for draft in drafts]

    def _draft(self, envelope: DomainEventProtocol[UUID]) -> _Draft:
        if not isinstance(envelope, Envelope):
            raise TypeError(f"The log holds envelopes, not {type(envelope).__qualname__}.")
        form = self._forms.get(envelope.event.stored_name())
        if form is None or form.cls is not type(envelope.event):
            raise TypeError(f"{type(envelope.event).__qualname__} is not an event of this log.")
        words, all_utc = self._places.words(envelope.event) if form.has_places else ([], True)
        return _Draft(envelope, form, words, all_utc)

    def _stored(self, draft: _Draft, keys: Mapping[UUID, AESGCM | None]) -> StoredEnvelope:
        envelope, form, words, all_utc = draft
        stream = envelope.originator_id
        if not words and all_utc:
            state = form.encode(envelope.event)
        else:
            key = keys.get(stream)
            if words and key is None:
                raise Forgotten(
                    f"Words of {form.name} about {stream} cannot be kept: this customer was erased."
                )
            sealing = _Sealing(key, form.name, stream, words)
            encode = _encode if all_utc else _encode_in_utc
            state = encode(envelope.event, sealing)
        return StoredEnvelope.quickly(
            originator_id=stream,
            originator_version=envelope.originator_version,
            topic=form.name,
            state=state,
            by=envelope.by,
            source=envelope.source,
            source_ref=envelope.source_ref,
            correlation=envelope.correlation,
            cause=envelope.cause,
            contact=envelope.event.about,
            position=None,
            recorded_at=None,
        )

    # --- reading ---

    def to_domain_event(self, stored_event: StoredEvent) -> Envelope:
        if not isinstance(stored_event, StoredEnvelope) or stored_event.by is None:
            raise MapperDeserialisationError(
                f"Event {stored_event.originator_version} of {stored_event.originator_id} does not "
                "say who did it: it was not written by this hub."
            )
        stream = UUID(str(stored_event.originator_id))
        event = self._event(
            stored_event.topic,
            stream,
            stored_event.originator_version,
            stored_event.state,
            self._keyring.key_for,
        )
        return Envelope(
            originator_id=stream,
            originator_version=stored_event.originator_version,
            event=event,
            by=stored_event.by,
            source=stored_event.source,
            source_ref=stored_event.source_ref,
            correlation=stored_event.correlation,
            cause=stored_event.cause,
            position=stored_event.position,
            recorded_at=stored_event.recorded_at,
        )

    def page(self, rows: Sequence[Any]) -> list[Envelope | Unreadable]:
        """Rows of the log, each as its event, or as what keeps it from being read.

        Words stay sealed; the first that is opened fetches the keys of the whole page at once.
        """
        try:
            lines = msgspec.convert(rows, list[Line])
        except msgspec.ValidationError:
            return [self._line_by_itself(row) for row in rows]
        # A stream in which nobody is spoken of has no key.
        shelf = Shelf(self._keyring, {line.stream for line in lines if SEAL in line.state})
        return [self._envelope(line, shelf.key_for) for line in lines]

    def readable(self, rows: Sequence[Any]) -> Iterator[Envelope]:
        """As `page`, where every event is needed. Raises MapperDeserialisationError."""
        for found in self.page(rows):
            if isinstance(found, Unreadable):
                raise MapperDeserialisationError(found.problem)
            yield found

    def _line_by_itself(self, row: Sequence[Any]) -> Envelope | Unreadable:
        try:
            return self._envelope(msgspec.convert(row, Line), self._keyring.key_for)
        except msgspec.ValidationError as error:
            position, stream, version, topic, *_ = row
            return Unreadable(
                originator_id=UUID(str(stream)),
                originator_version=version,
                position=position,
                topic=str(topic),
                problem=f"The row has been damaged: {error}",
            )

    def _envelope(self, line: Line, key_for: KeyFor) -> Envelope | Unreadable:
        if line.by is None:
            return _unreadable(line, "It does not say who did it: this hub did not write it.")
        try:
            event = self._event(line.topic, line.stream, line.version, line.state, key_for)
        except MapperDeserialisationError as error:
            return _unreadable(line, str(error))
        return Envelope(
            originator_id=line.stream,
            originator_version=line.version,
            event=event,
            by=line.by,
            source=line.source,
            source_ref=line.source_ref,
            correlation=line.correlation,
            cause=line.cause,
            position=line.position,
            recorded_at=line.recorded_at,
        )

    def _event(
        self, topic: str, stream: UUID, version: int, state: str | bytes, key_for: KeyFor
    ) -> Event:
        form = self._forms.get(topic)  # a table: a row can never name what is imported
        if form is None:
            raise MapperDeserialisationError(
                f"No event is known under {topic!r} (event {version} of {stream}). It was written by "
                "a newer version of the hub, or not by the hub."
            )
        try:
            event, paths = form.decode(state)
        except (ValueError, KeyError, TypeError) as error:  # msgspec's are ValueErrors
            raise MapperDeserialisationError(
                f"The content of event {version} of {stream}, {topic!r}, cannot be read: {error}"
            ) from error
        for path, words in paths:
            if isinstance(words, SealedWords):
                words.letter.lies(key_for, topic, stream, words.letter.path or path)
        return event


def _unreadable(line: Line, problem: str) -> Unreadable:
    return Unreadable(
        originator_id=line.stream,
        originator_version=line.version,
        position=line.position,
        topic=line.topic,
        problem=problem,
    )


class _Draft(NamedTuple):
    """An event about to be stored: what it is, the words to seal, and whether all times are UTC."""

    envelope: Envelope
    form: _Form
    words: list[Placed]
    all_utc: bool


class _Form:
    """What one stored name means: how its content is written and read."""

    def __init__(self, name: str, cls: type[Event], version: int, places: Places) -> None:
        self.name = name
        self.cls = cls
        self.encode = msgspec.json.Encoder().encode
        self.has_places = places.any_in(cls)
        self._places = places
        self._upcasts = [cls.UPCASTS[older] for older in range(version, cls.VERSION)]
        self._decode = msgspec.json.Decoder(cls, dec_hook=_read_words).decode

    def decode(self, state: str | bytes) -> tuple[Event, Sequence[Placed]]:
        """The event, and the words in it, each with the path at which it was sealed."""
        event = self._decode_older(state) if self._upcasts else self._decode(state)
        has_words = SEAL in state if isinstance(state, str) else _SEAL_BYTES in state
        return event, self._places.words(event)[0] if has_words else ()

    def _decode_older(self, state: str | bytes) -> Event:
        content = _with_paths(msgspec.json.decode(state), "")
        for upcast in self._upcasts:
            content = upcast(content)
        return msgspec.convert(content, self.cls, dec_hook=_read_words)


_SEAL_BYTES = SEAL.encode()


class _Found(str):
    """A sealed text that remembers where it was found, wherever an upcast may put it."""

    __slots__ = ("path",)
    path: str


def _with_paths(value: Any, path: str) -> Any:
    match value:
        case str() if value.startswith(SEAL):
            found = _Found(value)
            found.path = path
            return found
        case dict():
            prefix = f"{path}." if path else ""
            return {name: _with_paths(inner, prefix + name) for name, inner in value.items()}
        case list():
            return [_with_paths(inner, f"{path}.{number}") for number, inner in enumerate(value)]
    return value


def _read_words(kind: type, value: Any) -> Any:
    if kind is not Personal:
        raise NotImplementedError(f"{kind.__qualname__} cannot be stored in an event")
    return SealedWords.read(value, value.path if isinstance(value, _Found) else None)


class _Sealing:
    """Gives msgspec the sealed text for each of an event's words, in the order it comes to them."""

    def __init__(self, key: AESGCM | None, topic: str, stream: UUID, words: list[Placed]) -> None:
        self._key, self._topic, self._stream = key, topic, stream
        self._words = iter(words)

    def __call__(self, value: Any) -> str:
        for path, words in self._words:  # a word that is left out as a default is passed over
            if words is value and self._key is not None:
                return seal(self._key, words, self._topic, self._stream, path)
        raise NotImplementedError(f"{type(value).__qualname__} cannot be stored in an event")


def _encode(event: Event, sealing: _Sealing) -> bytes:
    return msgspec.json.encode(event, enc_hook=sealing)


def _encode_in_utc(event: Event, sealing: _Sealing) -> bytes:
    plain = msgspec.to_builtins(event, builtin_types=(datetime,), enc_hook=sealing)
    return msgspec.json.encode(in_utc(plain))
