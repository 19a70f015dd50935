"""A file that was taken in: who began it and when, and what came of it."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

import msgspec

from domain.root import Act, Beginning, Event, Root

ImportKind = Literal["sales", "customers", "payments", "repairs", "contacts"]


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the lines of a file: `read` is the sum of the five that follow it.

    `events` is how many events the import recorded, its own two included.
    """

    read: int = 0
    new: int = 0
    unchanged: int = 0
    corrected: int = 0
    skipped: int = 0
    refused: int = 0
    events: int = 0


class ImportStarted(Beginning, frozen=True, kw_only=True):
    """A file began to be taken in. `sha256` are the hashes of the file and of its mapping."""

    TOPIC = "import.started"
    import_kind: ImportKind
    file_name: str
    file_sha256: str
    file_size: int
    mapping_name: str
    mapping_sha256: str
    told_by: str

    def begin(self, aggregate_id: UUID) -> Import:
        return Import(aggregate_id)


class ImportFinished(Event, frozen=True, kw_only=True):
    """The whole file was taken in, but for the lines that were refused or skipped."""

    TOPIC = "import.finished"
    counts: Counts
    skipped_because: dict[str, int] = msgspec.field(default_factory=dict)
    refused_file: str | None = None

    def apply(self, aggregate: Import) -> None:
        aggregate.is_finished = True


class Import(Root):
    """One run of an import. Its id is the correlation of all that it recorded."""

    def __init__(self, aggregate_id: UUID) -> None:
        super().__init__(aggregate_id)
        self.is_finished = False

    @classmethod
    def begin(cls, import_id: UUID, started: ImportStarted, *, act: Act) -> Import:
        """A file begins to be taken in."""
        return cls.start(import_id, started, act)

    def finish(
        self,
        counts: Counts,
        *,
        skipped_because: dict[str, int],
        refused_file: str | None,
        act: Act,
    ) -> None:
        """The whole file has been taken in. Twice changes nothing."""
        if not self.is_finished:
            self.happen(
                ImportFinished(
                    counts=counts, skipped_because=skipped_because, refused_file=refused_file
                ),
                act,
            )
