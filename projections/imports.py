"""The files that were taken in: by whom, when, and what became of their lines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    MetaData,
    Select,
    String,
    Table,
    Text,
    Uuid,
    select,
)

from domain.imports import Counts, ImportFinished, ImportStarted
from domain.root import Envelope
from projections.projection import Projection
from projections.rows import Rows
from projections.tables import Moment, place

COUNTS = ("read", "new", "unchanged", "corrected", "skipped", "refused", "events")

imports = Table(
    "imports",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("file_name", Text, nullable=False),
    Column("file_size", BigInteger, nullable=False),
    Column("mapping_name", Text, nullable=False),
    Column("told_by", Text, nullable=False),
    Column("by", Uuid, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment),
    *(Column(name, BigInteger, nullable=False) for name in COUNTS),
    Column("skipped_because", Text, nullable=False),
    Column("refused_file", Text),
    Index("ix_imports_position", "position"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """One import. `finished_at` is None while it goes on, or when it was interrupted.

    `counts` are zeros until then. `refused_file` is where the refused lines lie, as its machine
    calls the place.
    """

    id: UUID
    position: int
    kind: str
    file_name: str
    file_size: int
    mapping_name: str
    told_by: str
    by: UUID
    started_at: datetime
    finished_at: datetime | None
    counts: Counts
    skipped_because: dict[str, int]
    refused_file: str | None


class Imports(Projection):
    """One row for each import that left anything in the log."""

    name, version = "imports", 1
    tables = (imports,)
    topics = (ImportStarted, ImportFinished)

    def fold(self, rows: Rows, batch: Sequence[Envelope]) -> None:
        streams = {each.stream for each in batch}
        now = {row.id: row._asdict() for row in rows.fetch(imports, imports.c.id, streams)}
        for envelope in batch:
            match envelope.event:
                case ImportStarted() as started:
                    now[envelope.stream] = _started(envelope, started)
                case ImportFinished() as finished:
                    now[envelope.stream] |= {
                        "finished_at": envelope.happened_at,
                        "skipped_because": _as_text(finished.skipped_because),
                        "refused_file": finished.refused_file,
                        **{name: getattr(finished.counts, name) for name in COUNTS},
                    }
        rows.upsert(imports, list(now.values()))


def history(connection: Connection, *, before: int | None = None, limit: int = 50) -> list[Taken]:
    """A page of all imports, the latest first; the next page begins before the last `position`."""
    query = select(imports).order_by(imports.c.position.desc()).limit(limit)
    if before is not None:
        query = query.where(imports.c.position < before)
    return _asked(connection, query)


def taken(connection: Connection, import_id: UUID) -> Taken | None:
    """One import; None when there is none with this id."""
    found = _asked(connection, select(imports).where(imports.c.id == import_id))
    return found[0] if found else None


def _started(envelope: Envelope, started: ImportStarted) -> dict[str, Any]:
    return {
        "id": envelope.stream,
        "position": place(envelope),
        "kind": started.import_kind,
        "file_name": started.file_name,
        "file_size": started.file_size,
        "mapping_name": started.mapping_name,
        "told_by": started.told_by,
        "by": envelope.by,
        "started_at": envelope.happened_at,
        "finished_at": None,
        **dict.fromkeys(COUNTS, 0),
        "skipped_because": _as_text({}),
        "refused_file": None,
    }


def _as_text(reasons: dict[str, int]) -> str:
    return json.dumps(reasons, ensure_ascii=False, sort_keys=True)


def _asked(connection: Connection, query: Select[Any]) -> list[Taken]:
    return [
        Taken(
            id=row.id,
            position=row.position,
            kind=row.kind,
            file_name=row.file_name,
            file_size=row.file_size,
            mapping_name=row.mapping_name,
            told_by=row.told_by,
            by=row.by,
            started_at=row.started_at,
            finished_at=row.finished_at,
            counts=Counts(**{name: getattr(row, name) for name in COUNTS}),
            skipped_because=json.loads(row.skipped_because),
            refused_file=row.refused_file,
        )
        for row in connection.execute(query)
    ]
