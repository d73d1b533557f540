"""Hidden code: does what is shown restore it exactly, when the model says too much?

`python -m benchmarks.restore`. Code is hidden in real files: the rest of a line, the inside of a
bracket that the editor has closed already, the rest of a block, a function among others. The oracle
knows it, and answers in ten styles of saying too much. The suggestion is accepted as an editor
would, and the document is compared with the original: exact, short (a beginning of what was
hidden), wrong, or none.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.sources import library_text
from tests.fakes import FakeEndpoint, RecordedRequest, Reply
from tests.fakes.editor import Editor

_FILES = ("json/decoder.py", "textwrap.py", "queue.py", "shlex.py", "configparser.py")
_KINDS = ("rest of line", "inside a bracket", "rest of block", "function")


@dataclass(frozen=True)
class Hole:
    """Hidden code between what stands before and after it."""

    kind: str
    before: str
    hidden: str
    after: str


# Each style makes a reply of what is hidden and what stands after it.
Style = Callable[[Hole], str]

STYLES: Mapping[str, Style] = {
    "exact": lambda hole: hole.hidden,
    "runs on with the suffix": lambda hole: hole.hidden + hole.after[:300],
    "the suffix without its first line": lambda hole: hole.hidden + _after_line(hole.after)[:300],
    "a new file": lambda hole: f"{hole.hidden}<|file_sep|>other.py\nimport os\n",
    "padding": lambda hole: hole.hidden + "<|fim_pad|>" * 20,
    "the last line again": lambda hole: hole.hidden + ("\n" + _last_line(hole)) * 4,
    "another function": lambda hole: f"{hole.hidden}\n\n\ndef other(value):\n    return value\n",
    "closed fence": lambda hole: f"{hole.hidden}\n```\nThis code does what was asked.\n",
    "end token and chat": lambda hole: f"{hole.hidden}<|im_end|>\n<|im_start|>user\nThanks",
    "the line's beginning first": lambda hole: _line_start(hole.before) + hole.hidden,
}


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--holes", type=int, default=8, help="holes of each kind a file")
    parser.add_argument("--show", action="store_true", help="print what was not restored")
    arguments = parser.parse_args()
    results = asyncio.run(measure(arguments.holes, show=arguments.show))
    table = Table(title="Restored under over-generation", title_justify="left")
    for name in ("style", "exact", "short", "wrong", "none", "holes"):
        table.add_column(name, justify="left" if name == "style" else "right")
    total: Counter[str] = Counter()
    for style, counts in results.items():
        total += counts
        table.add_row(style, *_shares(counts))
    table.add_section()
    table.add_row("all", *_shares(total))
    Console(width=100).print(table)


async def measure(holes: int, *, show: bool) -> dict[str, Counter[str]]:
    """Counts of each fate by style."""
    results: dict[str, Counter[str]] = {style: Counter() for style in STYLES}
    async with FakeEndpoint(kind="openai") as endpoint:
        options = {
            "provider": "openai",
            "baseUrl": endpoint.base_url,
            "apiKey": "sk-test",
            "completion": {"model": "qwen2.5-coder-7b-instruct", "mode": "fim", "embedded": "off"},
        }
        async with Editor(options=options) as editor:
            await editor.initialize()
            await editor.wait_for_note("qwen/status", lambda status: status["engine"] == "openai")
            number = 0
            for hole in all_holes(holes):
                for style, make in STYLES.items():
                    number += 1
                    endpoint.script(_answer(make(hole)))
                    fate, text = await restore(editor, f"untitled:hole-{number}.py", hole)
                    results[style][fate] += 1
                    if show and fate != "exact":
                        print(f"--- {fate}: {hole.kind}, {style}\nhidden {hole.hidden!r}")
                        print(f"shown  {text!r}\nafter  {hole.after[:60]!r}")
    return results


async def restore(editor: Editor, uri: str, hole: Hole) -> tuple[str, str | None]:
    """What becomes of one hole, and the text that was shown."""
    editor.open(uri, hole.before + hole.after)
    line = hole.before.count("\n")
    column = len(_line_start(hole.before))
    items = await editor.inline(uri, line, column)
    editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    if not items:
        return "none", None
    item = items[0]
    result = accept(hole.before + hole.after, item)
    if result == hole.before + hole.hidden + hole.after:
        return "exact", item["insertText"]
    shown = item["insertText"][column - item["range"]["start"]["character"] :]
    return ("short" if hole.hidden.startswith(shown) else "wrong"), item["insertText"]


def accept(text: str, item: Mapping[str, Any]) -> str:
    """The document after an item is accepted."""
    lines = text.split("\n")
    span = item["range"]
    line = lines[span["start"]["line"]]
    head, tail = line[: span["start"]["character"]], line[span["end"]["character"] :]
    lines[span["start"]["line"]] = head + item["insertText"] + tail
    return "\n".join(lines)


def all_holes(holes: int) -> Iterator[Hole]:
    """So many holes of each kind in each file, by a fixed seed."""
    for name in _FILES:
        text = library_text(name)
        chance = random.Random(name)
        for kind, find in zip(_KINDS, _FINDERS, strict=True):
            found = list(find(text))
            for before, hidden, after in chance.sample(found, min(holes, len(found))):
                yield Hole(kind, before, hidden, after)


def _line_holes(text: str) -> Iterator[tuple[str, str, str]]:
    for start, line in _code_lines(text):
        blank = len(line) - len(line.lstrip())
        # At a word's end about half way, as a typist pauses.
        cut = line.find(" ", blank + (len(line) - blank) // 2) + 1
        if cut > blank and line[cut:].strip() and not line.rstrip().endswith(("(", "[", "{", ",")):
            yield text[: start + cut], line[cut:], text[start + len(line) :]


def _bracket_holes(text: str) -> Iterator[tuple[str, str, str]]:
    for start, line in _code_lines(text):
        opened = line.rfind("(")
        closed = line.find(")", opened)
        inside = line[opened + 1 : closed]
        if 0 < opened < closed and len(inside) > 3:
            yield text[: start + opened + 1], inside, text[start + closed :]


def _block_holes(text: str) -> Iterator[tuple[str, str, str]]:
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    for number, line in enumerate(lines):
        if not line.startswith("    ") or not line.strip() or line.strip()[0] in "#\"'":
            continue
        blank = len(line) - len(line.lstrip())
        if not lines[number - 1].rstrip().endswith(":"):
            continue
        end = number
        while end < len(lines) and (lines[end].startswith(" " * blank) and lines[end].strip()):
            end += 1
        if 2 <= end - number <= 8:
            hidden = "\n".join([line[blank:], *lines[number + 1 : end]])
            yield text[: starts[number] + blank], hidden, text[starts[end] - 1 :]


def _function_holes(text: str) -> Iterator[tuple[str, str, str]]:
    """Functions with others before and after them, in a class or not."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        head = re.match(r"( *)def ", line)
        if head is None or lines[number - 1].strip():
            continue
        inside = " " * (len(head[1]) + 1)
        end = number + 1
        while end < len(lines) and (
            lines[end].startswith((inside, f"{head[1]})")) or not lines[end]
        ):
            end += 1
        while not lines[end - 1].strip():
            end -= 1
        before = "\n".join(lines[:number]) + "\n" + head[1]
        if end < len(lines) and 2 <= end - number <= 20 and f"{head[1]}def " in before:
            hidden = "\n".join([line[len(head[1]) :], *lines[number + 1 : end]])
            yield before, hidden, "\n" + "\n".join(lines[end:])


_FINDERS = (_line_holes, _bracket_holes, _block_holes, _function_holes)


def _code_lines(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    in_text = False
    for line in text.split("\n"):
        quotes = line.count('"""')
        if not in_text and not quotes and len(line.strip()) > 15 and "#" not in line:
            yield start, line
        in_text ^= quotes % 2 == 1
        start += len(line) + 1


def _answer(text: str) -> Callable[[RecordedRequest], Reply]:
    return lambda _request: Reply(text, chunk_size=4)


def _after_line(text: str) -> str:
    return "\n" + text.partition("\n")[2].lstrip("\n")


def _line_start(before: str) -> str:
    return before[before.rfind("\n") + 1 :]


def _last_line(hole: Hole) -> str:
    whole = _line_start(hole.before) + hole.hidden
    return whole[whole.rfind("\n") + 1 :]


def _shares(counts: Counter[str]) -> list[str]:
    total = sum(counts.values())
    shares = [f"{counts[fate] / max(1, total):.1%}" for fate in ("exact", "short", "wrong", "none")]
    return [*shares, str(total)]


if __name__ == "__main__":
    main()
