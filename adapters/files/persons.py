"""What a row of a file tells of a customer: who they are, how they are reached, what they allowed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from adapters.files.columns import Columns, Problem, Problems, fields_of, values
from adapters.files.kinds import CONSENT, CUSTOMER, Form
from adapters.files.mapping import SourceMapping
from adapters.files.reading import Row
from adapters.files.records import Record
from adapters.numbers import identifier_of_email, identifier_of_phone
from domain.customers.details import Consent, CustomerKind
from domain.customers.identifiers import Identifier
from domain.errors import Invalid
from domain.personal import Personal

NO_IDENTIFIER = "telephone number withheld, internal or too short: left out"

_ADDRESS = ("street", "postcode", "city", "region", "country")


@dataclass(frozen=True, kw_only=True)
class Person:
    """What a row tells of a customer. `details` are fields of Details and of its address, flat."""

    kind: CustomerKind
    details: Mapping[str, Any]
    identifiers: tuple[Identifier, ...]
    consents: tuple[Consent, ...]


class Persons:
    """Reads what a row tells of its customer."""

    def __init__(self, columns: Columns, mapping: SourceMapping) -> None:
        self._mapping = mapping
        part = {name: CUSTOMER.get(name, Form()) for name in mapping.customer.specs}
        fields = fields_of("customer", mapping.customer.specs, part, columns, mapping)
        self._emails = fields.pop("emails", None)
        self._phones = fields.pop("phones", None)
        self._numbers = {
            name.removeprefix("numbers."): fields.pop(name)
            for name in list(fields)
            if name.startswith("numbers.")
        }
        self._fields = fields
        self._consents = [
            fields_of("consent", consent, CONSENT, columns, mapping) for consent in mapping.consents
        ]

    def of(self, record: Record, reference: str, odd: list[str]) -> Person:
        """What the record's first row tells of its customer; adds to `odd`. Raises Problems."""
        row = record.rows[0]
        details, problems = values(self._fields, row)
        identifiers = [_number(self._mapping.customer.source, reference)]
        try:
            identifiers += self._reached_by(row, odd)
            consents = tuple(self._allowed(row))
        except Problem as problem:
            problems.append(problem)
            consents = ()
        if problems:
            raise Problems(*((record.lines[0], problem) for problem in problems))
        return Person(
            kind=details.pop("kind", "person"),
            details=details,
            identifiers=tuple(identifiers),
            consents=consents,
        )

    def _reached_by(self, row: Row, odd: list[str]) -> Iterator[Identifier]:
        for system, field_ in self._numbers.items():
            if (number := field_.value(row)) is not None:
                yield _number(system, number)
        for text in (self._emails.value(row) or ()) if self._emails else ():
            email = identifier_of_email(text)
            try:
                email.check()
            except Invalid as invalid:
                raise Problem("customer.emails", text, f"{invalid} Correct it.") from invalid
            yield email
        forms = self._mapping.forms
        for text in (self._phones.value(row) or ()) if self._phones else ():
            phone = identifier_of_phone(
                text, forms.region, international_without_plus=forms.international_without_plus
            )
            if phone is None:
                odd.append(NO_IDENTIFIER)
            else:
                yield phone

    def _allowed(self, row: Row) -> Iterator[Consent]:
        for fields in self._consents:
            if fields["given"].text(row):
                told: dict[str, Any] = {name: field_.value(row) for name, field_ in fields.items()}
                on: date = told["on"]
                yield Consent(
                    channel=told["channel"],
                    purpose=told["purpose"],
                    given=told["given"] == "yes",
                    on=on,
                    told_by=told.get("told_by"),
                )


def address_in(details: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the flat details that belong to the address."""
    return {name: details[name] for name in _ADDRESS if name in details}


def _number(system: str, number: str) -> Identifier:
    return Identifier(kind="number", system=system, typed=Personal(number), normal=Personal(number))
