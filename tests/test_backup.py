"""A backup is taken while work goes on, and restored somewhere else: the same history."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from adapters import settings
from adapters.backup import (
    BackupTrouble,
    backup_keys,
    backup_log,
    holds_keys,
    restore_keys,
    restore_log,
)
from adapters.log.tables import events
from adapters.settings import Settings
from adapters.wiring import Rapport, build
from projections import directory, links, profile, timeline
from tests.scenario import payment, phone_call, purchase, registered
from tests.telling import tell


def silent(_done: int, _total: int) -> None:
    """Nobody watches."""


@pytest.fixture
def told(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of a hub on this test's own databases."""
    monkeypatch.setenv("RAPPORT_DATABASE_URL", database_url)
    monkeypatch.setenv("RAPPORT_DATA_DIR", str(tmp_path / "first"))
    return settings.load()


@pytest.fixture
def hub(told: Settings) -> Iterator[Rapport]:
    with build(told) as rapport:
        anna = tell(rapport, registered("Anna Berg"))
        tell(rapport, purchase(anna, "40.00", on="2026-01-05"), payment(anna, "15.00"))
        tell(rapport, phone_call(anna, "Where is my grinder?"))
        yield rapport


@pytest.fixture
def elsewhere(told: Settings, tmp_path: Path) -> Settings:
    """Empty databases on another machine that has the same master key."""
    folder = tmp_path / "second"
    folder.mkdir()
    return replace(
        told,
        database_url=f"sqlite:///{folder / 'rapport.db'}",
        keys_url=f"sqlite:///{folder / 'keys.db'}",
        data_dir=folder,
    )


def rows(rapport: Rapport) -> list[object]:
    with rapport.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(select(events).order_by("position"))]


def test_what_is_restored_is_the_same_history_and_gives_the_same_pages(
    hub: Rapport, elsewhere: Settings, tmp_path: Path
) -> None:
    raw = hub.settings.data_dir / "raw"
    (raw / "ab").mkdir(parents=True)
    (raw / "ab" / "cd").write_bytes(b"as received")
    backup_log(hub.engine, raw, tmp_path / "backup", silent)
    backup_keys(hub.keys_engine, tmp_path / "keys")
    with build(elsewhere) as other:
        restore_keys(other.keys_engine, tmp_path / "keys", master=elsewhere.master_key)
        restore_log(other.engine, elsewhere.data_dir / "raw", tmp_path / "backup", silent)
    with build(elsewhere) as other:
        other.projector.catch_up()
        assert rows(other) == rows(hub)
        assert (elsewhere.data_dir / "raw" / "ab" / "cd").read_bytes() == b"as received"
        with hub.tables.connect() as here, other.tables.connect() as there:
            (anna,) = directory.find(here, "Anna")
            identity = links.identity(here, anna.customer_id)
            assert profile.profile(there, identity) == profile.profile(here, identity)
            assert timeline.timeline(there, identity) == timeline.timeline(here, identity)
        tell(other, phone_call(anna.customer_id, "Goes on here."))
        assert other.log.head() == hub.log.head() + 1


def test_no_name_and_no_key_is_in_a_backup_of_the_log(hub: Rapport, tmp_path: Path) -> None:
    backup_log(hub.engine, tmp_path / "none", tmp_path / "backup", silent)
    content = gzip.decompress((tmp_path / "backup" / "events.jsonl.gz").read_bytes())
    assert b"purchase_logged" in content
    assert b"Anna" not in content
    assert b"grinder?" not in content
    assert not list((tmp_path / "backup").glob("*key*"))


def test_a_damaged_backup_is_refused_before_anything_is_written(
    hub: Rapport, elsewhere: Settings, tmp_path: Path
) -> None:
    backup_log(hub.engine, tmp_path / "none", tmp_path / "backup", silent)
    file = tmp_path / "backup" / "events.jsonl.gz"
    damaged = bytearray(file.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    file.write_bytes(damaged)
    with build(elsewhere) as other:
        with pytest.raises(BackupTrouble, match=r"events\.jsonl\.gz is damaged"):
            restore_log(other.engine, tmp_path / "raw", tmp_path / "backup", silent)
        assert other.events() == 0


def test_keys_are_not_restored_under_another_master_key(
    hub: Rapport, elsewhere: Settings, tmp_path: Path
) -> None:
    backup_keys(hub.keys_engine, tmp_path / "keys")
    with build(elsewhere) as other:
        with pytest.raises(BackupTrouble, match=r"Put the master\.key of the hub"):
            restore_keys(
                other.keys_engine, tmp_path / "keys", master=b"another master key, 32 bytes long"
            )
        assert not holds_keys(other.keys_engine)
        restore_keys(other.keys_engine, tmp_path / "keys", master=elsewhere.master_key)
        assert holds_keys(other.keys_engine)


def test_a_backup_is_never_restored_over_a_history(hub: Rapport, tmp_path: Path) -> None:
    backup_log(hub.engine, tmp_path / "none", tmp_path / "backup", silent)
    before = rows(hub)
    with pytest.raises(BackupTrouble, match="events in this log already"):
        restore_log(hub.engine, tmp_path / "raw", tmp_path / "backup", silent)
    assert rows(hub) == before


def test_a_backup_does_not_overwrite_another_one(hub: Rapport, tmp_path: Path) -> None:
    backup_log(hub.engine, tmp_path / "none", tmp_path / "backup", silent)
    manifest = (tmp_path / "backup" / "manifest.json").read_bytes()
    with pytest.raises(BackupTrouble, match="is there already"):
        backup_log(hub.engine, tmp_path / "none", tmp_path / "backup", silent)
    assert (tmp_path / "backup" / "manifest.json").read_bytes() == manifest
    assert json.loads(manifest)["head"] == hub.log.head()


def test_a_backup_from_a_newer_version_asks_for_that_version(
    hub: Rapport, elsewhere: Settings, tmp_path: Path
) -> None:
    backup_log(hub.engine, tmp_path / "none", tmp_path / "backup", silent)
    file = tmp_path / "backup" / "manifest.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "format": 99}))
    with build(elsewhere) as other, pytest.raises(BackupTrouble, match="newer version"):
        restore_log(other.engine, tmp_path / "raw", tmp_path / "backup", silent)
