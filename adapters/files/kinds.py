"""Which fields each kind of file may fill, and what each of them must be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from domain.customers.contacts import CallOutcome, Direction
from domain.customers.details import Channel, CustomerKind
from domain.imports import ImportKind

FormName: TypeAlias = Literal[
    "text", "texts", "words", "many_words", "decimal", "whole", "moment", "day", "choice"
]
"""What a cell must hold; `words` are about a person and sealed, `texts` and `many_words` lists."""


@dataclass(frozen=True)
class Form:
    """What a field must be, and whether it must be mapped and filled."""

    name: FormName = "text"
    required: bool = False
    choices: tuple[str, ...] = ()

    @property
    def is_list(self) -> bool:
        """Whether the field takes every one of its columns, not the first that is filled."""
        return self.name in ("texts", "many_words")


Part: TypeAlias = Mapping[str, Form]


def _must(name: FormName = "text") -> Form:
    return Form(name, required=True)


def _one_of(*choices: str, required: bool = False) -> Form:
    return Form("choice", required=required, choices=choices)


CUSTOMER: Part = {
    "kind": _one_of(*get_args(CustomerKind)),
    "name": Form("words"),
    "salutation": Form("words"),
    "street": Form("words"),
    "postcode": Form("words"),
    "city": Form("words"),
    "region": Form("words"),
    "country": Form(),
    "language": Form(),
    "zone": Form(),
    "prefers": _one_of(*get_args(Channel)),
    "alert": Form("words"),
    "emails": Form("texts"),
    "phones": Form("texts"),
}
"""Who a customer is; in the section `customer.numbers` stand the numbers of other systems."""

CONSENT: Part = {
    "channel": _one_of(*get_args(Channel), required=True),
    "purpose": _must(),
    "given": _one_of("yes", "no", required=True),
    "on": _must("day"),
    "told_by": Form(),
}

_ANY_CONTACT: Part = {
    "occurred_at": _must("moment"),
    "reason": Form(),
    "summary": Form("words"),
    "note": Form("words"),
}

_STEP: Part = {"taken_at": _must("moment"), "note": Form("words")}

PARTS: Mapping[ImportKind, Mapping[str, Part]] = {
    "customers": {},
    "sales": {
        "fields": {
            **_ANY_CONTACT,
            "currency": _must(),
            "transaction": _one_of("sale", "return", "cancellation", required=True),
            "number": Form(),
            "original": Form(),
            "channel": Form(),
            "place": Form(),
            "due_on": Form("day"),
            "outcome": Form(),
        },
        "lines": {
            "item": _must(),
            "quantity": _must("decimal"),
            "unit_price": _must("decimal"),
            "description": Form(),
            "tax": Form("decimal"),
            "unit_cost": Form("decimal"),
            "serials": Form("texts"),
            "warranty_months": Form("whole"),
        },
    },
    "payments": {
        "fields": {
            **_ANY_CONTACT,
            "currency": _must(),
            "amount": _must("decimal"),
            "transaction": _one_of("payment", "refund", "reversal", required=True),
            "method": Form(),
            "number": Form(),
            "pays": Form(),
            "original": Form(),
            "reference": Form("words"),
            "account": Form("words"),
            "outcome": Form(),
        }
    },
    "repairs": {
        "fields": {
            **_ANY_CONTACT,
            "item": _must(),
            "number": Form(),
            "serial": Form(),
            "fault": Form("words"),
            "purchase_number": Form(),
            "warranty_until": Form("day"),
            "promised_on": Form("day"),
            "outcome": Form(),
        },
        "steps.diagnosed": {**_STEP, "finding": Form("words")},
        "steps.quoted": {
            **_STEP,
            "amount": _must("decimal"),
            "currency": _must(),
            "valid_until": Form("day"),
        },
        "steps.approved": _STEP,
        "steps.refused": _STEP,
        "steps.repaired": {
            **_STEP,
            "minutes": Form("whole"),
            "charge": Form("decimal"),
            "currency": Form(),
            "due_on": Form("day"),
        },
        "steps.returned": _STEP,
    },
    "contacts": {
        "fields": {
            **_ANY_CONTACT,
            "kind": _one_of("phone_call", "email", "letter", required=True),
            "direction": _one_of(*get_args(Direction), required=True),
            "outcome": Form(),
            "from_number": Form("words"),
            "to_number": Form("words"),
            "staff": Form(),
            "answered_at": Form("moment"),
            "ended_at": Form("moment"),
            "from_address": Form("words"),
            "to_addresses": Form("many_words"),
            "cc_addresses": Form("many_words"),
            "subject": Form("words"),
            "body": Form("words"),
            "message_id": Form(),
            "thread": Form(),
            "dated_on": Form("day"),
            "received_on": Form("day"),
            "answer_due_on": Form("day"),
        }
    },
}
"""The sections of each kind's mapping besides those that all share, with their fields."""

CALL_OUTCOMES = frozenset(get_args(CallOutcome))
