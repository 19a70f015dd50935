"""Who a customer is: master data, addresses and numbers, consents, alerts and holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec import UNSET
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    Uuid,
    select,
)

from domain.customers.details import Address, Details
from domain.customers.events import (
    ConsentTold,
    CustomerErased,
    DetailsChanged,
    IdentifierAdded,
    IdentifierRetired,
    LegalHoldLifted,
    LegalHoldPlaced,
    Registered,
)
from domain.customers.identifiers import Identifier
from domain.root import Envelope
from projections.projection import Projection
from projections.rows import Rows
from projections.tables import Moment

metadata = MetaData()

# Words are empty, never NULL, so that a word that was forgotten and one that was never told are
# the same row. `position` is that of the registration.
profiles = Table(
    "profiles",
    metadata,
    Column("stream", Uuid, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("customer_kind", String(8), nullable=False),
    Column("registered_at", Moment, nullable=False),
    Column("name", Text, nullable=False),
    Column("salutation", Text, nullable=False),
    Column("street", Text, nullable=False),
    Column("postcode", Text, nullable=False),
    Column("city", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("prefers", Text, nullable=False),
    Column("alert", Text, nullable=False),
    Column("details_version", Integer, nullable=False),
    Column("legal_hold", Text),
    Column("is_erased", Boolean, nullable=False),
)

# `position` and `place` say in which order they were told.
identifiers = Table(
    "profile_identifiers",
    metadata,
    Column("stream", Uuid, primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("system", Text, primary_key=True),
    Column("normal", Text, primary_key=True),
    Column("typed", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("place", Integer, nullable=False),
    Column("since", Moment, nullable=False),
    Column("retired_at", Moment),
)

consents = Table(
    "profile_consents",
    metadata,
    Column("stream", Uuid, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("channel", String(8), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("given", Boolean, nullable=False),
    Column("on", Date, nullable=False),
    Column("told_by", Text, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("by", Uuid, nullable=False),
)

_ADDRESS = ("street", "postcode", "city", "region", "country")
_DETAILS = ("name", "salutation", *_ADDRESS, "language", "zone", "prefers", "alert")
_WORDS = ("name", "salutation", "street", "postcode", "city", "region", "alert")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAs:
    """An e-mail address, telephone number or number of another system (`system` names it).

    `retired_at` is None while it is in use.
    """

    stream: UUID
    kind: str  # email, phone, number
    typed: str
    normal: str
    system: str
    since: datetime
    retired_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentNow:
    """What the customer allows now on a channel for a purpose, and how we know.

    Of several linked streams the stricter one holds: a refusal of any stream stands.
    """

    channel: str
    purpose: str
    given: bool
    on: date
    told_by: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEntry:
    """One telling of a consent or its withdrawal, for the history of consents."""

    stream: UUID
    channel: str
    purpose: str
    given: bool
    on: date
    told_by: str
    recorded_at: datetime
    by: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One customer over all linked streams; words are empty where nothing is known or forgotten.

    `main` is the stream that was registered first among those not erased; name, address and the
    other details are its own, and where it says nothing those of the next one.
    `also` are the other streams, by time of registration.
    `number` is the first customer number of another system in use, else eight digits of `main`.
    `details_version` is the version of `main`'s details, for telling two editors apart.
    """

    main: UUID
    also: tuple[UUID, ...]
    customer_kind: str  # person, firm
    name: str
    salutation: str
    street: str
    postcode: str
    city: str
    region: str
    country: str
    language: str
    zone: str
    prefers: str
    alert: str
    registered_at: datetime
    details_version: int
    is_erased: bool
    legal_hold: str | None
    number: str
    identifiers: tuple[KnownAs, ...]
    consents: tuple[ConsentNow, ...]

    @property
    def phones(self) -> tuple[KnownAs, ...]:
        """Telephone numbers in use."""
        return self._in_use("phone")

    @property
    def emails(self) -> tuple[KnownAs, ...]:
        """E-mail addresses in use."""
        return self._in_use("email")

    @property
    def label(self) -> str:
        """The name, or for those without one the number or address they are known by."""
        return self.name or next((i.typed for i in self.identifiers), "") or self.number

    def _in_use(self, kind: str) -> tuple[KnownAs, ...]:
        return tuple(i for i in self.identifiers if i.kind == kind and i.retired_at is None)


class Profiles(Projection):
    """One row for each customer, and one for each identifier and each telling of a consent."""

    name, version = "profile", 1
    tables = (profiles, identifiers, consents)
    topics = (
        Registered,
        DetailsChanged,
        IdentifierAdded,
        IdentifierRetired,
        ConsentTold,
        LegalHoldPlaced,
        LegalHoldLifted,
        CustomerErased,
    )

    def fold(self, rows: Rows, batch: Sequence[Envelope]) -> None:
        self._fold_profiles(rows, batch)
        self._fold_identifiers(rows, batch)
        rows.insert(
            consents, [_told(e, e.event) for e in batch if isinstance(e.event, ConsentTold)]
        )

    def _fold_profiles(self, rows: Rows, batch: Sequence[Envelope]) -> None:
        begun = {e.stream for e in batch if isinstance(e.event, Registered)}
        changed = {e.stream for e in batch if isinstance(e.event, _CHANGES)} - begun
        now: dict[UUID, dict[str, Any]] = {
            row.stream: row._asdict() for row in rows.fetch(profiles, profiles.c.stream, changed)
        }
        for envelope in batch:
            if isinstance(envelope.event, Registered):
                now[envelope.stream] = _begun(envelope, envelope.event)
            elif (row := now.get(envelope.stream)) is not None:
                _change(row, envelope)
        rows.upsert(profiles, list(now.values()))

    def _fold_identifiers(self, rows: Rows, batch: Sequence[Envelope]) -> None:
        known: dict[tuple[UUID, str, str, str], dict[str, Any]] = {}
        retiring = {e.stream for e in batch if isinstance(e.event, IdentifierRetired)}
        for row in rows.fetch(identifiers, identifiers.c.stream, retiring):
            known[row.stream, row.kind, row.system, row.normal] = row._asdict()
        erased: set[UUID] = set()
        for envelope in batch:
            match envelope.event:
                case Registered(identifiers=told):
                    for place, identifier in enumerate(told):
                        known[_key(envelope, identifier)] = _known(envelope, identifier, place)
                case IdentifierAdded(identifier=identifier):
                    known[_key(envelope, identifier)] = _known(envelope, identifier, 0)
                case IdentifierRetired(identifier=identifier):
                    if (retired := known.get(_key(envelope, identifier))) is not None:
                        retired["retired_at"] = envelope.happened_at
                case CustomerErased():
                    erased.add(envelope.stream)
        # An identifier without words belongs to somebody who was forgotten since.
        kept = [r for r in known.values() if r["normal"] and r["stream"] not in erased]
        rows.delete(identifiers, identifiers.c.stream, erased)
        rows.upsert(identifiers, kept)


_CHANGES = (DetailsChanged, LegalHoldPlaced, LegalHoldLifted, CustomerErased)


def profile(connection: Connection, identity: Sequence[UUID]) -> Profile | None:
    """The customer that these streams are; None when none of them was ever registered."""
    found = connection.execute(
        select(profiles)
        .where(profiles.c.stream.in_(identity))
        .order_by(profiles.c.is_erased, profiles.c.position)
    ).all()
    if not found:
        return None
    main = found[0]
    known = tuple(_identifiers(connection, identity))
    numbers = (k.typed for k in known if k.kind == "number" and k.retired_at is None)
    holds = [row.legal_hold for row in found if row.legal_hold is not None]
    return Profile(
        main=main.stream,
        also=tuple(row.stream for row in found[1:]),
        customer_kind=main.customer_kind,
        **_combined(found),
        registered_at=min(row.registered_at for row in found),
        details_version=main.details_version,
        is_erased=main.is_erased,
        legal_hold="; ".join(dict.fromkeys(holds)) if holds else None,
        number=next(numbers, main.stream.hex[:8]),
        identifiers=known,
        consents=_stricter(consent_history(connection, identity)),
    )


def consent_history(connection: Connection, identity: Sequence[UUID]) -> list[ConsentEntry]:
    """All that was ever told about consents, the latest first."""
    query = (
        select(consents).where(consents.c.stream.in_(identity)).order_by(consents.c.position.desc())
    )
    return [
        ConsentEntry(
            stream=row.stream,
            channel=row.channel,
            purpose=row.purpose,
            given=row.given,
            on=row.on,
            told_by=row.told_by,
            recorded_at=row.recorded_at,
            by=row.by,
        )
        for row in connection.execute(query)
    ]


def erased(connection: Connection) -> Sequence[UUID]:
    """The streams of all customers who were erased."""
    return connection.execute(select(profiles.c.stream).where(profiles.c.is_erased)).scalars().all()


# --- folding --------------------------------------------------------------------------------------


def _begun(envelope: Envelope, event: Registered) -> dict[str, Any]:
    row: dict[str, Any] = {
        "stream": envelope.stream,
        "position": envelope.position,
        "customer_kind": event.customer_kind,
        "registered_at": envelope.happened_at,
        **dict.fromkeys(_DETAILS, ""),
        "details_version": envelope.originator_version,
        "legal_hold": None,
        "is_erased": False,
    }
    row.update(_words(event.details))
    return row


def _change(row: dict[str, Any], envelope: Envelope) -> None:
    match envelope.event:
        case DetailsChanged(details=details):
            row.update(_words(details), details_version=envelope.originator_version)
        case LegalHoldPlaced(because=because):
            row["legal_hold"] = because
        case LegalHoldLifted():
            row["legal_hold"] = None
        case CustomerErased():
            row.update(dict.fromkeys(_WORDS, ""), is_erased=True)


def _words(details: Details) -> dict[str, str]:
    """The columns that these details, or this change of them, say something about."""
    told: dict[str, str] = {}
    for field in ("name", "salutation", "language", "zone", "prefers", "alert"):
        value = getattr(details, field)
        if value is not UNSET:
            told[field] = str(value or "")
    if details.address is not UNSET:
        address = details.address or Address()
        told.update({field: str(getattr(address, field) or "") for field in _ADDRESS})
    return told


def _key(envelope: Envelope, identifier: Identifier) -> tuple[UUID, str, str, str]:
    return envelope.stream, identifier.kind, identifier.system or "", identifier.normal.text


def _known(envelope: Envelope, identifier: Identifier, place: int) -> dict[str, Any]:
    return {
        "stream": envelope.stream,
        "kind": identifier.kind,
        "system": identifier.system or "",
        "normal": identifier.normal.text,
        "typed": identifier.typed.text,
        "position": envelope.position,
        "place": place,
        "since": envelope.happened_at,
        "retired_at": None,
    }


def _told(envelope: Envelope, event: ConsentTold) -> dict[str, Any]:
    consent = event.consent
    return {
        "stream": envelope.stream,
        "position": envelope.position,
        "channel": consent.channel,
        "purpose": consent.purpose,
        "given": consent.given,
        "on": consent.on,
        "told_by": consent.told_by or "",
        "recorded_at": envelope.recorded_at,
        "by": envelope.by,
    }


# --- combining linked streams -----------------------------------------------------------------


def _combined(found: Sequence[Row[Any]]) -> dict[str, str]:
    """Each detail from the first stream that says something about it; an address from one only."""
    combined = {
        field: next((value for row in found if (value := getattr(row, field))), "")
        for field in _DETAILS
        if field not in _ADDRESS
    }
    home = next((row for row in found if any(getattr(row, f) for f in _ADDRESS)), found[0])
    return combined | {field: getattr(home, field) for field in _ADDRESS}


def _identifiers(connection: Connection, identity: Sequence[UUID]) -> Iterable[KnownAs]:
    c = identifiers.c
    query = select(identifiers).where(c.stream.in_(identity)).order_by(c.position, c.place)
    for row in connection.execute(query):
        yield KnownAs(
            stream=row.stream,
            kind=row.kind,
            typed=row.typed,
            normal=row.normal,
            system=row.system,
            since=row.since,
            retired_at=row.retired_at,
        )


def _stricter(history: Sequence[ConsentEntry]) -> tuple[ConsentNow, ...]:
    """What holds now: the latest word of each stream, and of several streams a refusal."""
    latest: dict[tuple[str, str, UUID], ConsentEntry] = {}
    for entry in history:
        latest.setdefault((entry.channel, entry.purpose, entry.stream), entry)
    by_key: defaultdict[tuple[str, str], list[ConsentEntry]] = defaultdict(list)
    for (channel, purpose, _), entry in latest.items():
        by_key[channel, purpose].append(entry)
    return tuple(_now(entries) for _, entries in sorted(by_key.items()))


def _now(entries: Sequence[ConsentEntry]) -> ConsentNow:
    holds = next((entry for entry in entries if not entry.given), entries[0])
    return ConsentNow(
        channel=holds.channel,
        purpose=holds.purpose,
        given=holds.given,
        on=holds.on,
        told_by=holds.told_by,
        recorded_at=holds.recorded_at,
    )
