"""What the operations page calls read models, their states, jobs, checks and remedies."""

from __future__ import annotations

from flask_babel import LazyString, gettext, lazy_gettext

MODELS: dict[str, LazyString] = {
    "links": lazy_gettext("Linked customers"),
    "profile": lazy_gettext("Profiles"),
    "timeline": lazy_gettext("Histories"),
    "directory": lazy_gettext("Directory"),
    "follow_ups": lazy_gettext("Follow-ups"),
    "staff_list": lazy_gettext("Staff"),
    "balances": lazy_gettext("Balances"),
    "repairs": lazy_gettext("Repairs"),
    "items": lazy_gettext("Items"),
    "day_counts": lazy_gettext("Counts of the day"),
    "imports": lazy_gettext("Imports"),
}
"""Each read model in words, by its name."""

STATES: dict[str, LazyString] = {
    "live": lazy_gettext("in use"),
    "building": lazy_gettext("being built"),
    "old": lazy_gettext("kept from before"),
}

JOB_NAMES: dict[str, LazyString] = {
    "tidy the desk": lazy_gettext("Tidy the desk"),
    "finish erasures": lazy_gettext("Finish erasures"),
    "checkpoint the log": lazy_gettext("Checkpoint the log"),
}

CHECKS: dict[str, LazyString] = {
    "python": lazy_gettext("Python"),
    "settings": lazy_gettext("Settings"),
    "packages": lazy_gettext("Packages"),
    "database_url": lazy_gettext("Address of the log"),
    "keys_url": lazy_gettext("Address of the keys"),
    "data folder": lazy_gettext("Data folder"),
    "host": lazy_gettext("Listens on"),
    "port": lazy_gettext("Port"),
    "timezone": lazy_gettext("Time zone"),
    "locale": lazy_gettext("Language"),
    "region": lazy_gettext("Country of telephone numbers"),
    "https": lazy_gettext("https"),
    "proxy_hops": lazy_gettext("Proxies in front"),
    "passwords": lazy_gettext("Passwords"),
    "sqlite": lazy_gettext("SQLite"),
    "log database": lazy_gettext("Database of the log"),
    "key database": lazy_gettext("Database of the keys"),
    "disk": lazy_gettext("Disk"),
}

# What the doctor advises, named here so that the catalogues have it.
REMEDIES = (
    lazy_gettext("look it up in docs/reference/settings.md, or unset it"),
    lazy_gettext("correct the variables named"),
    lazy_gettext("put a proxy with https in front and set RAPPORT_HTTPS=yes, RAPPORT_PROXY_HOPS=1"),
    lazy_gettext("unset RAPPORT_CHEAP_PASSWORDS: it is for tests"),
    lazy_gettext("let no other program write to the file"),
    lazy_gettext("run `rapport db upgrade`"),
    lazy_gettext("do what the message says"),
    lazy_gettext("start the database server, and check address and password"),
    lazy_gettext("make room: the log cannot grow on a full disk"),
)


def check_name(check: str) -> str:
    """What a check is called; one that has no words of ours bears the name of its variable."""
    return str(CHECKS.get(check, check))


def remedy(advice: str) -> str:
    """What the doctor advises, in the reader's language."""
    return str(gettext(advice)) if advice else ""
