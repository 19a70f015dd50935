"""What a mapping must say, and what is said about one that does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.files.document import NotImportable
from adapters.files.mapping import load
from domain.imports import ImportKind
from tests.files import CUSTOMERS, EXAMPLES, SALES, Office

A1 = "A1,2026-01-05 10:00,7,PEN,2,1.50"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with Office.at(tmp_path / "office") as office:
        yield office


@pytest.mark.parametrize(
    ("said", "instead", "complaint"),
    [
        ('layout = "csv"', 'layout = "excel"', "Must be one of: csv, whitespace, fixed"),
        ('layout = "csv"\n', "", "file: layout: This is missing. Add it."),
        ('encoding = "utf-8"', 'encoding = "utf-9"', "'utf-9' is no encoding"),
        ('delimiter = ","\n', "", "Say what stands between two cells"),
        ("quote = '\"'\n", "", "Say what stands around a cell"),
        ("header = true\n", "", "Say header = true, or name the columns"),
        ('decimal = "."\n', "", "Say in the section file which sign is decimal"),
        ('decimal = "."', 'decimal = "."\nthousands = "."', "cannot be the same sign as decimal"),
        ('dates = ["%Y-%m-%d %H:%M"]\n', "", "Say how dates are written"),
        ('dates = ["%Y-%m-%d %H:%M"]', 'dates = ["yyyy-mm-dd"]', "is no date format"),
        ('dates = ["%Y-%m-%d %H:%M"]', 'dates = ["%Y-%m-%d"]', "tells no hour"),
        ('zone = "Europe/Berlin"', 'zone = "CEST+1"', "is no IANA time zone"),
        ('name = "shop"\n', "", "source: name: This is missing"),
        ('reference = "order"\n', "", "source: reference: This is missing"),
        ('unknown = "register"\n', "", "customer: unknown: This is missing"),
        ('currency = { value = "EUR" }', "", "fields: currency: This is missing"),
        ('item = "item"', "", "lines: item: This is missing"),
        ('item = "item"', 'item = "item"\nqty = "x"', "lines: qty: There is no such key"),
        ('name = "shop"', 'name = "shop"\ncolour = "x"', "source: colour: There is no such key"),
        ('otherwise = "sale"', 'otherwise = "buy"', "'buy' is none of sale, return, cancellation"),
        ('"Customer {customer}"', '"Customer {customer"', "The template cannot be read"),
        ('"Customer {customer}"', '"Customer {}"', "the name of a column between"),
        ('{ value = "EUR" }', '{ value = "EUR", column = "x" }', "exactly one of column, value"),
        ('{ value = "EUR" }', '{ value = "EUR", at = "12:00" }', "at belongs to a time"),
        ('{ value = "EUR" }', '{ value = "EUR", negative = "refund" }', "negative belongs to"),
        ('{ value = "EUR" }', '{ value = "" }', "An empty value says nothing"),
        ("empty = true", "empty = false", "exactly one of empty = true, equals and prefix"),
        ('item = "item"', 'item = "item"\ntax = { value = "one" }', "This is not a number"),
        ("varies = []", 'varies = ["weather"]', "group: varies"),
        ("[file]", "[file", "is not TOML"),
    ],
)
def test_a_mapping_that_is_wrong_is_refused_with_the_place_and_the_remedy(
    office: Office, said: str, instead: str, complaint: str
) -> None:
    assert said in SALES
    with pytest.raises(NotImportable, match=re.escape(complaint)):
        office.take_sales(A1, mapping=SALES.replace(said, instead, 1))
    assert office.logs.log.head() == 0


def test_all_that_is_wrong_is_said_at_once(office: Office) -> None:
    wrong = SALES.replace('zone = "Europe/Berlin"', 'zone = "X"').replace('item = "item"', "")
    with pytest.raises(NotImportable) as refusal:
        office.take_sales(A1, mapping=wrong)
    assert len(refusal.value.problems) == 2


def test_columns_that_are_missing_or_unknown_are_listed_before_the_first_row(
    office: Office,
) -> None:
    with pytest.raises(NotImportable) as refusal:
        office.take("sales", "order,at,customer,item,amount,price,price\n" + A1, SALES)
    told = "\n".join(refusal.value.problems)
    assert "There is no column 'quantity', which the mapping names in lines.quantity" in told
    assert "does not speak of the column 'amount'" in told
    assert "'price' stands there more than once" in told
    assert office.logs.log.head() == 0


def test_a_column_may_be_left_out_by_name(office: Office) -> None:
    ignoring = SALES.replace("header = true", 'header = true\nignore = ["colour"]')
    content = "order,at,customer,item,quantity,price,colour\n" + A1 + ",red\n"
    assert office.take("sales", content, ignoring).new == 1
    with pytest.raises(NotImportable, match="There is no column 'colour'"):
        office.take_sales(A1, mapping=ignoring)


def test_telephone_numbers_need_the_country_they_are_dialled_in(office: Office) -> None:
    with pytest.raises(NotImportable, match="region"):
        office.take_customers("7,Anna,,,,,,", mapping=CUSTOMERS.replace('region = "DE"\n', ""))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("online-retail", "sales"),
        ("cdnow", "sales"),
        ("sales", "sales"),
        ("customers", "customers"),
        ("payments", "payments"),
        ("repairs", "repairs"),
        ("contacts", "contacts"),
    ],
)
def test_the_mappings_among_the_examples_can_be_read(name: str, kind: ImportKind) -> None:
    assert load(EXAMPLES / f"{name}.toml", kind).source


def test_a_mapping_for_another_kind_of_file_is_refused() -> None:
    with pytest.raises(NotImportable, match="lines: There is no such key"):
        load(EXAMPLES / "sales.toml", "payments")
    with pytest.raises(NotImportable, match="cannot be read"):
        load(EXAMPLES / "nothing.toml", "sales")
