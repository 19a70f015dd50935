"""What an operator types, and what comes back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from adapters.backup import BackupTrouble
from adapters.cli.main import rapport
from domain.errors import Refused

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"

Run = Callable[..., Result]


@pytest.fixture
def run(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs one command on a hub of this test's own."""
    monkeypatch.setenv("RAPPORT_DATABASE_URL", database_url)
    monkeypatch.setenv("RAPPORT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("RAPPORT_CHEAP_PASSWORDS", "yes")

    def run(*words: str | Path, code: int = 0) -> Result:
        result = CliRunner().invoke(rapport, [str(word) for word in words], catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    return run


def told(result: Result) -> Any:
    return json.loads(result.stdout)


def take_in(run: Run, kind: str) -> Any:
    """What one of the example files gave."""
    words = (EXAMPLES / f"{kind}.csv", "--mapping", EXAMPLES / f"{kind}.toml", "--json")
    return told(run("import", kind, *words))


def take_in_sales(run: Run) -> Any:
    """What the example sales gave, their customers being known."""
    take_in(run, "customers")
    return take_in(run, "sales")


def test_a_file_comes_in_and_its_customers_are_found_and_shown(run: Run) -> None:
    summary = take_in_sales(run)
    parts = ("new", "unchanged", "corrected", "skipped", "refused")
    assert summary["read"] == sum(summary[part] for part in parts) > 0
    status = told(run("status", "--json"))
    assert status["events"] == status["head"] > summary["events"] > 0
    assert {model["lag"] for model in status["projections"]} == {0}
    found = told(run("customer", "find", "K-1001", "--json"))
    picture = told(run("customer", "show", found[0]["id"], "--json"))
    assert picture["id"] == found[0]["id"]
    assert picture["contacts"] >= 1
    assert picture["position"] == status["head"]
    assert "contacts" in run("customer", "show", found[0]["id"]).output


def test_the_same_file_again_changes_nothing(run: Run) -> None:
    first = take_in_sales(run)
    before = told(run("status", "--json"))["events"]
    again = take_in_sales(run)
    assert (again["new"], again["corrected"], again["events"]) == (0, 0, 0)
    assert again["unchanged"] == first["new"]
    assert told(run("status", "--json"))["events"] == before


def test_a_dry_run_records_nothing_and_shows_five_records(run: Run) -> None:
    words = ("--mapping", EXAMPLES / "customers.toml", "--dry-run", "--json")
    summary = told(run("import", "customers", EXAMPLES / "customers.csv", *words))
    assert summary["events"] > 0
    assert 0 < len(summary["examples"]) <= 5
    assert told(run("status", "--json"))["events"] == 0


def test_a_customer_is_shown_as_of_a_past_day(run: Run) -> None:
    take_in_sales(run)
    someone = told(run("customer", "find", "K-1001", "--json"))[0]["id"]
    before = told(run("customer", "show", someone, "--as-of", "1990-01-01", "--json"))
    assert before["contacts"] == 0
    assert before["as_of"].startswith("1990-01-01T23:59:59")
    wrong = run("customer", "show", someone, "--as-of", "yesterday", code=2)
    assert "Write 2026-03-01" in wrong.output


def test_read_models_are_rebuilt_and_compared(run: Run) -> None:
    take_in_sales(run)
    run("rebuild", "balances")
    compared = told(run("compare", "--json"))
    assert {result["equal"] for result in compared} == {True}
    generations = {m["name"]: m["state"] for m in told(run("status", "--json"))["projections"]}
    assert generations["balances"] in {"live", "old"}


def test_staff_are_enrolled_and_listed(run: Run) -> None:
    secret = ("--password", "correct horse battery")
    run("user", "add", "lin", "--name", "Lin Hartmann", "--role", "manager", *secret)
    (member,) = told(run("user", "list", "--json"))
    assert (member["name"], member["sign_in_name"], member["role"]) == (
        "Lin Hartmann", "lin", "manager",
    )  # fmt: skip


def test_doctor_finds_a_misspelt_setting_and_says_what_to_do(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("db", "upgrade")
    monkeypatch.delenv("RAPPORT_CHEAP_PASSWORDS")
    monkeypatch.delenv("RAPPORT_REQUIRE_ALL", raising=False)
    healthy = told(run("doctor", "--json"))
    assert {finding["state"] for finding in healthy} <= {"ok", "warning"}
    monkeypatch.setenv("RAPPORT_PROT", "8000")
    findings = told(run("doctor", "--json", code=1))
    (fault,) = (finding for finding in findings if finding["state"] == "fault")
    assert fault["check"] == "RAPPORT_PROT"
    assert "settings.md" in fault["remedy"]


def test_doctor_never_prints_the_password_of_the_database(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAPPORT_KEYS_URL", "postgresql://keeper:hunter2@127.0.0.1:1/keys")
    result = run("doctor", code=1)
    assert "hunter2" not in result.output
    assert "keeper" in result.output


def test_the_versions_are_told(run: Run) -> None:
    assert told(run("version", "--json"))["rapport"].count(".") == 2


def test_schemas_are_told(run: Run) -> None:
    assert told(run("db", "current", "--json")) == {"log": None, "keys": None}
    run("db", "upgrade")
    assert None not in told(run("db", "current", "--json")).values()


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("import", "sales"),
        ("customer", "show", "not-an-id"),
        ("user", "add"),
        ("rebuild", "nonsense"),
        ("compare", "nonsense"),
        ("retry", "nonsense", "00000000-0000-0000-0000-000000000001"),
    ],
)
def test_a_wrong_call_ends_with_code_2(run: Run, words: tuple[str, ...]) -> None:
    assert "Usage" in run(*words, code=2).output


def test_a_backup_is_restored_with_its_keys_or_not_at_all(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in_sales(run)
    before = told(run("customer", "find", "Anna", "--json"))
    run("backup", tmp_path / "log", "--keys", tmp_path / "keys")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(tmp_path / "data" / "master.key", elsewhere)
    monkeypatch.setenv("RAPPORT_DATABASE_URL", f"sqlite:///{elsewhere / 'rapport.db'}")
    monkeypatch.setenv("RAPPORT_DATA_DIR", str(elsewhere))
    with pytest.raises(BackupTrouble, match="with --keys"):
        run("restore", tmp_path / "log")
    run("restore", tmp_path / "log", "--keys", tmp_path / "keys")
    assert told(run("customer", "find", "Anna", "--json")) == before


def test_what_nobody_knew_yet_is_not_shown(run: Run) -> None:
    take_in_sales(run)
    (anna,) = told(run("customer", "find", "K-1001", "--json"))
    with pytest.raises(Refused, match="Nothing was recorded"):
        run("customer", "show", anna["id"], "--known-at", "2026-01-01")
