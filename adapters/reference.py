"""The reference pages that are made from the code, so that they cannot say anything else."""

from __future__ import annotations

import inspect
from collections.abc import Iterable

import msgspec

from adapters.settings import VARIABLES
from adapters.wiring import EVENTS

HEAD = "<!-- Made by `python3 rapport reference`. Change the code's docstrings instead. -->\n\n"


def events_page() -> str:
    """Every event, by stored name: what it means, and what its content holds."""
    parts = [
        HEAD + "# Events",
        (
            "What may stand in the log. Each is stored under its name, with its content as JSON; what "
            "every event has alike (position, stream, version, time of recording, by whom, source) "
            "stands in the columns beside it. *Sealed* fields are readable while the customer's key "
            "exists. Fields that have their default are left out of the JSON."
        ),
    ]
    known = sorted({cls for cls, _version in EVENTS.values()}, key=lambda cls: cls.TOPIC)
    for event in known:
        if not event.TOPIC.endswith(".snapshot"):
            parts += [f"## `{event.stored_name()}`", _first_paragraph(event), _fields_table(event)]
    values = sorted(_value_types(known), key=lambda cls: cls.__name__)
    parts.append("# Values\n\nWhat fields of events are made of.")
    for cls in values:
        parts += [f"## {cls.__name__}", inspect.getdoc(cls) or "", _fields_table(cls)]
    return "\n\n".join(part for part in parts if part) + "\n"


def settings_page() -> str:
    """Every setting with what it does."""
    lines = [
        HEAD + "# Settings\n",
        (
            "Set in the environment. Each may also be given as `NAME_FILE`, the path of a file that "
            "holds the value. `python3 rapport doctor` shows what is in force and refuses a `RAPPORT_` "
            "name that is not in this list.\n"
        ),
        "| Variable | What it does |",
        "|---|---|",
    ]
    lines += [f"| `{name}` | {told.replace('|', '/')} |" for name, told in VARIABLES.items()]
    return "\n".join(lines) + "\n"


PAGES = {"docs/reference/events.md": events_page, "docs/reference/settings.md": settings_page}


def _first_paragraph(cls: type) -> str:
    return (inspect.getdoc(cls) or "").split("\n\n")[0].replace("\n", " ")


def _fields_table(cls: type[msgspec.Struct]) -> str:
    fields = [f for f in msgspec.structs.fields(cls) if f.name != "occurred_at" or f.required]
    if not fields:
        return ""
    rows = ["| Field | Type | |", "|---|---|---|"]
    for field in fields:
        told = _told(field.type)
        sealed = "sealed" if "Personal" in told else ""
        optional = "" if field.required else "optional"
        about = ", ".join(word for word in (sealed, optional) if word)
        rows.append(f"| `{field.encode_name}` | {told.replace('Personal', 'text')} | {about} |")
    return "\n".join(rows)


def _told(annotation: object) -> str:
    text = inspect.formatannotation(annotation)
    for noise in ("domain.customers.", "domain.", "msgspec.", "typing.", "datetime.", "decimal."):
        text = text.replace(noise, "")
    for module in ("contacts.", "details.", "identifiers.", "repairs.", "personal.", "uuid."):
        text = text.replace(module, "")
    text = text.replace("_core.UnsetType", "unset").replace("UnsetType", "unset")
    return text.replace("|", "or").replace("NoneType", "None").replace(" or None", "")


def _value_types(classes: Iterable[type[msgspec.Struct]]) -> set[type[msgspec.Struct]]:
    found: set[type[msgspec.Struct]] = set()
    todo: list[object] = [f.type for cls in classes for f in msgspec.structs.fields(cls)]
    while todo:
        seen = todo.pop()
        if isinstance(seen, type) and issubclass(seen, msgspec.Struct):
            if seen not in found:
                found.add(seen)
                todo += [field.type for field in msgspec.structs.fields(seen)]
        else:
            todo += getattr(seen, "__args__", ())
    return found
