"""Customers as an area of the pages: its routes, its place in the menu, what it finds, its words."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace

from flask.blueprints import BlueprintSetupState
from flask_babel import lazy_gettext

from domain.identity import SYSTEM
from web.areas import Area, MenuEntry
from web.customers import (
    contact,
    details_form,
    editing,
    finding,
    items,
    listing,
    page,
    registering,
    words,
)
from web.customers import reasons as codes
from web.customers.blueprint import pages
from web.customers.reasons import called

# Their routes are registered by being imported.
ROUTES_OF = (contact, editing, items, listing, page, registering)

AREA = Area(
    blueprint=pages,
    menu=(
        MenuEntry(
            label=lazy_gettext("Customers"), endpoint="customers.index", icon="users", keys="g c"
        ),
    ),
    find=finding.find,
    finds_for="customers.show",
    or_else=finding.create,
)

SAY = SimpleNamespace(
    kinds=words.KINDS,
    directions=words.DIRECTIONS,
    transactions=words.TRANSACTIONS,
    channels=words.CHANNELS,
    customer_kinds=words.CUSTOMER_KINDS,
    credit=words.CREDIT,
    reasons=codes.REASONS,
    outcomes=codes.OUTCOMES,
    call_outcomes=codes.CALL_OUTCOMES,
    methods=codes.METHODS,
    purposes=codes.PURPOSES,
    reason=partial(called, codes.REASONS),
    outcome=partial(called, {**codes.CALL_OUTCOMES, **codes.OUTCOMES}),
    method=partial(called, codes.METHODS),
    purpose=partial(called, codes.PURPOSES),
    direction=partial(called, words.DIRECTIONS),
    transaction=partial(called, words.TRANSACTIONS),
    stage=partial(called, words.STAGES),
    channel=partial(called, words.CHANNELS),
    found_by=partial(called, words.FOUND_BY),
    credit_reason=words.credit_reason,
    language=details_form.language_name,
    event=words.event_name,
    initials=words.initials,
    address=page.address,
    kept=page.kept,
    system=SYSTEM,
)
"""What templates about customers ask for words with."""


@pages.record_once
def _let_templates_speak(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals["say"] = SAY
