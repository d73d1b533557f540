"""Run all benchmarks and write `benchmarks/RESULTS.md`: `python -m benchmarks`, ten minutes."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

_RESULTS = Path(__file__).parent / "RESULTS.md"

# Module and arguments, what it measures, in the order of the document.
BENCHMARKS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("benchmarks.overhead", (), "What the server adds to an instant endpoint"),
    ("benchmarks.parse_budget", (), "A key in large files"),
    ("benchmarks.typing_replay", (), "A typist, 250 ms to the first token"),
    ("benchmarks.overrun", (), "An endpoint that runs on"),
    ("benchmarks.restore", (), "Hidden code under over-generation"),
    ("benchmarks.hostile", (), "Hostile replies"),
    ("benchmarks.embedded", (), "The engine with no model"),
    ("benchmarks.recall", (), "What prompts know of a hidden line"),
    ("benchmarks.edits", (), "Edits by code actions"),
    ("benchmarks.index", (), "The index of a large workspace"),
    ("benchmarks.redaction", (), "Secrets in prompts"),
)


def main() -> None:
    """Run, show and write."""
    parts = [*_head()]
    for module, arguments, title in BENCHMARKS:
        started = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            env={**os.environ, "COLUMNS": "110", "NO_COLOR": "1"},
        )
        seconds = time.monotonic() - started
        command = " ".join(["python -m", module, *arguments])
        table = done.stdout.rstrip()
        print(f"{title}\n{table}\n", flush=True)
        parts += [f"## {title}", f"`{command}`, {seconds:.0f} s", f"```\n{table}\n```"]
    _RESULTS.write_text("\n\n".join(parts) + "\n", "utf-8")


def _head() -> Iterator[str]:
    yield "# Results"
    yield (
        f"Measured on {time.strftime('%Y-%m-%d')}: {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} processors, CPython {platform.python_version()}. The machine is shared "
        "and noisy: goals are those of the project, figures move by some tens of per cent from "
        "run to run. `make bench` writes this file anew."
    )


if __name__ == "__main__":
    main()
