"""Importing a file of sales with all read models, against DuckDB taking in the same file.

python -m benchmarks.imports online-retail.csv.gz [--mapping examples/online-retail.toml] [--rounds 3]

Both sides are processes of their own on a fresh file. DuckDB reads the file with two threads,
groups its lines by invoice and customer, and writes them as a table to a database file.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.measure import folder, ratio, report

DUCKDB = """
import sys, duckdb
source, target = sys.argv[1:]
connection = duckdb.connect(target, config={"threads": 2})
connection.execute(
    '''CREATE TABLE invoices AS
       SELECT InvoiceNo, CustomerID, min(InvoiceDate) AS occurred_at,
              list({'item': StockCode, 'description': Description, 'quantity': Quantity,
                    'unit_price': UnitPrice}) AS lines
       FROM read_csv(?, types = {'InvoiceNo': 'VARCHAR', 'StockCode': 'VARCHAR',
                                 'CustomerID': 'VARCHAR', 'Description': 'VARCHAR',
                                 'UnitPrice': 'DECIMAL(18, 4)'})
       WHERE CustomerID IS NOT NULL
       GROUP BY InvoiceNo, CustomerID''',
    [source],
)
connection.execute("CHECKPOINT")
"""

Spent = tuple[float, float]
"""Seconds on the clock, and seconds of processors."""


def rapport(file: Path, mapping: Path, place: Path) -> Spent:
    """`rapport import sales`, from nothing to the last read model."""
    command = ["-m", "adapters.cli", "import", "sales", str(file), "--mapping", str(mapping)]
    environment = {
        **os.environ,
        "RAPPORT_DATABASE_URL": f"sqlite:///{place / 'rapport.db'}",
        "RAPPORT_DATA_DIR": str(place),
    }
    return _spent(lambda: _run([*command, "--json"], environment))


def duckdb(file: Path, place: Path) -> Spent:
    """Read, grouped and written by DuckDB."""
    return _spent(lambda: _run(["-c", DUCKDB, str(file), str(place / "invoices.duckdb")]))


def _run(arguments: list[str], environment: Mapping[str, str] | None = None) -> None:
    subprocess.run(
        [sys.executable, *arguments], env=environment, check=True, stdout=subprocess.DEVNULL
    )


def _spent(run: Callable[[], None]) -> Spent:
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    run()
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--mapping", type=Path, default=Path("examples/online-retail.toml"))
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    ours: list[Spent] = []
    theirs: list[Spent] = []
    for _ in range(wanted.rounds):
        with folder() as place:
            theirs.append(duckdb(wanted.file, place))
        with folder() as place:
            ours.append(rapport(wanted.file, wanted.mapping, place))
    figures = {}
    for index, unit in enumerate(("seconds", "processor seconds")):
        mine, other = [each[index] for each in ours], [each[index] for each in theirs]
        figures[unit] = {
            "rapport": [round(each, 2) for each in mine],
            "duckdb": [round(each, 2) for each in other],
            "times duckdb's": ratio(other, mine),
        }
    report("imports", {"file": wanted.file.name, "rounds": wanted.rounds, **figures})


if __name__ == "__main__":
    main()
