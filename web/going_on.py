"""Where somebody goes on to after a form, when the form says so."""

from __future__ import annotations

from flask import url_for


def local(there: str) -> str:
    """The address, if it is a page of ours and never another host; else Today."""
    is_ours = there.startswith("/") and not there.startswith(("//", "/\\"))
    return there if is_ours and there.isprintable() else url_for("today.show")
