"""Each event with every field told, as the golden file holds it stored."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.customers.contacts import (
    Attachment,
    Email,
    Letter,
    Line,
    Payment,
    PhoneCall,
    Purchase,
    Repair,
)
from domain.customers.details import Address, Consent, CreditTerms, Details
from domain.customers.events import (
    ConsentTold,
    ContactCorrected,
    ContactFiledElsewhere,
    ContactFiledHere,
    ContactNoted,
    ContactWithdrawn,
    CreditTermsSet,
    CustomerErased,
    CustomerSnapshot,
    DeclaredDistinct,
    DetailsChanged,
    EmailLogged,
    FollowUpDone,
    FollowUpSet,
    IdentifierAdded,
    IdentifierRetired,
    LegalHoldLifted,
    LegalHoldPlaced,
    LetterLogged,
    Linked,
    PaymentLogged,
    PhoneCallLogged,
    PurchaseLogged,
    Registered,
    RepairAdvanced,
    RepairReceived,
    Unlinked,
)
from domain.customers.identifiers import Identifier
from domain.customers.repairs import (
    Approved,
    Declined,
    Diagnosed,
    Part,
    Quoted,
    Repaired,
    Returned,
)
from domain.imports import Counts, ImportFinished, ImportStarted
from domain.personal import Personal
from domain.root import Event
from domain.staff.member import Joined, Left, Renamed, RoleGiven

THEN = datetime(2026, 1, 5, 10, 11, 12, 345678, tzinfo=UTC)
LATER = datetime(2026, 1, 5, 10, 21, 12, tzinfo=UTC)
CONTACT = UUID("11111111-1111-4111-8111-111111111111")
OTHER = UUID("22222222-2222-4222-8222-222222222222")
COMMON: dict[str, Any] = {
    "contact_id": CONTACT,
    "occurred_at": THEN,
    "zone": "Europe/Berlin",
    "reason": "delivery",
    "summary": Personal("Where is my grinder?"),
    "note": Personal("Called back: 王伟 will be at home."),
    "late_because": Personal("Was on the road."),
}
SCAN = Attachment(sha256="ab" * 32, name=Personal("scan.pdf"), media_type="application/pdf", size=9)

PHONE_CALL = PhoneCall(
    **COMMON,
    direction="in",
    from_number=Personal("+49301234567"),
    to_number=Personal("+4930765432"),
    staff="desk 4",
    answered_at=THEN,
    ended_at=LATER,
    outcome="voicemail",
)
EMAIL = Email(
    **COMMON,
    direction="out",
    from_address=Personal("desk@example.com"),
    to_addresses=(Personal("anna@example.com"), Personal("bert@example.com")),
    cc_addresses=(Personal("cora@example.com"),),
    subject=Personal("Your grinder"),
    body=Personal("It is on its way."),
    message_id="m-1@example.com",
    thread="t-1@example.com",
    attachments=(SCAN,),
    outcome="answered",
)
LETTER = Letter(
    **COMMON,
    direction="in",
    dated_on=date(2026, 1, 2),
    received_on=date(2026, 1, 5),
    answer_due_on=date(2026, 1, 19),
    subject=Personal("Complaint"),
    scans=(SCAN,),
    outcome="to_answer",
)
PURCHASE = Purchase(
    **COMMON,
    currency="EUR",
    lines=(
        Line(
            item="GRINDER",
            quantity=Decimal(-1),
            unit_price=Decimal("119.90"),
            description="Coffee grinder",
            tax=Decimal("19.14"),
            unit_cost=Decimal("61.005"),
            serials=("SN-1",),
            warranty_months=24,
        ),
    ),
    transaction="return",
    number="R-1",
    original="A-1",
    channel="web",
    place="Berlin",
    due_on=date(2026, 2, 4),
    outcome="accepted",
)
PAYMENT = Payment(
    **COMMON,
    currency="EUR",
    amount=Decimal("119.90"),
    transaction="reversal",
    method="card",
    number="P-2",
    pays="A-1",
    original="P-1",
    reference=Personal("Invoice A-1, thank you"),
    account=Personal("DE02120300000000202051"),
    outcome="booked",
)
REPAIR = Repair(
    **COMMON,
    item="GRINDER",
    number="W-1",
    serial="SN-1",
    fault=Personal("Makes a noise."),
    purchase_number="A-1",
    warranty_until=date(2028, 1, 5),
    promised_on=date(2026, 1, 12),
    outcome="open",
)
STEPS = (
    Diagnosed(taken_at=THEN, note=Personal("Opened it."), finding=Personal("Burr is broken.")),
    Quoted(taken_at=THEN, amount=Decimal("45.00"), currency="EUR", valid_until=date(2026, 2, 1)),
    Approved(taken_at=THEN),
    Declined(taken_at=THEN),
    Repaired(
        taken_at=THEN,
        parts=(Part(item="BURR", quantity=Decimal(1), unit_cost=Decimal("9.90")),),
        minutes=35,
        charge=Decimal("45.00"),
        currency="EUR",
        due_on=date(2026, 2, 4),
    ),
    Returned(taken_at=LATER),
)
DETAILS = Details(
    name=Personal("Anna Berg"),
    salutation=Personal("Dr."),
    address=Address(
        street=Personal("Hauptstraße 1"),
        postcode=Personal("10115"),
        city=Personal("Berlin"),
        region=Personal("BE"),
        country="DE",
    ),
    language="de",
    zone="Europe/Berlin",
    prefers="phone",
    alert=Personal("Speaks German only."),
)
PHONE = Identifier(kind="phone", typed=Personal("030 / 123 45 67"), normal=Personal("+49301234567"))
NUMBER = Identifier(kind="number", typed=Personal("4711"), normal=Personal("4711"), system="shop")
CONSENT = Consent(
    channel="email", purpose="news", given=True, on=date(2026, 1, 5), told_by="web form"
)
TERMS = CreditTerms(
    currency="EUR",
    limit=Decimal("1000.00"),
    days_to_pay=14,
    on_hold=True,
    hold_reason=Personal("Cheque returned."),
)
BECAUSE = Personal("Typed into the wrong window.")

SAMPLES: tuple[Event, ...] = (
    Registered(
        occurred_at=THEN, customer_kind="firm", details=DETAILS, identifiers=(PHONE, NUMBER)
    ),
    DetailsChanged(details=Details(name=None, language="en", alert=Personal("VIP"))),
    IdentifierAdded(identifier=PHONE),
    IdentifierRetired(identifier=NUMBER),
    ConsentTold(consent=CONSENT),
    CreditTermsSet(terms=TERMS),
    PhoneCallLogged(phone_call=PHONE_CALL),
    EmailLogged(email=EMAIL),
    LetterLogged(letter=LETTER),
    PurchaseLogged(purchase=PURCHASE),
    PaymentLogged(payment=PAYMENT),
    RepairReceived(repair=REPAIR),
    *(ContactCorrected(corrected=contact, because=BECAUSE) for contact in (PHONE_CALL, EMAIL)),
    *(ContactCorrected(corrected=contact, because=BECAUSE) for contact in (LETTER, PURCHASE)),
    ContactCorrected(corrected=PAYMENT, because=BECAUSE),
    ContactFiledHere(filed=REPAIR, origin=OTHER, steps=STEPS, notes=(Personal("a note"),)),
    ContactWithdrawn(contact_id=CONTACT, because=BECAUSE),
    ContactFiledElsewhere(contact_id=CONTACT, destination=OTHER, because=BECAUSE),
    ContactNoted(contact_id=CONTACT, note=Personal("She was delighted.")),
    FollowUpSet(contact_id=CONTACT, on=date(2026, 1, 9), staff=OTHER, what=Personal("Call.")),
    FollowUpDone(contact_id=CONTACT),
    *(RepairAdvanced(contact_id=CONTACT, step=step) for step in STEPS),
    Linked(other=OTHER, because=BECAUSE),
    Unlinked(other=OTHER, because=BECAUSE),
    DeclaredDistinct(other=OTHER, because=BECAUSE),
    LegalHoldPlaced(because="lawsuit 12/26"),
    LegalHoldLifted(),
    CustomerErased(),
    CustomerSnapshot(
        details=DETAILS,
        details_version=3,
        identifiers=(("phone", "", Personal("+49301234567")),),
        consents=(CONSENT,),
        credit_terms=(TERMS,),
        linked=(OTHER,),
        distinct_from=(CONTACT,),
        legal_hold="lawsuit 12/26",
        is_erased=True,
    ),
    Joined(name=Personal("Lin Hartmann"), sign_in_name=Personal("lin"), role="manager"),
    RoleGiven(role="auditor"),
    Renamed(name=Personal("Lin Sommer")),
    Left(),
    ImportStarted(
        import_kind="sales",
        file_name="sales.csv",
        file_sha256="ab" * 32,
        file_size=1234,
        mapping_name="shop.toml",
        mapping_sha256="cd" * 32,
        told_by="shop",
    ),
    ImportFinished(
        counts=Counts(read=5, new=1, unchanged=1, corrected=1, skipped=1, refused=1, events=4),
        skipped_because={"no customer": 1},
        refused_file="sales.refused.csv",
    ),
)
