"""A hub at work whose every write is recorded: python -m tests.faults.powered FOLDER WORK"""

from __future__ import annotations

import os
import random
import sys
from itertools import islice
from pathlib import Path

from adapters.database import checkpoint
from tests.faults import weaker
from tests.faults.deeds import deeds, do
from tests.faults.kit import on_file
from tests.faults.power import DIARY

SETUPS = {"as_it_is": None, "log_normal": "NORMAL", "log_off": "OFF"}


def main(folder: str, setup: str) -> None:
    """Found a hub, log contacts, fold some at once, checkpoint, rebuild, close and open again."""
    if weakened := SETUPS[setup]:
        weaker.sync_the_log_less(weakened)
    diary = os.open(Path(folder) / DIARY, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    premises = on_file(Path(folder))
    for run in range(2):
        chance = random.Random(run)
        with premises.open() as rapport:
            for number, (deed, command) in enumerate(islice(deeds(run, chance), 30)):
                position = do(rapport, deed, command)
                os.write(diary, f"{deed} {position}\n".encode())
                if chance.random() < 0.7:
                    rapport.projector.fold_now(position)
                if number % 11 == 8:
                    checkpoint(rapport.engine)
                if number == 20:
                    rapport.projector.rebuild("balances")


if __name__ == "__main__":
    main(*sys.argv[1:])
