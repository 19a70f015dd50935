"""All commands, and how their failures are told: exit code 1 when it went wrong, 2 for a wrong call."""

from __future__ import annotations

import os
import sys

import click
from eventsourcing.persistence import PersistenceError
from sqlalchemy.exc import DBAPIError

from adapters.backup import BackupTrouble
from adapters.cli.care import db, demo, doctor, reference, user, version
from adapters.cli.customers import customer
from adapters.cli.files import import_file
from adapters.cli.keeping import backup, restore
from adapters.cli.projector import compare, rebuild, retry, status
from adapters.cli.serve import run, worker
from adapters.database import Outdated, Unusable
from adapters.files.document import NotImportable
from adapters.keyring import KeyTrouble
from adapters.settings import SettingsError
from domain.errors import Refused
from projections.as_of import CannotFold
from projections.engine import AheadOfLog, RebuildStopped, StillFails


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def rapport() -> None:
    """Rapport: every contact with every customer, recorded once, for ever, and seen at once."""


for command in (
    run,
    worker,
    import_file,
    status,
    rebuild,
    compare,
    retry,
    customer,
    db,
    backup,
    restore,
    demo,
    user,
    doctor,
    version,
    reference,
):
    rapport.add_command(command)

EXPECTED = (
    Refused,
    SettingsError,
    Unusable,
    Outdated,
    KeyTrouble,
    BackupTrouble,
    NotImportable,
    CannotFold,
    AheadOfLog,
    RebuildStopped,
    StillFails,
    PersistenceError,
    OSError,
)
"""What an operator can mend: told in one sentence, without a traceback."""


def main() -> None:
    """Run one command of the command line."""
    os.umask(0o077)  # what the hub writes is for its own user only
    try:
        rapport(prog_name="rapport")
    except EXPECTED as problem:
        _fail(str(problem))
    except DBAPIError as problem:
        _fail(f"The database did not take this: {problem.orig}")


def _fail(message: str) -> None:
    click.echo(f"rapport: {message}", err=True)
    sys.exit(1)
