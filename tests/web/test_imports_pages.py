"""A file of another system, brought in by people: looked at first, then taken in."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from adapters.files.uploads import Uploads
from adapters.wiring import Rapport
from tests.web.kit import HTML, Visitor, let_in, token
from tests.web.telling import text_of

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
CUSTOMERS = (EXAMPLES / "customers.csv").read_bytes()
PATIENCE = 30


@pytest.fixture
def mo(app: Flask, rapport: Rapport) -> Iterator[Visitor]:
    """The browser of Mo, a manager."""
    let_in(rapport, "Mo Berg", "manager")
    visitor = Visitor(app)
    visitor.sign_in("mo")
    yield visitor
    settled()


def settled() -> None:
    """Wait until nobody works on an upload any more."""
    for thread in threading.enumerate():
        if thread.name == "import":
            thread.join(PATIENCE)


def bring(
    visitor: Visitor,
    content: bytes = CUSTOMERS,
    *,
    name: str = "customers.csv",
    mapping_file: bytes | None = None,
    **form: str,
) -> TestResponse:
    """Upload a file; by default the customers of the bicycle shop with the mapping that fits."""
    page = visitor.open("/imports").text
    key = re.search(r'name="key" value="(\w+)"', page)
    assert key is not None
    data: dict[str, Any] = {
        "csrf_token": token(page),
        "key": key[1],
        "kind": "customers",
        "mapping": "customers.toml",
        "file": (io.BytesIO(content), name),
        **form,
    }
    if mapping_file is not None:
        data["mapping_file"] = (io.BytesIO(mapping_file), "own.toml")
    answer = visitor.client.post(
        "/imports", data=data, headers=HTML, content_type="multipart/form-data"
    )
    settled()
    return answer


def counts_of(page: str) -> dict[str, int]:
    """The counts of a summary."""
    found = re.findall(r"<dt>([\w ]+)</dt><dd[^>]*>([\d,]+)</dd>", page)
    return {name: int(count.replace(",", "")) for name, count in found}


def test_a_file_is_looked_at_before_anything_is_taken_in(mo: Visitor, rapport: Rapport) -> None:
    before = rapport.log.head()
    answer = bring(mo)
    assert answer.status_code == 303
    page = mo.open(answer.location).text
    counts = counts_of(page)
    assert counts["Lines read"] > 0
    assert counts["Lines read"] == sum(
        counts[name] for name in ("New", "Unchanged", "Corrected", "Skipped", "Refused")
    )
    assert "dry run: nothing is recorded" in page
    assert page.count('class="sample"') == 5 or counts["New"] < 5
    assert rapport.log.head() == before
    assert "Take it in" in page


def test_a_file_that_is_taken_in_stands_in_the_history_with_who_did_it(
    mo: Visitor,
) -> None:
    where = bring(mo).location
    dry = counts_of(mo.open(where).text)
    assert mo.send(f"{where}/runs", on=where).status_code == 303
    settled()
    page = mo.open(where).text
    assert "What came of it" in page
    assert counts_of(page) == dry
    history = text_of(mo.open("/imports").text)
    assert "customers.csv Customers · customers.toml" in history
    assert "Mo Berg" in history
    assert "Not taken in yet" not in history


def test_the_same_file_again_changes_nothing(mo: Visitor, rapport: Rapport) -> None:
    where = bring(mo).location
    mo.send(f"{where}/runs", on=where)
    settled()
    head = rapport.log.head()
    again = bring(mo).location
    counts = counts_of(mo.open(again).text)
    assert counts["New"] == counts["Corrected"] == 0
    assert counts["Unchanged"] > 0
    mo.send(f"{again}/runs", on=again)
    settled()
    assert rapport.log.head() == head


def test_refused_lines_say_what_to_do_and_come_back_as_a_file(mo: Visitor) -> None:
    spoilt = CUSTOMERS.replace(b"14.03.2024", b"soon", 1)
    where = bring(mo, spoilt).location
    page = mo.open(where).text
    assert counts_of(page)["Refused"] >= 1
    assert "soon" in page
    assert mo.open(f"{where}/refused.csv").status_code == 404  # a dry run writes none

    mo.send(f"{where}/runs", on=where)
    settled()
    assert "All as a file" in mo.open(where).text
    file = mo.open(f"{where}/refused.csv")
    assert file.mimetype == "text/csv"
    rows = file.data.decode("utf-8-sig").splitlines()
    assert rows[0] == "line,field,value,remedy"
    assert "soon" in rows[1]
    assert f'href="{where}/refused.csv"' in mo.open("/imports").text


def test_a_mapping_that_does_not_fit_is_explained_and_can_be_replaced(mo: Visitor) -> None:
    mapping = (EXAMPLES / "customers.toml").read_bytes()
    broken = mapping.replace(b'reference = "', b'reference = "Not', 1)
    where = bring(mo, mapping_file=broken).location
    page = mo.open(where).text
    assert "This file cannot be read in this way" in page
    assert "There is no column" in page
    assert "Take it in" not in page

    sent = mo.send(f"{where}/checks", on=where, kind="customers", mapping="customers.toml")
    assert sent.status_code == 303
    settled()
    assert "Take it in" in mo.open(where).text


def test_a_mapping_that_is_no_toml_is_explained(mo: Visitor) -> None:
    where = bring(mo, mapping_file=b"this is = = no toml").location
    assert "is not TOML" in mo.open(where).text


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"mapping": ""}, "Choose a mapping, or send one along below."),
        ({"mapping": "../setup.cfg"}, "Choose a mapping, or send one along below."),
        ({"kind": "payments"}, "This mapping reads files of another kind: Customers."),
        ({"kind": "secrets"}, "Must be one of"),
        ({"name": ""}, "Choose a file."),
    ],
)
def test_a_form_that_will_not_do_comes_back_with_the_reason(
    mo: Visitor, rapport: Rapport, form: dict[str, Any], said: str
) -> None:
    answer = bring(mo, **form)
    assert answer.status_code == 422
    assert said in answer.text
    assert Uploads(rapport.settings.data_dir).unfinished() == []


def test_a_mapping_that_is_too_large_is_refused(mo: Visitor) -> None:
    answer = bring(mo, mapping_file=b"#" * 300_000)
    assert answer.status_code == 422
    assert "too large for a mapping" in answer.text


def test_a_file_above_the_limit_is_refused_and_kept_nowhere(
    app: Flask, mo: Visitor, rapport: Rapport, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 50_000
    monkeypatch.setattr("web.imports.views.LARGEST_FILE", 200_000)
    assert bring(mo, b"x" * 300_000).status_code == 413
    assert not Uploads(rapport.settings.data_dir).folder.exists()
    assert bring(mo, b"x" * 100_000).status_code == 303  # more than other pages take


def test_a_name_cannot_lead_out_of_the_folder(mo: Visitor, rapport: Rapport) -> None:
    bring(mo, name="../../etc/passwd.csv")
    uploads = Uploads(rapport.settings.data_dir)
    (found,) = uploads.unfinished()
    assert found.file_name == "passwd.csv"


def test_a_file_can_be_thrown_away(mo: Visitor, rapport: Rapport) -> None:
    where = bring(mo).location
    assert mo.send(f"{where}/discarded", on=where).status_code == 303
    assert mo.open(where).status_code == 404
    assert list(Uploads(rapport.settings.data_dir).folder.iterdir()) == []


def test_a_work_that_was_killed_is_shown_as_interrupted_and_goes_on(
    mo: Visitor, rapport: Rapport
) -> None:
    where = bring(mo).location
    folder = Uploads(rapport.settings.data_dir).folder / where.rpartition("/")[2]
    # What a process that is killed leaves behind: its last word, and a lock that nobody holds.
    (folder / "progress.json").write_text('{"doing": "take", "done": 3, "total": 9}')
    page = mo.open(where).text
    assert "The work was interrupted" in page
    mo.send(f"{where}/runs", on=where)
    settled()
    assert "What came of it" in mo.open(where).text


def test_while_somebody_works_on_a_file_nobody_else_does(mo: Visitor, rapport: Rapport) -> None:
    where = bring(mo).location
    uploads = Uploads(rapport.settings.data_dir)
    upload_id = UUID(where.rpartition("/")[2])
    begun, go_on = threading.Event(), threading.Event()

    def slow(*_: object) -> Any:
        begun.set()
        go_on.wait(PATIENCE)
        raise InterruptedError

    uploads.begin(upload_id, "take", slow)
    begun.wait(PATIENCE)
    page = mo.open(where).text
    assert "The file is being taken in" in page
    assert 'hx-trigger="every 1s"' in page
    assert "being taken in" in mo.open("/imports").text
    fragment = mo.open(f"{where}/state", {**HTML, "HX-Request": "true"})
    assert fragment.status_code == 200
    assert "The file is being taken in" in fragment.text
    assert "<html" not in fragment.text
    assert mo.send(f"{where}/runs", on="/imports").status_code == 409
    assert mo.send(f"{where}/discarded", on="/imports").status_code == 409
    go_on.set()
    settled()
    assert "could not be read or kept" in mo.open(where).text


def test_an_agent_may_bring_in_nothing(lena: Visitor) -> None:
    assert lena.open("/imports").status_code == 403
    assert lena.send("/imports", on="/", key="k" * 32).status_code == 403


def test_who_may_import_nothing_may_send_no_large_file_either(
    app: Flask, stranger: Visitor
) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 50_000
    page = stranger.open("/sign-in").text
    answer = stranger.client.post(
        "/imports",
        data={"csrf_token": token(page), "file": (io.BytesIO(b"x" * 100_000), "big.csv")},
        headers=HTML,
        content_type="multipart/form-data",
    )
    assert answer.status_code == 413
