"""What the rules refuse, in words for the person who asked."""

from __future__ import annotations

from uuid import UUID

from eventsourcing.persistence import IntegrityError


class Refused(Exception):
    """A rule said no. Nothing was recorded.

    `message` is a sentence with `{placeholders}`, so that pages can translate it; `values` fills
    them. `field` names the input that has to change, where it was one.
    """

    message: str = "This is not possible."

    def __init__(
        self, message: str | None = None, *, field: str | None = None, **values: object
    ) -> None:
        self.message = message if message is not None else type(self).message
        self.field = field
        self.values = values
        super().__init__(self.message.format(**values))


class NotFound(Refused):
    """The customer, contact or person that was named does not exist."""

    message = "There is no {what} {number}. Check the number, or search by name."

    def __init__(self, what: str, number: UUID | str) -> None:
        super().__init__(what=what, number=number)


class Erased(Refused):
    """The customer was forgotten; nothing about them may be recorded any more."""

    message = "This customer was erased on request. Register a new customer instead."


class Invalid(Refused):
    """A value that cannot be right, whatever the state of the customer."""


class Changed(Refused):
    """Somebody else changed the same thing in the meantime."""

    message = "Somebody changed this in the meantime. Look at what is there now, then save again."


class Busy(Refused):
    """The log could not take the command just now; nothing was recorded."""

    message = "Too many people are writing at this moment. Nothing was saved: please try again."


class ToldTwice(IntegrityError):
    """The log already holds an event with this source and reference; nothing was recorded."""
