"""Which payment cleared which purchase: the rule alone, without tables or clock.

An account is what one customer owes in one currency. Its entries are settled one after the other,
in the order in which they happened. A debit (a sale, a charged repair, a refund) is an item that
stays open until credits have cleared it. A credit (a payment, a return, a cancellation) clears the
item that it names, and with what is then left of it the oldest one; what remains after that is
spare, and clears the next item that comes. So an account never has open items and spare credit at
the same time.

A reversal takes a payment back: what the payment had cleared is open again, the youngest item
first if only a part is reversed, and the payment is used up by the reversal instead. What no such
payment covers is an item of its own.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Literal, NamedTuple, Self, TypeVar

_Key = TypeVar("_Key")

Kind = Literal["sale", "return", "cancellation", "payment", "refund", "reversal", "repair"]


class Entry(NamedTuple):
    """One money contact on an account. Amounts are minor units; one of the two is zero.

    `position` is the entry's place in the log, which no other entry shares. `number` is its own
    number, `names` the number of the entry that it pays, returns or reverses.
    """

    position: int
    occurred_at: datetime
    kind: Kind
    debit: int = 0
    credit: int = 0
    number: str = ""
    names: str = ""

    @property
    def order(self) -> tuple[datetime, int]:
        """Where the entry stands among the others: when it happened, then as it was recorded."""
        return self.occurred_at, self.position


class Settlement:
    """The state of an account after some entries: what is open, what is spare, what cleared what.

    `open` and `spare` hold what is left of debits and credits by position, the oldest first;
    `cleared` the amounts by (position of the credit, position of the item).
    """

    def __init__(self) -> None:
        self.open: OrderedDict[int, int] = OrderedDict()
        self.spare: OrderedDict[int, int] = OrderedDict()
        self.cleared: dict[tuple[int, int], int] = {}
        self._entries: dict[int, Entry] = {}
        self._numbered: defaultdict[str, set[int]] = defaultdict(set)
        self._payments: defaultdict[str, list[int]] = defaultdict(list)

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Self:
        """The account settled from its very first entry; `entries` come in any order."""
        settlement = cls()
        for entry in sorted(entries, key=lambda entry: entry.order):
            settlement.settle(entry)
        return settlement

    @classmethod
    def resumed(cls, left: Iterable[tuple[Entry, int]]) -> Self:
        """The account as it was left: entries that are not used up, with what is left of each.

        Enough to settle every further entry but a reversal, which asks what came before. Of the
        open items it may be given only those that the further credits name, and of the others
        the oldest, as many as these credits can clear.
        """
        settlement = cls()
        for entry, amount in sorted(left, key=lambda part: part[0].order):
            settlement._add(entry, amount)
        return settlement

    @property
    def left(self) -> dict[int, int]:
        """What is left of debits and credits, by position."""
        return {**self.open, **self.spare}

    def settle(self, entry: Entry) -> None:
        """Take in the next entry."""
        self._add(entry, entry.debit or entry.credit)
        if entry.kind == "reversal":
            self._reverse(entry)
        elif entry.credit and entry.names:
            self._clear_named(entry)
        self._clear_oldest()

    def _add(self, entry: Entry, left: int) -> None:
        self._entries[entry.position] = entry
        if left and entry.debit:
            self._reopen(entry.position, left)
        elif left:
            self.spare[entry.position] = left
        if entry.kind == "payment" and entry.number:
            self._payments[entry.number].append(entry.position)

    def _clear_named(self, credit: Entry) -> None:
        named = self._numbered.get(credit.names, ())
        for item in sorted(named, key=lambda position: self._entries[position].order):
            self._clear(credit.position, item)

    def _clear_oldest(self) -> None:
        while self.open and self.spare:
            self._clear(next(iter(self.spare)), next(iter(self.open)))

    def _clear(self, credit: int, item: int) -> None:
        amount = min(self.spare.get(credit, 0), self.open.get(item, 0))
        if amount:
            self.cleared[credit, item] = self.cleared.get((credit, item), 0) + amount
            _take(self.spare, credit, amount)
            if not _take(self.open, item, amount) and (number := self._entries[item].number):
                self._numbered[number].discard(item)

    def _reverse(self, reversal: Entry) -> None:
        for payment in reversed(self._payments.get(reversal.names, [])):
            self._free(payment, self.open.get(reversal.position, 0))
            self._clear(payment, reversal.position)
        self.open = OrderedDict(
            sorted(self.open.items(), key=lambda part: self._entries[part[0]].order)
        )

    def _free(self, payment: int, amount: int) -> None:
        """Take back clearings until as much as `amount` of the payment is spare."""
        items = [
            item
            for credit, item in self.cleared
            if credit == payment and self._entries[item].kind != "reversal"
        ]
        for item in sorted(items, key=lambda item: self._entries[item].order, reverse=True):
            back = min(amount - self.spare.get(payment, 0), self.cleared[payment, item])
            if back > 0:
                _take(self.cleared, (payment, item), back)
                self.spare[payment] = self.spare.get(payment, 0) + back
                self._reopen(item, back)

    def _reopen(self, item: int, amount: int) -> None:
        self.open[item] = self.open.get(item, 0) + amount
        if number := self._entries[item].number:
            self._numbered[number].add(item)


def _take(amounts: dict[_Key, int], key: _Key, amount: int) -> int:
    """Lessen the amount at `key`, forget the key at zero; returns what is left."""
    left = amounts[key] - amount
    if left:
        amounts[key] = left
    else:
        del amounts[key]
    return left
