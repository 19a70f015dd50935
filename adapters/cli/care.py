"""What keeps a hub in order: its schema, its people, its health."""

from __future__ import annotations

import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import version as version_of
from pathlib import Path

import click

from adapters import database, settings
from adapters.cli.output import as_json, progress, show, table
from adapters.diagnosis import diagnose
from adapters.enrolment import enrol
from adapters.reference import PAGES
from adapters.version import VERSION
from adapters.wiring import build
from adapters.wiring import upgrade as upgrade_all
from domain.identity import SYSTEM
from domain.root import Act
from domain.staff.member import ROLES, Role


@click.group()
def db() -> None:
    """The schema of the databases."""


@db.command("upgrade")
def upgrade() -> None:
    """Create or bring up to date all tables. Safe to run at any time, by any number of processes."""
    upgrade_all(settings.load())
    with build():
        pass  # building makes the tables of read models that are new in this version
    click.echo("The databases are up to date.")


@db.command("current")
@as_json
def current(*, as_json: bool) -> None:
    """The revision of each database's schema."""
    told = settings.load()
    revisions = {
        "log": database.current(told.database_url, "log"),
        "keys": database.current(told.keys_url, "keys"),
    }
    show(
        revisions,
        as_json=as_json,
        text=lambda: "\n".join(f"{name}: {found or 'none'}" for name, found in revisions.items()),
    )


@click.group()
def user() -> None:
    """The people who sign in."""


@user.command("add")
@click.argument("sign_in_name")
@click.option("--name", required=True, help="The person's name, as colleagues see it.")
@click.option("--role", type=click.Choice(ROLES), default="agent", show_default=True)
@click.option(
    "--password",
    envvar="RAPPORT_NEW_PASSWORD",
    prompt=True,
    hide_input=True,
    confirmation_prompt=True,
    help="Asked for when it is not given.",
)
def add_user(sign_in_name: str, name: str, role: Role, password: str) -> None:
    """Enrol a member of staff, who signs in as SIGN_IN_NAME."""
    with build() as rapport:
        act = Act(by=SYSTEM, at=datetime.now(UTC))
        enrol(
            rapport.hub,
            rapport.desk,
            name=name,
            sign_in_name=sign_in_name,
            password=password,
            role=role,
            act=act,
        )
        rapport.projector.fold_now(rapport.log.head())
    click.echo(f"{name} can sign in as {sign_in_name}.")


@user.command("list")
@as_json
def list_users(*, as_json: bool) -> None:
    """Who works with the hub."""
    from projections import staff_list

    with build() as rapport, rapport.tables.connect() as connection:
        rows = [
            {"id": m.id, "name": m.name, "sign_in_name": m.sign_in_name, "role": m.role}
            for m in staff_list.members(connection)
        ]
    show(
        rows,
        as_json=as_json,
        text=lambda: table(rows, {"sign_in_name": "Signs in as", "name": "Name", "role": "Role"}),
    )


@click.group()
def demo() -> None:
    """Demonstration data."""


@demo.command("load")
@click.option("--seed", default=1, show_default=True, help="Another seed tells another story.")
def load_demo(seed: int) -> None:
    """Fill an empty hub with three years of a company's life: some 2,000 customers."""
    with build() as rapport:
        with progress("loading demonstration data") as show_progress:
            rapport.load_demo(seed=seed, progress=show_progress)
        rapport.projector.catch_up()


@click.command()
@as_json
def doctor(*, as_json: bool) -> None:
    """Look for everything that would keep the hub from working, with the remedy beside each."""
    findings = diagnose(os.environ)
    rows = [
        {"check": f.check, "state": f.state, "found": f.found, "remedy": f.remedy} for f in findings
    ]
    show(
        rows,
        as_json=as_json,
        text=lambda: table(
            rows, {"state": "State", "check": "Check", "found": "Found", "remedy": "What to do"}
        ),
    )
    if any(finding.state == "fault" for finding in findings):
        raise SystemExit(1)


@click.command()
@as_json
def version(*, as_json: bool) -> None:
    """The versions of the hub and of what it stands on."""
    versions = {
        "rapport": VERSION,
        "python": platform.python_version(),
        **{name: version_of(name) for name in ("eventsourcing", "sqlalchemy", "flask")},
        "platform": sys.platform,
    }
    show(
        versions,
        as_json=as_json,
        text=lambda: "\n".join(f"{name} {found}" for name, found in versions.items()),
    )


@click.command()
def reference() -> None:
    """Write the pages of the manual that are made from the code."""
    for page, text in PAGES.items():
        Path(page).write_text(text(), encoding="utf-8")
        click.echo(page)
