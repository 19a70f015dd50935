"""What people read when something goes wrong, and what they do not."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from domain.errors import Busy, Changed, Erased, Invalid, NotFound, Refused
from tests.web.kit import Visitor
from web.permissions import ROUTES, Permission

SECRET = "what the database said about Anna"


@pytest.fixture
def failing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> dict[str, Exception]:
    """A page that fails as it is told to."""
    told: dict[str, Exception] = {}

    def fail() -> str:
        raise told["with"]

    monkeypatch.setitem(ROUTES, "failing", Permission.SIGNED_IN)
    app.add_url_rule("/failing", "failing", fail)
    return told


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (NotFound("customer", "C-1"), 404, "There is no customer C-1."),
        (Changed(), 409, "Somebody changed this in the meantime."),
        (Erased(), 422, "This customer was erased on request."),
        (Refused(), 422, "This is not possible."),
        (Invalid("{currency!r} is not a currency.", currency="EURO"), 422, "EURO"),
        (Busy(), 503, "Too many people are writing at this moment."),
    ],
)
def test_every_refusal_has_its_status_and_its_words(
    failing: dict[str, Exception], lena: Visitor, error: Exception, status: int, words: str
) -> None:
    failing["with"] = error
    page = lena.open("/failing")
    assert page.status_code == status
    assert words in page.text

    fragment = lena.open("/failing", {"HX-Request": "true"})
    assert fragment.status_code == status
    assert fragment.headers["HX-Retarget"] == "#toasts"
    assert "<html" not in fragment.text

    problem = lena.open("/failing", {"Accept": "application/json"})
    assert problem.content_type == "application/problem+json"
    assert problem.json is not None
    assert problem.json["status"] == status


def test_what_nobody_expected_is_told_by_a_number_and_no_trace(
    failing: dict[str, Exception], lena: Visitor
) -> None:
    failing["with"] = ValueError(SECRET)
    page = lena.open("/failing")
    assert page.status_code == 500
    assert page.headers["X-Request-ID"] in page.text
    assert SECRET not in page.text
    assert "Traceback" not in page.text


def test_a_database_that_is_gone_is_said_so_and_is_no_fault_of_the_page(
    failing: dict[str, Exception], lena: Visitor
) -> None:
    failing["with"] = OperationalError(SECRET, {}, Exception(SECRET))
    page = lena.open("/failing")
    assert page.status_code == 503
    assert page.headers["Retry-After"] == "5"
    assert SECRET not in page.text


def test_what_is_refused_is_written_as_text_and_never_as_markup(
    failing: dict[str, Exception], lena: Visitor
) -> None:
    failing["with"] = NotFound("customer", "<img src=x onerror=alert(1)>")
    assert "<img" not in lena.open("/failing").text


def test_the_access_log_names_the_route_and_nothing_that_was_searched_for(
    lena: Visitor, capsys: pytest.CaptureFixture[str]
) -> None:
    lena.open("/palette?q=Anna+Karenina")
    logged = capsys.readouterr()
    assert "/palette" in logged.out + logged.err
    assert "Anna" not in logged.out + logged.err


def test_health_readiness_and_version_answer_without_signing_in(stranger: Visitor) -> None:
    assert stranger.open("/healthz").json == {"status": "ok"}
    assert stranger.open("/readyz").json == {"status": "ok"}
    assert stranger.open("/version").json is not None


def test_a_hub_whose_database_is_of_another_schema_is_not_ready(
    app: Flask, stranger: Visitor
) -> None:
    engine = app.extensions["rapport"].engine
    with engine.connect() as connection:
        connection.exec_driver_sql("UPDATE log_schema SET version_num = '0001'")
        connection.commit()
    answer = stranger.open("/readyz")
    assert answer.status_code == 503
    assert answer.content_type == "application/problem+json"
    assert answer.json is not None
    assert "rapport db upgrade" in answer.json["detail"]
