"""Sales from a file: purchases of customers, told once however often the file comes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest

from adapters.files.document import NotImportable
from adapters.files.recording import WAS_ERASED
from domain.customers.commands import (
    CorrectContact,
    EraseCustomer,
    FileElsewhere,
    RegisterCustomer,
    WithdrawContact,
)
from domain.customers.contacts import Purchase
from domain.customers.details import Details
from domain.customers.events import (
    ContactCorrected,
    ContactFiledElsewhere,
    PurchaseLogged,
    Registered,
)
from domain.identity import contact_id_of, customer_id_of
from domain.imports import ImportFinished, ImportStarted
from domain.personal import Personal
from domain.root import Act, Envelope
from tests.files import CUSTOMERS, HEADER, SALES, TODAY, Office, counts, told
from tests.logs import AGENT

A1 = ("A1,2026-01-05 10:00,7,PEN,2,1.50", "A1,2026-01-05 10:00,7,INK,1,4.00")
A2 = "A2,2026-01-06 11:00,8,PEN,1,1.50"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with Office.at(tmp_path / "office") as office:
        yield office


def by_hand() -> Act:
    return Act(by=AGENT, at=TODAY, source="form", source_ref=str(uuid4()))


def purchase(office: Office, reference: str = "A1") -> Purchase:
    """The purchase as the log told it last."""
    last = [e.event for e in office.course(f"sales:{reference}") if e.event.tells_contact][-1]
    contact = getattr(last, "contact")  # noqa: B009 every telling event has it
    assert isinstance(contact, Purchase)
    return contact


def test_lines_with_one_reference_are_one_purchase(office: Office) -> None:
    summary = office.take_sales(*A1, A2)
    assert counts(summary) == {"new": 3}
    assert purchase(office).total == Decimal("7.00")
    assert [line.item for line in purchase(office).lines] == ["PEN", "INK"]
    assert purchase(office).occurred_at == datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    assert summary.recorded == {"customer.registered": 2, "customer.purchase_logged": 2}
    assert summary.events == 6 == office.logs.log.head()


def test_each_event_tells_where_it_came_from_and_in_which_import(office: Office) -> None:
    summary = office.take_sales(*A1)
    registered, logged = office.everything()
    assert (registered.source, registered.source_ref) == ("shop", "customers:7")
    assert (logged.source, logged.source_ref) == ("shop", "sales:A1")
    assert {registered.correlation, logged.correlation} == {summary.import_id}
    assert registered.by == AGENT


def test_an_import_is_itself_recorded_with_its_counts(office: Office) -> None:
    summary = office.take_sales(*A1, "A3,2026-01-05 10:00,7,PEN,x,1", name="january.csv")
    told_all = office.logs.log.page(0, 99, 99)
    started, finished = (
        e.event for e in told_all if isinstance(e, Envelope) and e.event.TOPIC.startswith("import")
    )
    assert isinstance(started, ImportStarted)
    assert isinstance(finished, ImportFinished)
    assert (started.file_name, started.told_by) == ("january.csv", "shop")
    assert finished.counts == summary.counts
    assert finished.refused_file == summary.refused_file


def test_the_file_is_kept_as_it_came(office: Office) -> None:
    office.take_sales(*A1)
    started = office.logs.log.page(0, 1, 1)[0]
    assert isinstance(started, Envelope)
    assert isinstance(started.event, ImportStarted)
    with office.raw.open(started.event.file_sha256) as kept:
        assert kept.read() == (office.folder / "file.csv").read_bytes()


def test_the_same_file_again_changes_nothing(office: Office) -> None:
    office.take_sales(*A1, A2)
    head = office.logs.log.head()
    summary = office.take_sales(*A1, A2)
    assert counts(summary) == {"unchanged": 3}
    assert summary.events == 0
    assert office.logs.log.head() == head


def test_a_dry_run_tells_what_would_happen_and_writes_nothing(office: Office) -> None:
    wrong = "A3,2026-01-05 10:00,7,PEN,many,1"
    summary = office.take_sales(*A1, A2, wrong, dry_run=True)
    assert counts(summary) == {"new": 3, "refused": 1}
    assert summary.recorded == {"customer.registered": 2, "customer.purchase_logged": 2}
    assert summary.examples[0]["told"]["number"] == "A1"
    assert summary.refusals[0].value == "many"
    assert office.logs.log.head() == 0
    assert not (office.folder / "raw").exists()
    assert not (office.folder / "file.csv.refused.csv").exists()


def test_changed_content_is_a_correction_that_names_what_it_corrects(office: Office) -> None:
    office.take_sales(*A1)
    summary = office.take_sales(A1[0], "A1,2026-01-05 10:00,7,INK,1,3.50")
    assert counts(summary) == {"corrected": 2}
    *_, correction = office.course("sales:A1")
    assert isinstance(correction.event, ContactCorrected)
    assert correction.source_ref == "sales:A1#2"
    assert purchase(office).total == Decimal("6.50")
    third = office.take_sales(A1[0])
    assert counts(third) == {"corrected": 1}
    assert office.course("sales:A1")[-1].source_ref == "sales:A1#3"


def test_what_a_person_corrected_is_not_undone_by_the_same_old_file(office: Office) -> None:
    office.take_sales(*A1)
    by_person = purchase(office)
    values = {name: getattr(by_person, name) for name in by_person.__struct_fields__}
    corrected = Purchase(**{**values, "number": "A1 (counter)", "late_because": Personal("typo")})
    office.hub.handle(
        CorrectContact(customer_id=customer_id_of("shop", "7"), contact=corrected), by_hand()
    )
    assert counts(office.take_sales(*A1)) == {"unchanged": 2}
    assert purchase(office).number == "A1 (counter)"


def test_a_purchase_that_a_person_moved_stays_there_when_the_source_says_the_same(
    office: Office,
) -> None:
    office.take_sales(*A1, A2)
    seven, eight = customer_id_of("shop", "7"), customer_id_of("shop", "8")
    move = FileElsewhere(
        customer_id=seven, contact_id=contact_id_of("shop", "sales:A1"), destination=eight
    )
    office.hub.handle(move, by_hand())
    assert counts(office.take_sales(*A1, A2)) == {"unchanged": 3}
    office.take_sales("A1,2026-01-05 10:00,7,PEN,9,1.50", A2)
    assert office.course("sales:A1")[-1].stream == eight
    assert counts(office.take_sales("A1,2026-01-05 10:00,7,PEN,9,1.50", A2)) == {"unchanged": 2}


def test_a_purchase_that_the_source_gives_to_another_customer_moves_there(office: Office) -> None:
    office.take_sales(*A1)
    again = [line.replace(",7,", ",9,") for line in A1]
    assert counts(office.take_sales(*again)) == {"corrected": 2}
    moved = [e for e in office.course("sales:A1") if isinstance(e.event, ContactFiledElsewhere)]
    assert [e.event.destination for e in moved if isinstance(e.event, ContactFiledElsewhere)] == [
        customer_id_of("shop", "9")
    ]
    assert counts(office.take_sales(*again)) == {"unchanged": 2}


def test_a_withdrawn_purchase_is_not_changed_by_a_file_and_the_line_says_so(office: Office) -> None:
    office.take_sales(*A1)
    withdraw = WithdrawContact(
        customer_id=customer_id_of("shop", "7"), contact_id=contact_id_of("shop", "sales:A1")
    )
    office.hub.handle(withdraw, by_hand())
    assert counts(office.take_sales(*A1)) == {"unchanged": 2}
    summary = office.take_sales(A1[0])
    assert counts(summary) == {"refused": 1}
    assert "withdrawn" in summary.refusals[0].remedy


def test_nothing_is_recorded_any_more_about_a_customer_who_was_erased(office: Office) -> None:
    office.take_sales(*A1)
    office.hub.handle(EraseCustomer(customer_id=customer_id_of("shop", "7")), by_hand())
    summary = office.take_sales(*A1, "A9,2026-02-01 10:00,7,PEN,1,1", A2)
    assert counts(summary) == {"unchanged": 2, "skipped": 1, "new": 1}
    assert summary.skipped_because == {WAS_ERASED: 1}


def test_lines_without_a_customer_are_skipped_with_the_reason(office: Office) -> None:
    summary = office.take_sales(*A1, "A5,2026-01-05 10:00,,PEN,1,1", "A5,2026-01-05 10:00,,INK,1,1")
    assert counts(summary) == {"new": 2, "skipped": 2}
    assert summary.skipped_because == {"no customer": 2}


def test_one_wrong_line_keeps_its_whole_purchase_out_and_no_other(office: Office) -> None:
    summary = office.take_sales(A1[0], "A1,2026-01-05 10:00,7,INK,one,4.00", A2)
    assert counts(summary) == {"refused": 2, "new": 1}
    wrong, other = summary.refusals
    assert (wrong.line, wrong.field, wrong.value) == (3, "lines.quantity", "one")
    assert "number" in wrong.remedy
    assert (other.line, other.remedy) == (
        2,
        "Line 3 of the same purchase was refused. Correct that one.",
    )
    assert office.course("sales:A1") == []
    corrected = office.take_sales(*A1, A2)
    assert counts(corrected) == {"new": 2, "unchanged": 1}
    assert corrected.refused_file is None


def test_refused_lines_come_back_as_a_file_that_only_its_owner_reads(office: Office) -> None:
    summary = office.take_sales("A1,2026-01-05 10:00,7,PEN,=1+1,1", A2)
    assert summary.refused_file == str(office.folder / "file.csv.refused.csv")
    path = Path(summary.refused_file)
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "line,field,value,remedy"
    assert lines[1].startswith("2,lines.quantity,'=1+1,")
    assert path.stat().st_mode & 0o077 == 0
    office.take_sales(A2)
    assert not path.exists()


def test_purchases_whose_lines_lie_apart_are_brought_together(
    office: Office, tmp_path: Path
) -> None:
    summary = office.take_sales(A1[0], A2, A1[1])
    assert counts(summary) == {"new": 3}
    assert purchase(office).total == Decimal("7.00")
    with Office.at(tmp_path / "together") as together:
        together.take_sales(*A1, A2)
        assert told(office.everything()) == told(together.everything())


def test_lines_of_one_purchase_must_agree_on_what_belongs_to_the_whole(office: Office) -> None:
    two_times = [A1[0], A1[1].replace("10:00", "10:01")]
    summary = office.take_sales(*two_times)
    assert counts(summary) == {"refused": 2}
    assert "group.varies" in summary.refusals[0].remedy
    stated = SALES.replace("varies = []", 'varies = ["occurred_at"]')
    assert counts(office.take_sales(*two_times, mapping=stated)) == {"new": 2}
    assert purchase(office).occurred_at.minute == 0


def test_a_line_without_a_reference_is_refused(office: Office) -> None:
    summary = office.take_sales(",2026-01-05 10:00,7,PEN,1,1", A2)
    assert counts(summary) == {"refused": 1, "new": 1}
    assert summary.refusals[0].field == "source.reference"


def test_a_number_used_again_next_year_is_another_purchase_where_the_mapping_says_so(
    office: Office,
) -> None:
    scoped = SALES.replace('reference = "order"', 'reference = "order"\nscope = "year"')
    lines = (A2, A2.replace("2026", "2025"))
    assert counts(office.take_sales(*lines, mapping=scoped)) == {"new": 2}
    assert {e.source_ref for e in office.everything() if isinstance(e.event, PurchaseLogged)} == {
        "sales:2026/A2",
        "sales:2025/A2",
    }


def test_what_a_complete_file_no_longer_holds_is_reported_and_stays(office: Office) -> None:
    complete = SALES.replace("header = true", "header = true\ncomplete = true")
    office.take_sales(*A1, A2, mapping=complete)
    summary = office.take_sales(*A1, mapping=complete)
    assert (summary.vanished, summary.vanished_first) == (1, ["A2"])
    assert counts(summary) == {"unchanged": 2}
    assert len(office.course("sales:A2")) == 1
    assert office.take_sales(*A1).vanished == 0  # the mapping does not say that it is complete


def test_a_file_of_sales_changes_nothing_about_a_customer_who_is_known(office: Office) -> None:
    office.take_customers("7,Anna Berg,Lindenweg 4,Berlin,,anna@example.org,,")
    office.take_sales(*A1)
    assert [type(e.event) for e in office.of_customer("7")] == [Registered, PurchaseLogged]


def test_unknown_customers_are_refused_where_the_mapping_says_so(office: Office) -> None:
    strict = SALES.replace('"register"', '"refuse"')
    summary = office.take_sales(*A1, mapping=strict)
    assert counts(summary) == {"refused": 2}
    assert summary.refusals[0].field == "customer.reference"
    assert "Import the customers first" in summary.refusals[0].remedy
    office.take(
        "customers", "no,name,street,city,phone,email,news,since\n7,Anna,,,,,,\n", CUSTOMERS
    )
    assert counts(office.take_sales(*A1, mapping=strict)) == {"new": 2}


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("A1,05.01.2026,7,PEN,1,1", "fields.occurred_at", "05.01.2026"),
        ("A1,2026-02-30 10:00,7,PEN,1,1", "fields.occurred_at", "2026-02-30 10:00"),
        ("A1,0012-02-03 10:00,7,PEN,1,1", "fields.occurred_at", "0012-02-03 10:00"),
        ("A1,,7,PEN,1,1", "fields.occurred_at", ""),
        ("A1,2199-01-05 10:00,7,PEN,1,1", "fields.occurred_at", "2199-01-05 10:00"),
        ("A1,2026-01-05 10:00,7,,1,1", "lines.item", ""),
        ("A1,2026-01-05 10:00,7,PEN,,1", "lines.quantity", ""),
        ("A1,2026-01-05 10:00,7,PEN,NaN,1", "lines.quantity", "NaN"),
        ("A1,2026-01-05 10:00,7,PEN,1e9,1", "lines.quantity", "1e9"),
        ("A1,2026-01-05 10:00,7,PEN,١,1", "lines.quantity", "١"),
        ('A1,2026-01-05 10:00,7,PEN,1,"1,50"', "lines.unit_price", "1,50"),
        ("A1,2026-01-05 10:00,7,PEN,1,£1", "lines.unit_price", "£1"),
        ("A1,2026-01-05 10:00,7,PEN,1,12345678901234567890", "lines.unit_price", "12345678901234567890"),
        ("A1,2026-01-05 10:00,7,PEN,0,1", "lines", ""),
        ("C1,2026-01-05 10:00,7,PEN,5,1", "lines", ""),
    ],
)  # fmt: skip
def test_a_field_that_is_wrong_is_named_with_its_value(
    office: Office, line: str, field: str, value: str
) -> None:
    summary = office.take_sales(line, A2)
    assert counts(summary) == {"refused": 1, "new": 1}
    [refusal] = summary.refusals
    assert (refusal.line, refusal.field, refusal.value) == (2, field, value)
    assert refusal.remedy
    assert not office.of_customer("7")


def test_a_purchase_refused_by_a_rule_takes_no_other_of_the_same_customer_with_it(
    office: Office,
) -> None:
    wrong = "A3,2199-01-05 10:00,7,PEN,1,1"
    assert counts(office.take_sales(*A1, wrong, A2)) == {"new": 3, "refused": 1}
    assert [type(e.event) for e in office.of_customer("7")] == [Registered, PurchaseLogged]


def test_numbers_are_read_with_the_signs_of_the_mapping(office: Office) -> None:
    german = SALES.replace('decimal = "."', 'decimal = ","\nthousands = "."')
    office.take_sales('A1,2026-01-05 10:00,7,CAR,1,"1.234.567,89"', mapping=german)
    assert purchase(office).total == Decimal("1234567.89")
    wrong = office.take_sales('A7,2026-01-05 10:00,7,CAR,1,"1.23,4"', mapping=german)
    assert counts(wrong) == {"refused": 1}


@pytest.mark.parametrize(
    ("at", "utc", "flagged"),
    [
        ("2026-10-25 02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "set back"),
        ("2026-03-29 02:30", datetime(2026, 3, 29, 1, 30, tzinfo=UTC), "set forward"),
        ("2026-03-29 03:30", datetime(2026, 3, 29, 1, 30, tzinfo=UTC), None),
    ],
)
def test_times_that_the_clock_shows_twice_or_never_are_flagged(
    office: Office, at: str, utc: datetime, flagged: str | None
) -> None:
    summary = office.take_sales(f"A1,{at},7,PEN,1,1")
    assert purchase(office).occurred_at == utc
    assert [reason for reason in summary.flagged if flagged is None or flagged not in reason] == []
    assert len(summary.flagged) == (0 if flagged is None else 1)


def test_a_customer_known_by_hand_only_is_not_guessed_to_be_the_same(office: Office) -> None:
    mine = uuid4()
    office.hub.handle(
        RegisterCustomer(
            customer_id=mine, customer_kind="person", details=Details(name=Personal("Customer 7"))
        ),
        by_hand(),
    )
    office.take_sales(*A1)
    assert {e.stream for e in office.everything()} == {mine, customer_id_of("shop", "7")}


def test_a_file_without_lines_leaves_nothing(office: Office) -> None:
    assert counts(office.take_sales()) == {}
    assert office.logs.log.head() == 0
    with pytest.raises(NotImportable, match="empty"):
        office.take("sales", "", SALES)


def test_progress_is_told_up_to_the_last_line(office: Office) -> None:
    seen: list[tuple[int, int]] = []
    lines = [f"A{n},2026-01-05 10:00,7,PEN,1,1" for n in range(2_500)]
    office.take_sales(*lines, progress=lambda done, total: seen.append((done, total)))
    assert seen[0] == (0, 2_500)
    assert seen[-1] == (2_500, 2_500)
    assert sorted(seen) == seen
    assert len(seen) > 3
    assert HEADER in (office.folder / "file.csv").read_text(encoding="utf-8")
