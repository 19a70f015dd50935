"""`python3 rapport …` sets up what is missing, once, whatever it finds; with real venv and real pip.

The checkout is a small one: its locks are empty, so that nothing is fetched, and its application
says which words it was given, and where.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

LAUNCHER = Path(__file__).resolve().parent.parent / "rapport"
# The Python that .venv was made of: like a user's, it has pip, and .venv has none.
PYTHON: str = getattr(sys, "_base_executable", sys.executable)
APPLICATION = """
import os, sys
print(sys.argv[1:], os.getcwd(), sys.prefix)
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout in which nothing was started yet."""
    return new_checkout(tmp_path)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = new_checkout(tmp_path_factory.mktemp("prepared"))
    assert launch(root, "run").returncode == 0
    return root


@pytest.fixture
def used_checkout(prepared: Path, tmp_path: Path) -> Path:
    """A checkout that has been started before."""
    return shutil.copytree(prepared, tmp_path / "checkout", symlinks=True)


def new_checkout(folder: Path) -> Path:
    root = folder / "checkout"
    (root / "requirements").mkdir(parents=True)
    (root / "adapters").mkdir()
    shutil.copy(LAUNCHER, root / "rapport")
    for name in ("runtime", "test", "dev"):
        (root / "requirements" / f"{name}.lock").write_text("# nothing\n", encoding="utf-8")
    (root / "adapters" / "__init__.py").touch()
    (root / "adapters" / "cli.py").write_text(APPLICATION, encoding="utf-8")
    return root


def launch(
    root: Path, *words: str, cwd: Path | None = None, python: str = PYTHON
) -> subprocess.CompletedProcess[str]:
    """Run the launcher as on a machine whose user has an empty home and no network."""
    home = root.parent / "home"
    home.mkdir(exist_ok=True)
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "PIP_NO_INDEX": "1"}
    return subprocess.run(
        [python, str(root / "rapport"), *words],
        cwd=cwd or root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def sets_up(done: subprocess.CompletedProcess[str]) -> bool:
    return "setting up .venv" in done.stderr


def test_the_first_start_sets_up_and_the_second_only_starts(checkout: Path) -> None:
    first = launch(checkout, "run", "--port", "8001")
    second = launch(checkout, "run", "--port", "8001")

    answer = f"['run', '--port', '8001'] {checkout} {checkout / '.venv'}\n"
    assert (first.returncode, first.stdout, sets_up(first)) == (0, answer, True), first.stderr
    assert (second.returncode, second.stdout, second.stderr) == (0, answer, "")


def test_it_starts_from_any_folder_and_stays_there(used_checkout: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "adapters").mkdir(parents=True)  # not ours, and not to be taken for ours
    (elsewhere / "adapters" / "cli.py").write_text("print('another')", encoding="utf-8")

    done = launch(used_checkout, "import", "sales.csv", cwd=elsewhere)

    assert done.stdout == f"['import', 'sales.csv'] {elsewhere} {used_checkout / '.venv'}\n"


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda venv: (venv / "installed").unlink(), id="killed while installing"),
        pytest.param(lambda venv: (venv / "bin" / "python").unlink(), id="its Python is gone"),
        pytest.param(
            lambda venv: (venv / "installed").write_text("python 3.9\n"), id="another Python's"
        ),
        pytest.param(lambda venv: (venv / "installed").write_text(""), id="an empty note"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="names files as POSIX does")
def test_a_broken_environment_is_made_anew(
    used_checkout: Path, damage: Callable[[Path], object]
) -> None:
    damage(used_checkout / ".venv")

    done = launch(used_checkout, "run")

    assert (done.returncode, sets_up(done)) == (0, True), done.stderr


def test_a_changed_lock_is_installed_into_the_environment_that_is_there(
    used_checkout: Path,
) -> None:
    lock = used_checkout / "requirements" / "runtime.lock"
    lock.write_text("# still nothing\n", encoding="utf-8")

    done = launch(used_checkout, "run")

    assert "installing what requirements/runtime.lock names" in done.stderr
    assert not sets_up(done)


def test_what_cannot_be_installed_is_said_and_tried_again(checkout: Path) -> None:
    lock = checkout / "requirements" / "runtime.lock"
    lock.write_text(f"flask==3.1.3 --hash=sha256:{'0' * 64}\n", encoding="utf-8")

    failed = launch(checkout, "run")

    assert failed.returncode == 1
    assert "No matching distribution found for flask==3.1.3" in failed.stderr
    assert "could not install: the reason stands above" in failed.stderr
    lock.write_text("# nothing\n", encoding="utf-8")
    assert launch(checkout, "run").returncode == 0


def test_an_update_that_fails_leaves_the_way_back_open(used_checkout: Path) -> None:
    lock = used_checkout / "requirements" / "runtime.lock"
    lock.write_text(f"flask==3.1.3 --hash=sha256:{'0' * 64}\n", encoding="utf-8")
    assert launch(used_checkout, "run").returncode == 1

    lock.write_text("# nothing\n", encoding="utf-8")

    assert launch(used_checkout, "run").stderr == ""


def test_two_starts_at_once_set_up_once(checkout: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(checkout), "PIP_NO_INDEX": "1"}
    starts = [
        subprocess.Popen(
            [PYTHON, str(checkout / "rapport"), "run"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    said = [start.communicate()[1] for start in starts]

    assert [start.returncode for start in starts] == [0, 0, 0], said
    assert sum("setting up .venv" in words for words in said) == 1


def test_a_python_without_pip_brings_its_own(checkout: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    python = bare / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")

    done = launch(checkout, "run", python=str(python))

    assert done.returncode == 0, done.stderr
    assert launch(checkout, "run", python=str(python)).stderr == ""


def test_an_old_python_is_refused_in_one_clear_line() -> None:
    source = LAUNCHER.read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 6))  # else the old Python would stop at its grammar
    pretend = "import runpy, sys; sys.version_info = (3, 10, 4); runpy.run_path(sys.argv[1])"

    done = subprocess.run(
        [sys.executable, "-c", pretend, str(LAUNCHER)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert done.stderr == "rapport: needs Python 3.11 or newer; this is 3.10\n"
