"""One process for each system call that a short while at work makes, to be met by a fault there.

    strace … -e inject=CALL:…:when=LAST python -m tests.faults.each_call WORK URL FOLDER CALL:IDLE…

Python is started once and forks; strace counts the calls of each process by itself, so a process
that is to be met at its third call first makes LAST - 3 idle calls that do not matter. LAST is
more than the work makes, so that nothing else meets a fault.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from tests.faults import deeds, weaker
from tests.faults.kit import Premises

WORK = {
    "a_few": deeds.a_few,
    "a_few_insisting": deeds.a_few_insisting,
    "too_early": weaker.a_few_too_early,
    "a_few_giving_up": deeds.a_few_giving_up,
    "unheard": weaker.a_few_errors_unheard,
}


def say(deed: str, position: int) -> None:
    os.write(1, json.dumps([deed, position]).encode() + b"\n")


def idle(call: str, times: int) -> None:
    """Make so many calls on a file that is nobody's."""
    with tempfile.TemporaryFile() as nobodys:
        for _ in range(times):
            match call:
                case "pwrite64":
                    os.pwrite(nobodys.fileno(), b".", 0)
                case "fdatasync":
                    os.fdatasync(nobodys.fileno())
                case "ftruncate":
                    os.ftruncate(nobodys.fileno(), 0)
                case _:
                    raise ValueError(f"no idle {call} is known: add one here")


def main(work: str, url: str, folder: str, *points: str) -> None:
    premises = Premises(url, Path(folder))
    for run, (call, _, times) in enumerate(point.partition(":") for point in points):
        child = os.fork()
        if child == 0:
            idle(call, int(times))
            WORK[work](say, premises, run)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        say("end", status)


if __name__ == "__main__":
    main(*sys.argv[1:])
