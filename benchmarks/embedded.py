"""How exact, how quiet and how quick the engine with no model is.

`python -m benchmarks.embedded`: 500 lines of each project are hidden, one at a time, with all other
lines and files visible; the cursor stands at the start of the line, after a quarter and after half
of it. Then 250 with the rest of their block hidden too, as it is when code is written, and 125 in
the first lines of files of which nothing more is there yet. `--quick` takes fewer; `--calibrate`
prints the engine's fitted figures anew, from projects other than those reported.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from benchmarks.embedded_fit import (
    ask_questions,
    fill_engine,
    fit_confidence,
    fit_weights,
)
from benchmarks.embedded_holes import (
    CUTS,
    Hole,
    dig_blocks,
    dig_holes,
    dig_young,
    large_project,
    read_project,
    reported_projects,
)
from lsp_server.embedded.engine import Engine
from lsp_server.embedded.evidence import NAMES
from lsp_server.embedded.ranking import rank

_HOLES, _QUICK_HOLES, _FITTED_HOLES = 500, 60, 120
_SURE = 0.9


@dataclass(frozen=True, slots=True)
class Answer:
    """What the engine said at one cursor."""

    cut: float
    exact: bool  # its best guess is the rest of the line
    lines: int  # how many lines it showed; 0 if it was not sure
    right: bool  # all that it showed is what stood there
    confidence: float
    milliseconds: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="60 lines a project")
    parser.add_argument("--calibrate", action="store_true", help="print the fitted figures anew")
    arguments = parser.parse_args()
    if arguments.calibrate:
        print(render_calibration())
        return
    count = _QUICK_HOLES if arguments.quick else _HOLES
    holes: dict[str, list[Answer]] = {}
    blocks: dict[str, list[Answer]] = {}
    young: dict[str, list[Answer]] = {}
    for project in reported_projects():
        files = read_project(project)
        engine = fill_engine(files)
        name = f"{project.name} ({project.extension[1:]}, {engine.size[1] // 1000}k)"
        holes[name] = ask(engine, dig_holes(files, count, seed=1))
        blocks[name] = ask(engine, dig_blocks(files, count // 2, seed=2))
        young[name] = ask(engine, dig_young(files, count // 4, seed=3))
    console = Console(width=116)
    console.print(_table(f"Embedded engine: {count} lines hidden, one at a time", holes))
    console.print(_table("Embedded engine: hidden with the rest of their block", blocks))
    console.print(_table("Embedded engine: in files that are just begun", young))
    console.print(_goals(holes))


def ask(engine: Engine, holes: Iterable[Hole]) -> list[Answer]:
    """Have the engine answer at each of the three cursors of each hole."""
    return [_ask(engine, hole, cut) for hole in holes for cut in CUTS]


def render_calibration() -> str:
    """The text of `lsp_server/embedded/calibration.py`, fitted anew."""
    questions = ask_questions(_FITTED_HOLES)
    weights = fit_weights(questions)
    lines = [
        '"""Figures fitted by counts: `python -m benchmarks.embedded --calibrate` prints this."""',
        "",
        "from __future__ import annotations",
        "",
        "from typing import Final",
        "",
        "# For each piece of evidence, what it adds to the logarithm of a vote's weight.",
        "WEIGHTS: Final = (",
        *(f"    {weight:.2f},  # {name}" for name, weight in zip(NAMES, weights, strict=True)),
        ")",
        "",
        "# A text's share of the votes, and how often a text with that share was exactly right.",
        "CONFIDENCE: Final = (",
        *(f"    ({at:.3f}, {right:.2f})," for at, right in fit_confidence(questions, weights)),
        ")",
    ]
    return "\n".join(lines)


def _ask(engine: Engine, hole: Hole, cut: float) -> Answer:
    typed, rest = hole.at(cut)
    before = hole.above + typed
    started = time.perf_counter()
    shown = engine.suggest(hole.path, "", before, hole.below, limit=1)
    milliseconds = (time.perf_counter() - started) * 1000
    if not shown:
        ranked = rank(engine.ballots(hole.path, "", before, hole.below))
        exact = bool(ranked) and ranked[0].text == rest
        return Answer(cut, exact, 0, False, 0.0, milliseconds)
    lines = shown[0].text.split("\n")
    right = lines == [rest, *hole.truth[1:]][: len(lines)] and len(lines) <= len(hole.truth)
    return Answer(cut, lines[0] == rest, len(lines), right, shown[0].confidence, milliseconds)


def _table(title: str, answers: Mapping[str, list[Answer]]) -> Table:
    table = Table(title=title, title_justify="left")
    for column in ("project", "start", "¼ typed", "½ typed", "shown", "right", "sure: right"):
        table.add_column(column, justify="left" if column == "project" else "right")
    for column in ("several: right", "p50", "p95", "p99"):
        table.add_column(column, justify="right")
    for name, of_project in answers.items():
        table.add_row(name, *_row(of_project))
    table.add_section()
    table.add_row("all", *_row([answer for each in answers.values() for answer in each]))
    return table


def _row(answers: list[Answer]) -> list[str]:
    shown = [answer for answer in answers if answer.lines]
    sure = [answer for answer in shown if answer.confidence >= _SURE]
    several = [answer for answer in shown if answer.lines > 1]
    return [
        *(f"{_exact(answers, cut):.1f} %" for cut in CUTS),
        f"{100 * len(shown) / len(answers):.0f} %",
        _right(shown),
        f"{100 * len(sure) / len(answers):.0f}: {_right(sure)}",
        f"{100 * len(several) / len(answers):.1f}: {_right(several)}",
        *(f"{_quantile(answers, percent):.1f} ms" for percent in (50, 95, 99)),
    ]


def _goals(answers: Mapping[str, list[Answer]]) -> Table:
    """The mean over the projects beside what is aimed for."""
    pooled = [answer for each in answers.values() for answer in each]
    exact = [statistics.mean(_exact(each, cut) for each in answers.values()) for cut in CUTS]
    shown = [answer for answer in pooled if answer.lines]
    files = read_project(large_project())
    large = fill_engine(files)
    at_large = ask(large, dig_holes(files, _QUICK_HOLES, seed=1))
    table = Table(title="Embedded engine: goals", title_justify="left")
    for column in ("figure", "measured", "goal"):
        table.add_column(column)
    measured = " / ".join(f"{each:.1f}" for each in exact)
    table.add_row("exact at start / ¼ / ½", f"{measured} %", "18 / 27 / 36 %")
    table.add_row("precision of what is shown", _right(shown), "70 %")
    table.add_row("shown", f"{100 * len(shown) / len(pooled):.0f} %", "25 %")
    slowest = max(_quantile(each, 95) for each in answers.values())
    table.add_row("p95, slowest project", f"{slowest:.1f} ms", "10 ms")
    size = f"{large.size[1] / 1e6:.1f} million tokens"
    table.add_row(f"p95, {size}", f"{_quantile(at_large, 95):.1f} ms", "15 ms")
    return table


def _exact(answers: list[Answer], cut: float) -> float:
    return 100 * statistics.mean(answer.exact for answer in answers if answer.cut == cut)


def _quantile(answers: list[Answer], percent: int) -> float:
    times = [answer.milliseconds for answer in answers]
    return statistics.quantiles(times, n=100)[percent - 1]


def _right(answers: list[Answer]) -> str:
    if not answers:
        return "-"
    return f"{100 * statistics.mean(answer.right for answer in answers):.0f} %"


if __name__ == "__main__":
    main()
