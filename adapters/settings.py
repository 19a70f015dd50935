"""What the hub is told by its environment: every `RAPPORT_*` variable, read and checked once."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from environs import EnvError, FileAwareEnv, ValidationError, validate
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

LOCALES = ("en", "zh_CN")
LOG_LEVELS = ("debug", "info", "warning", "error")
LOG_FORMATS = ("console", "json")

SECRETS = ("RAPPORT_SECRET_KEY", "RAPPORT_MASTER_KEY", "RAPPORT_DATABASE_URL", "RAPPORT_KEYS_URL")
"""Variables that `rapport doctor` never prints in full."""


class SettingsError(Exception):
    """One or more settings are wrong; the message names each with its remedy."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How this hub is set up. Each field's variable stands in `VARIABLES`."""

    database_url: str
    keys_url: str
    data_dir: Path
    master_key: bytes
    secret_key: str
    host: str
    port: int
    timezone: ZoneInfo
    locale: str
    region: str
    https: bool
    proxy_hops: int
    log_level: str
    log_format: str
    idle_minutes: int
    session_hours: int
    cheap_passwords: bool

    @property
    def is_sqlite(self) -> bool:
        """Whether the log lies in an SQLite file, and one process does everything."""
        return make_url(self.database_url).get_backend_name() == "sqlite"


VARIABLES: Mapping[str, str] = {
    "RAPPORT_DATABASE_URL": "database of the log: sqlite:///… or postgresql://… (DATABASE_URL too)",
    "RAPPORT_KEYS_URL": "database of the keys; by default keys.db in the data folder",
    "RAPPORT_DATA_DIR": "what lies beside the database: keys, raw files, drafts; default: its folder",
    "RAPPORT_MASTER_KEY": "key that wraps all others, 64 hex digits; default: master.key, made once",
    "RAPPORT_SECRET_KEY": "key that signs cookies; default: secret.key in the data folder, made once",
    "RAPPORT_HOST": "address to listen on, 127.0.0.1 by default",
    "RAPPORT_PORT": "port to listen on, 8000 by default",
    "RAPPORT_TIMEZONE": "the company's time zone, such as Europe/Berlin; UTC by default",
    "RAPPORT_LOCALE": f"language when nothing else says: {' or '.join(LOCALES)}",
    "RAPPORT_REGION": "country of telephone numbers written without its prefix, such as DE; GB",
    "RAPPORT_HTTPS": "yes when browsers reach the hub by https: secure cookies and HSTS",
    "RAPPORT_PROXY_HOPS": "how many proxies of ours stand in front; 0 by default",
    "RAPPORT_LOG_LEVEL": "debug, info, warning or error",
    "RAPPORT_LOG_FORMAT": "console or json",
    "RAPPORT_IDLE_MINUTES": "minutes without a click after which a session ends, 30 by default",
    "RAPPORT_SESSION_HOURS": "hours after which a session ends in any case, 12 by default",
    "RAPPORT_CHEAP_PASSWORDS": "tests only: hash passwords in a millisecond instead of safely",
    "RAPPORT_REQUIRE_ALL": "tests only: a missing server or browser is a failure, not a skip",
    "RAPPORT_FAULT_ROUNDS": "tests only: how many rounds each fault drill takes",
    "RAPPORT_NEW_PASSWORD": "the password of `rapport user add`, where nobody is there to be asked",
    "RAPPORT_TRIED_DATA": "tests only: the folder of the real files that the hub was tried with",
    "RAPPORT_CHROMIUM": "tests only: the Chromium to drive",
    "RAPPORT_PSEUDO": "tests only: offer the pseudo-language that shows untranslated text",
}
"""Every variable, with what it does. Each may also be given as `…_FILE`, a file that holds it."""


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """Names that look like ours and are not: most likely misspelt."""
    return sorted(
        name
        for name in environment
        if name.startswith("RAPPORT_") and name.removesuffix("_FILE") not in VARIABLES
    )


def load() -> Settings:
    """Settings from the environment; raises SettingsError naming everything that is wrong.

    Makes the data folder, and the two keys in it, when they are not there yet.
    """
    env = FileAwareEnv(eager=False, strip_whitespace=True)
    one_of, at_least = validate.OneOf, validate.Range
    try:
        database_url = env.str("RAPPORT_DATABASE_URL", "") or env.str("DATABASE_URL", "")
        data_dir = env.str("RAPPORT_DATA_DIR", "")
        keys_url = env.str("RAPPORT_KEYS_URL", "")
        master_key = env.str("RAPPORT_MASTER_KEY", "", validate=_key_or_empty)
        secret_key = env.str("RAPPORT_SECRET_KEY", "", validate=_long_or_empty)
        host = env.str("RAPPORT_HOST", "127.0.0.1")
        port = env.int("RAPPORT_PORT", 8000, validate=at_least(1, 65535))
        timezone = env.str("RAPPORT_TIMEZONE", "UTC", validate=_zone)
        locale = env.str("RAPPORT_LOCALE", "en", validate=one_of(LOCALES))
        region = env.str("RAPPORT_REGION", "GB", validate=validate.Regexp("^[A-Z]{2}$"))
        https = env.bool("RAPPORT_HTTPS", False)
        proxy_hops = env.int("RAPPORT_PROXY_HOPS", 0, validate=at_least(0, 10))
        log_level = env.str("RAPPORT_LOG_LEVEL", "info", validate=one_of(LOG_LEVELS))
        log_format = env.str("RAPPORT_LOG_FORMAT", "console", validate=one_of(LOG_FORMATS))
        idle_minutes = env.int("RAPPORT_IDLE_MINUTES", 30, validate=at_least(1))
        session_hours = env.int("RAPPORT_SESSION_HOURS", 12, validate=at_least(1))
        cheap_passwords = env.bool("RAPPORT_CHEAP_PASSWORDS", False)
        env.seal()
    except (EnvError, ValueError) as problem:
        raise SettingsError(f"{problem} Mend it in the environment, then start again.") from problem
    database_url = _url(database_url or "sqlite:///var/rapport.db", "RAPPORT_DATABASE_URL")
    folder = Path(data_dir or _folder_of(database_url)).resolve()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Settings(
        database_url=database_url,
        keys_url=_url(keys_url or f"sqlite:///{folder / 'keys.db'}", "RAPPORT_KEYS_URL"),
        data_dir=folder,
        master_key=bytes.fromhex(master_key or made_once(folder / "master.key")),
        secret_key=secret_key or made_once(folder / "secret.key"),
        host=host,
        port=port,
        timezone=ZoneInfo(timezone),
        locale=locale,
        region=region,
        https=https,
        proxy_hops=proxy_hops,
        log_level=log_level,
        log_format=log_format,
        idle_minutes=idle_minutes,
        session_hours=session_hours,
        cheap_passwords=cheap_passwords,
    )


def made_once(file: Path) -> str:
    """The secret in the file: 64 hex digits, made at random when the file is not there yet."""
    if not file.exists():
        draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as opened:
            opened.write(secrets.token_hex(32) + "\n")
            opened.flush()
            os.fsync(opened.fileno())
        # Of several processes that start at once one makes the link; all read the same secret.
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)
        draft.unlink()
    return file.read_text(encoding="ascii").strip()


def _url(text: str, name: str) -> str:
    try:
        url = make_url(text)
    except ArgumentError as problem:
        raise SettingsError(
            f"{name} is not the address of a database. Write it as sqlite:////folder/rapport.db "
            "or postgresql://user:password@host/name."
        ) from problem
    backend = url.get_backend_name()
    if backend == "sqlite":
        if not url.database or url.database == ":memory:":
            raise SettingsError(
                f"{name}: the log needs a file. Write sqlite:////folder/rapport.db."
            )
        file = Path(url.database).absolute()
        return url.set(database=str(file)).render_as_string(hide_password=False)
    if backend in {"postgresql", "postgres"}:
        return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    raise SettingsError(f"{name}: the hub runs on SQLite and PostgreSQL, not on {backend}.")


def _folder_of(database_url: str) -> Path:
    url = make_url(database_url)
    return Path(url.database or "").parent if url.get_backend_name() == "sqlite" else Path("var")


def _long_or_empty(value: str) -> None:
    if value and len(value) < 32:
        raise ValidationError("Must have at least 32 characters.")


def _key_or_empty(value: str) -> None:
    if value and not (len(value) == 64 and set(value.lower()) <= set("0123456789abcdef")):
        raise ValidationError("Must be 64 hex digits.")


def _zone(value: str) -> None:
    if value not in available_timezones():
        raise ValidationError("Must be an IANA time zone, such as Europe/Berlin.")
