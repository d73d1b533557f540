"""The README's table of settings, generated from `lsp_server.settings.OPTIONS`.

`python -m scripts.settings_table` prints it; `--write` puts it into the README; `--check` fails
where the README holds another.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from lsp_server.settings import OPTIONS

_README = Path(__file__).parents[1] / "README.md"
_BEGIN, _END = "<!-- settings: begin -->\n", "<!-- settings: end -->"


def main() -> int:
    """Print, write or check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    table = make_table()
    if not arguments.write and not arguments.check:
        print(table, end="")
        return 0
    readme = _README.read_text("utf-8")
    head, _, rest = readme.partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    wanted = f"{head}{_BEGIN}{table}{_END}{tail}"
    if arguments.write:
        _README.write_text(wanted, "utf-8")
    elif wanted != readme:
        print("README.md: the settings table is old; run python -m scripts.settings_table --write")
        return 1
    return 0


def make_table() -> str:
    """Rows of key, default, what it takes, what it means."""
    rows = ["| key | default | takes | meaning |", "| --- | --- | --- | --- |"]
    for option in OPTIONS:
        accepts = option.accepts.replace("|", "\\|")
        rows.append(f"| `{option.key}` | {option.default} | {accepts} | {option.meaning} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.exit(main())
