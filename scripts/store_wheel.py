"""Writes a wheel anew with its files as they are: what compresses it whole does much better then.

`python scripts/store_wheel.py FILE`; nothing but Python itself is needed.
"""

from __future__ import annotations

import sys
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile


def main() -> None:
    """Store the wheel that the command line names."""
    store_wheel(Path(sys.argv[1]))


def store_wheel(path: Path) -> None:
    """The same files in the same order, none of them compressed."""
    with ZipFile(path) as archive:
        files = [(about, archive.read(about)) for about in archive.infolist()]
    with ZipFile(path, "w") as archive:
        for about, content in files:
            archive.writestr(about, content, ZIP_STORED)


if __name__ == "__main__":
    main()
