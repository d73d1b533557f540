"""Where `qwen-lsp demo` shows its editor: repainted on a terminal, printed once in a pipe."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.text import Text

from lsp_server.buffer import Position, Snapshot, strip_terminator
from lsp_server.cli.demo_editor import Shown
from lsp_server.cli.terminal import make_printable, print_prose, shows_colour
from lsp_server.cli.view import Ghost, Style, render_code

_LINES_AROUND = 5


class Stage(Protocol):
    """`key_s` is the pause between two keys, `look_s` the time to look, both in seconds."""

    key_s: float
    look_s: float

    def show(self, snapshot: Snapshot, cursor: Position, shown: Shown | None, caption: str) -> None:
        """The document as it is now, and a line about it."""


@contextlib.contextmanager
def open_stage(title: str, console: Console) -> Iterator[Stage]:
    """A stage for one scene; what was shown last stays."""
    if not console.is_terminal or console.is_dumb_terminal:
        page = _Page(title, console)
        yield page
        page.close()
        return
    with Live(console=console, auto_refresh=False) as live:
        yield _Screen(title, console, live)


class _Screen:
    key_s = 0.05
    look_s = 1.0

    def __init__(self, title: str, console: Console, live: Live) -> None:
        self._title = title
        self._live = live
        self._style = Style(shows_colour(console), cursor=True)

    def show(self, snapshot: Snapshot, cursor: Position, shown: Shown | None, caption: str) -> None:
        lines = _paint(self._title, snapshot, cursor, shown, self._style)
        for line in lines:
            line.no_wrap, line.overflow = True, "ellipsis"
        panel = Panel(
            Group(*lines),
            title=self._title,
            title_align="left",
            subtitle=Text(make_printable(caption)),
            subtitle_align="left",
            border_style="bright_black",
        )
        self._live.update(panel, refresh=True)


class _Page:
    key_s = 0.015
    look_s = 0.0

    def __init__(self, title: str, console: Console) -> None:
        self._title = title
        self._console = console
        self._lines: list[Text] = []
        self._caption = ""

    def show(self, snapshot: Snapshot, cursor: Position, shown: Shown | None, caption: str) -> None:
        self._lines = _paint(self._title, snapshot, cursor, shown, Style(coloured=False))
        self._caption = make_printable(caption)

    def close(self) -> None:
        print_prose(self._console, self._title)
        for line in self._lines:
            self._console.print(line, soft_wrap=True)
        print_prose(self._console, f"[{self._caption}]")


def _paint(
    title: str, snapshot: Snapshot, cursor: Position, shown: Shown | None, style: Style
) -> list[Text]:
    ghost = shown.ghost if shown else Ghost(cursor.line, cursor.column, "")
    lines = [strip_terminator(line) for line in snapshot.lines]
    return render_code(title, lines, ghost, style, around=_LINES_AROUND)
