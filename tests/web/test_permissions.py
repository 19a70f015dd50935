"""Who may open what: proved for every route that the application has."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask

from adapters.wiring import Rapport
from domain.identity import SYSTEM
from domain.root import Act
from domain.staff.member import ROLES as ROLE_NAMES
from domain.staff.member import Role
from tests.web.kit import Visitor, let_in
from web.permissions import ROLES, ROUTES, Permission


def test_every_route_has_a_permission_and_every_permission_a_route(app: Flask) -> None:
    assert {rule.endpoint for rule in app.url_map.iter_rules()} == set(ROUTES)


def test_every_role_has_its_permissions() -> None:
    assert set(ROLES) == set(ROLE_NAMES)
    assert ROLES["administrator"] == frozenset(Permission)


@pytest.mark.parametrize("role", ROLE_NAMES)
def test_every_page_opens_to_the_roles_that_may_and_to_no_other(
    app: Flask, rapport: Rapport, role: Role
) -> None:
    let_in(rapport, "Kim Roe", role)
    kim = Visitor(app)
    kim.sign_in("kim")
    for rule in app.url_map.iter_rules():
        if rule.arguments or "GET" not in (rule.methods or ()):
            continue
        is_open = ROUTES[rule.endpoint] in ROLES[role]
        assert (kim.open(rule.rule).status_code != 403) is is_open, rule.endpoint


def test_a_stranger_is_led_to_the_sign_in_from_everything_but_what_is_public(
    app: Flask, stranger: Visitor
) -> None:
    for rule in app.url_map.iter_rules():
        if rule.arguments or "GET" not in (rule.methods or ()):
            continue
        answer = stranger.open(rule.rule)
        is_led = answer.status_code == 303 and answer.location.startswith("/sign-in")
        assert is_led is (ROUTES[rule.endpoint] is not Permission.ANYBODY), rule.endpoint


def test_a_route_that_was_forgotten_in_the_table_is_open_to_nobody(
    app: Flask, rapport: Rapport
) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    let_in(rapport, "Ada Root", "administrator")
    ada = Visitor(app)
    assert ada.open("/forgotten").status_code == 403
    ada.sign_in("ada")
    assert ada.open("/forgotten").status_code == 403


def test_a_role_that_was_taken_away_is_gone_at_once(app: Flask, rapport: Rapport) -> None:
    ada_id = let_in(rapport, "Ada Root", "administrator")
    ada = Visitor(app)
    ada.sign_in("ada")
    assert "Load demonstration data" in ada.open("/").text
    act = Act(by=SYSTEM, at=datetime.now(UTC))
    rapport.hub.change_member(ada_id, lambda member: member.give_role("agent", act=act))
    assert "Load demonstration data" not in ada.open("/").text
    assert ada.send("/start/demo", on="/", key="k" * 32).status_code == 403


def test_a_fragment_asked_for_without_a_session_leads_the_whole_page(stranger: Visitor) -> None:
    answer = stranger.open("/palette?q=x", {"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/sign-in"
