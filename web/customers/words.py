"""What the pages call kinds, directions, stages and standings, and which icon stands for them."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import LazyString, gettext, lazy_gettext

from projections.standing import CreditStanding
from web.i18n import minor, number


@dataclass(frozen=True)
class Kind:
    """A kind of contact: its words, its icon, and its name in addresses."""

    one: LazyString
    many: LazyString
    icon: str
    slug: str


KINDS: dict[str, Kind] = {
    "phone_call": Kind(
        lazy_gettext("Phone call"), lazy_gettext("Phone calls"), "phone", "phone-calls"
    ),
    "email": Kind(lazy_gettext("E-mail"), lazy_gettext("E-mails"), "mail", "emails"),
    "letter": Kind(lazy_gettext("Letter"), lazy_gettext("Letters"), "mail-opened", "letters"),
    "purchase": Kind(
        lazy_gettext("Purchase"), lazy_gettext("Purchases"), "shopping-cart", "purchases"
    ),
    "payment": Kind(lazy_gettext("Payment"), lazy_gettext("Payments"), "credit-card", "payments"),
    "repair": Kind(lazy_gettext("Repair"), lazy_gettext("Repairs"), "tool", "repairs"),
}
BY_SLUG = {kind.slug: name for name, kind in KINDS.items()}

DIRECTIONS: dict[str, LazyString] = {
    "in": lazy_gettext("Inbound"),
    "out": lazy_gettext("Outbound"),
    "internal": lazy_gettext("Internal"),
}

TRANSACTIONS: dict[str, LazyString] = {
    "sale": lazy_gettext("Sale"),
    "return": lazy_gettext("Return"),
    "cancellation": lazy_gettext("Cancellation"),
    "payment": lazy_gettext("Payment"),
    "refund": lazy_gettext("Refund"),
    "reversal": lazy_gettext("Reversal"),
}

STAGES: dict[str, LazyString] = {
    "received": lazy_gettext("Received"),
    "diagnosed": lazy_gettext("Diagnosed"),
    "quoted": lazy_gettext("Quoted"),
    "approved": lazy_gettext("Approved"),
    "refused": lazy_gettext("Refused"),
    "repaired": lazy_gettext("Repaired"),
    "returned": lazy_gettext("Returned"),
}

CHANNELS: dict[str, LazyString] = {
    "phone": lazy_gettext("Telephone"),
    "email": lazy_gettext("E-mail"),
    "letter": lazy_gettext("Letter"),
    "sms": lazy_gettext("Text message"),
}

CUSTOMER_KINDS: dict[str, LazyString] = {
    "person": lazy_gettext("Person"),
    "firm": lazy_gettext("Firm"),
}

FOUND_BY: dict[str, LazyString] = {
    "name": lazy_gettext("Customer's name"),
    "email": lazy_gettext("E-mail"),
    "phone": lazy_gettext("Telephone"),
    "number": lazy_gettext("Number"),
    "order": lazy_gettext("Order"),
    "payment": lazy_gettext("Payment"),
    "repair": lazy_gettext("Repair"),
    "serial": lazy_gettext("Serial number"),
}

CREDIT: dict[str, tuple[LazyString, str]] = {
    "on_hold": (lazy_gettext("Credit: on hold"), "bad"),
    "over_limit": (lazy_gettext("Credit: over the limit"), "bad"),
    "overdue": (lazy_gettext("Credit: overdue"), "bad"),
    "cash_only": (lazy_gettext("Credit: cash only"), "caution"),
    "late": (lazy_gettext("Credit: late"), "caution"),
    "near_limit": (lazy_gettext("Credit: near the limit"), "caution"),
    "good": (lazy_gettext("Credit: good"), "good"),
}
"""The standing in words, and the tone it is shown in."""


def credit_reason(standing: CreditStanding) -> str:
    """One sentence: why the standing is what it is."""
    used = minor(standing.used_minor, standing.currency)
    overdue = minor(standing.overdue_minor, standing.currency)
    days = number(standing.overdue_days)
    match standing.code:
        case "on_hold" if standing.hold_reason:
            return str(gettext("Put on hold: %(reason)s", reason=standing.hold_reason))
        case "on_hold":
            return str(gettext("The account was put on hold."))
        case "over_limit" | "near_limit":
            limit = minor(standing.limit_minor or 0, standing.currency)
            return str(gettext("Owes %(used)s of %(limit)s allowed.", used=used, limit=limit))
        case "overdue" | "late":
            return str(
                gettext(
                    "%(amount)s is past due, for %(days)s days at most.", amount=overdue, days=days
                )
            )
        case "cash_only":
            return str(gettext("No credit is given: purchases are paid at once."))
        case _:
            return str(gettext("Nothing is past due and the limit is kept."))


EVENTS: dict[str, LazyString] = {
    "customer.phone_call_logged": lazy_gettext("Logged"),
    "customer.email_logged": lazy_gettext("Logged"),
    "customer.letter_logged": lazy_gettext("Logged"),
    "customer.purchase_logged": lazy_gettext("Logged"),
    "customer.payment_logged": lazy_gettext("Logged"),
    "customer.repair_received": lazy_gettext("Logged"),
    "customer.contact_corrected": lazy_gettext("Corrected"),
    "customer.contact_withdrawn": lazy_gettext("Withdrawn"),
    "customer.contact_filed_here": lazy_gettext("Moved here"),
    "customer.contact_filed_elsewhere": lazy_gettext("Moved away"),
    "customer.contact_noted": lazy_gettext("Note added"),
    "customer.follow_up_set": lazy_gettext("Follow-up planned"),
    "customer.follow_up_done": lazy_gettext("Follow-up done"),
    "customer.repair_advanced": lazy_gettext("Step of the repair"),
}


def event_name(topic: str) -> str:
    """What happened to a contact, by the stored name of the event."""
    return str(EVENTS.get(topic, topic))


def initials(name: str) -> str:
    """At most two letters that stand for a customer; one where names have no spaces."""
    parts = [part for part in name.split() if part[0].isalnum()]
    chosen = parts[:1] + parts[-1:] if len(parts) > 1 else parts
    return "".join(part[0] for part in chosen).upper()
