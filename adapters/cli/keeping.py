"""`rapport backup` and `rapport restore`."""

from __future__ import annotations

from pathlib import Path

import click

from adapters import backup as backups
from adapters.cli.output import progress
from adapters.wiring import build

FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.argument("folder", type=FOLDER)
@click.option("--keys", type=FOLDER, help="Where the keys go: another folder, kept elsewhere.")
def backup(folder: Path, keys: Path | None) -> None:
    """Write everything but the keys into FOLDER, which must not exist yet; work goes on meanwhile.

    Without --keys no key is copied. A log without its keys has lost every word about persons, so
    back them up too, to another place: whoever has both can read everything. Keep master.key with
    neither.
    """
    if keys is not None and keys.resolve().is_relative_to(folder.resolve()):
        raise click.UsageError("--keys must lie outside FOLDER, so that they travel apart.")
    with build() as rapport:
        with progress("copying the log") as show_progress:
            manifest = backups.backup_log(
                rapport.engine, rapport.settings.data_dir / "raw", folder, show_progress
            )
        if keys is not None:
            # After the log: every word that was copied has its key by now.
            backups.backup_keys(rapport.keys_engine, keys)
    click.echo(f"{manifest.tables['events']} events up to position {manifest.head} are in {folder}")


@click.command()
@click.argument("folder", type=FOLDER)
@click.option("--keys", type=FOLDER, help="The folder that the keys were backed up to.")
def restore(folder: Path, keys: Path | None) -> None:
    """Take the backup in FOLDER into the empty databases that the settings name, and fold it.

    The master key must be the one of the hub that was backed up. Without --keys the key database
    must be the one that it used.
    """
    with build() as rapport:
        if keys is not None:
            backups.restore_keys(rapport.keys_engine, keys, master=rapport.settings.master_key)
        elif not backups.holds_keys(rapport.keys_engine):
            raise backups.BackupTrouble(
                "The key database is empty: without its keys no word about a person can be read. "
                "Name the folder that the keys were backed up to with --keys."
            )
        with progress("restoring the log") as show_progress:
            manifest = backups.restore_log(
                rapport.engine, rapport.settings.data_dir / "raw", folder, show_progress
            )
    with build() as rapport, progress("folding") as show_progress:
        rapport.projector.catch_up()
        show_progress(1, 1)
    click.echo(f"{manifest.tables['events']} events up to position {manifest.head} are restored.")
