"""Files as other systems write them: packed, marked, in old encodings, damaged."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.files.document import NotImportable
from domain.customers.events import PurchaseLogged, Registered
from domain.personal import text_of
from tests.files import CUSTOMERS, CUSTOMERS_HEADER, HEADER, SALES, Office, counts

A1 = "A1,2026-01-05 10:00,7,PEN,2,1.50"
A2 = "A2,2026-01-06 11:00,8,INK,1,1.50"
A3 = "A3,2026-01-07 11:00,9,CUP,1,2.50"
MUELLER = f"{CUSTOMERS_HEADER}\n7,Jörg Müller,,Köln,,,,\n"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with Office.at(tmp_path / "office") as office:
        yield office


def name_of(office: Office, number: str) -> str:
    [event] = [e.event for e in office.of_customer(number) if isinstance(e.event, Registered)]
    return text_of(event.details.name or None)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
def test_a_name_arrives_as_it_was_meant_in_each_encoding(office: Office, encoding: str) -> None:
    mapping = CUSTOMERS.replace('"utf-8"', f'"{encoding}"')
    assert counts(office.take("customers", MUELLER.encode(encoding), mapping)) == {"new": 1}
    assert name_of(office, "7") == "Jörg Müller"


@pytest.mark.parametrize(("encoding", "named"), [("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16")])
def test_a_mark_that_contradicts_the_mapping_is_refused_with_the_right_encoding(
    office: Office, encoding: str, named: str
) -> None:
    with pytest.raises(NotImportable, match=f'encoding = "{named}"'):
        office.take("customers", MUELLER.encode(encoding), CUSTOMERS)


def test_a_line_that_is_not_in_the_encoding_is_refused_and_the_others_go_in(
    office: Office,
) -> None:
    content = f"{CUSTOMERS_HEADER}\n1,Anna,,,,,,\n".encode() + "7,Jörg,,,,,,\n".encode("cp1252")
    summary = office.take("customers", content + b"8,Ben,,,,,,\n", CUSTOMERS)
    assert counts(summary) == {"new": 2, "refused": 1}
    assert summary.refusals[0].line == 3
    assert "0xf6" in summary.refusals[0].remedy


def test_utf_16_that_ends_in_the_middle_is_refused_before_the_first_row(office: Office) -> None:
    mapping = CUSTOMERS.replace('"utf-8"', '"utf-16"')
    with pytest.raises(NotImportable, match="not written in utf-16"):
        office.take("customers", MUELLER.encode("utf-16")[:-1], mapping)
    assert office.logs.log.head() == 0


def test_a_packed_file_is_known_by_its_content(office: Office) -> None:
    packed = gzip.compress(f"{HEADER}\n{A1}\n".encode())
    assert counts(office.take("sales", packed, SALES, name="sales.bin")) == {"new": 1}


def test_a_packed_file_that_ends_in_the_middle_is_refused_before_the_first_row(
    office: Office,
) -> None:
    packed = gzip.compress(f"{HEADER}\n{A1}\n{A2}".encode())
    with pytest.raises(NotImportable, match=r"ends in the middle or is damaged"):
        office.take("sales", packed[:-12], SALES)
    assert office.logs.log.head() == 0


def test_a_nul_byte_costs_its_line_only(office: Office) -> None:
    summary = office.take_sales(A1, A2.replace("INK", "I\0K"), A3)
    assert counts(summary) == {"new": 2, "refused": 1}
    assert (summary.refusals[0].line, "NUL" in summary.refusals[0].remedy) == (3, True)


@pytest.mark.parametrize(
    "line",
    [
        'A2,2026-01-06 11:00,8,"INK,1,1.50',
        'A2,2026-01-06 11:00,8,"IN"K,1,1.50',
        "A2,2026-01-06 11:00,8,INK,1",
        "A2,2026-01-06 11:00,8,INK,1,1,50",
    ],
)
def test_a_line_that_cannot_be_cut_costs_itself_only(office: Office, line: str) -> None:
    summary = office.take_sales(A1, line, A3, 'A4,2026-01-07 11:00,9,"CUP, red",1,2.50')
    assert counts(summary) == {"new": 3, "refused": 1}
    [refusal] = summary.refusals
    assert (refusal.line, refusal.field) == (3, "line")
    assert refusal.value == line


def test_a_quote_that_is_never_closed_does_not_eat_a_long_file(office: Office) -> None:
    many = [f"B{n},2026-01-05 10:00,7,PEN,1,1.50" for n in range(30_000)]
    summary = office.take_sales(A1, 'A2,2026-01-06 11:00,8,"INK,1,1.50', *many, dry_run=True)
    assert counts(summary) == {"new": 30_001, "refused": 1}


def test_cells_may_hold_delimiters_quotes_and_line_breaks(office: Office) -> None:
    content = f'{HEADER}\r\nA1,2026-01-05 10:00,7,"PEN ""blue"",\nlong",2,1.50\r\n\r\n{A2}\r\n'
    summary = office.take("sales", content, SALES)
    assert counts(summary) == {"new": 2}
    purchases = [e.event for e in office.everything() if isinstance(e.event, PurchaseLogged)]
    assert purchases[0].purchase.lines[0].item == 'PEN "blue",\nlong'
    wrong = office.take("sales", content + "A3,?,9,CUP,1,2\r\n", SALES)
    assert wrong.refusals[0].line == 6


def test_what_looks_like_a_formula_is_only_text(office: Office) -> None:
    office.take_sales('A1,2026-01-05 10:00,7,"=HYPERLINK(""http://x"")",2,1.50')
    [logged] = [e.event for e in office.everything() if isinstance(e.event, PurchaseLogged)]
    assert logged.purchase.lines[0].item == '=HYPERLINK("http://x")'


def test_columns_of_fixed_widths_are_cut_by_place(office: Office) -> None:
    fixed = SALES.replace('layout = "csv"', 'layout = "fixed"')
    fixed = fixed.replace("delimiter = \",\"\nquote = '\"'\nheader = true", 'columns = ["order", "at", "customer", "item", "quantity", "price"]\nwidths = [4, 16, 4, 6, 4, 8]')  # fmt: skip
    content = "A1  2026-01-05 10:007   PEN   2   1.50\nA2  short\n"
    summary = office.take("sales", content, fixed)
    assert counts(summary) == {"new": 1, "refused": 1}


def test_a_file_that_is_no_text_is_refused(office: Office) -> None:
    with pytest.raises(NotImportable, match="no header"):
        office.take("sales", bytes(range(256)) * 20, SALES)


def test_a_file_that_is_not_there_is_refused(office: Office) -> None:
    mapping = office.folder / "mapping.toml"
    mapping.write_text(SALES, encoding="utf-8")
    with pytest.raises(NotImportable, match="There is no file"):
        office.take_file("sales", office.folder / "nothing.csv", mapping)
