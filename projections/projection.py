"""What a read model is: its tables, and what each event changes in them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import ClassVar

from sqlalchemy import Connection, Table

from domain.root import Envelope, Event
from projections.rows import Rows


class Projection(ABC):
    """One read model. The questions asked of its tables are functions beside it.

    `name` is what the model is called in positions and reports. `version` grows by one whenever
    a table or the meaning of a row changes: the stored rows are then out of date until the model
    has been rebuilt. `tables` are declared under their live names. `topics` are the events that
    change a row; empty means that all of them are folded.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    tables: ClassVar[tuple[Table, ...]]
    topics: ClassVar[tuple[type[Event], ...]] = ()

    @abstractmethod
    def fold(self, rows: Rows, batch: Sequence[Envelope]) -> None:
        """Change the rows by events in the order of their positions.

        Pure: no clock, no chance, ids and times only from the events; and any cut of the same
        events into batches must give the same rows. An exception parks the customer concerned.
        """

    def wants(self, batch: Iterable[Envelope]) -> list[Envelope]:
        """The events of a batch that this model folds."""
        if not self.topics:
            return list(batch)
        topics = frozenset(self.topics)
        return [each for each in batch if type(each.event) in topics]

    def create(self, connection: Connection, tables: Iterable[Table]) -> None:
        """Create the tables, which bear the names and index names of one generation.

        A model that needs more than SQLAlchemy can describe extends this.
        """
        for table in tables:
            table.create(connection)
