"""What a hostile or broken model's reply costs: the filters' and the stream reader's own work.

`python -m benchmarks.hostile`. Each reply is read in pieces of four characters as far as the reader
wants it, and run through all filters at a place in a file of 2,000 lines with its syntax tree. The
time is that of the processor, the worst of three places, the least of five runs.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from itertools import cycle, islice

from rich.console import Console
from rich.table import Table

from benchmarks.sources import library_text
from lsp_server.buffer import Buffer, Encoding, Position
from lsp_server.completion.base import Ask
from lsp_server.completion.place import make_place, with_syntax
from lsp_server.completion.stream import Reader
from lsp_server.postprocess import refine
from lsp_server.postprocess.base import Dropped, Place
from lsp_server.settings import Completion
from lsp_server.syntax.tree import SyntaxTree

_LINES = 2000
_RUNS = 5
_PIECE = 4
_GOAL_MS = 20
_MEGABYTE = 1_000_000


def main() -> None:
    """Run and print."""
    text = library_text("argparse.py", _LINES)
    places = list(make_places(text))
    table = Table(title="Hostile replies", title_justify="left")
    for name in ("reply", "work", "goal", "shown"):
        table.add_column(name, justify="right" if name in {"work", "goal"} else "left")
    for name, reply in hostile_replies(text).items():
        measured = [measure(reply, place) for place in places]
        milliseconds, shown = max(measured, key=lambda each: each[0])
        table.add_row(name, f"{milliseconds:.1f} ms", f"{_GOAL_MS} ms", shown)
    Console(width=110).print(table)


def hostile_replies(text: str) -> Mapping[str, str]:
    """Replies by what is wrong with them."""
    lines = text.split("\n")
    return {
        "a megabyte without a line's end": "x" * _MEGABYTE,
        "a megabyte of line ends": "\n" * _MEGABYTE,
        "lines without end": repeat("value = compute(first, second)\n"),
        "different lines without end": "".join(f"    value_{n} = {n}\n" for n in range(40_000)),
        "blocks without end": "".join(f"    if a{n}:\n        b{n}()\n" for n in range(40_000)),
        "lines that break the syntax": "".join(f"    a{n} = = )\n" for n in range(40_000)),
        "brackets opened": repeat("(", 60_000),
        "brackets opened on each line": repeat("        f(\n"),
        "brackets opened and closed": repeat("([{}])"),
        "quotes": repeat("\"'`"),
        "three quotes": repeat('"""\n'),
        "backticks": repeat("`"),
        "fences": repeat("```\n"),
        "angles": repeat("<|>"),
        "control tokens only": repeat("<|fim_middle|>"),
        "placeholders of control tokens": repeat("<¦fim_middle¦>"),
        "blanks": repeat("    "),
        "tabs and blanks": repeat("\t \t\n"),
        "hidden characters": repeat("x\u202e"),
        "the file again": text * 12,
        "the file again from the cursor": "\n".join(lines[_LINES // 2 :]),
        "the line above without end": repeat(lines[_LINES // 2 - 1] + "\n"),
    }


def repeat(unit: str, characters: int = _MEGABYTE) -> str:
    """So many characters of one unit."""
    return "".join(islice(cycle(unit), characters))


def make_places(text: str) -> Iterator[Place]:
    """Within a line, at the end of a line, and on an empty line of a function."""
    lines = text.split("\n")
    number = next(n for n in range(_LINES // 2, _LINES) if "(" in lines[n] and len(lines[n]) > 40)
    blank = len(lines[number]) - len(lines[number].lstrip())
    for left, right in (
        (lines[number][: blank + 8], lines[number][blank + 8 :]),
        (lines[number], ""),
        (" " * blank, ""),
    ):
        changed = "\n".join([*lines[:number], left + right, *lines[number + 1 :]])
        snapshot = Buffer("file:///a.py", 1, "python", changed, Encoding.UTF16).snapshot()
        ask = Ask(snapshot, Position(number, len(left)), "a.py", "/a.py")
        syntax = SyntaxTree()
        syntax.update(snapshot, 1.0)
        yield with_syntax(make_place(ask, Completion()), ask, syntax)


def measure(reply: str, place: Place) -> tuple[float, str]:
    """Milliseconds of work, and what is shown."""
    times = []
    for _ in range(_RUNS):
        started = time.thread_time()
        reader = Reader(place)
        text = ""
        for start in range(0, len(reply), _PIECE):
            text += reply[start : start + _PIECE]
            if reader.has_enough(text):
                break
        shown = refine(text, place)
        times.append((time.thread_time() - started) * 1000)
    return min(times), shown.reason if isinstance(shown, Dropped) else repr(shown)[:40]


if __name__ == "__main__":
    main()
