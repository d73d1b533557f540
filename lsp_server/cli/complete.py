"""`qwen-lsp complete`: one inline completion, shown in place."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from lsp_server.buffer import (
    Buffer,
    Encoding,
    Position,
    Snapshot,
    encode_position,
    strip_terminator,
)
from lsp_server.cli.session import (
    find_root,
    open_session,
    read_index,
    read_settings,
    wait_until_ready,
)
from lsp_server.cli.terminal import (
    make_printable,
    open_output,
    print_json,
    print_message,
    print_prose,
    show_progress,
    shows_colour,
)
from lsp_server.cli.view import MARKS, Ghost, Style, render_code
from lsp_server.completion.base import Outcome
from lsp_server.errors import UserError
from lsp_server.syntax.grammars import language_of_path
from lsp_server.uris import path_of

_USAGE = "qwen-lsp complete [--json] FILE:LINE[:COL]"
_EPILOG = f"""\
Without colours (in a pipe, or with NO_COLOR) ghost text stands between {MARKS[0]} and {MARKS[1]}.
Exit code 0 with a suggestion, 1 with none, 2 for wrong use.

example: qwen-lsp complete src/app.py:20:9"""

# `C:\\x.py:3` has its drive in the file, since what follows a drive's colon is no number.
_PLACE = re.compile(r"(?P<file>.+?):(?P<line>\d{1,9})(?::(?P<column>\d{1,9}))?", re.DOTALL)
_LINES_AROUND = 4
# What is longer is data: an editor would not open it either.
_MAX_BYTES = 50_000_000
# How long the project may be searched for what is like the place, in seconds.
_GATHERING_S = 2.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where to complete: line and column from 1, `column` None at the line's end."""

    file: Path
    line: int
    column: int | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The place, and the form of the answer."""
    # Written out: argparse cannot fold a usage line that has brackets in a name.
    parser.usage = _USAGE
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument(
        "place",
        metavar="FILE:LINE[:COL]",
        help="line and column count from 1; without a column, the end of the line",
    )
    parser.add_argument("--json", action="store_true", help="the items, milliseconds and reason")


def run(arguments: argparse.Namespace) -> int:
    """Ask once, and show what an editor would show."""
    place = parse_place(arguments.place)
    snapshot = read_snapshot(place.file)
    position = find_position(place, snapshot)
    outcome = asyncio.run(_ask(snapshot, position))
    if arguments.json:
        print_json(describe(outcome, snapshot))
    elif outcome.items:
        _show(outcome, snapshot, position)
    else:
        print_message(f"No suggestion. {outcome.reason}")
    return 0 if outcome.items else 1


def parse_place(text: str) -> Place:
    """`FILE:LINE[:COL]`; raises `UserError`."""
    match = _PLACE.fullmatch(text)
    if match is None:
        raise UserError(
            f"{make_printable(text)} names no place; write FILE:LINE or FILE:LINE:COL, such as "
            "src/app.py:20."
        )
    line, column = int(match["line"]), match["column"] and int(match["column"])
    if line < 1 or column == 0:
        raise UserError("Lines and columns count from 1.")
    return Place(Path(match["file"]), line, column or None)


def read_snapshot(file: Path) -> Snapshot:
    """The file as an editor opens it; raises `UserError` where it is not to be had as text."""
    name = make_printable(str(file))
    try:
        if not file.exists():
            raise UserError(f"There is no file {name}.")
        if not file.is_file():
            raise UserError(f"{name} is no file.")
        if file.stat().st_size > _MAX_BYTES:
            raise UserError(f"{name} is too large to be code that somebody writes.")
        content = file.read_bytes()
    except OSError as error:
        raise UserError(f"{name} cannot be read ({error.strerror}).") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UserError(f"{name} is no UTF-8 text.") from None
    if "\0" in text:
        raise UserError(f"{name} is no text.")
    path = Path(os.path.abspath(file))
    return Buffer(path.as_uri(), 1, language_of_path(path), text, Encoding.UTF32).snapshot()


def find_position(place: Place, snapshot: Snapshot) -> Position:
    """The place in the text; raises `UserError` where the text does not have it."""
    name = make_printable(str(place.file))
    if place.line > len(snapshot.lines):
        # The last line ends the text; where it is empty, nobody counts it.
        count = len(snapshot.lines) - (snapshot.lines[-1] == "")
        raise UserError(f"{name} has {_count(count, 'line')}, so there is no line {place.line}.")
    length = len(snapshot.line_text(place.line - 1))
    column = length if place.column is None else place.column - 1
    if column > length:
        raise UserError(
            f"Line {place.line} of {name} has {_count(length, 'character')}, so its columns go "
            f"up to {length + 1}."
        )
    return Position(place.line - 1, column)


def describe(outcome: Outcome, snapshot: Snapshot) -> dict[str, object]:
    """`{"items": [{"text", "range", "engine", "model"}], "ms", "reason"}`.

    `text` takes the place of `range`, an LSP range: from 0, columns in UTF-16 units.
    """

    def describe_position(position: Position) -> dict[str, int]:
        line, character = encode_position(snapshot, position, Encoding.UTF16)
        return {"line": line, "character": character}

    items = [
        {
            "text": item.edit.text,
            "range": {
                "start": describe_position(item.edit.start),
                "end": describe_position(item.edit.end),
            },
            "engine": outcome.engine,
            "model": outcome.model,
        }
        for item in outcome.items
    ]
    return {"items": items, "ms": outcome.ms, "reason": outcome.reason}


async def _ask(snapshot: Snapshot, position: Position) -> Outcome:
    resolved = read_settings()
    for problem in resolved.problems:
        print_message(problem)
    file = path_of(snapshot.uri)
    assert file is not None
    async with open_session(find_root(file), resolved, print_message) as session:
        session.open(
            snapshot.uri, snapshot.language, snapshot.version, snapshot.text, Encoding.UTF32
        )
        await wait_until_ready(session)
        if session.hosted is not None:
            with show_progress("Reading the project …"):
                await read_index(session)
                # A request waits for milliseconds, and the process that is asked is new.
                await session.gather_ahead(snapshot.uri, position, _GATHERING_S)
        return await session.complete(snapshot.uri, position, explicit=True)


def _show(outcome: Outcome, snapshot: Snapshot, position: Position) -> None:
    console = open_output()
    item = outcome.items[0]
    ghost = Ghost(position.line, position.column, item.text, item.edit.end.column - position.column)
    lines = [strip_terminator(line) for line in snapshot.lines]
    style = Style(coloured=shows_colour(console))
    for line in render_code(snapshot.uri, lines, ghost, style, around=_LINES_AROUND):
        console.print(line, soft_wrap=True)
    print_prose(console, Text(summarise(outcome), style="bright_black"))


def summarise(outcome: Outcome) -> str:
    """Engine, model, milliseconds and reason on one line."""
    who = outcome.engine if outcome.model is None else f"{outcome.engine}, {outcome.model}"
    return make_printable(f"{who}, {outcome.ms:g} ms: {outcome.reason}")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
