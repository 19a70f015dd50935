"""Takes a file of sales in, as a process of its own that a test may kill.

python -m tests.import_once FOLDER URL
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.files import Office

if __name__ == "__main__":
    folder, url = Path(sys.argv[1]), sys.argv[2]
    with Office.at(folder, url) as office:
        office.take_file(
            "sales",
            folder / "file.csv",
            folder / "mapping.toml",
            # Each word says that the import has begun, and that a kill now hits its middle.
            progress=lambda done, _: print(done, flush=True),  # noqa: T201
        )
