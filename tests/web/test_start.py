"""The first start: one administrator, made by whoever can read the console."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from adapters.first_start import FirstStart
from adapters.wiring import Rapport
from domain.root import Envelope
from tests.web.kit import PASSWORD, Visitor

FORM = {"name": "Ada Root", "sign_in_name": "ada", "password": PASSWORD}


def test_a_fresh_hub_lets_nobody_in_and_leads_to_the_first_start(app: Flask) -> None:
    visitor = Visitor(app)
    assert visitor.open("/").location == "/sign-in"
    assert visitor.open("/sign-in").location == "/start"


def test_whoever_has_the_token_becomes_the_administrator(app: Flask, rapport: Rapport) -> None:
    first_start = FirstStart(rapport.settings.data_dir)
    token = first_start.token()
    visitor = Visitor(app)
    assert visitor.send("/start", on=f"/start?token={token}", token=token, **FORM).location == "/"

    page = visitor.open("/").text
    assert "Ada Root" in page
    assert "Administrator" in page
    assert "Load demonstration data" in page
    assert Visitor(app).sign_in("ada").status_code == 303


def test_a_token_works_once_and_the_page_is_gone_afterwards(app: Flask, rapport: Rapport) -> None:
    first_start = FirstStart(rapport.settings.data_dir)
    token = first_start.token()
    Visitor(app).send("/start", on="/start", token=token, **FORM)
    assert not first_start.is_token(token)
    assert Visitor(app).open("/start").status_code == 404


def test_a_wrong_token_makes_nobody(app: Flask, rapport: Rapport) -> None:
    visitor = Visitor(app)
    assert visitor.send("/start", on="/start", token="guess", **FORM).status_code == 422
    FirstStart(rapport.settings.data_dir).token()
    refused = visitor.send("/start", on="/start", token="guess", **FORM)
    assert refused.status_code == 422
    assert "This is not the token." in refused.text
    assert not rapport.desk.credentials.there_are_any()
    assert rapport.events() == 0


def test_a_weak_password_is_refused_before_anything_is_recorded(
    app: Flask, rapport: Rapport
) -> None:
    token = FirstStart(rapport.settings.data_dir).token()
    weak = {**FORM, "password": "short"}
    refused = Visitor(app).send("/start", on="/start", token=token, **weak)
    assert refused.status_code == 422
    assert 'value="Ada Root"' in refused.text
    assert rapport.events() == 0


def test_the_token_is_readable_by_the_hubs_own_user_only(rapport: Rapport) -> None:
    first_start = FirstStart(rapport.settings.data_dir)
    assert first_start.token() == first_start.token()
    file = rapport.settings.data_dir / "first-start-token"
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
def test_a_hub_filled_at_the_start_tells_its_story_at_the_storys_own_times(
    app: Flask, rapport: Rapport
) -> None:
    token = FirstStart(rapport.settings.data_dir).token()
    made = Visitor(app).send("/start", on="/start", token=token, **FORM, demonstration="on")
    assert made.status_code == 303
    loading = app.extensions["demo"]
    loading.wait()
    assert not loading.failed
    first = next(iter(rapport.log.page(0, 1, 1)))
    assert isinstance(first, Envelope)
    assert first.recorded_at is not None
    assert datetime.now(UTC) - first.recorded_at > timedelta(days=1000)
