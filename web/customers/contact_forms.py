"""The forms of the six kinds of contact: what a stranger may send, and the contact it makes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

import msgspec
from flask_babel import get_timezone, gettext, lazy_gettext
from marshmallow import ValidationError, fields, pre_load, validate, validates_schema

from domain.customers.contacts import (
    Contact,
    Email,
    Letter,
    Line,
    Payment,
    PhoneCall,
    Purchase,
    Repair,
    kind_of,
)
from domain.errors import Invalid
from domain.money import exponent, to_minor
from domain.personal import Personal, text_of
from web.customers.fields import (
    Amount,
    Choice,
    Currency,
    Day,
    Moment,
    Rows,
    TimeOfDay,
    Words,
    as_moment,
    gathered,
    local,
)
from web.customers.reasons import CALL_OUTCOMES
from web.forms import Form

MOST_LINES = 100
LARGEST_TOTAL = 10**14
"""Minor units; no purchase or payment comes to so much, and sums of it still fit the tables."""

_LINE = re.compile(r"lines-(\d{1,3})-(\w+)")

_SIGNED = ("quantity", "tax")
"""What of a line is below zero when it comes back."""

Values = dict[str, Any]


def personal(text: str | None) -> Personal | None:
    """Words about a person; None for none."""
    return Personal(text) if text else None


class ContactForm(Form):
    """What every contact may say. An empty time means now."""

    occurred_at = Moment()
    late_because = Words(longest=500)
    reason = Words(longest=40)
    summary = Words()
    note = Words(longest=20_000, several_lines=True)
    follow_up_on = Day()
    follow_up_what = Words()

    struct: ClassVar[type[Contact]]
    personal_fields: ClassVar[tuple[str, ...]] = ("summary", "note", "late_because")

    @validates_schema
    def _what_and_when(self, told: Values, **_: Any) -> None:
        if told.get("follow_up_what") and not told.get("follow_up_on"):
            raise ValidationError([gettext("Say on which day this is to be done.")], "follow_up_on")

    @classmethod
    def contact(cls, told: Values, *, contact_id: UUID, now: datetime) -> Contact:
        """The contact that the form tells of. Raises Invalid."""
        content = cls.content(told)
        content["occurred_at"] = told["occurred_at"] or now
        content["zone"] = str(get_timezone())
        return cls.struct(contact_id=contact_id, **content)

    @classmethod
    def corrected(cls, told: Values, before: Contact) -> Contact:
        """The contact as the form tells it now; what the form does not ask stays as it was."""
        # The form shows minutes: a time that was not touched keeps its seconds.
        if not told["occurred_at"] or as_moment(told["occurred_at"]) == as_moment(
            before.occurred_at
        ):
            told = {**told, "occurred_at": before.occurred_at}
        content = {**cls.content(told, before), "occurred_at": told["occurred_at"]}
        return msgspec.structs.replace(before, **content)

    @classmethod
    def content(cls, told: Values, _before: Contact | None = None) -> Values:
        """The fields of the contact that the form asks for, but for its time.

        `_before` is the contact that is corrected, where the form does not ask everything.
        """
        asked = [name for name in cls.struct.__struct_fields__ if name in told]
        content = {name: told[name] for name in asked if name != "occurred_at"}
        for name in cls.personal_fields:
            content[name] = personal(told[name])
        return content

    @classmethod
    def typed(cls, contact: Contact) -> dict[str, str]:
        """What would have to be typed into the form to tell this contact."""
        asked = cls().fields
        words = {
            name: _as_text(getattr(contact, name))
            for name in cls.struct.__struct_fields__
            if name in asked
        }
        return {**words, "occurred_at": as_moment(contact.occurred_at)}


class PhoneCallForm(ContactForm):
    """A telephone call. `answered` and `ended` are times on the day on which it started."""

    direction = Choice(("in", "out", "internal"), load_default="in")
    outcome = Choice(tuple(CALL_OUTCOMES), load_default="answered")
    from_number = Words(longest=60)
    to_number = Words(longest=60)
    answered = TimeOfDay()
    ended = TimeOfDay()

    struct = PhoneCall
    personal_fields = (*ContactForm.personal_fields, "from_number", "to_number")

    @validates_schema
    def _says_something(self, told: Values, **_: Any) -> None:
        if not (told.get("reason") or told.get("summary") or told.get("note")):
            raise ValidationError([gettext("Choose a reason, or write one line.")], "reason")
        if (told.get("answered") or told.get("ended")) and not told.get("occurred_at"):
            raise ValidationError([gettext("Say when the call started.")], "occurred_at")

    @classmethod
    def content(cls, told: Values, before: Contact | None = None) -> Values:
        content = super().content(told, before)
        started = told["occurred_at"]
        for name, field in (("answered", "answered_at"), ("ended", "ended_at")):
            was = getattr(before, field, None)
            if told[name] is None:
                content[field] = None
            elif was is None or local(was).time().replace(second=0, microsecond=0) != told[name]:
                content[field] = _after(started, told[name])
        return content

    @classmethod
    def typed(cls, contact: Contact) -> dict[str, str]:
        words = super().typed(contact)
        if isinstance(contact, PhoneCall):
            words["answered"] = _time(contact.answered_at)
            words["ended"] = _time(contact.ended_at)
        return words


class EmailForm(ContactForm):
    """An e-mail; several addresses are separated by commas."""

    direction = Choice(("in", "out", "internal"), load_default="in")
    outcome = Words(longest=40)
    from_address = Words()
    to_addresses = Words(longest=2000)
    cc_addresses = Words(longest=2000)
    subject = Words(longest=500)
    body = Words(longest=100_000, several_lines=True)

    struct = Email
    personal_fields = (*ContactForm.personal_fields, "from_address", "subject", "body")

    @validates_schema
    def _says_something(self, told: Values, **_: Any) -> None:
        if not any(told.get(name) for name in ("reason", "summary", "subject", "body", "note")):
            raise ValidationError([gettext("Write the subject, or choose a reason.")], "subject")
        for name in ("from_address", "to_addresses", "cc_addresses"):
            wrong = [each for each in _addresses(told.get(name)) if not _is_address(each)]
            if wrong:
                raise ValidationError(
                    [gettext("“%(text)s” is no e-mail address.", text=wrong[0])], name
                )

    @classmethod
    def content(cls, told: Values, before: Contact | None = None) -> Values:
        content = super().content(told, before)
        for name in ("to_addresses", "cc_addresses"):
            content[name] = tuple(map(Personal, _addresses(told[name])))
        return content


class LetterForm(ContactForm):
    """A letter, with its three days."""

    direction = Choice(("in", "out", "internal"), load_default="in")
    outcome = Words(longest=40)
    subject = Words(longest=500)
    dated_on = Day()
    received_on = Day()
    answer_due_on = Day()

    struct = Letter
    personal_fields = (*ContactForm.personal_fields, "subject")

    @validates_schema
    def _says_something(self, told: Values, **_: Any) -> None:
        if not any(told.get(name) for name in ("reason", "summary", "subject", "note")):
            raise ValidationError(
                [gettext("Write what it is about, or choose a reason.")], "subject"
            )


class LineForm(Form):
    """One line of a purchase."""

    item = Words(required=True, longest=120)
    description = Words()
    quantity = Amount(load_default=Decimal(1), below=Decimal(10**9), negative=True)
    unit_price = Amount(required=True, negative=True)
    tax = Amount(negative=True)
    serials = Words(longest=500)
    warranty_months = fields.Integer(
        load_default=None,
        validate=validate.Range(0, 600, error=lazy_gettext("Write months, from 0 to 600.")),
    )


class PurchaseForm(ContactForm):
    """Goods bought, returned or cancelled. In a return, 2 means that two came back."""

    transaction = Choice(("sale", "return", "cancellation"), load_default="sale")
    currency = Currency(required=True)
    number = Words(longest=60)
    original = Words(longest=60)
    channel = Words(longest=60)
    place = Words(longest=120)
    due_on = Day()
    outcome = Words(longest=40)
    lines = Rows(LineForm, most=MOST_LINES, required=True)

    struct = Purchase

    @pre_load
    def _gather_lines(self, posted: Mapping[str, Any], **_: Any) -> Values:
        return gathered(posted, "lines")

    @classmethod
    def content(cls, told: Values, before: Contact | None = None) -> Values:
        content = super().content(told, before)
        known = before.lines if isinstance(before, Purchase) else ()
        sign = 1 if told["transaction"] == "sale" else -1
        content["lines"] = tuple(_line(row, sign, known) for row in told["lines"])
        if told["transaction"] == "sale":
            content["original"] = None
        total = sum((line.amount for line in content["lines"]), Decimal(0))
        if abs(to_minor(total, told["currency"])) >= LARGEST_TOTAL:
            raise Invalid("This total is too large. Check quantities and prices.", field="lines")
        return content

    @classmethod
    def typed(cls, contact: Contact) -> dict[str, str]:
        words = super().typed(contact)
        if not isinstance(contact, Purchase):
            return words
        del words["lines"]
        sign = 1 if contact.transaction == "sale" else -1
        for place, line in enumerate(contact.lines):
            for name in LineForm().fields:
                value = getattr(line, name)
                value = value * sign if name in _SIGNED and value is not None else value
                words[f"lines-{place}-{name}"] = _as_text(value)
        return words


class PaymentForm(ContactForm):
    """Money that changed hands; the amount is above zero whichever way it went."""

    transaction = Choice(("payment", "refund", "reversal"), load_default="payment")
    currency = Currency(required=True)
    amount = Amount(required=True, negative=True)
    method = Words(longest=40)
    number = Words(longest=60)
    pays = Words(longest=60)
    original = Words(longest=60)
    reference = Words(longest=500)
    account = Words(longest=120)
    outcome = Words(longest=40)

    struct = Payment
    personal_fields = (*ContactForm.personal_fields, "reference", "account")

    @validates_schema
    def _no_part_of_a_cent(self, told: Values, **_: Any) -> None:
        amount, currency = told.get("amount"), told.get("currency")
        if amount is None or currency is None:
            return
        check_places(amount, currency, "amount")

    @classmethod
    def content(cls, told: Values, before: Contact | None = None) -> Values:
        content = super().content(told, before)
        if told["transaction"] != "payment":
            content["pays"] = None
        if told["transaction"] != "reversal":
            content["original"] = None
        return content


class RepairForm(ContactForm):
    """An item received for repair."""

    item = Words(required=True, longest=120)
    serial = Words(longest=60)
    fault = Words(longest=2000, several_lines=True)
    number = Words(longest=60)
    purchase_number = Words(longest=60)
    warranty_until = Day()
    promised_on = Day()
    outcome = Words(longest=40)

    struct = Repair
    personal_fields = (*ContactForm.personal_fields, "fault")


FORMS: dict[str, type[ContactForm]] = {
    "phone_call": PhoneCallForm,
    "email": EmailForm,
    "letter": LetterForm,
    "purchase": PurchaseForm,
    "payment": PaymentForm,
    "repair": RepairForm,
}


def form_of(contact: Contact) -> type[ContactForm]:
    """The form that tells a contact of this kind."""
    return FORMS[kind_of(contact)]


def check_places(amount: Decimal, currency: str, field: str) -> None:
    """Refuse parts of the smallest coin. Raises ValidationError."""
    if -int(amount.normalize().as_tuple().exponent) > exponent(currency):
        raise ValidationError(
            [
                gettext(
                    "%(currency)s has %(places)s decimal places. Write the amount with no more.",
                    currency=currency,
                    places=exponent(currency),
                )
            ],
            field,
        )


# --- helpers ----------------------------------------------------------------------------------


def _line(row: Values, sign: int, known: tuple[Line, ...]) -> Line:
    told = {name: value for name, value in row.items() if name != "place"}
    was = known[row["place"]] if row["place"] < len(known) else None
    return Line(
        **{
            **told,
            "description": told["description"] or "",
            **{name: told[name] * sign for name in _SIGNED if told[name] is not None},
            "serials": tuple(_addresses(told["serials"])),
            # The form does not ask what a unit cost us.
            "unit_cost": was.unit_cost if was is not None and was.item == told["item"] else None,
        }
    )


def _addresses(text: str | None) -> list[str]:
    return [each.strip() for each in re.split(r"[,;，；、]", text or "") if each.strip()]


def _is_address(text: str) -> bool:
    # With a name before it, `Anna Berg <anna@example.org>`, an address is as good.
    name, at, domain = text.rpartition("@")
    return bool(name and at and domain.strip(">") and " " not in domain.strip())


def _after(started: datetime, clock: time) -> datetime:
    """The first moment from the start on at which the reader's clock shows this time."""
    day = local(started).replace(second=0, microsecond=0)
    told = datetime.combine(day, clock)
    if told < day:
        told += timedelta(days=1)
    moment = told.replace(tzinfo=get_timezone()).astimezone(UTC)
    return max(moment, started) if told == day else moment


def _time(moment: datetime | None) -> str:
    return "" if moment is None else local(moment).time().isoformat(timespec="minutes")


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Personal):
        return text_of(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, tuple):
        return ", ".join(_as_text(each) for each in value)
    return str(value)


def lines_typed(values: Iterable[str]) -> int:
    """How many rows a form of a purchase needs to show what was typed into it."""
    places = [int(found[1]) for name in values if (found := _LINE.fullmatch(name))]
    return min(max(places, default=-1) + 1, MOST_LINES)
