"""`rapport status`, `rebuild`, `compare`, `retry`: how far the read models are, and building them anew."""

from __future__ import annotations

from uuid import UUID

import click

from adapters.cli.output import as_json, progress, show, table
from adapters.wiring import build
from projections import directory
from projections.compare import Comparison
from projections.registry import ALL

READ_MODEL = click.Choice(sorted(projection.name for projection in ALL))


@click.command()
@as_json
def status(*, as_json: bool) -> None:
    """How long the log is, and how far each read model has folded it."""
    with build() as rapport:
        head, events = rapport.log.head(), rapport.events()
        with rapport.tables.connect() as connection:
            customers = directory.count(connection)
        models = [
            {
                "name": model.name,
                "version": model.version,
                "position": model.position,
                "lag": model.lag,
                "parked": model.parked,
                "state": model.state,
            }
            for model in rapport.projector.status()
        ]
    answer = {
        "head": head,
        "events": events,
        "customers": customers,
        "projections": models,
    }
    show(
        answer,
        as_json=as_json,
        text=lambda: (
            f"{answer['events']} events, head {head}, {customers} customers\n"
            + table(
                models,
                {
                    "name": "Read model",
                    "version": "Version",
                    "position": "Position",
                    "lag": "Lag",
                    "parked": "Parked",
                    "state": "State",
                },
            )
        ),
    )
    if any(model["parked"] for model in models):
        raise SystemExit(1)


@click.command()
@click.argument("name", type=READ_MODEL, metavar="[NAME]", required=False)
def rebuild(name: str | None) -> None:
    """Fold a read model (or all) anew, beside the one in use, and switch when it is whole.

    Pages go on answering from the old one until then; a rebuild that was interrupted goes on
    where it stopped.
    """
    with build() as rapport, progress("rebuilding") as show_progress:
        names = [name] if name else rapport.projector.names
        for result in rapport.projector.rebuilding.rebuild(names, show_progress):
            if not result.equal:
                click.echo(f"{result.name}: {_difference(result)}; now replaced", err=True)


@click.command()
@click.argument("name", type=READ_MODEL, metavar="[NAME]", required=False)
@as_json
def compare(name: str | None, *, as_json: bool) -> None:
    """Fold a read model (or all) anew and compare with the one in use; exit code 1 if they differ."""
    with build() as rapport:
        results = []
        for each in [name] if name else rapport.projector.names:
            with progress(f"comparing {each}") as show_progress:
                results.append(rapport.projector.verify(each, show_progress))
    rows = [
        {
            "name": result.name,
            "position": result.position,
            "equal": result.equal,
            "difference": None if result.equal else _difference(result),
        }
        for result in results
    ]
    show(
        rows,
        as_json=as_json,
        text=lambda: table(
            [{**row, "equal": "equal" if row["equal"] else "DIFFERS"} for row in rows],
            {"name": "Read model", "position": "At", "equal": "Result", "difference": ""},
        ),
    )
    if not all(row["equal"] for row in rows):
        raise SystemExit(1)


@click.command()
@click.argument("name", type=READ_MODEL, metavar="NAME")
@click.argument("stream", type=click.UUID)
def retry(name: str, stream: UUID) -> None:
    """Fold the parked events of one customer again, after the cause was mended."""
    with build() as rapport:
        folded = rapport.projector.retry(name, stream)
    click.echo(
        f"{folded} parked events of {stream} are folded into {name} now."
        if folded
        else f"No event of {stream} is parked in {name}."
    )


def _difference(result: Comparison) -> str:
    first = next(table for table in result.tables if not table.equal)
    return f"{first.table}: {first.first_difference}"
