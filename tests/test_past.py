"""A customer as of a past day: what was true then, and what we knew then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection

from adapters.past import past_of
from domain.errors import NotFound
from domain.money import from_minor
from projections import balances, links, profile, timeline
from tests.scenario import (
    Scenario,
    corrected,
    details_changed,
    erased,
    linked,
    payment,
    purchase,
    registered,
    unlinked,
    withdrawn,
)

YEAR_END = datetime(2026, 12, 31, tzinfo=UTC)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(hour=23, tzinfo=UTC)


@contextmanager
def looking_back(
    hub: Scenario, customer: UUID, *, true: str | None = None, known: str | None = None
) -> Iterator[Connection]:
    past = past_of(
        hub.logs.log,
        customer,
        projections=tuple(hub.projector.projections.values()),
        true_at=day(true) if true else None,
        known_at=day(known) if known else None,
    )
    with past.connection as connection:
        yield connection


def owed(hub: Scenario, customer: UUID, **moments: str | None) -> Decimal:
    """What the customer owed in euros, as of these moments."""
    with looking_back(hub, customer, **moments) as connection:
        identity = links.identity(connection, customer)
        found = balances.balances(connection, identity, on=YEAR_END.date())
        return sum((from_minor(b.owed_minor, b.currency) for b in found), Decimal(0))


def name(hub: Scenario, customer: UUID, **moments: str | None) -> str:
    with looking_back(hub, customer, **moments) as connection:
        found = profile.profile(connection, links.identity(connection, customer))
        return found.name if found else "nobody"


def test_a_late_payment_changes_what_was_true_and_not_what_we_knew(hub: Scenario) -> None:
    anna = hub.given(registered("Anna"))
    hub.given(purchase(anna, "100.00", on="2026-02-01"))
    hub.given(purchase(anna, "1.00", on="2026-03-20"))
    hub.when(payment(anna, "40.00", on="2026-02-10"))  # told in March
    assert owed(hub, anna, true="2026-02-15") == Decimal("60.00")
    assert owed(hub, anna, known="2026-02-15") == Decimal("100.00")
    assert owed(hub, anna, true="2026-02-05") == Decimal("100.00")
    assert owed(hub, anna, true="2026-02-15", known="2026-02-15") == Decimal("100.00")


def test_what_was_withdrawn_later_was_never_true_but_was_known(hub: Scenario) -> None:
    anna = hub.given(registered("Anna"))
    mistake = hub.given(purchase(anna, "100.00", on="2026-02-01"))
    hub.given(purchase(anna, "1.00", on="2026-03-20"))
    hub.when(withdrawn(anna, mistake))
    assert owed(hub, anna, true="2026-02-15") == Decimal(0)
    assert owed(hub, anna, known="2026-02-15") == Decimal("100.00")


def test_a_corrected_date_counts_from_the_day_on_which_it_really_happened(hub: Scenario) -> None:
    anna = hub.given(registered("Anna"))
    telling = purchase(anna, "100.00", on="2026-02-01")
    hub.given(telling)
    hub.given(purchase(anna, "1.00", on="2026-03-20"))
    really = purchase(anna, "100.00", on="2026-03-01", contact_id=telling.id)
    hub.when(corrected(anna, really.command.contact))  # type: ignore[attr-defined]
    assert owed(hub, anna, true="2026-02-15") == Decimal(0)
    assert owed(hub, anna, true="2026-03-02") == Decimal("100.00")
    assert owed(hub, anna, known="2026-02-15") == Decimal("100.00")


def test_a_name_is_what_it_was_on_that_day(hub: Scenario) -> None:
    anna = hub.given(registered("Anna Berg"))
    hub.given(purchase(anna, "1.00", on="2026-02-01"))
    hub.when(details_changed(anna, "Anna Sommer"))
    hub.given(purchase(anna, "1.00", on="2026-03-01"))
    assert name(hub, anna, known="2026-01-31") == "Anna Berg"
    assert name(hub, anna, true="2026-01-31") == "Anna Berg"
    assert name(hub, anna, true="2026-02-15") == "Anna Sommer"


def test_a_customer_was_two_until_we_knew_that_they_are_one(hub: Scenario) -> None:
    anna = hub.given(registered("Anna"))
    again = hub.given(registered("Anna B."))
    hub.given(purchase(anna, "10.00", on="2026-02-01"), purchase(again, "5.00", on="2026-02-02"))
    hub.when(linked(again, anna))
    hub.given(purchase(anna, "1.00", on="2026-03-01"))
    hub.when(unlinked(anna, again))
    assert owed(hub, anna, known="2026-02-02") == Decimal("15.00")
    assert owed(hub, anna, known="2026-02-01") == Decimal("10.00")
    assert owed(hub, anna, true="2026-03-02") == Decimal("11.00")
    assert owed(hub, again) == Decimal("5.00")


def test_who_was_erased_is_nameless_on_every_past_day_and_owes_what_they_owed(
    hub: Scenario,
) -> None:
    anna = hub.given(registered("Anna"))
    hub.given(purchase(anna, "10.00", on="2026-02-01"))
    hub.when(erased(anna))
    assert name(hub, anna, known="2026-02-01") == ""
    assert owed(hub, anna, known="2026-02-01") == Decimal("10.00")


def test_as_of_now_is_what_the_live_tables_say(hub: Scenario) -> None:
    anna = hub.given(registered("Anna"))
    hub.given(purchase(anna, "10.00", on="2026-02-01"), payment(anna, "4.00", on="2026-02-03"))
    with hub.asking() as live, looking_back(hub, anna) as past:
        mine = links.identity(live, anna)
        assert timeline.timeline(live, mine) == timeline.timeline(past, mine)
        assert profile.profile(live, mine) == profile.profile(past, mine)
        assert balances.ledger(live, mine) == balances.ledger(past, mine)


def test_a_customer_who_never_was_is_not_found(hub: Scenario) -> None:
    with pytest.raises(NotFound), looking_back(hub, uuid4()):
        pass
