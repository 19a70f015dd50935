"""Why people are in touch, and what came of it: short lists, to be changed in this one place.

The codes stand in the history for ever; their words may change at any time.
"""

from __future__ import annotations

from flask_babel import LazyString, lazy_gettext

REASONS: dict[str, LazyString] = {
    "question": lazy_gettext("Question"),
    "order": lazy_gettext("Order"),
    "delivery": lazy_gettext("Delivery"),
    "invoice": lazy_gettext("Invoice"),
    "payment": lazy_gettext("Payment due"),
    "complaint": lazy_gettext("Complaint"),
    "repair": lazy_gettext("Repair"),
    "appointment": lazy_gettext("Appointment"),
    "details": lazy_gettext("New details"),
    "other": lazy_gettext("Other"),
}

CALL_OUTCOMES: dict[str, LazyString] = {
    "answered": lazy_gettext("Spoken"),
    "no_answer": lazy_gettext("No answer"),
    "voicemail": lazy_gettext("Voicemail"),
    "busy": lazy_gettext("Busy"),
    "caller_cancelled": lazy_gettext("Caller hung up"),
    "forwarded": lazy_gettext("Forwarded"),
    "rejected": lazy_gettext("Rejected"),
    "failed": lazy_gettext("Failed"),
    "unknown": lazy_gettext("Not known"),
}

OUTCOMES: dict[str, LazyString] = {
    "settled": lazy_gettext("Settled"),
    "open": lazy_gettext("Still open"),
    "promised": lazy_gettext("Promise to pay"),
    "passed_on": lazy_gettext("Passed on"),
    "refused": lazy_gettext("Refused"),
}

METHODS: dict[str, LazyString] = {
    "transfer": lazy_gettext("Bank transfer"),
    "card": lazy_gettext("Card"),
    "cash": lazy_gettext("Cash"),
    "direct_debit": lazy_gettext("Direct debit"),
    "cheque": lazy_gettext("Cheque"),
    "online": lazy_gettext("Online payment"),
}

PURPOSES: dict[str, LazyString] = {
    "offers": lazy_gettext("Offers"),
    "newsletter": lazy_gettext("Newsletter"),
    "service": lazy_gettext("Service messages"),
    "surveys": lazy_gettext("Surveys"),
}


def called(words: dict[str, LazyString], code: str | None) -> str:
    """The word for a code; a code of another system is its own word."""
    return str(words[code]) if code in words else (code or "").replace("_", " ")
