"""The list of customers: sorted, filtered, page by page, and as a file."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from io import StringIO
from typing import Any, get_args
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from flask import Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection, Engine

from projections import directory
from projections.directory import Cursor, Listed, ListPage, Sort
from web.customers.blueprint import pages
from web.customers.history import LONGEST_SEARCH
from web.services import services

ROWS = 50
EXPORTED_AT_ONCE = 1000
SORTS: tuple[Sort, ...] = get_args(Sort)


@dataclass(frozen=True)
class Listing:
    """What of the list is asked for: words, kind, order, and where the page begins or ends."""

    search: str = ""
    kind: str = ""
    sort: Sort = "name"
    descending: bool = False
    after: Cursor | None = None
    before: Cursor | None = None

    @classmethod
    def of(cls, query: Iterable[tuple[str, str]]) -> Listing:
        """As these parts of an address say. Aborts with 400 when they cannot be read."""
        told = dict(query)
        sort = told.get("sort") or "name"
        kind = told.get("kind", "")
        if sort not in SORTS or kind not in ("", "person", "firm"):
            abort(400)
        return cls(
            search=told.get("q", "").replace("\0", "")[:LONGEST_SEARCH].strip(),
            kind=kind,
            sort=sort,
            descending=told.get("order", "down" if sort != "name" else "up") == "down",
            after=_cursor(told.get("after", ""), sort),
            before=_cursor(told.get("before", ""), sort),
        )

    @property
    def query(self) -> dict[str, Any]:
        """What an address says to ask for this, but for the place in the list."""
        usual = self.descending is (self.sort != "name")
        told = {
            "q": self.search,
            "kind": self.kind,
            "sort": "" if self.sort == "name" else self.sort,
            "order": "" if usual else ("down" if self.descending else "up"),
        }
        return {name: value for name, value in told.items() if value}

    @property
    def as_text(self) -> str:
        """The same in one word, for the address of a customer's page."""
        return urlencode(self.query) or "all"

    def sorted_by(self, sort: Sort) -> Listing:
        """The same list in this order, or in the other direction when it is in it already."""
        usual = sort != "name"
        descending = not self.descending if sort == self.sort else usual
        return replace(self, sort=sort, descending=descending, after=None, before=None)

    def page(self, connection: Connection, *, limit: int) -> ListPage:
        """The customers of this page."""
        backwards = self.before is not None
        page = directory.listing(
            connection,
            search=self.search,
            sort=self.sort,
            descending=self.descending is not backwards,
            cursor=self.before or self.after,
            limit=limit,
            kind=self.kind or None,
        )
        return replace(page, customers=page.customers[::-1]) if backwards else page


@pages.get("/customers")
def index() -> ResponseReturnValue:
    """The list."""
    asked = Listing.of(request.args.items())
    with services().tables.connect() as connection:
        page = asked.page(connection, limit=ROWS)
        rows = page.customers
        backwards = asked.before is not None
        is_first = page.next_cursor is None if backwards else asked.after is None
        is_last = not backwards and page.next_cursor is None
        return render_template(
            "customers/index.html",
            asked=asked,
            sorts=SORTS,
            customers=rows,
            total=directory.count(connection),
            previous=None if is_first or not rows else _at(connection, asked, "before", rows[0]),
            next=None if is_last or not rows else _at(connection, asked, "after", rows[-1]),
        )


@pages.get("/customers.csv")
def export() -> ResponseReturnValue:
    """The whole list that fits the filter, as CSV in UTF-8."""
    asked = replace(Listing.of(request.args.items()), after=None, before=None)
    headers = {"Content-Disposition": "attachment; filename=customers.csv"}
    rows = _as_csv(services().tables, asked)
    return Response(rows, mimetype="text/csv", headers=headers)


def neighbours(customer_id: UUID, listed: str) -> tuple[str | None, str | None] | None:
    """The addresses of the customers before and after this one in the list it was opened from.

    `listed` is the list's `as_text`; None when the customer was not opened from a list.
    """
    if not listed:
        return None
    asked = Listing.of(parse_qsl("" if listed == "all" else listed))
    with services().tables.connect() as connection:
        here = directory.cursor_of(connection, customer_id, asked.sort)
        if here is None:
            return None
        around = (replace(asked, before=here), replace(asked, after=here))
        found = [each.page(connection, limit=1).customers for each in around]
    context: dict[str, Any] = {"in": listed}
    before, after = (
        url_for(".show", customer_id=rows[0].customer_id, **context) if rows else None
        for rows in found
    )
    return before, after


def _at(connection: Connection, asked: Listing, side: str, row: Listed) -> str | None:
    cursor = directory.cursor_of(connection, row.customer_id, asked.sort)
    if cursor is None:
        return None
    value, stream = cursor
    return url_for(".index", **{**asked.query, side: f"{stream}~{value}"})


def _cursor(text: str, sort: str) -> Cursor | None:
    if not text:
        return None
    stream, _, value = text.partition("~")
    try:
        UUID(stream)
        if sort != "name" and datetime.fromisoformat(value).tzinfo is None:
            abort(400)
    except ValueError:
        abort(400)
    return value, stream


def _as_csv(tables: Engine, asked: Listing) -> Iterator[str]:
    yield "\ufeff" + _line("id", "name", "kind", "city", "registered", "last_contact", "contacts")
    while True:
        # A page a connection: a slow reader holds none of them.
        with tables.connect() as connection:
            page = asked.page(connection, limit=EXPORTED_AT_ONCE)
        for row in page.customers:
            yield _line(
                str(row.customer_id),
                _harmless(row.label),
                row.customer_kind,
                _harmless(row.city),
                row.registered_at.isoformat(timespec="seconds"),
                row.last_contact_at.isoformat(timespec="seconds") if row.last_contact_at else "",
                str(row.contacts),
            )
        if page.next_cursor is None:
            return
        asked = replace(asked, after=page.next_cursor)


def _line(*cells: str) -> str:
    out = StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def _harmless(cell: str) -> str:
    """What a spreadsheet would take for a formula, as text: names come from strangers."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
