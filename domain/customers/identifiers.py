"""How a customer is reached and recognised: e-mail addresses, telephone numbers, numbers of other systems."""

from __future__ import annotations

from typing import Literal

import msgspec

from domain.errors import Invalid
from domain.personal import Personal


class Identifier(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One of a customer's identifiers: as it was typed, and as it is compared.

    `normal` of a phone is its E.164 number, or the digits when no such number could be read;
    of an e-mail address the address with its domain in lower case; of a number of another system
    (`system` names it) the number itself. A normal form made by newer rules does not change
    what is stored: both forms stay beside each other.
    """

    kind: Literal["email", "phone", "number"]
    typed: Personal
    normal: Personal
    system: str | None = None

    def check(self) -> None:
        """Refuse an identifier that nothing could ever match. Raises Invalid."""
        if not self.normal.text:
            raise Invalid("An identifier cannot be empty.", field=self.kind)
        if self.kind == "number" and not self.system:
            raise Invalid("Say which system this number belongs to.", field="system")
        if self.kind == "email" and "@" not in self.normal.text:
            raise Invalid("An e-mail address has an @ in it.", field="email")

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two identifiers the same one."""
        return self.kind, self.system or "", self.normal.text
