"""The history on a customer's page: a page of it, what fits a filter, and whether it changed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import abort, request

from projections import timeline
from projections.timeline import Entry, Page
from web.customers.look import Look, staff_names
from web.customers.words import KINDS

ENTRIES = 25
LONGEST_SEARCH = 200

Key = tuple[datetime, int]


@dataclass(frozen=True)
class Filter:
    """What of the history is asked for: one kind or all, and words that must occur."""

    show: str
    search: str
    before: Key | None

    @classmethod
    def asked(cls) -> Filter:
        """As the address says. Aborts with 400 when it cannot be read."""
        show = request.args.get("show", "")
        if show and show not in KINDS:
            abort(400)
        search = request.args.get("q", "").replace("\0", "")[:LONGEST_SEARCH].strip()
        return cls(show, search, _key(request.args.get("before", "")))

    @property
    def is_on(self) -> bool:
        """Whether some entries may be hidden."""
        return bool(self.show or self.search)


@dataclass(frozen=True)
class History:
    """Some entries, newest first; `older` is where the next ones begin.

    `stamp` changes whenever anything that is shown of the newest ones, or beside them, does.
    """

    entries: tuple[Entry, ...]
    older: str | None
    names: dict[UUID, str]
    stamp: str


def history(look: Look, chosen: Filter) -> History:
    """The page of the history that fits the filter."""
    page = timeline.timeline(
        look.connection,
        look.identity,
        kinds=(chosen.show,) if chosen.show else (),
        search=chosen.search,
        before=chosen.before,
        limit=ENTRIES,
    )
    return History(
        entries=page.entries,
        older=None if page.before is None else _address(page.before),
        names=staff_names({entry.by for entry in page.entries}),
        stamp=_stamp(look, page) if chosen.before is None else "",
    )


def _stamp(look: Look, page: Page) -> str:
    shown = repr((page, dict(look.counts), look.balances, look.follow_ups, look.repairs))
    return hashlib.sha256(shown.encode()).hexdigest()[:20]


def _address(key: Key) -> str:
    return f"{key[0].isoformat()}~{key[1]}"


def _key(text: str) -> Key | None:
    if not text:
        return None
    moment, _, position = text.partition("~")
    try:
        key = datetime.fromisoformat(moment), int(position)
    except ValueError:
        abort(400)
    if key[0].tzinfo is None or not 0 < key[1] < 2**62:
        abort(400)
    return key
