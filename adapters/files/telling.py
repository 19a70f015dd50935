"""What a record of a file tells: a contact with its customer, or a customer, as values of the domain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from adapters.files.columns import Columns, Field, Problem, Problems, fields_of, values
from adapters.files.kinds import CALL_OUTCOMES, PARTS
from adapters.files.mapping import SourceMapping
from adapters.files.persons import Person, Persons
from adapters.files.reading import Row
from adapters.files.records import ROWS_AT_MOST, Record
from domain.customers.contacts import (
    Contact,
    Email,
    Letter,
    Line,
    Payment,
    PhoneCall,
    Purchase,
    Repair,
)
from domain.customers.repairs import (
    Approved,
    Declined,
    Diagnosed,
    Quoted,
    Repaired,
    RepairStep,
    Returned,
)
from domain.identity import contact_id_of, customer_id_of

REPEATED = "repeats another line exactly"

_KEPT = 100_000
"""Different lines of purchases, and customers, that are remembered."""

_STEPS: Mapping[str, type[Any]] = {
    "diagnosed": Diagnosed,
    "quoted": Quoted,
    "approved": Approved,
    "refused": Declined,
    "repaired": Repaired,
    "returned": Returned,
}
_CONTACTS: Mapping[str, type[Any]] = {"phone_call": PhoneCall, "email": Email, "letter": Letter}


@dataclass(slots=True, kw_only=True)
class Telling:
    """What one record tells. `reference` begins with the kind: `sales:536365`, `customers:14911`.

    `odd` says what is odd about what was taken in, `is_repeated` that all lines of the record are
    the same one.
    """

    reference: str
    record: Record
    customer_id: UUID
    customer_reference: str
    read_person: Callable[[], Person]
    contact: Contact | None = None
    steps: tuple[RepairStep, ...] = ()
    odd: list[str] = field(default_factory=list)
    is_repeated: bool = False
    _person: Person | None = None

    def person(self) -> Person:
        """The customer as the record's first row tells of them; raises Problems."""
        if self._person is None:
            self._person = self.read_person()
        return self._person


class Teller:
    """Reads what records tell; one for each import."""

    def __init__(self, columns: Columns, mapping: SourceMapping) -> None:
        self._mapping = mapping
        self._persons = Persons(columns, mapping)
        parts = {
            part: fields_of(part, specs, PARTS[mapping.kind][part], columns, mapping)
            for part, specs in mapping.parts.items()
        }
        self._fields = parts.pop("fields", {})
        self._fields_of_kind = {
            kind: {
                name: read
                for name, read in self._fields.items()
                if name == "kind" or name in cls.__struct_fields__
            }
            for kind, cls in _CONTACTS.items()
        }
        self._zone = str(mapping.forms.zone)
        self._lines = parts.pop("lines", {})
        self._steps = {part.removeprefix("steps."): fields for part, fields in parts.items()}
        line_columns = sorted({name for f in self._lines.values() for name in f.spec.uses})
        self._line_cells = columns.cells_of(line_columns)
        self._head = columns.cells_of(
            sorted(
                {
                    *mapping.customer.reference,
                    *(
                        column
                        for name, f in self._fields.items()
                        for column in f.spec.uses
                        if name not in mapping.varies
                    ),
                }
            )
        )
        self._customer_cells = [columns.cell(name) for name in mapping.customer.reference]
        self._customer_ids: dict[str, UUID] = {}
        self._line_of: dict[Any, Line] = {}

    def tell(self, record: Record) -> Telling:
        """What the record tells; raises Problems."""
        self._refuse_what_is_not_one(record)
        row = record.rows[0]
        customer = self._customer(row)
        problems = [] if isinstance(customer, tuple) else [customer]
        reference = f"{self._mapping.kind}:{record.reference}"
        contact: Contact | None = None
        steps: tuple[RepairStep, ...] = ()
        odd: list[str] = []
        if self._mapping.kind != "customers":
            contact, steps, odd = self._contact(reference, record, problems)
        if problems or not isinstance(customer, tuple):
            raise Problems(*((record.lines[0], problem) for problem in problems))
        customer_id, customer_reference = customer
        return Telling(
            reference=reference,
            record=record,
            customer_id=customer_id,
            customer_reference=customer_reference,
            read_person=lambda: self._persons.of(record, customer_reference, odd),
            contact=contact,
            steps=steps,
            odd=odd,
            is_repeated=len(record.lines) > 1 and self._mapping.kind != "sales",
        )

    def problem(self, telling: Telling, invalid_field: str | None, sentence: str) -> Problem:
        """A rule's refusal as the problem of a field, with what stands in the file."""
        field_name = invalid_field or ""
        place = self._fields.get(field_name)
        for fields in self._steps.values():
            place = place or fields.get(field_name)
        value = place.text(telling.record.rows[0]) if place else ""
        return Problem(place.place if place else field_name or "line", value, sentence)

    def _refuse_what_is_not_one(self, record: Record) -> None:
        """Lines that share a reference must be one record, or else each of them is refused."""
        if len(record.lines) == 1:
            return
        if len(record.lines) > ROWS_AT_MOST:
            remedy = (
                f"{len(record.lines)} lines have this reference, more than {ROWS_AT_MOST}. Most "
                "likely the mapping names the wrong columns in source.reference."
            )
            problem = Problem("source.reference", record.reference, remedy)
        elif self._mapping.kind != "sales":
            if all(row == record.rows[0] for row in record.rows):
                return
            remedy = (
                f"Lines {', '.join(map(str, record.lines[:5]))} have this reference and tell "
                "different things. Keep the right one, or name more columns in source.reference."
            )
            problem = Problem("source.reference", record.reference, remedy)
        elif len(set(map(self._head, record.rows))) > 1:
            remedy = (
                f"The lines {record.lines[0]} to {record.lines[-1]} of this purchase differ in "
                "what belongs to the whole of it. Correct them, or name in group.varies the fields "
                "of which the first line counts."
            )
            problem = Problem("source.reference", record.reference, remedy)
        else:
            return
        raise Problems(*((line, problem) for line in record.lines))

    def _customer(self, row: Row) -> tuple[UUID, str] | Problem:
        """The customer's id and number at the source that gives the numbers."""
        parts = [cell(row) for cell in self._customer_cells]
        reference = "/".join(parts)
        if not all(parts):
            remedy = "The line names no customer. Fill it, or skip such lines by a rule."
            return Problem("customer.reference", reference, remedy)
        known = self._customer_ids.get(reference)
        if known is None:
            if len(self._customer_ids) > _KEPT:
                self._customer_ids.clear()
            known = customer_id_of(self._mapping.customer.source, reference)
            self._customer_ids[reference] = known
        return known, reference

    def _contact(
        self, reference: str, record: Record, problems: list[Problem]
    ) -> tuple[Contact | None, tuple[RepairStep, ...], list[str]]:
        row = record.rows[0]
        fields = self._fields_for(row)
        told, found = values(fields, row)
        problems += found
        lines = self._purchase_lines(record) if self._lines else ()
        steps, odd = self._course(row, problems)
        odd += _odd(fields, row)
        if problems:
            return None, (), []
        told["contact_id"] = contact_id_of(self._mapping.source, reference)
        told["zone"] = self._zone
        if lines:
            told["lines"] = lines
        try:
            return self._made(told), steps, odd
        except Problem as problem:
            problems.append(problem)
            return None, (), []

    def _made(self, told: dict[str, Any]) -> Contact:
        match self._mapping.kind:
            case "sales":
                return Purchase(**told)
            case "payments":
                return self._payment(told)
            case "repairs":
                return Repair(**told)
            case _:
                return self._conversation(told)

    def _purchase_lines(self, record: Record) -> tuple[Line, ...]:
        """The lines of a purchase; cells that were met before are not read again: files repeat
        themselves so much that this saves nine readings of ten.
        """
        keys = list(map(self._line_cells, record.rows))
        if new := set(keys).difference(self._line_of):
            self._read_lines(record, keys, new)
        return tuple(map(self._line_of.__getitem__, keys))

    def _read_lines(self, record: Record, keys: Sequence[Any], new: set[Any]) -> None:
        if len(self._line_of) > _KEPT:
            self._line_of.clear()
            new.update(keys)
        problems: list[tuple[int, Problem]] = []
        for number, key, row in zip(record.lines, keys, record.rows, strict=True):
            if key in new:
                told, found = values(self._lines, row)
                problems += [(number, problem) for problem in found]
                if not found:
                    self._line_of[key] = Line(**told)
                    new.discard(key)
        if problems:
            raise Problems(*problems, *_others(record, problems))

    def _course(
        self, row: Row, problems: list[Problem]
    ) -> tuple[tuple[RepairStep, ...], list[str]]:
        """The steps of a repair that this row gives a time for, in the order in which they come."""
        steps: list[RepairStep] = []
        odd: list[str] = []
        for name, kind in _STEPS.items():
            fields = self._steps.get(name)
            if fields is None or not fields["taken_at"].text(row):
                continue
            told, found = values(fields, row)
            problems += found
            odd += _odd(fields, row)
            if not found:
                steps.append(kind(**told))
        return tuple(steps), odd

    def _payment(self, told: dict[str, Any]) -> Payment:
        amount = told["amount"]
        negative = self._fields["amount"].spec.negative
        if amount < 0 and negative is not None:
            told |= {"amount": -amount, "transaction": negative}
        return Payment(**told)

    def _conversation(self, told: dict[str, Any]) -> Contact:
        kind = told.pop("kind")
        outcome = told.get("outcome", "answered")
        if kind == "phone_call" and outcome not in CALL_OUTCOMES:
            allowed = ", ".join(sorted(CALL_OUTCOMES))
            remedy = f"A phone call ends as one of {allowed}. Say in the mapping what this means."
            raise Problem("fields.outcome", outcome, remedy)
        contact: Contact = _CONTACTS[kind](**told)
        return contact

    def _fields_for(self, row: Row) -> Mapping[str, Field]:
        """The fields to read: in a file of several kinds those that this row's kind has."""
        if self._mapping.kind != "contacts":
            return self._fields
        try:
            return self._fields_of_kind[self._fields["kind"].value(row)]
        except Problem:
            return {"kind": self._fields["kind"]}  # told as that field's problem


def _odd(fields: Mapping[str, Field], row: Row) -> list[str]:
    """Why times in this row are odd, each reason once a field."""
    return [
        reason
        for field_ in fields.values()
        if field_.odd_times and (reason := field_.odd_times.get(field_.text(row)))
    ]


def _others(record: Record, problems: list[tuple[int, Problem]]) -> Iterator[tuple[int, Problem]]:
    """The sound lines of a purchase of which another line was refused: the sum would be wrong."""
    wrong = {line for line, _ in problems}
    for line in record.lines:
        if line not in wrong:
            remedy = f"Line {min(wrong)} of the same purchase was refused. Correct that one."
            yield line, Problem("source.reference", record.reference, remedy)
