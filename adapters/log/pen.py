"""What a database must be able to do for the log: one writer at a time, and plain reading."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from eventsourcing.persistence import PersistenceError, StoredEvent
from sqlalchemy import ColumnElement, Engine, Select, Table

from adapters.log.stored import Row


class Question:
    """A SELECT, compiled once for its database and asked with the driver's own cursor."""

    def __init__(self, select: Select[Any], engine: Engine) -> None:
        compiled = select.compile(dialect=engine.dialect)
        self.sql = str(compiled)
        self._fixed = dict(compiled.params)
        self._order: Sequence[str] | None = getattr(compiled, "positiontup", None)

    def values(self, given: Mapping[str, Any]) -> Any:
        """The parameters as the driver takes them: a sequence or a mapping."""
        named = {**self._fixed, **given}
        return named if self._order is None else tuple(named[name] for name in self._order)


class Pen(ABC):
    """Writes rows into one table and reads them, as one database does it best."""

    placeholder: ClassVar[str]

    def __init__(self, engine: Engine, table: Table) -> None:
        self.engine = engine
        self.table = table

    @abstractmethod
    def row(self, stored: StoredEvent) -> Row:
        """A stored event as the driver takes it."""

    @abstractmethod
    def write(self, rows: Sequence[Row], moment: datetime) -> Sequence[int]:
        """Write the rows in one transaction, recorded at `moment` or, if later, with the last.

        Returns their positions, ascending; nothing for a table that has none. Raises
        IntegrityError or ToldTwice when one is there already, OperationalError when the database
        did not take them in time. What was recorded is never reported as failed.
        """

    @abstractmethod
    def ask(self, question: Question, **given: Any) -> list[Any]:
        """The rows that answer the question, as the driver gives them."""

    @abstractmethod
    def among(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """A condition that the column is one of the values that are given under `name`."""

    @abstractmethod
    def bind(self, value: UUID) -> Any:
        """An id as the driver takes it."""

    @abstractmethod
    def bind_all(self, values: Collection[UUID | str]) -> Any:
        """Ids or texts as `among` takes them."""

    @abstractmethod
    def trouble(self, error: Exception) -> PersistenceError:
        """A driver's error in the library's terms, saying what to do."""
