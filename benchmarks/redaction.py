"""Secrets in prompts: how many get out, how many clean lines are touched, what the search costs.

Leaks: made-up secrets of every kind in prompts of every form. Clean lines: those of the standard
library, the installed packages and, where they are there, the node_modules beside the project;
each line that is touched there counts as a mistake. Run with `python -m benchmarks.redaction`.
"""

from __future__ import annotations

import random
import statistics
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from lsp_server.privacy.secrets import find_secrets
from lsp_server.provider.redacting import redact_prompt
from lsp_server.syntax.grammars import language_of_path
from tests.fakes.canaries import leaks, make_canaries
from tests.fakes.canary_prompts import build_action, build_completion, read_prompt

ROOT = Path(__file__).parents[1]
PROMPTS = 4_000
FILES = 700
PROMPT_CHARACTERS = 6_000
ENDINGS = (".py", ".js", ".ts", ".tsx", ".mjs", ".json", ".css", ".yml", ".sh", ".h")
CORPORA = {
    "standard library": Path(sysconfig.get_path("stdlib")),
    "installed packages": Path(sysconfig.get_path("purelib")),
    "node_modules": ROOT / "node_modules",
}


def main() -> None:
    """Measure and print."""
    table = Table("figure", "measured", "goal", title="Secrets in prompts")
    prompts, leaked = measure_leaks()
    kinds = len(make_canaries(0))
    table.add_row(f"secrets of {kinds} kinds, in {prompts:,} prompts", f"{leaked} leave", "0")
    seconds: list[float] = []
    touched = lines = 0
    for name, folder in CORPORA.items():
        found = [measure_file(file, seconds) for file in list_files(folder)]
        its_touched, its_lines = sum(one[0] for one in found), sum(one[1] for one in found)
        touched, lines = touched + its_touched, lines + its_lines
        if its_lines:
            rate = 100 * its_touched / its_lines
            table.add_row(f"  {name}", f"{its_touched} of {its_lines:,} lines, {rate:.3f} %")
    table.add_row("clean lines touched by mistake", f"{100 * touched / lines:.3f} %", "0.5 %")
    times = statistics.quantiles((1000 * one for one in seconds), n=100)
    size = f"{PROMPT_CHARACTERS:,} characters"
    table.add_row(f"processor time for {size}, p50", f"{times[49]:.2f} ms", "2 ms")
    table.add_row(f"processor time for {size}, p95", f"{times[94]:.2f} ms")
    Console().print(table)


def measure_leaks() -> tuple[int, int]:
    """Prompts made, and prompts that hold a part of a secret after redaction."""
    chance = random.Random(5)
    codes = [file.read_text("utf-8") for file in sorted((ROOT / "benchmarks").glob("*.py"))]
    prompts = leaked = seed = 0
    while prompts < PROMPTS:
        seed += 1
        for canary in make_canaries(seed):
            for build in (build_completion, build_action):
                prompt = build(canary, chance.choice(codes), chance)
                if prompt is not None:
                    prompts += 1
                    leaked += leaks(canary, read_prompt(redact_prompt(prompt, canary.language)))
    return prompts, leaked


def list_files(folder: Path) -> Iterator[Path]:
    """A sample of a folder's sources, the same in each run."""
    files = sorted(file for file in folder.rglob("*") if file.suffix in ENDINGS and file.is_file())
    yield from random.Random(1).sample(files, min(FILES, len(files)))


def measure_file(file: Path, seconds: list[float]) -> tuple[int, int]:
    """The lines touched, and all lines; the time for each piece of a prompt's size is noted."""
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return 0, 0
    if len(text) > 400_000:
        return 0, 0
    language = language_of_path(file)
    touched = set()
    for start in range(0, len(text), PROMPT_CHARACTERS):
        piece = text[start : start + PROMPT_CHARACTERS]
        started = time.thread_time()
        spans = find_secrets(piece, language)
        if len(piece) == PROMPT_CHARACTERS:
            seconds.append(time.thread_time() - started)
        touched |= {text.count("\n", 0, start + span.start) for span in spans}
    return len(touched), text.count("\n")


if __name__ == "__main__":
    main()
