"""The six kinds of contact, each one value: said once, and used by form, file, event and fold alike."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec

from domain.errors import Invalid
from domain.money import require_currency, to_minor
from domain.personal import Personal

Direction = Literal["in", "out", "internal"]
CallOutcome = Literal[
    "answered",
    "no_answer",
    "caller_cancelled",
    "busy",
    "rejected",
    "failed",
    "voicemail",
    "forwarded",
    "unknown",
]


class Attachment(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A file that belongs to a contact; the bytes lie in the raw store under their hash.

    `sha256` is the hexadecimal digest, `size` the length in bytes.
    """

    sha256: str
    name: Personal
    media_type: str
    size: int


class ContactBase(
    msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, tag_field="kind"
):
    """What every contact says, whatever its kind.

    `occurred_at` is an aware UTC time, `zone` the IANA zone of the place where it happened.
    `reason` and `outcome` are short codes of the company's own lists. `late_because` is why it
    was written down long after it happened.
    """

    contact_id: UUID
    occurred_at: datetime
    zone: str | None = None
    reason: str | None = None
    summary: Personal | None = None
    note: Personal | None = None
    late_because: Personal | None = None

    def check(self) -> None:
        """Refuse what cannot be true of any such contact. Raises Invalid, naming the field."""
        if self.occurred_at.tzinfo is None:
            raise Invalid("Say in which time zone this happened.", field="occurred_at")


class PhoneCall(ContactBase, frozen=True, kw_only=True, tag="phone_call"):
    """A telephone call. `occurred_at` is its start; `staff` is who spoke, as the source names them."""

    direction: Direction
    from_number: Personal | None = None
    to_number: Personal | None = None
    staff: str | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: CallOutcome = "answered"

    @property
    def talk_seconds(self) -> int | None:
        """Whole seconds from answer to end; None unless both are known."""
        if self.answered_at is None or self.ended_at is None:
            return None
        return int((self.ended_at - self.answered_at).total_seconds())

    def check(self) -> None:
        super().check()
        if self.answered_at is not None and self.answered_at < self.occurred_at:
            raise Invalid("A call is answered after it starts.", field="answered_at")
        if self.ended_at is not None and self.ended_at < (self.answered_at or self.occurred_at):
            raise Invalid("A call ends after it starts and is answered.", field="ended_at")


class Email(ContactBase, frozen=True, kw_only=True, tag="email"):
    """An e-mail. `thread` and `message_id` are the identifiers of its headers, without brackets."""

    direction: Direction
    from_address: Personal | None = None
    to_addresses: tuple[Personal, ...] = ()
    cc_addresses: tuple[Personal, ...] = ()
    subject: Personal | None = None
    body: Personal | None = None
    message_id: str | None = None
    thread: str | None = None
    attachments: tuple[Attachment, ...] = ()
    outcome: str | None = None


class Letter(ContactBase, frozen=True, kw_only=True, tag="letter"):
    """A letter. Three days that differ: written on it, received by us, to be answered by."""

    direction: Direction
    dated_on: date | None = None
    received_on: date | None = None
    answer_due_on: date | None = None
    subject: Personal | None = None
    scans: tuple[Attachment, ...] = ()
    outcome: str | None = None

    def check(self) -> None:
        super().check()
        if self.dated_on and self.received_on and self.received_on < self.dated_on:
            raise Invalid(
                "A letter is received on or after the day it is dated.", field="received_on"
            )
        if self.received_on and self.answer_due_on and self.answer_due_on < self.received_on:
            raise Invalid(
                "An answer cannot be due before the letter arrived.", field="answer_due_on"
            )


class Line(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One item of a purchase.

    `unit_price` has tax included; `tax` is the amount of tax contained in the whole line,
    `unit_cost` what one unit cost us, both where known. What comes back has a negative quantity.
    """

    item: str
    quantity: Decimal
    unit_price: Decimal
    description: str = ""
    tax: Decimal | None = None
    unit_cost: Decimal | None = None
    serials: tuple[str, ...] = ()
    warranty_months: int | None = None

    @property
    def amount(self) -> Decimal:
        """What the line comes to, in the purchase's currency, not rounded."""
        return self.quantity * self.unit_price


class Purchase(ContactBase, frozen=True, kw_only=True, tag="purchase"):
    """Goods or services bought, returned or cancelled. Amounts are in `currency`, tax included.

    `number` is the order or invoice number. A return or cancellation has negative quantities and
    names in `original` the number of the purchase it undoes, where that is known.
    """

    currency: str
    lines: tuple[Line, ...]
    transaction: Literal["sale", "return", "cancellation"] = "sale"
    number: str | None = None
    original: str | None = None
    channel: str | None = None
    place: str | None = None
    due_on: date | None = None
    outcome: str | None = None

    @property
    def total(self) -> Decimal:
        """The exact sum of the lines; negative for what is given back."""
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def total_minor(self) -> int:
        """The total in minor units, rounded once, at the end."""
        return to_minor(self.total, self.currency)

    def check(self) -> None:
        super().check()
        require_currency(self.currency)
        if not self.lines:
            raise Invalid("A purchase has at least one line.", field="lines")
        for line in self.lines:
            if not line.item:
                raise Invalid("Each line names its item.", field="lines")
            if not (line.quantity.is_finite() and line.unit_price.is_finite()):
                raise Invalid("Quantity and price are plain numbers.", field="lines")
            if line.quantity == 0:
                raise Invalid("A line has a quantity other than zero.", field="lines")
        if self.transaction == "sale" and self.original is not None:
            raise Invalid(
                "Only a return or a cancellation names an earlier purchase.", field="original"
            )
        if self.transaction != "sale" and self.total > 0:
            raise Invalid("What comes back has negative quantities.", field="lines")


class Payment(ContactBase, frozen=True, kw_only=True, tag="payment"):
    """Money that changed hands; `amount` is above zero, `transaction` tells which way it went.

    A payment comes from the customer and clears the purchase whose number stands in `pays`, or
    else the oldest. A refund goes back to the customer. A reversal undoes an earlier payment,
    named by its `number` in `original`, and opens again what that had cleared.
    """

    currency: str
    amount: Decimal
    transaction: Literal["payment", "refund", "reversal"] = "payment"
    method: str | None = None
    number: str | None = None
    pays: str | None = None
    original: str | None = None
    reference: Personal | None = None
    account: Personal | None = None
    outcome: str | None = None

    @property
    def amount_minor(self) -> int:
        """The amount in minor units, above zero whichever way it went."""
        return to_minor(self.amount, self.currency)

    def check(self) -> None:
        super().check()
        require_currency(self.currency)
        if not self.amount.is_finite() or self.amount <= 0:
            raise Invalid(
                "Write the amount as a number above zero; for money going back choose refund.",
                field="amount",
            )
        if self.transaction == "reversal" and self.original is None:
            raise Invalid("Say which payment is reversed, by its number.", field="original")


class Repair(ContactBase, frozen=True, kw_only=True, tag="repair"):
    """An item received for repair; what becomes of it follows step by step (see repairs.py).

    `purchase_number` is the sale that a warranty comes from; `warranty_until` the last day of it.
    """

    item: str
    number: str | None = None
    serial: str | None = None
    fault: Personal | None = None
    purchase_number: str | None = None
    warranty_until: date | None = None
    promised_on: date | None = None
    outcome: str | None = None

    @property
    def in_warranty(self) -> bool:
        """Whether the warranty still ran on the day the item was received."""
        return self.warranty_until is not None and self.occurred_at.date() <= self.warranty_until

    def check(self) -> None:
        super().check()
        if not self.item:
            raise Invalid("Say which item is to be repaired.", field="item")


Contact = PhoneCall | Email | Letter | Purchase | Payment | Repair
KINDS: tuple[type[ContactBase], ...] = (PhoneCall, Email, Letter, Purchase, Payment, Repair)


def kind_of(contact: Contact) -> str:
    """The stored name of a contact's kind: phone_call, email, letter, purchase, payment, repair."""
    return str(contact.__struct_config__.tag)
