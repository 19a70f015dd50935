"""Every command of the tutorial is run, in its order, and what it shows is what comes out."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

PATIENCE = 840.0

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # some thirty processes

ROOT = Path(__file__).resolve().parent.parent
TUTORIAL = ROOT / "docs" / "tutorial.md"
VARIES = "…"

CALLED = """\
python3() {  # the launcher has tests of its own; this is what it starts
    if [ "$1" = rapport ]; then shift; command "$PYTHON" -P -m adapters.cli "$@"
    else command "$PYTHON" "$@"; fi
}
trap 'FAILED=1' ERR  # any command of a block, not only its last one
"""


@dataclass(frozen=True)
class Step:
    """A block of commands, what it is said to show, and how it ends.

    `manner` is `serving` for what goes on until the end, `refused` for what must fail, or empty.
    """

    number: int
    commands: str
    manner: str
    shown: str | None


@dataclass(frozen=True)
class Outcome:
    """What a block wrote, and 1 when a command in it failed; None for one that goes on."""

    stdout: str
    stderr: str
    code: int | None


def steps() -> list[Step]:
    """The blocks of the tutorial: `sh` is run, the `text` that follows is what it shows."""
    blocks = re.findall(
        r"^```(\w*)(.*)\n((?s:.*?))^```$", TUTORIAL.read_text("utf-8"), re.MULTILINE
    )
    found: list[Step] = []
    for language, manner, content in blocks:
        if language == "sh":
            found.append(Step(len(found), content, manner.strip(), None))
        else:
            last = found.pop()
            found.append(Step(last.number, last.commands, last.manner, content))
    return found


STEPS = steps()


def script() -> str:
    """All blocks as one shell script, so that a variable of one is known to the next."""
    parts = [CALLED]
    for step in STEPS:
        out = f">{step.number}.out 2>{step.number}.err"
        if step.manner == "serving":
            parts.append(
                f"{{ {step.commands.strip()} & }} {out}\nSERVER=$!\n"
                f"until grep -q 'Make the first' {step.number}.err; do\n"
                "    kill -0 $SERVER || exit 1\n    sleep 0.2\ndone\n"
            )
        else:
            parts.append(
                f"FAILED=0\n{{\n{step.commands}}} {out}\necho $FAILED >{step.number}.code\n"
            )
    return "\n".join(parts)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> list[Outcome]:
    """What each block gave, in a folder that holds nothing but the example files."""
    folder = tmp_path_factory.mktemp("tutorial")
    shutil.copytree(ROOT / "examples", folder / "examples")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("RAPPORT_")},
        "PYTHONPATH": str(ROOT),
        "PYTHON": sys.executable,
        "RAPPORT_PORT": port,
        "RAPPORT_NEW_PASSWORD": "grinder kettle lamp 7",
    }
    environment.pop("DATABASE_URL", None)
    command = ["bash", "-c", script()]
    with subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True) as shell:
        try:
            shell.wait(timeout=PATIENCE)
        finally:
            with contextlib.suppress(ProcessLookupError):  # the hub, which goes on to the end
                os.killpg(shell.pid, signal.SIGKILL)

    def written(step: Step, kind: str) -> str:
        file = folder / f"{step.number}.{kind}"
        return file.read_text("utf-8").replace(f":{port}", ":8000") if file.exists() else ""

    return [
        Outcome(
            stdout=written(step, "out"),
            stderr=written(step, "err"),
            code=int(code) if (code := written(step, "code")) else None,
        )
        for step in STEPS
    ]


def agrees(shown: str, written: str) -> bool:
    """Whether the text is what is shown, in which `…` stands for anything on its line.

    A line that holds nothing else stands for any number of lines.
    """
    lines = [re.escape(line).replace(VARIES, ".*") for line in shown.rstrip("\n").split("\n")]
    pattern = "".join(r"(?:.*\n)*?" if line == ".*" else line + r"[ ]*\n" for line in lines)
    return re.fullmatch(pattern, written) is not None


@pytest.mark.parametrize("step", STEPS, ids=lambda step: f"{step.number}")
def test_the_tutorial_shows_what_comes_out(step: Step, outcomes: list[Outcome]) -> None:
    outcome = outcomes[step.number]
    if step.manner == "serving":
        assert outcome.code is None
    else:
        assert (outcome.code == 0) == (step.manner != "refused"), (step.commands, outcome)
    if step.shown is not None:
        written = outcome.stdout or outcome.stderr
        assert agrees(step.shown, written), f"{step.commands}\nwrites now:\n{written}"


def test_a_text_that_is_not_shown_is_noticed() -> None:
    assert agrees("a …\n…\nz\n", "a b\nc\nd\nz\n")
    assert not agrees("a\n", "b\n")
    assert not agrees("a\n", "a\nb\n")
    assert not agrees("owes 100.00\n", "owes 100,00\n")
