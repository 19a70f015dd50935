"""The locks are what setup.cfg allows, and agree with each other."""

from __future__ import annotations

import configparser
import re
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("runtime", "test", "dev")


def locked(name: str) -> dict[str, Requirement]:
    """What a lock names, by the package's canonical name."""
    text = (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
    lines = re.findall(r"^([a-z0-9][^\\\n]*)", text, re.MULTILINE)
    return {canonicalize_name(found.name): found for found in map(Requirement, lines)}


def ranges() -> list[Requirement]:
    """What the hub needs, with its extras, as setup.cfg says."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    extras = setup["options.extras_require"].values()
    lines = "\n".join([setup["options"]["install_requires"], *extras]).split("\n")
    return [Requirement(line) for line in lines if line.strip()]


@pytest.mark.parametrize("needed", ranges(), ids=str)
def test_what_setup_cfg_needs_is_locked_within_its_range(needed: Requirement) -> None:
    (exact,) = locked("runtime")[canonicalize_name(needed.name)].specifier
    assert exact.operator == "=="
    assert needed.specifier.contains(exact.version)


def test_no_two_locks_name_different_versions_of_one_package() -> None:
    named: dict[str, set[str]] = {}
    for lock in LOCKS:
        for name, found in locked(lock).items():
            named.setdefault(name, set()).add(str(found.specifier))

    assert {name: versions for name, versions in named.items() if len(versions) > 1} == {}


def test_every_locked_package_has_its_hashes() -> None:
    for lock in LOCKS:
        text = (ROOT / "requirements" / f"{lock}.lock").read_text(encoding="utf-8")
        packages = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
        assert len(packages) == len(locked(lock)) > 0
        assert [each.split()[0] for each in packages if "--hash=sha256:" not in each] == []


def test_the_tests_run_with_the_locked_versions() -> None:
    here = [
        found for found in locked("runtime").values() if not found.marker or found.marker.evaluate()
    ]

    wrong = {
        found.name: version(found.name)
        for found in here
        if not found.specifier.contains(version(found.name))
    }

    assert wrong == {}


def test_no_other_distribution_brings_a_package_of_our_names() -> None:
    """`web` and `adapters` are also the names of unrelated projects."""
    ours = {"domain", "projections", "adapters", "web", "migrations"}
    brought = packages_distributions()

    assert {
        name: brought[name] for name in ours & brought.keys() if brought[name] != ["rapport"]
    } == {}
