"""Whoever opens a page about a customer leaves a trace that nobody can wipe away."""

from __future__ import annotations

from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import delete
from sqlalchemy.exc import DBAPIError

from adapters.accesses import accesses
from adapters.wiring import Rapport
from tests.scenario import phone_call, registered
from tests.telling import tell
from tests.web.kit import Visitor, let_in


def test_opening_a_customer_is_recorded_with_who_and_when(app: Flask, rapport: Rapport) -> None:
    lena = let_in(rapport)
    anna = tell(rapport, registered("Anna Berg"))
    visitor = Visitor(app)
    visitor.sign_in()
    assert visitor.open(f"/customers/{anna}").status_code == 200
    (look,) = rapport.accesses.of_customer([anna])
    assert (look.by, look.what, look.status) == (lena, "customers.show", 200)
    assert look.correlation


def test_a_look_at_somebody_who_does_not_exist_is_recorded_too(
    app: Flask, rapport: Rapport
) -> None:
    let_in(rapport)
    visitor, nobody = Visitor(app), uuid4()
    visitor.sign_in()
    assert visitor.open(f"/customers/{nobody}").status_code == 404
    assert [look.status for look in rapport.accesses.of_customer([nobody])] == [404]


def test_a_page_that_looks_for_news_by_itself_is_nobody_looking(
    app: Flask, rapport: Rapport
) -> None:
    let_in(rapport)
    anna = tell(rapport, registered("Anna Berg"))
    tell(rapport, phone_call(anna, "Hello"))
    visitor = Visitor(app)
    visitor.sign_in()
    visitor.open(f"/customers/{anna}/history?seen=nothing&poll")
    assert rapport.accesses.of_customer([anna]) == []


def test_nobody_who_is_not_signed_in_gets_that_far(app: Flask, rapport: Rapport) -> None:
    anna = tell(rapport, registered("Anna Berg"))
    let_in(rapport)
    assert Visitor(app).open(f"/customers/{anna}").status_code in {302, 303, 401}
    assert rapport.accesses.of_customer([anna]) == []


def test_the_trace_cannot_be_wiped_away(rapport: Rapport) -> None:
    anna = tell(rapport, registered("Anna Berg"))
    rapport.accesses.record(by=uuid4(), what="customers.show", customer=anna)
    with pytest.raises(DBAPIError, match="never changed"), rapport.engine.begin() as connection:
        connection.execute(delete(accesses))
