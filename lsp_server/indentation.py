"""How deep lines stand, and which of them open a block."""

from __future__ import annotations

import re

# How wide a tab counts where depths are compared.
_TAB = 4
_OPENERS = re.compile(r"(?:[:{(\[]|[=-]>|\b(?:do|then|else|begin))\s*\Z")


def measure_indentation(line: str) -> int:
    """The depth of a line in columns."""
    return len(line[: len(line) - len(line.lstrip(" \t"))].expandtabs(_TAB))


def opens_block(line: str) -> bool:
    """Whether a line ends by opening a block or a bracket."""
    return _OPENERS.search(line[-100:]) is not None
