"""A visitor of the pages: opens them, fills in their forms, and is who they signed in as."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from html import unescape
from uuid import UUID

from flask import Flask
from werkzeug.test import TestResponse

from adapters.enrolment import enrol
from adapters.wiring import Rapport
from domain.identity import SYSTEM
from domain.root import Act
from domain.staff.member import Role

PASSWORD = "four dull horses sang"
HTML = {"Accept": "text/html"}


def let_in(
    rapport: Rapport, name: str = "Lena Hoffmann", role: Role = "agent", sign_in_name: str = ""
) -> UUID:
    """Somebody new at work, who signs in with their first name in small letters."""
    return enrol(
        rapport.hub,
        rapport.desk,
        name=name,
        sign_in_name=sign_in_name or name.split(maxsplit=1)[0].lower(),
        password=PASSWORD,
        role=role,
        act=Act(by=SYSTEM, at=datetime.now(UTC)),
    )


class Visitor:
    """One browser."""

    def __init__(self, app: Flask, *, address: str = "127.0.0.1") -> None:
        self.client = app.test_client()
        self.client.environ_base["REMOTE_ADDR"] = address

    def open(self, path: str, headers: Mapping[str, str] = HTML) -> TestResponse:
        """Open a page, without following where it leads."""
        return self.client.get(path, headers=dict(headers), buffered=True)

    def send(
        self,
        path: str,
        *,
        on: str,
        key: str | None = None,
        **form: str,
    ) -> TestResponse:
        """Fill in the form of the page `on` and send it."""
        page = self.open(on).text
        hidden = {"csrf_token": token(page)}
        if keys := re.findall(r'name="key" value="(\w+)"', page):
            hidden["key"] = keys[-1]
        if key is not None:
            hidden["key"] = key
        return self.client.post(path, data={**hidden, **form}, headers=HTML)

    def sign_in(self, name: str = "lena", password: str = PASSWORD) -> TestResponse:
        """Sign in."""
        return self.send("/sign-in", on="/sign-in", name=name, password=password)

    def cookie(self, name: str = "rapport") -> str:
        """What the browser keeps under this name; empty when nothing."""
        found = self.client.get_cookie(name)
        return found.value if found is not None else ""


def token(page: str) -> str:
    """The CSRF token of a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None, "the page has no form"
    return unescape(found[1])
