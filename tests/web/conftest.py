"""A whole hub on a fresh SQLite file, and the pages over it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from adapters.settings import Settings, load
from adapters.wiring import Rapport, build
from tests.web.kit import Visitor, let_in
from web import create_app


@pytest.fixture(scope="session")
def empty_hub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a hub that was just made: tests copy it, which is faster than making one."""
    folder = tmp_path_factory.mktemp("hub")
    with pytest.MonkeyPatch.context() as patch:
        rapport = build(_settings(folder, patch))
    create_app(rapport)
    rapport.close()
    return folder


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_hub: Path) -> Settings:
    """Settings of a hub in a folder of its own."""
    shutil.copytree(empty_hub, tmp_path, dirs_exist_ok=True)
    return _settings(tmp_path, monkeypatch)


@pytest.fixture
def rapport(settings: Settings) -> Iterator[Rapport]:
    """A hub without anybody in it."""
    with build(settings) as built:
        yield built


@pytest.fixture
def app(rapport: Rapport) -> Flask:
    """The pages."""
    return create_app(rapport)


@pytest.fixture
def stranger(app: Flask, rapport: Rapport) -> Visitor:
    """A browser that nobody is signed in on, of a hub where Lena works."""
    let_in(rapport)
    return Visitor(app)


@pytest.fixture
def lena(stranger: Visitor) -> Visitor:
    """Lena's browser: she is an agent, and signed in."""
    assert stranger.sign_in().status_code == 303
    return stranger


def _settings(folder: Path, patch: pytest.MonkeyPatch) -> Settings:
    patch.setenv("RAPPORT_DATA_DIR", str(folder))
    patch.setenv("RAPPORT_DATABASE_URL", f"sqlite:///{folder / 'rapport.db'}")
    patch.setenv("RAPPORT_CHEAP_PASSWORDS", "1")
    return load()
