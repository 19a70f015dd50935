"""What the environment says, and what is refused before anything starts."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adapters import settings
from adapters.settings import SettingsError, made_once, unknown_variables


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is set but where the hub may write."""
    for name in os.environ:
        if name.startswith("RAPPORT_") or name == "DATABASE_URL":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_without_any_setting_the_hub_lives_in_a_folder_of_its_own(tmp_path: Path) -> None:
    told = settings.load()
    assert told.is_sqlite
    assert told.database_url == f"sqlite:///{tmp_path / 'var' / 'rapport.db'}"
    assert told.data_dir == tmp_path / "var"
    assert told.host == "127.0.0.1"
    assert settings.load().secret_key == told.secret_key


def test_what_beside_the_database_is_kept_goes_where_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAPPORT_DATABASE_URL", "postgres://hub:secret@db/hub")
    monkeypatch.setenv("RAPPORT_DATA_DIR", str(tmp_path / "elsewhere"))
    told = settings.load()
    assert told.database_url.startswith("postgresql+psycopg://hub:secret@db/hub")
    assert told.keys_url == f"sqlite:///{tmp_path / 'elsewhere' / 'keys.db'}"


def test_a_secret_may_come_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("k" * 40 + "\n")
    monkeypatch.setenv("RAPPORT_SECRET_KEY_FILE", str(tmp_path / "key"))
    assert settings.load().secret_key == "k" * 40


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("RAPPORT_PORT", "0", "RAPPORT_PORT"),
        ("RAPPORT_PORT", "many", "RAPPORT_PORT"),
        ("RAPPORT_TIMEZONE", "Berlin", "Europe/Berlin"),
        ("RAPPORT_LOCALE", "fr", "RAPPORT_LOCALE"),
        ("RAPPORT_REGION", "Germany", "RAPPORT_REGION"),
        ("RAPPORT_MASTER_KEY", "abc", "64 hex digits"),
        ("RAPPORT_SECRET_KEY", "short", "32 characters"),
        ("RAPPORT_SECRET_KEY_FILE", "/nowhere/at/all", "readable file"),
        ("RAPPORT_DATABASE_URL", "mysql://somewhere/hub", "SQLite and PostgreSQL"),
        ("RAPPORT_DATABASE_URL", "sqlite://", "needs a file"),
        ("RAPPORT_DATABASE_URL", "not an address", "not the address of a database"),
        ("RAPPORT_LOG_FORMAT", "xml", "RAPPORT_LOG_FORMAT"),
        ("RAPPORT_PROXY_HOPS", "-1", "RAPPORT_PROXY_HOPS"),
    ],
)
def test_a_setting_that_cannot_be_right_is_refused_with_what_it_must_be(
    name: str, value: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=told):
        settings.load()


def test_all_wrong_settings_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_PORT", "0")
    monkeypatch.setenv("RAPPORT_LOCALE", "fr")
    with pytest.raises(SettingsError, match=r"RAPPORT_PORT.*RAPPORT_LOCALE"):
        settings.load()


def test_a_misspelt_name_is_noticed() -> None:
    found = unknown_variables({"RAPPORT_PORT": "1", "RAPPORT_PORT_FILE": "x", "RAPPORT_PROT": "1"})
    assert found == ["RAPPORT_PROT"]


def test_of_many_that_start_at_once_all_read_one_secret_which_only_its_owner_may_read(
    tmp_path: Path,
) -> None:
    with ThreadPoolExecutor(16) as pool:
        secrets = set(pool.map(made_once, [tmp_path / "secret.key"] * 64))
    assert len(secrets) == 1
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["secret.key"]
