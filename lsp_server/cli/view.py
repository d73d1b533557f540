"""Code with ghost text in its place, as an editor shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.syntax import Syntax
from rich.text import Text

from lsp_server.cli.terminal import make_printable

# How ghost text is told apart without colour: `git diff --word-diff` marks what is new so.
MARKS = ("{+", "+}")

_GHOST = "italic cyan"
_GUTTER = "bright_black"
_CURSOR = "▏"
# Colours of the terminal's own palette, so that they suit a light and a dark one.
_THEME = "ansi_dark"
# Longer files are shown without colours: reading them takes longer than answering.
_MAX_COLOURED = 200_000


@dataclass(frozen=True, slots=True)
class Ghost:
    """Text at a place, both from 0; it stands for `covered` characters right of the place too."""

    line: int
    column: int
    text: str
    covered: int = 0


@dataclass(frozen=True, slots=True)
class Style:
    """How to show it: in colours or with `MARKS`, and whether a cursor is drawn."""

    coloured: bool
    cursor: bool = False


def render_code(
    path: str, lines: Sequence[str], ghost: Ghost, style: Style, *, around: int
) -> list[Text]:
    """The line of `ghost` with `around` lines on each side, numbered from 1 in a gutter.

    `lines` come without their terminators. The ghost text's own lines have no number.
    """
    first = max(0, ghost.line - around)
    last = min(len(lines), ghost.line + around + 1)
    width = len(str(last))
    rendered = []
    coloured = _colour(path, lines, first, last) if style.coloured else _plain(lines[first:last])
    for number, line in enumerate(coloured, start=first):
        if number != ghost.line:
            rendered.append(Text.assemble(*_gutter(str(number + 1), width), line))
            continue
        column = len(make_printable(lines[number][: ghost.column]))
        covered = len(make_printable(lines[number][: ghost.column + ghost.covered]))
        pieces = _style_ghost(ghost.text, style)
        cursor = (_CURSOR, "bold") if style.cursor else ""
        pieces[0] = Text.assemble(line[:column], cursor, pieces[0])
        pieces[-1] = Text.assemble(pieces[-1], line[covered:])
        numbers = [str(number + 1)] + [""] * (len(pieces) - 1)
        rendered += [
            Text.assemble(*_gutter(label, width, is_current=True), piece)
            for label, piece in zip(numbers, pieces, strict=True)
        ]
    return rendered


def _style_ghost(text: str, style: Style) -> list[Text]:
    lines = make_printable(text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    if style.coloured:
        return [Text(line, style=_GHOST) for line in lines]
    opening, closing = MARKS if text else ("", "")
    lines[0] = opening + lines[0]
    lines[-1] += closing
    return [Text(line) for line in lines]


def _gutter(number: str, width: int, *, is_current: bool = False) -> tuple[tuple[str, str], ...]:
    return (f"{number:>{width + 1}} ", "bold" if is_current else _GUTTER), ("│ ", _GUTTER)


def _plain(lines: Sequence[str]) -> list[Text]:
    return [Text(make_printable(line)) for line in lines]


def _colour(path: str, lines: Sequence[str], first: int, last: int) -> list[Text]:
    """Lines `first` to `last` in colours; read from the top, since a string may begin above."""
    source = "\n".join(make_printable(line) for line in lines[:last])
    if len(source) > _MAX_COLOURED:
        return _plain(lines[first:last])
    syntax = Syntax(source, Syntax.guess_lexer(path), theme=_THEME, background_color="default")
    coloured = list(syntax.highlight(source).split("\n", allow_blank=True))[first:last]
    if [line.plain for line in coloured] != [make_printable(line) for line in lines[first:last]]:
        # A lexer that changes the text is not to be trusted: what is shown has to be the file.
        return _plain(lines[first:last])
    return coloured
