"""How the hub is doing, and what an administrator does about it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import delete, insert, text, update

from adapters.database import writing
from adapters.scheduler import job_runs
from adapters.wiring import Rapport
from projections import positions
from projections.ledger import lines
from tests.scenario import purchase, registered
from tests.web.kit import HTML, Visitor, let_in
from tests.web.telling import Tell, days_ago, tell, text_of

__all__ = ["tell"]

PATIENCE = 60


@pytest.fixture
def ada(app: Flask, rapport: Rapport) -> Iterator[Visitor]:
    """The browser of Ada, an administrator."""
    let_in(rapport, "Ada Root", "administrator")
    visitor = Visitor(app)
    visitor.sign_in("ada")
    yield visitor
    settled()


def settled() -> None:
    """Wait until no read model is being built any more."""
    for thread in threading.enumerate():
        if thread.name == "rebuild":
            thread.join(PATIENCE)


def do(visitor: Visitor, path: str, name: str = "") -> str:
    """Press a button of the page, wait for what it begins, and look again."""
    answer = visitor.send(f"/operations/{path}", on="/operations", name=name)
    assert answer.status_code == 303
    settled()
    return visitor.open("/operations").text


def generations(rapport: Rapport, name: str) -> set[tuple[int, str]]:
    status = rapport.projector.status()
    return {(each.generation, each.state) for each in status if each.name == name}


def test_each_read_model_says_where_it_stands(ada: Visitor, tell: Tell, rapport: Rapport) -> None:
    tell(registered("Anna Weber"))
    page = text_of(ada.open("/operations").text)
    assert "Ready to serve Yes" in page
    assert f"Head of the log {rapport.log.head()}" in page
    for name in rapport.projector.names:
        assert f" {name} in use" in page


def test_a_read_model_is_rebuilt_beside_the_one_in_use(
    ada: Visitor, tell: Tell, rapport: Rapport
) -> None:
    anna = tell(registered("Anna Weber"))
    tell(purchase(anna, "40.00", on=days_ago(5)))
    page = do(ada, "rebuilds", "balances")
    assert "Rebuilt; the rows before were the same." in text_of(page)
    assert generations(rapport, "balances") == {(1, "old"), (2, "live")}
    assert "€40.00" in ada.open("/money").text

    page = do(ada, "old-generations/dropped", "balances")
    assert generations(rapport, "balances") == {(2, "live")}
    assert "kept from before" not in page


def test_all_read_models_are_rebuilt_at_once(ada: Visitor, tell: Tell, rapport: Rapport) -> None:
    tell(registered("Anna Weber"))
    do(ada, "rebuilds")
    assert all((2, "live") in generations(rapport, name) for name in rapport.projector.names)


def test_a_comparison_finds_rows_that_the_log_does_not_say(
    ada: Visitor, tell: Tell, rapport: Rapport
) -> None:
    anna = tell(registered("Anna Weber"))
    tell(purchase(anna, "40.00", on=days_ago(5)))
    assert "The rows in use are what the log says." in text_of(do(ada, "comparisons", "balances"))
    with writing(rapport.tables) as connection:
        connection.execute(update(lines).values(debit_minor=1))
    page = text_of(do(ada, "comparisons", "balances"))
    assert "The rows in use differ from what the log says. Rebuild them." in page
    assert "balances: ledger" in page
    assert generations(rapport, "balances") == {(1, "live")}
    assert "The rows before differed; they are replaced now." in text_of(
        do(ada, "rebuilds", "balances")
    )


def test_an_unfinished_rebuild_goes_on_or_is_given_up(
    ada: Visitor, tell: Tell, rapport: Rapport
) -> None:
    tell(registered("Anna Weber"))
    rapport.projector.rebuilding.start(["balances", "repairs"])
    page = text_of(ada.open("/operations").text)
    assert page.count("unfinished rebuild") == 2
    do(ada, "rebuilds/abandoned", "repairs")
    assert generations(rapport, "repairs") == {(1, "live")}
    do(ada, "rebuilds", "balances")
    assert (2, "live") in generations(rapport, "balances")


def test_a_rebuild_that_cannot_be_finished_says_why(
    ada: Visitor, tell: Tell, rapport: Rapport
) -> None:
    tell(registered("Anna Weber"))
    with writing(rapport.engine) as connection:
        connection.execute(text("DROP TRIGGER events_no_update"))
        connection.execute(
            text("UPDATE events SET topic = 'customer.from_tomorrow' WHERE topic LIKE 'customer.%'")
        )
    page = text_of(do(ada, "rebuilds", "profile"))
    assert "The work stopped." in page
    assert "customer.from_tomorrow" in page
    assert (1, "live") in generations(rapport, "profile")


def test_the_moving_part_is_a_fragment_for_those_who_poll(ada: Visitor) -> None:
    fragment = ada.open("/operations/read-models", {**HTML, "HX-Request": "true"})
    assert "<html" not in fragment.text
    assert "balances" in fragment.text
    assert ada.open("/operations/read-models").status_code == 303


def test_a_parked_event_is_shown_with_its_reason_and_folded_when_tried_again(
    ada: Visitor, tell: Tell, rapport: Rapport
) -> None:
    anna = tell(registered("Anna Weber"))
    tell(purchase(anna, "40.00", on=days_ago(5)))
    _park_the_purchase(rapport, anna)
    page = ada.open("/operations").text
    assert "customer.purchase_logged" in page
    assert "ValueError (projections.ledger, line 1)" in page
    answer = ada.send("/operations/parked", on="/operations", name="balances", stream=str(anna))
    assert answer.status_code == 303
    assert "1 parked event is folded now." in ada.open("/operations").text
    assert rapport.projector.parked() == []
    assert "€40.00" in ada.open("/money").text


def test_a_job_says_when_it_ran_and_what_went_wrong(ada: Visitor, rapport: Rapport) -> None:
    at = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
    with writing(rapport.engine) as connection:
        connection.execute(
            insert(job_runs),
            [
                {"name": "tidy the desk", "started_at": at, "ended_at": at, "error": None},
                {
                    "name": "finish erasures",
                    "started_at": at,
                    "ended_at": at,
                    "error": "OSError: no space left",
                },
            ],
        )
    page = text_of(ada.open("/operations").text)
    assert "Tidy the desk 60 minutes Nov 23, 2026 5:00" in page
    assert "failed OSError: no space left" in page
    assert "Checkpoint the log 5 minutes – not run yet" in page


def test_secrets_are_never_shown(
    ada: Visitor, rapport: Rapport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAPPORT_KEYS_URL", "postgresql://keys:open-sesame@localhost:1/keys")
    page = ada.open("/operations").text
    assert "open-sesame" not in page
    assert "postgresql+psycopg://keys:***@localhost:1/keys" in page
    assert rapport.settings.secret_key not in page
    assert rapport.settings.master_key.hex() not in page


@pytest.mark.parametrize(
    "path",
    ["rebuilds", "comparisons", "rebuilds/abandoned", "old-generations/dropped"],
)
def test_a_read_model_that_is_none_is_not_found(ada: Visitor, path: str) -> None:
    assert ada.send(f"/operations/{path}", on="/operations", name="nix").status_code == 404


def test_an_auditor_sees_everything_and_changes_nothing(app: Flask, rapport: Rapport) -> None:
    let_in(rapport, "Ute Prüf", "auditor", "ute")
    ute = Visitor(app)
    ute.sign_in("ute")
    page = ute.open("/operations").text
    assert "balances" in page
    assert "Rebuild" not in text_of(page)
    assert ute.send("/operations/rebuilds", on="/", key="k" * 32).status_code == 403


def test_agents_and_managers_see_nothing_of_it(app: Flask, rapport: Rapport, lena: Visitor) -> None:
    assert lena.open("/operations").status_code == 403
    let_in(rapport, "Mo Berg", "manager")
    mo = Visitor(app)
    mo.sign_in("mo")
    assert mo.open("/operations").status_code == 403


def _park_the_purchase(rapport: Rapport, customer: UUID) -> None:
    """As if the purchase could not have been folded when it came."""
    (position,) = [
        each.position
        for each in rapport.log.streams([customer], None)
        if "purchase" in type(getattr(each, "event", None)).__name__.lower()
    ]
    with writing(rapport.tables) as connection:
        connection.execute(delete(lines))
        connection.execute(text("DELETE FROM accounts"))
        connection.execute(
            insert(positions.parked).values(
                projection="balances",
                generation=1,
                position=position,
                stream=customer,
                topic="customer.purchase_logged",
                error="ValueError (projections.ledger, line 1)",
                first_seen=datetime.now(UTC),
            )
        )
