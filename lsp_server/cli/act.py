"""What `fix`, `refactor`, `explain`, `doc` and `test` share: a code action without an editor."""

from __future__ import annotations

import argparse
import asyncio
import difflib
import json
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown
from rich.text import Text

from lsp_server.actions.base import (
    ActionRequest,
    ActionResult,
    Diagnostic,
    FileEdit,
    Kind,
    Step,
)
from lsp_server.actions.diagnostics import read_diagnostics_file
from lsp_server.buffer import Position, Snapshot
from lsp_server.cli.complete import read_snapshot
from lsp_server.cli.desk import open_desk
from lsp_server.cli.preview import show_prompt
from lsp_server.cli.session import read_index, read_settings
from lsp_server.cli.terminal import (
    make_printable,
    open_messages,
    open_output,
    print_json,
    print_prose,
    show_progress,
    shows_colour,
)
from lsp_server.errors import UserError
from lsp_server.uris import path_of

_PLACE = re.compile(r"(?P<file>.+?)(?::(?P<first>\d{1,9})(?:-(?P<last>\d{1,9}))?)?", re.DOTALL)
_COLOURS = {"+": "green", "-": "red", "@": "cyan"}
_MAX_DIAGNOSTICS_BYTES = 50_000_000
_DONE, _NOTHING, _WRONG_USE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Lines:
    """A file, and the lines from 1 that the action is about; None for all of it."""

    file: Path
    first: int | None = None
    last: int | None = None


def add_action_arguments(parser: argparse.ArgumentParser, kind: Kind) -> None:
    """The place, the wish and the form of the answer."""
    name = parser.prog.rpartition(" ")[2]
    options = " [--diagnostics FILE]" if kind == "fix" else ""
    apply = "" if kind == "explain" else "--apply | "
    parser.usage = (
        f"qwen-lsp {name} [--instruction TEXT]{options} [{apply}--show-prompt] [--json] "
        "FILE[:LINE[-LINE]]"
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    what = "prints Markdown" if kind == "explain" else "prints a unified diff; --apply writes it"
    parser.epilog = (
        f"It {what}. Exit code 0 done, 1 no acceptable change, 2 wrong use or no usable model.\n\n"
        f"example: qwen-lsp {name} src/app.py:20-34"
    )
    parser.add_argument(
        "place",
        metavar="FILE[:LINE[-LINE]]",
        help="lines count from 1; one line means its function",
    )
    parser.add_argument("--instruction", metavar="TEXT", default="", help="what you want, in words")
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    ends = parser.add_mutually_exclusive_group()
    ends.add_argument(
        "--show-prompt", action="store_true", help="show what a model would be told, and ask none"
    )
    if kind != "explain":
        ends.add_argument("--apply", action="store_true", help="write the change to the file")
    if kind == "fix":
        parser.add_argument(
            "--diagnostics",
            metavar="FILE",
            type=Path,
            help="what to fix, as SARIF or LSP JSON; without it, the file's own syntax errors",
        )


def run_action(arguments: argparse.Namespace, kind: Kind) -> int:
    """Perform the action, show what it comes to, and write it where that is asked for."""
    place = parse_lines(arguments.place)
    snapshot = read_snapshot(place.file)
    diagnostics: tuple[Diagnostic, ...] = ()
    if getattr(arguments, "diagnostics", None) is not None:
        diagnostics = read_diagnostics(arguments.diagnostics, snapshot)
    start, end = find_range(place, snapshot)
    request = ActionRequest(
        kind,
        snapshot,
        "",
        start,
        end,
        arguments.instruction.strip(),
        diagnostics,
    )
    if arguments.show_prompt:
        return show_prompt(request, as_json=arguments.json)
    result, is_usable = asyncio.run(_perform(request))
    applies = bool(getattr(arguments, "apply", False)) and result.status == "applied"
    if applies and result.file is not None:
        write_file(result.file)
    if arguments.json:
        print_json(describe(result, applied=applies))
    else:
        _show(result, applied=applies)
    if result.status == "applied":
        return _DONE
    return _NOTHING if is_usable else _WRONG_USE


def parse_lines(text: str) -> Lines:
    """`FILE[:L1[-L2]]`; raises `UserError`."""
    match = _PLACE.fullmatch(text)
    if match is None:
        raise UserError("Name a file, such as src/app.py or src/app.py:20-34.")
    if match["first"] is None or Path(text).is_file():
        return Lines(Path(text))
    first = int(match["first"])
    last = int(match["last"]) if match["last"] else first
    if first < 1:
        raise UserError("Lines count from 1.")
    if last < first:
        raise UserError(f"The lines {first}-{last} run backwards; write {last}-{first}.")
    return Lines(Path(match["file"]), first, last)


def find_range(place: Lines, snapshot: Snapshot) -> tuple[Position | None, Position | None]:
    """The selection that the lines mean: one line is a cursor, several are selected whole."""
    if place.first is None or place.last is None:
        return None, None
    count = len(snapshot.lines) - (snapshot.lines[-1] == "")
    if place.last > max(count, 1):
        name = make_printable(str(place.file))
        noun = "line" if count == 1 else "lines"
        raise UserError(f"{name} has {count} {noun}, so there is no line {place.last}.")
    last = Position(place.last - 1, len(snapshot.line_text(place.last - 1)))
    if place.first == place.last:
        return last, last
    return Position(place.first - 1, 0), last


def read_diagnostics(file: Path, snapshot: Snapshot) -> tuple[Diagnostic, ...]:
    """The file's diagnostics for the document; raises `UserError` where it holds none."""
    name = make_printable(str(file))
    try:
        if file.stat().st_size > _MAX_DIAGNOSTICS_BYTES:
            raise UserError(f"{name} is too large to be a file of diagnostics.")
        tree = json.loads(file.read_bytes().decode("utf-8-sig"))
        found = read_diagnostics_file(tree, snapshot)
    except OSError as error:
        raise UserError(f"{name} cannot be read ({error.strerror}).") from None
    except (ValueError, RecursionError):
        raise UserError(
            f"{name} holds no diagnostics; give SARIF, or LSP diagnostics as JSON."
        ) from None
    if not found:
        raise UserError(f"{name} holds no diagnostic for this file.", _NOTHING)
    return found


def describe(result: ActionResult, *, applied: bool) -> dict[str, object]:
    """`{status, reason, model, diff?, file?, applied?, markdown?, notes}`."""
    described: dict[str, object] = {
        "status": result.status,
        "reason": result.reason,
        "model": result.model,
        "notes": list(result.notes),
    }
    if result.file is not None:
        described["file"] = str(path_of(result.file.uri))
        described["diff"] = make_diff(result.file)
        described["applied"] = applied
    if result.markdown is not None:
        described["markdown"] = result.markdown
    return described


def make_diff(file: FileEdit) -> str:
    """The unified diff, with paths relative to the current folder, as `patch -p1` takes them."""
    path = path_of(file.uri)
    name = file.uri
    if path is not None:
        relative = os.path.relpath(path) if _is_near(path) else str(path).lstrip("/")
        name = Path(relative).as_posix()
    old_name = "/dev/null" if file.creates else f"a/{name}"
    before, after = _lines(file.before), _lines(file.after)
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        for line in difflib.unified_diff(before, after, old_name, f"b/{name}")
    )


def write_file(file: FileEdit) -> None:
    """Write the new text in the file's place, all or nothing; raises `UserError`.

    A file that has changed since it was read stays as it is.
    """
    path = path_of(file.uri)
    assert path is not None
    target = Path(os.path.realpath(path))
    try:
        if file.creates:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("x", encoding="utf-8", newline="") as created:
                created.write(file.after)
            return
        content = target.read_bytes()
        mark = b"\xef\xbb\xbf" if content.startswith(b"\xef\xbb\xbf") else b""
        if content != mark + file.before.encode():
            raise UserError(f"{path} has changed meanwhile and was left as it is.", _NOTHING)
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(mark + file.after.encode())
            os.chmod(temporary, target.stat().st_mode & 0o7777)
            os.replace(temporary, target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UserError(f"{path} cannot be written ({error.strerror}).", _NOTHING) from None


async def _perform(request: ActionRequest) -> tuple[ActionResult, bool]:
    """The result, and whether there was a model to ask."""
    async with open_desk(request, read_settings()) as (session, desk, asked):
        with show_progress("Reading the project and looking for a model …"):
            await session.wait_until_connected()
            if session.hosted is not None:
                await read_index(session)
        console = open_messages()
        is_shown = console.is_terminal
        with console.status("Reading the code …") if is_shown else _Quiet() as status:

            def report(step: Step) -> None:
                if is_shown:
                    told = f" ({step.characters:,} characters)" if step.characters else ""
                    status.update(Text(make_printable(f"{step.message}{told}")))

            result = await desk.perform(asked, report)
        return result, session.hosted is not None


class _Quiet:
    """No status where nobody watches."""

    def __enter__(self) -> _Quiet:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def update(self, _text: Text) -> None:
        return None


def _show(result: ActionResult, *, applied: bool) -> None:
    if result.markdown is not None:
        console = open_output()
        if console.is_terminal:
            console.print(Markdown(make_printable(result.markdown), hyperlinks=False))
        else:
            print(make_printable(result.markdown))
    if result.file is not None:
        show_diff(open_output(), make_diff(result.file))
    if result.status != "applied" or result.file is not None:
        done = " It is written." if applied else ""
        reason = result.reason or result.status
        print_prose(open_messages(), make_printable(f"{reason}{done}"))
    for note in result.notes:
        print_prose(open_messages(), make_printable(f"Note: {note}"))


def show_diff(console: Console, diff: str) -> None:
    """A diff in colour on a terminal, and byte for byte in a pipe."""
    if not shows_colour(console):
        console.file.write(diff)
        return
    for line in diff.split("\n")[:-1]:
        style = "bold" if line.startswith(("+++", "---")) else _COLOURS.get(line[:1], "")
        console.print(Text(make_printable(line), style=style), soft_wrap=True)


def _lines(text: str) -> list[str]:
    """Lines by "\\n" alone, as patches have them."""
    lines = text.split("\n")
    last = lines.pop()
    return [f"{line}\n" for line in lines] + ([last] if last else [])


def _is_near(path: Path) -> bool:
    try:
        return path.is_relative_to(Path.cwd())
    except OSError:
        return False
