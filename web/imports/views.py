"""Imports as pages: what was taken in, a file to look at first, and then to take in."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from flask import (
    Blueprint,
    abort,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext
from werkzeug.datastructures import FileStorage

from adapters.files.importing import Import, Progress
from adapters.files.summary import Summary
from adapters.files.uploads import Doing, Take, Upload, Uploads
from adapters.raw_store import RawStore
from domain.errors import NotFound
from projections import imports
from web.areas import Area, MenuEntry
from web.customers.look import staff_names
from web.forms import Errors, Rejected, filled_in, typed
from web.imports.mappings import KINDS, ChosenMapping, MappingForm, chosen_mapping, examples
from web.once import once
from web.permissions import may_open
from web.services import services
from web.sign_in.people import current_person

LARGEST_FILE = 256 * 1024 * 1024
"""Bytes of a file that is taken in through the pages; the command line takes larger ones."""

ROWS = 30

pages = Blueprint("imports", __name__)
AREA = Area(
    blueprint=pages,
    menu=(
        MenuEntry(
            label=lazy_gettext("Imports"), endpoint="imports.show", icon="file-import", keys="g i"
        ),
    ),
)


@pages.url_value_preprocessor
def _allow_a_large_file(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    # Before anything reads the form, and only for those who may send one.
    if endpoint == "imports.receive" and may_open(endpoint):
        request.max_content_length = LARGEST_FILE


@pages.get("/imports")
def show() -> ResponseReturnValue:
    """What was taken in, what waits to be, and a form for the next file."""
    return _index({"kind": "sales"})


@pages.post("/imports")
@once
def receive() -> ResponseReturnValue:
    """Keep a file and look at it: a dry run begins at once."""
    try:
        told = filled_in(MappingForm)
        sent = _sent_file()
        mapping = chosen_mapping(told["kind"], told["mapping"])
    except Rejected as rejected:
        return _index(dict(rejected.values), rejected.errors), 422
    upload_id = _uploads().receive(
        sent.save,
        kind=told["kind"],
        file_name=sent.filename or "",
        mapping=mapping.content,
        mapping_name=mapping.name,
        by=current_person().id,
    )
    _begin(upload_id, "check")
    return redirect(url_for(".upload", upload_id=upload_id), 303)


@pages.get("/imports/<uuid:upload_id>")
def upload(upload_id: UUID) -> ResponseReturnValue:
    """One file: how far it is, what a dry run found, what came of it."""
    return _page(_uploads().get(upload_id))


@pages.get("/imports/<uuid:upload_id>/state")
def state(upload_id: UUID) -> ResponseReturnValue:
    """The part of the page that changes while somebody works on the file."""
    found = _uploads().get(upload_id)
    if not request.headers.get("HX-Request"):
        return redirect(url_for(".upload", upload_id=upload_id), 303)
    return render_template("imports/state.html", **_told(found), news=True)


@pages.post("/imports/<uuid:upload_id>/checks")
@once
def check(upload_id: UUID) -> ResponseReturnValue:
    """Look at the file again, with the same mapping or another one."""
    found = _uploads().get(upload_id)
    before = ChosenMapping(found.mapping_name, _uploads().mapping(upload_id))
    try:
        told = filled_in(MappingForm)
        mapping = chosen_mapping(told["kind"], told["mapping"], otherwise=before)
    except Rejected as rejected:
        return _page(found, dict(rejected.values), rejected.errors), 422
    _uploads().change_mapping(
        upload_id, kind=told["kind"], mapping=mapping.content, mapping_name=mapping.name
    )
    _begin(upload_id, "check")
    return redirect(url_for(".upload", upload_id=upload_id), 303)


@pages.post("/imports/<uuid:upload_id>/runs")
@once
def take(upload_id: UUID) -> ResponseReturnValue:
    """Take the file in; one that was interrupted goes on, since what was told stays told."""
    _begin(upload_id, "take")
    return redirect(url_for(".upload", upload_id=upload_id), 303)


@pages.post("/imports/<uuid:upload_id>/discarded")
@once
def discard(upload_id: UUID) -> ResponseReturnValue:
    """Throw the file away without taking it in."""
    _uploads().discard(upload_id)
    flash(gettext("The file is thrown away. Nothing was taken in."))
    return redirect(url_for(".show"), 303)


@pages.get("/imports/<uuid:upload_id>/refused.csv")
def refused(upload_id: UUID) -> ResponseReturnValue:
    """The lines that were refused, each with field, value and remedy."""
    found = _uploads().get(upload_id)
    if found.refused_file is None:
        raise NotFound("file of refused lines for upload", upload_id)
    return send_file(
        found.refused_file,
        mimetype="text/csv",
        as_attachment=True,
        download_name=found.refused_file.name,
    )


# --- helpers ------------------------------------------------------------------------------------


def _uploads() -> Uploads:
    return Uploads(services().settings.data_dir)


def _sent_file() -> FileStorage:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Rejected({"file": [gettext("Choose a file.")]}, typed())
    return sent


def _begin(upload_id: UUID, doing: Doing) -> None:
    _uploads().begin(upload_id, doing, _takes(current_person().id))


def _takes(by: UUID) -> Take:
    """How this hub takes a file in, for somebody."""
    rapport = services()

    def run(importing: Import, dry_run: bool, progress: Progress, folder: Path) -> Summary:  # noqa: FBT001
        summary = importing.run(
            rapport.hub,
            rapport.log,
            RawStore(rapport.settings.data_dir),
            by=by,
            dry_run=dry_run,
            progress=progress,
            refused_folder=folder,
            file_name=_file_name(folder),
        )
        if not dry_run and rapport.settings.is_sqlite:
            rapport.projector.catch_up()
        return summary

    return run


def _file_name(folder: Path) -> str:
    return Uploads(folder.parent.parent).get(UUID(folder.name)).file_name


def _index(values: dict[str, Any], errors: Errors | None = None) -> str:
    before = request.args.get("before", "")
    if before and not (before.isascii() and before.isdigit() and len(before) < 19):
        abort(400)
    with services().tables.connect() as connection:
        rows = imports.history(connection, before=int(before) if before else None, limit=ROWS + 1)
    page = rows[:ROWS]
    waiting = _uploads().unfinished()
    uploads = {row.id: _uploads().upload_of(row.refused_file) for row in page if row.refused_file}
    return render_template(
        "imports/index.html",
        values=values,
        errors=errors or {},
        kinds=KINDS,
        examples=examples(),
        largest=LARGEST_FILE // 1024**2,
        waiting=waiting,
        rows=page,
        uploads=uploads,
        names=staff_names({*(row.by for row in page), *(each.by for each in waiting)}),
        next=url_for(".show", before=page[-1].position) if len(rows) > ROWS else None,
    )


def _page(found: Upload, values: dict[str, Any] | None = None, errors: Errors | None = None) -> str:
    told = {**_told(found), "errors": errors or {}}
    if values is not None:
        told["values"] = values
    return render_template("imports/upload.html", **told)


def _told(found: Upload) -> dict[str, Any]:
    return {
        "upload": found,
        "kinds": KINDS,
        "examples": examples(),
        "values": {"kind": found.kind, "mapping": found.mapping_name},
        "errors": {},
        "samples": [_sample(each) for each in (found.summary or {}).get("examples", ())],
        "names": staff_names({found.by}),
    }


def _sample(told: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    """A record as it was understood: its reference, and each field with its value."""
    fields = _flat({name: value for name, value in told.items() if name != "reference"})
    return str(told.get("reference", "")), [each for each in fields if each[0] != "contact_id"]


def _flat(told: Any, prefix: str = "") -> list[tuple[str, str]]:
    if isinstance(told, dict):
        return [
            pair
            for name, value in told.items()
            for pair in _flat(value, prefix if name == "told" else _under(prefix, name))
        ]
    if isinstance(told, list):
        return [pair for at, value in enumerate(told, 1) for pair in _flat(value, f"{prefix} {at}")]
    return [] if told is None or told == "" else [(prefix, str(told))]


def _under(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name
