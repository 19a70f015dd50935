"""`rapport doctor`: everything that would keep the hub from working, with the remedy beside it."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import distributions
from typing import Literal

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from adapters import database, settings
from adapters.settings import Settings, SettingsError

State = Literal["ok", "warning", "fault"]

OURS = ("domain", "projections", "adapters", "web", "migrations")
ROOM_FOR_WORK = 1_000_000_000
WAL_RESET_FIXED = (3, 51, 3)


@dataclass(frozen=True)
class Finding:
    """What one check found; a `remedy` where something is to be done."""

    check: str
    state: State
    found: str
    remedy: str = ""


def diagnose(environment: Mapping[str, str]) -> list[Finding]:
    """All findings, in the order in which one would look."""
    findings = [_python(), *_unknown_names(environment), *_foreign_packages()]
    try:
        told = settings.load()
    except SettingsError as problem:
        return [
            *findings,
            Finding("settings", "fault", str(problem), "correct the variables named"),
        ]
    findings += _settings(told)
    findings += [check(told) for check in (_sqlite, _log, _keys, _disk)]
    return findings


def _python() -> Finding:
    return Finding("python", "ok", ".".join(map(str, sys.version_info[:3])))


def _unknown_names(environment: Mapping[str, str]) -> Iterator[Finding]:
    for name in settings.unknown_variables(environment):
        yield Finding(
            name,
            "fault",
            "no such setting",
            "look it up in docs/reference/settings.md, or unset it",
        )


def _foreign_packages() -> Iterator[Finding]:
    """Other distributions that bring a package of a name that this checkout uses."""
    for distribution in distributions():
        if (distribution.name or "").lower() == "rapport":
            continue
        top = (distribution.read_text("top_level.txt") or "").split()
        if taken := sorted(set(top) & set(OURS)):
            yield Finding(
                "packages",
                "fault",
                f"{distribution.name} also brings {', '.join(taken)}",
                f"uninstall {distribution.name}: it hides the hub's own code",
            )


def _settings(told: Settings) -> Iterator[Finding]:
    for name in ("database_url", "keys_url"):
        url = make_url(getattr(told, name))
        yield Finding(name, "ok", url.render_as_string(hide_password=True))
    yield Finding("data folder", "ok", str(told.data_dir))
    for name in ("host", "port", "timezone", "locale", "region", "https", "proxy_hops"):
        yield Finding(name, "ok", str(getattr(told, name)))
    if told.host not in {"127.0.0.1", "::1", "localhost"} and not told.https:
        yield Finding(
            "https",
            "warning",
            f"listens on {told.host} without https",
            "put a proxy with https in front and set RAPPORT_HTTPS=yes, RAPPORT_PROXY_HOPS=1",
        )
    if told.cheap_passwords:
        yield Finding(
            "passwords", "fault", "hashed cheaply", "unset RAPPORT_CHEAP_PASSWORDS: it is for tests"
        )


def _sqlite(told: Settings) -> Finding:
    found = sqlite3.sqlite_version
    if told.is_sqlite and sqlite3.sqlite_version_info < WAL_RESET_FIXED:
        return Finding(
            "sqlite",
            "ok",
            f"{found}: before 3.51.3, so only the hub checkpoints, under the write lock",
            "let no other program write to the file",
        )
    return Finding("sqlite", "ok", found)


def _log(told: Settings) -> Finding:
    def look() -> str:
        database.check(told.database_url, "log")
        engine = database.connect_log(told.database_url)
        engine.dispose()
        return "reached, schema up to date"

    return _reach("log database", look)


def _keys(told: Settings) -> Finding:
    def look() -> str:
        database.check(told.keys_url, "keys")
        return "reached, schema up to date"

    return _reach("key database", look)


def _reach(check: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(check, "ok", look())
    except database.Outdated as problem:
        return Finding(check, "fault", str(problem), "run `rapport db upgrade`")
    except database.Unusable as problem:
        return Finding(check, "fault", str(problem), "do what the message says")
    except (SQLAlchemyError, OSError) as problem:
        return Finding(
            check,
            "fault",
            str(problem),
            "start the database server, and check address and password",
        )


def _disk(told: Settings) -> Finding:
    free = shutil.disk_usage(told.data_dir).free
    found = f"{free / 1e9:.1f} GB free beside {told.data_dir}"
    if free < ROOM_FOR_WORK:
        return Finding("disk", "warning", found, "make room: the log cannot grow on a full disk")
    return Finding("disk", "ok", found)
