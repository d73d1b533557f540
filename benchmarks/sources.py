"""Code to measure on: files that are present on every machine that runs us."""

from __future__ import annotations

import sysconfig
from pathlib import Path


def library_text(name: str, lines: int | None = None) -> str:
    """A module of the standard library, or its first lines; `name` is relative to it."""
    path = Path(sysconfig.get_paths()["stdlib"]) / name
    return "".join(path.read_text("utf-8").splitlines(keepends=True)[:lines])
