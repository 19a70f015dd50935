"""What is known of a customer besides contacts: name, address, language, consents, credit terms."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from domain.errors import Invalid
from domain.money import require_currency
from domain.personal import Personal

CustomerKind = Literal["person", "firm"]
Channel = Literal["phone", "email", "letter", "sms"]


class Address(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A postal address; `country` is its ISO 3166 code of two letters, or the name as told."""

    street: Personal | None = None
    postcode: Personal | None = None
    city: Personal | None = None
    region: Personal | None = None
    country: str | None = None


class Details(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A customer's master data; also a change of it, in which what is UNSET stays as it was.

    `language` is a BCP 47 tag, `zone` an IANA time zone, `alert` a line shown on top of the page.
    """

    name: Personal | UnsetType | None = UNSET
    salutation: Personal | UnsetType | None = UNSET
    address: Address | UnsetType | None = UNSET
    language: str | UnsetType | None = UNSET
    zone: str | UnsetType | None = UNSET
    prefers: Channel | UnsetType | None = UNSET
    alert: Personal | UnsetType | None = UNSET

    def changed_by(self, change: Details) -> Details:
        """These details after the change."""
        told = {f: v for f in self.__struct_fields__ if (v := getattr(change, f)) is not UNSET}
        return msgspec.structs.replace(self, **told)

    def new_in(self, change: Details) -> Details:
        """Only that part of the change which differs from these details."""
        return Details(
            **{
                field: told
                for field in self.__struct_fields__
                if (told := getattr(change, field)) is not UNSET
                and told != (None if (now := getattr(self, field)) is UNSET else now)
            }
        )

    @property
    def says_nothing(self) -> bool:
        """Whether no field is set."""
        return all(getattr(self, field) is UNSET for field in self.__struct_fields__)


class Consent(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Whether we may reach a customer on a channel for a purpose, since which day, and how we know."""

    channel: Channel
    purpose: str
    given: bool
    on: date
    told_by: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What a later consent replaces."""
        return self.channel, self.purpose


class CreditTerms(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What a customer may owe, and for how long.

    `limit` is in `currency`; None means no limit was set. `days_to_pay` counts from the purchase
    where that names no due date. `on_hold` stops further credit, with `hold_reason`.
    """

    currency: str
    limit: Decimal | None = None
    days_to_pay: int = 30
    on_hold: bool = False
    hold_reason: Personal | None = None

    def check(self) -> None:
        """Refuse terms that cannot be kept. Raises Invalid, naming the field."""
        require_currency(self.currency)
        if self.limit is not None and (not self.limit.is_finite() or self.limit < 0):
            raise Invalid("A credit limit is an amount of zero or more.", field="limit")
        if not 0 <= self.days_to_pay <= 3650:
            raise Invalid("Days to pay lie between 0 and 3650.", field="days_to_pay")
        if self.on_hold and self.hold_reason is None:
            raise Invalid("Say why the account is on hold.", field="hold_reason")
