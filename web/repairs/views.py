"""Repairs by stage: a board of all that is open, and a list of one stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext
from sqlalchemy import Connection

from domain.customers.repairs import MAY_FOLLOW
from projections import directory, repairs
from projections.repairs import OPEN_STAGES, BoardCursor, RepairRow
from web.areas import Area, MenuEntry
from web.customers.look import today
from web.customers.words import STAGES
from web.services import services

CARDS = 12
"""Repairs of one stage on the board; the list of the stage has all of them."""

ROWS = 50

pages = Blueprint("repairs", __name__)
AREA = Area(
    blueprint=pages,
    menu=(
        MenuEntry(label=lazy_gettext("Repairs"), endpoint="repairs.show", icon="tool", keys="g r"),
    ),
)


@dataclass(frozen=True)
class Column:
    """One stage of the board: how many repairs are in it, and the first of them."""

    stage: str
    count: int
    repairs: Sequence[RepairRow]


@pages.get("/repairs")
def show() -> ResponseReturnValue:
    """The board; with `stage` the list of one stage; with `late` only what is overdue."""
    stage = request.args.get("stage", "")
    if stage and stage not in MAY_FOLLOW:
        abort(404)
    only_late = request.args.get("late") == "yes"
    on = today()
    promised_before = on if only_late else None
    with services().tables.connect() as connection:
        counts = repairs.stage_counts(connection)
        late = repairs.stage_counts(connection, promised_before=on)
        shown = late if only_late else counts
        told = {
            "on": on,
            "stages": STAGES,
            "stage": stage,
            "only_late": only_late,
            "counts": counts,
            "shown": shown,
            "open_count": sum(counts[each] for each in OPEN_STAGES),
            "late_count": late[stage] if stage else sum(late[each] for each in OPEN_STAGES),
        }
        if not stage:
            columns = _columns(connection, shown, promised_before)
            names = _names(connection, [row for column in columns for row in column.repairs])
            return render_template("repairs/board.html", **told, columns=columns, names=names)
        rows = repairs.board(
            connection,
            stages=[stage],
            promised_before=promised_before,
            after=_cursor(),
            limit=ROWS + 1,
        )
        page = rows[:ROWS]
        return render_template(
            "repairs/stage.html",
            **told,
            repairs=page,
            names=_names(connection, page),
            next=_after(page[-1], stage, only_late=only_late) if len(rows) > ROWS else None,
        )


def _columns(
    connection: Connection, counts: dict[str, int], promised_before: date | None
) -> list[Column]:
    return [
        Column(
            stage,
            counts[stage],
            repairs.board(connection, stages=[stage], promised_before=promised_before, limit=CARDS),
        )
        for stage in OPEN_STAGES
    ]


def _names(connection: Connection, rows: Sequence[RepairRow]) -> dict[UUID, str]:
    return directory.labels(connection, {row.stream for row in rows})


def _cursor() -> BoardCursor | None:
    text = request.args.get("after", "")
    if not text:
        return None
    try:
        day, moment, position = text.split("~")
        cursor = BoardCursor(date.fromisoformat(day), datetime.fromisoformat(moment), int(position))
    except ValueError:
        abort(400)
    if cursor.received_at.tzinfo is None or not 0 < cursor.position < 2**62:
        abort(400)
    return cursor


def _after(row: RepairRow, stage: str, *, only_late: bool) -> str:
    day, moment, position = row.cursor
    place = f"{day.isoformat()}~{moment.isoformat()}~{position}"
    return url_for(".show", stage=stage, late="yes" if only_late else None, after=place)
