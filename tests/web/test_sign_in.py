"""Who gets in, who does not, and when it ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from adapters.desk import STRONG, Credentials
from adapters.desk.tables import credentials, sessions, sign_in_attempts
from adapters.enrolment import let_go
from adapters.settings import Settings
from adapters.wiring import Rapport, build
from domain.errors import Invalid
from domain.identity import SYSTEM
from domain.root import Act
from tests.web.kit import PASSWORD, Visitor, let_in
from web import create_app

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def test_whoever_signs_in_comes_to_the_page_they_asked_for(stranger: Visitor) -> None:
    asked = stranger.open("/preferences?x=1")
    assert asked.status_code == 303
    assert asked.location == "/sign-in?next=/preferences?x%3D1"

    form = {"name": "lena", "password": PASSWORD, "next": "/preferences?x=1"}
    assert stranger.send("/sign-in", on=asked.location, **form).location == "/preferences?x=1"
    assert "Preferences" in stranger.open("/preferences").text


def test_capitals_and_width_of_a_sign_in_name_do_not_matter(stranger: Visitor) -> None:
    assert stranger.sign_in(name=" LENA ").status_code == 303


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/x", "x"]
)
def test_signing_in_never_leads_to_another_host(stranger: Visitor, elsewhere: str) -> None:
    form = {"name": "lena", "password": PASSWORD, "next": elsewhere}
    assert stranger.send("/sign-in", on="/sign-in", **form).location == "/"


def test_an_unknown_name_gets_the_same_answer_as_a_wrong_password(stranger: Visitor) -> None:
    wrong = stranger.sign_in(password="another password")
    unknown = stranger.sign_in(name="nobody", password="another password")
    assert wrong.status_code == unknown.status_code == 401
    assert _words(wrong.text, "lena") == _words(unknown.text, "nobody")


@pytest.mark.slow
def test_an_unknown_name_takes_as_long_as_a_wrong_password(rapport: Rapport) -> None:
    desk = Credentials(rapport.engine, strength=STRONG, clock=lambda: datetime.now(UTC))
    desk.add(UUID(int=1), "lena", PASSWORD)
    desk.check("nobody", "x", address="0")  # makes the hash that stands for nobody

    def seconds(name: str) -> float:
        took = []
        for number in range(7):
            began = perf_counter()
            assert desk.check(name, "another password", address=f"{name}{number}") is None
            took.append(perf_counter() - began)
        return median(took)

    known, unknown = seconds("lena"), seconds("nobody")
    assert abs(known - unknown) < 0.35 * max(known, unknown)


def test_the_eleventh_try_is_turned_away_and_colleagues_are_not(
    app: Flask, rapport: Rapport, stranger: Visitor
) -> None:
    let_in(rapport, "Tom Berg")
    for _ in range(10):
        assert stranger.sign_in(password="another password").status_code == 401

    turned_away = stranger.sign_in()
    assert turned_away.status_code == 429
    assert turned_away.headers["Retry-After"] == "900"
    assert Visitor(app).sign_in("tom").status_code == 303
    assert Visitor(app, address="10.0.0.9").sign_in().status_code == 303


def test_whoever_was_turned_away_may_try_again_after_a_quarter_of_an_hour(
    stranger: Visitor,
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        for _ in range(11):
            stranger.sign_in(password="another password")
        clock.shift(timedelta(minutes=14))
        assert stranger.sign_in().status_code == 429
        clock.shift(timedelta(minutes=2))
        assert stranger.sign_in().status_code == 303


def test_one_name_cannot_be_tried_from_ever_new_addresses(app: Flask, stranger: Visitor) -> None:
    for number in range(50):
        visitor = Visitor(app, address=f"10.1.0.{number}")
        assert visitor.sign_in(password="another password").status_code == 401
    assert stranger.sign_in().status_code == 429


def test_what_was_typed_as_a_name_is_not_kept_readable(rapport: Rapport, stranger: Visitor) -> None:
    stranger.sign_in(name="my secret password", password="oops")
    with rapport.engine.connect() as connection:
        kept = str(connection.execute(select(sign_in_attempts)).all())
    assert "secret" not in kept


def test_a_session_ends_after_half_an_hour_without_a_click(stranger: Visitor) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        stranger.sign_in()
        for _ in range(3):
            clock.shift(timedelta(minutes=29))
            assert stranger.open("/").status_code == 200
        clock.shift(timedelta(minutes=31))
        assert stranger.open("/").status_code == 303


def test_a_page_that_refreshes_itself_keeps_nobody_signed_in(stranger: Visitor) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        stranger.sign_in()
        for _ in range(2):
            clock.shift(timedelta(minutes=14))
            assert stranger.open("/?poll=1").status_code == 200
        clock.shift(timedelta(minutes=3))
        assert stranger.open("/").status_code == 303


def test_a_session_ends_after_twelve_hours_in_any_case(stranger: Visitor) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        stranger.sign_in()
        for _ in range(12 * 60 // 20 - 1):
            clock.shift(timedelta(minutes=20))
            assert stranger.open("/").status_code == 200
        clock.shift(timedelta(minutes=21))
        assert stranger.open("/").status_code == 303


def test_after_signing_out_the_old_cookie_is_worth_nothing(app: Flask, lena: Visitor) -> None:
    old = lena.cookie()
    assert lena.send("/sign-out", on="/").location == "/sign-in"

    thief = Visitor(app)
    thief.client.set_cookie("rapport", old)
    assert thief.open("/").status_code == 303


def test_signing_in_begins_a_new_session_whatever_the_browser_had(stranger: Visitor) -> None:
    stranger.open("/sign-in")
    before = stranger.cookie()
    stranger.sign_in()
    assert stranger.cookie() != before


def test_the_database_holds_no_token_that_would_let_anybody_in(
    rapport: Rapport, lena: Visitor
) -> None:
    with lena.client.session_transaction() as session, rapport.engine.connect() as connection:
        token = session["_user_id"]
        kept = str(connection.execute(select(sessions)).all())
    assert len(token) >= 43
    assert token not in kept


@pytest.mark.usefixtures("stranger")
def test_whoever_leaves_is_out_at_once(rapport: Rapport, app: Flask) -> None:
    tom = let_in(rapport, "Tom Berg")
    visitor = Visitor(app)
    visitor.sign_in("tom")
    let_go(rapport.hub, rapport.desk, tom, act=Act(by=SYSTEM, at=NOON))
    assert visitor.open("/").status_code == 303
    assert visitor.sign_in("tom").status_code == 401


def test_a_changed_password_signs_out_every_other_browser(app: Flask, lena: Visitor) -> None:
    elsewhere = Visitor(app)
    elsewhere.sign_in()
    form = {"old_password": PASSWORD, "password": "seven quiet lamps burn"}
    changed = lena.send("/preferences/password", on="/preferences", **form)
    assert changed.status_code == 303
    assert lena.open("/").status_code == 200
    assert elsewhere.open("/").status_code == 303
    assert Visitor(app).sign_in(password="seven quiet lamps burn").status_code == 303


def test_the_old_password_is_needed_for_a_new_one(lena: Visitor) -> None:
    form = {"old_password": "a wrong old one", "password": "seven quiet lamps burn"}
    refused = lena.send("/preferences/password", on="/preferences", **form)
    assert refused.status_code == 422
    assert "This is not your password." in refused.text


def test_passwords_are_kept_as_argon2id_of_full_strength(settings: Settings) -> None:
    with build(replace(settings, cheap_passwords=False)) as rapport:
        let_in(rapport)
        with rapport.engine.connect() as connection:
            kept = connection.scalar(select(credentials.c.password_hash))
    assert kept is not None
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_a_cheap_hash_is_made_strong_when_its_owner_signs_in(settings: Settings) -> None:
    with build(settings) as rapport:
        let_in(rapport)
    with build(replace(settings, cheap_passwords=False)) as rapport:
        Visitor(create_app(rapport)).sign_in()
        with rapport.engine.connect() as connection:
            kept = connection.scalar(select(credentials.c.password_hash)) or ""
    assert "m=65536" in kept


@pytest.mark.parametrize(
    "weak",
    [
        "short",
        "elevenchars",
        "aaaaaaaaaaaaaaaa",
        "123456789012345",
        "9876543210987",
        "password1234",
        "P@ssw0rd2026!",
        "qwertyuiop123",
        "Administrator!!",
        "lena.hoffmann.1",
        "x" * 300,
    ],
)
def test_a_password_that_is_short_or_worn_out_is_refused(rapport: Rapport, weak: str) -> None:
    with pytest.raises(Invalid) as refusal:
        rapport.desk.credentials.add(UUID(int=7), "lena.hoffmann", weak)
    assert refusal.value.field == "password"


@pytest.mark.parametrize(
    "good",
    [
        PASSWORD,
        "brown eggs 12 tall",
        "三匹棕色的马在湖边唱着歌呢",
        "ab%" * 20 + "kLq",
        "x7#qP2mv9Tz!",
    ],
)
def test_long_words_of_any_script_make_a_password(rapport: Rapport, good: str) -> None:
    rapport.desk.credentials.add(UUID(int=7), "lena", good)
    assert rapport.desk.credentials.check("lena", good, address="") == UUID(int=7)


@pytest.mark.usefixtures("stranger")
def test_two_people_cannot_sign_in_under_one_name(rapport: Rapport) -> None:
    with pytest.raises(Invalid) as refusal:
        let_in(rapport, "Lena Other", sign_in_name="ＬＥＮＡ")
    assert refusal.value.field == "sign_in_name"


def _words(page: str, name: str) -> str:
    main = page[page.index("<main") : page.index("</main>")]
    return main.replace(f'value="{name}"', "").split("csrf_token")[0]
