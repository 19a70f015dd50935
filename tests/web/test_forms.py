"""Forms: sent once, refused with words, and drafts that are never lost."""

from __future__ import annotations

import pytest
from flask import Flask, redirect, request
from flask.typing import ResponseReturnValue

from domain.errors import Invalid
from tests.web.kit import HTML, Visitor, let_in, token
from web.once import once
from web.permissions import ROUTES, Permission

KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def shelf(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A page that puts what is posted on a shelf."""
    put: list[str] = []

    @once
    def put_on_shelf() -> ResponseReturnValue:
        if request.form["what"] == "air":
            raise Invalid("Air cannot be put on a shelf.", field="what")
        put.append(request.form["what"])
        return redirect(f"/shelf/{len(put)}", 303)

    monkeypatch.setitem(ROUTES, "shelf", Permission.SIGNED_IN)
    app.add_url_rule("/shelf", "shelf", put_on_shelf, methods=["POST"])
    return put


def test_a_form_that_is_sent_twice_is_carried_out_once(shelf: list[str], lena: Visitor) -> None:
    answers = [lena.send("/shelf", on="/", key=KEY, what="book").location for _ in range(3)]
    assert answers == ["/shelf/1"] * 3
    assert shelf == ["book"]


def test_another_form_under_the_same_key_is_refused(shelf: list[str], lena: Visitor) -> None:
    lena.send("/shelf", on="/", key=KEY, what="book")
    assert lena.send("/shelf", on="/", key=KEY, what="lamp").status_code == 422
    assert shelf == ["book"]


@pytest.mark.usefixtures("shelf")
def test_somebody_elses_key_is_worth_nothing(app: Flask, lena: Visitor) -> None:
    lena.send("/shelf", on="/", key=KEY, what="book")
    let_in(app.extensions["rapport"], "Tom Berg")
    tom = Visitor(app)
    tom.sign_in("tom")
    assert tom.send("/shelf", on="/", key=KEY, what="book").status_code == 422


@pytest.mark.usefixtures("shelf")
def test_a_refused_form_may_be_corrected_and_sent_again(lena: Visitor) -> None:
    assert lena.send("/shelf", on="/", key=KEY, what="air").status_code == 422
    assert lena.send("/shelf", on="/", key=KEY, what="book").location == "/shelf/1"


def test_a_form_that_is_still_worked_on_is_not_carried_out_beside_itself(
    app: Flask, shelf: list[str], lena: Visitor
) -> None:
    app.extensions["rapport"].desk.sent_forms.take(KEY, "another fingerprint")
    assert lena.send("/shelf", on="/", key=KEY, what="book").status_code in {409, 422}
    assert shelf == []


def test_a_form_without_its_key_is_refused(shelf: list[str], lena: Visitor) -> None:
    assert lena.send("/shelf", on="/", key="short", what="book").status_code == 422
    assert shelf == []


@pytest.mark.usefixtures("shelf")
def test_a_draft_comes_back_until_its_form_was_sent(lena: Visitor) -> None:
    headers = {"X-CSRFToken": token(lena.open("/").text)}
    lena.client.put("/drafts/customers/7/composer", json={"note": "half a"}, headers=headers)
    assert lena.open("/drafts/customers/7/composer").json["content"] == {"note": "half a"}  # type: ignore[index]
    assert "half a" in lena.open("/").text

    draft = {"draft": "customers/7/composer", "what": "book"}
    lena.send("/shelf", on="/", key=KEY, **draft)
    assert lena.open("/drafts/customers/7/composer").status_code == 204


def test_nobody_reads_a_colleagues_draft(app: Flask, lena: Visitor) -> None:
    headers = {"X-CSRFToken": token(lena.open("/").text)}
    lena.client.put("/drafts/customers/7/composer", json={"note": "mine"}, headers=headers)
    let_in(app.extensions["rapport"], "Tom Berg")
    tom = Visitor(app)
    tom.sign_in("tom")
    assert tom.open("/drafts/customers/7/composer").status_code == 204


def test_the_drafts_about_somebody_erased_go_with_them(app: Flask, lena: Visitor) -> None:
    headers = {"X-CSRFToken": token(lena.open("/").text)}
    for customer in ("7", "77"):
        path = f"/drafts/customers/{customer}/composer"
        lena.client.put(path, json={"note": "x"}, headers=headers)
    app.extensions["rapport"].desk.drafts.remove_about("customers/7")
    assert lena.open("/drafts/customers/7/composer").status_code == 204
    assert lena.open("/drafts/customers/77/composer").status_code == 200


@pytest.mark.parametrize("bad", [["x"], {"note": 1}, {"note": {"a": "b"}}, {"note": [1]}])
def test_a_draft_is_text_by_field_and_nothing_else(lena: Visitor, bad: object) -> None:
    headers = {"X-CSRFToken": token(lena.open("/").text), **HTML}
    assert lena.client.put("/drafts/a/b", json=bad, headers=headers).status_code == 400


def test_a_draft_has_a_limit(lena: Visitor) -> None:
    headers = {"X-CSRFToken": token(lena.open("/").text)}
    large = {"note": "x" * 70_000}
    answer = lena.client.put("/drafts/a/b", json=large, headers=headers)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("theme", "pink"),
        ("zone", "Mars/Olympus"),
        ("language", "tlh"),
        ("density", "x"),
        ("is_admin", "1"),
    ],
)
def test_preferences_take_only_what_they_know(lena: Visitor, field: str, value: str) -> None:
    form = {"theme": "dark", "density": "compact", field: value}
    assert lena.send("/preferences", on="/preferences", **form).status_code == 422


def test_preferences_are_kept_and_shape_every_page(app: Flask, lena: Visitor) -> None:
    form = {"theme": "dark", "density": "compact", "language": "zh_CN", "zone": "Asia/Shanghai"}
    assert lena.send("/preferences", on="/preferences", **form).status_code == 303

    elsewhere = Visitor(app)
    elsewhere.sign_in()
    page = elsewhere.open("/").text
    assert 'lang="zh-CN"' in page
    assert 'data-bs-theme="dark"' in page
    assert "compact" in page
    assert "data-shortcuts" not in page


def test_the_theme_is_remembered_before_anybody_signs_in(stranger: Visitor) -> None:
    stranger.send("/preferences/theme", on="/sign-in", theme="dark", next="/sign-in")
    assert 'data-bs-theme="dark"' in stranger.open("/sign-in").text
