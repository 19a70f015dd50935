"""`rapport import`: files of other systems."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click

from adapters.cli.output import as_json, on_one_line, progress, show
from adapters.files.importing import Import
from adapters.files.summary import Summary
from adapters.raw_store import RawStore
from adapters.wiring import build
from domain.identity import SYSTEM
from domain.imports import ImportKind

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("import")
@click.argument("kind", type=click.Choice(get_args(ImportKind)))
@click.argument("file", type=FILE)
@click.option("--mapping", type=FILE, required=True, help="What each column means, as TOML.")
@click.option("--dry-run", is_flag=True, help="Show what would happen; record nothing.")
@as_json
def import_file(
    kind: ImportKind, file: Path, mapping: Path, *, dry_run: bool, as_json: bool
) -> None:
    """Take in FILE, whose columns the mapping names. Running it again changes nothing.

    Lines that cannot be taken in go to a file beside FILE, each with field, value and remedy;
    the exit code is then 1.
    """
    with build() as rapport:
        raw = RawStore(rapport.settings.data_dir)
        with progress(f"reading {file.name}") as show_progress:
            summary = Import(kind=kind, path=file, mapping=mapping).run(
                rapport.hub, rapport.log, raw, by=SYSTEM, dry_run=dry_run, progress=show_progress
            )
        if not dry_run:
            rapport.projector.catch_up()
    show(summary.as_json(), as_json=as_json, text=lambda: _as_text(summary))
    if summary.refused:
        raise SystemExit(1)


def _as_text(summary: Summary) -> str:
    counts = (
        f"{summary.read} lines: {summary.new} new, {summary.unchanged} unchanged, "
        f"{summary.corrected} corrected, {summary.skipped} skipped, {summary.refused} refused"
    )
    lines = [counts, f"{summary.events} events recorded"]
    if summary.dry_run:
        lines[1] = f"{summary.events} events would be recorded: this was a dry run"
        lines += [
            f"  {each['reference']} of {each['customer']}: {on_one_line(each['told'])}"
            for each in summary.examples
        ]
    lines += [f"skipped {count}: {why}" for why, count in summary.skipped_because.items()]
    lines += [f"taken in, but odd, {count}: {why}" for why, count in summary.flagged.items()]
    lines += [
        f"refused line {refusal.line}, {refusal.field}: {refusal.value!r}. {refusal.remedy}"
        for refusal in summary.refusals
    ]
    if summary.refused_file:
        lines.append(f"All refused lines are in {summary.refused_file}")
    if summary.vanished:
        lines.append(
            f"{summary.vanished} references that were told before are missing now; nothing was "
            f"changed: {', '.join(summary.vanished_first)}"
        )
    return "\n".join(lines)
