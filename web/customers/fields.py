"""Fields of forms: words, amounts, days and times as people type them, read strictly.

What could mean two things is refused with a sentence that says how to write it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from babel.numbers import list_currencies
from flask_babel import get_timezone, lazy_gettext
from marshmallow import Schema, ValidationError, fields, validate

EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)
"""What lies outside of these days is a slip of the keyboard."""

_ONE_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SEVERAL_LINES = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+\.\d+|[+-]?\d{1,3}(,\d{3}){2,}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?")
_TIME = re.compile(r"\d\d:\d\d(:\d\d)?")


class Words(fields.String):
    """Text of one line, or of several; without the control signs that no keyboard types."""

    def __init__(self, *, longest: int = 200, several_lines: bool = False, **told: Any) -> None:
        super().__init__(
            **_optional(
                told,
                too_long=lazy_gettext("This is too long. Shorten it."),
                control=lazy_gettext("This holds signs that cannot be shown. Type it anew."),
            )
        )
        self.longest = longest
        self.refused = _SEVERAL_LINES if several_lines else _ONE_LINE

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").strip()
        if self.refused.search(text):
            raise self.make_error("control")
        if len(text) > self.longest:
            raise self.make_error("too_long")
        return text


class Amount(fields.Field[Decimal]):
    """A number written with a decimal point: 1234.5 or 1,234.50. `places` it may have at most."""

    def __init__(
        self,
        *,
        places: int = 6,
        below: Decimal = Decimal(10**10),
        negative: bool = False,
        **told: Any,
    ) -> None:
        super().__init__(
            **_optional(
                told,
                comma=lazy_gettext(
                    "A comma could mean two things here. Write the amount with a point, such as 1234.50."
                ),
                invalid=lazy_gettext("Write a number, such as 12.50."),
                places=lazy_gettext("This has too many decimal places."),
                large=lazy_gettext("This number is too large. Check it."),
                negative=lazy_gettext("Write a number of zero or more."),
            )
        )
        self.places, self.below, self.negative = places, below, negative

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Decimal:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        text = unicodedata.normalize("NFKC", value).strip().replace("\u2212", "-")
        if _GROUPED.fullmatch(text):
            text = text.replace(",", "")
        elif "," in text and _PLAIN.fullmatch(text.replace(",", "")):
            raise self.make_error("comma")
        if not _PLAIN.fullmatch(text) or not text.isascii():
            raise self.make_error("invalid")
        number = Decimal(text)
        if abs(number) >= self.below:
            raise self.make_error("large")
        if -int(number.normalize().as_tuple().exponent) > self.places:
            raise self.make_error("places")
        if number < 0 and not self.negative:
            raise self.make_error("negative")
        return number


class Day(fields.Field[date]):
    """A day as browsers send it: 2026-11-23."""

    def __init__(self, **told: Any) -> None:
        super().__init__(
            **_optional(
                told,
                invalid=lazy_gettext("Write the day as year, month and day, such as 2026-11-23."),
                far=lazy_gettext("This day cannot be right. Check the year."),
            )
        )

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> date:
        if not isinstance(value, str) or not _DAY.fullmatch(value.strip()):
            raise self.make_error("invalid")
        try:
            day = date.fromisoformat(value.strip())
        except ValueError:
            raise self.make_error("invalid") from None
        if not EARLIEST <= day <= LATEST:
            raise self.make_error("far")
        return day


class Moment(fields.Field[datetime]):
    """A time on a day, 2026-11-23T14:05, in the reader's time zone; becomes aware UTC."""

    def __init__(self, **told: Any) -> None:
        super().__init__(
            **_optional(
                told,
                invalid=lazy_gettext("Write day and time, such as 2026-11-23 14:05."),
                far=lazy_gettext("This day cannot be right. Check the year."),
                gap=lazy_gettext("The clocks were put forward then: there was no such time."),
            )
        )

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> datetime:
        if not isinstance(value, str) or not _MOMENT.fullmatch(value.strip()):
            raise self.make_error("invalid")
        try:
            told = datetime.fromisoformat(value.strip())
        except ValueError:
            raise self.make_error("invalid") from None
        if not EARLIEST <= told.date() <= LATEST:
            raise self.make_error("far")
        moment = told.replace(tzinfo=get_timezone()).astimezone(UTC)
        if local(moment) != told:
            raise self.make_error("gap")
        return moment


class TimeOfDay(fields.Field[time]):
    """A time without a day: 14:05."""

    def __init__(self, **told: Any) -> None:
        super().__init__(
            **_optional(
                told,
                invalid=lazy_gettext("Write the time as 14:05."),
            )
        )

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> time:
        if not isinstance(value, str) or not _TIME.fullmatch(value.strip()):
            raise self.make_error("invalid")
        try:
            return time.fromisoformat(value.strip())
        except ValueError:
            raise self.make_error("invalid") from None


class Currency(fields.String):
    """A currency by its ISO code, in capitals or not."""

    def __init__(self, **told: Any) -> None:
        super().__init__(
            **_optional(
                told,
                unknown=lazy_gettext("There is no such currency. Use its ISO code, such as EUR."),
            )
        )

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        code: str = super()._deserialize(value, attr, data, **kwargs).strip().upper()
        if code not in list_currencies():
            raise self.make_error("unknown")
        return code


class Choice(fields.String):
    """One of a few words that the page offers."""

    def __init__(self, offered: tuple[str, ...], **told: Any) -> None:
        one_of = validate.OneOf(offered, error=lazy_gettext("Choose one of those offered."))
        super().__init__(**{"validate": one_of, **told})


class Rows(fields.Field[list[dict[str, Any]]]):
    """Rows of a table that were filled in, each read by a form; `place` is its number, from 0.

    The fields of a row are named `<field>-<place>-<name>`; `gathered` brings them together.
    """

    def __init__(self, row: type[Schema], *, most: int, **told: Any) -> None:
        super().__init__(
            error_messages={
                "many": lazy_gettext("This has too many lines."),
                "unknown": lazy_gettext("This form has no such field."),
            },
            **told,
        )
        self.row, self.most = row, most

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> list[dict[str, Any]]:
        if not isinstance(value, dict) or len(value) > self.most:
            raise self.make_error("many")
        if any(posted.keys() - self.row().fields for posted in value.values()):
            raise self.make_error("unknown")
        rows = []
        wrong: dict[int, Any] = {}
        for place, posted in sorted(value.items()):
            try:
                rows.append({**self.row().load(posted), "place": place})
            except ValidationError as error:
                wrong[place] = error.normalized_messages()  # type: ignore[no-untyped-call]
        if wrong:
            raise ValidationError(wrong)
        return rows


def gathered(posted: Mapping[str, Any], group: str) -> dict[str, Any]:
    """What was posted, with the rows of a group under its name.

    A row that says nothing but the quantity that every row offers is left out.
    """
    row_field = re.compile(rf"{group}-(\d{{1,3}})-(\w+)")
    together: dict[str, Any] = {}
    rows: dict[int, dict[str, Any]] = {}
    for name, value in posted.items():
        if found := row_field.fullmatch(name):
            rows.setdefault(int(found[1]), {})[found[2]] = value
        else:
            together[name] = value
    filled = {place: row for place, row in rows.items() if set(row) - {"quantity"}}
    return {**together, group: filled} if filled else together


def local(moment: datetime) -> datetime:
    """The time on the reader's clock, without a zone."""
    return moment.astimezone(get_timezone()).replace(tzinfo=None)


def as_moment(moment: datetime | None) -> str:
    """A moment as the field `Moment` reads it, to the minute."""
    return "" if moment is None else local(moment).isoformat(timespec="minutes")


def _optional(told: dict[str, Any], **messages: str) -> dict[str, Any]:
    """What a field is told, with its sentences; left empty it is None, unless it is required."""
    told = {"error_messages": messages, **told}
    return told if told.get("required") else {"load_default": None, **told}
