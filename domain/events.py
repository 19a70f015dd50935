"""Every event that the log may hold. A new noun is added here, so that no process knows fewer."""

from __future__ import annotations

from domain import imports
from domain.customers import events as customers
from domain.root import Event
from domain.staff import member as staff

NOUNS = (customers, imports, staff)

ALL: tuple[type[Event], ...] = tuple(
    each
    for noun in NOUNS
    for each in vars(noun).values()
    if isinstance(each, type) and issubclass(each, Event) and "TOPIC" in vars(each)
)
