"""From a request to the place that filters are told of, and back from texts to items."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial

from lsp_server.buffer import Snapshot
from lsp_server.completion.base import Ask, Item
from lsp_server.completion.origin import unix
from lsp_server.completion.trigger import wants_lines
from lsp_server.edit import make_inline_edit
from lsp_server.postprocess.base import Place
from lsp_server.settings import Completion
from lsp_server.syntax.splice import Spot, find_spot, find_spot_in
from lsp_server.syntax.tree import SyntaxTree, Tree, parse_variant

# The filters look near the cursor only; a bound keeps them quick in a large file.
_LINES_NEAR = 200
_CHARACTERS_NEAR = 50_000
# A larger file's tree would take more than a few milliseconds of each key to keep up to date.
_MOST_CHARACTERS = 200_000
_MOST_LINES = 7_000
# Of such a file so many lines above and below the cursor are parsed, and up to as many more as
# make it the same part for the next lines too: then it is parsed from what it was.
_LINES_PARSED, _STEP = 80, 16
# Slices of 25 ms at most, after which a text is judged by what stands near it.
_MOST_SLICES = 4
_WINDOW_S = 0.01
# Between two slices others have their turn, which takes them several rounds of the event loop.
_TURN_S = 0.002


def make_place(ask: Ask, settings: Completion, syntax: SyntaxTree | None = None) -> Place:
    """What stands around the cursor, and whether several lines are wanted there.

    `syntax` is the document's; without it only the lines tell.
    """
    before, after = text_around(ask, _LINES_NEAR, _LINES_NEAR)
    parse = partial(parse_document, ask.snapshot, syntax) if syntax else lambda: None
    multiline = wants_lines(ask.snapshot, ask.position, settings.multiline, parse)
    line = ask.snapshot.line_text(ask.position.line)
    is_whole = bool(line[: ask.position.column].strip()) and not line[ask.position.column :].strip()
    below = is_whole and not multiline and settings.multiline != "never"
    return Place(ask.snapshot.language, before, after, multiline, below)


def with_syntax(place: Place, ask: Ask, syntax: SyntaxTree) -> Place:
    """The place with its spot in the document's tree, brought up to date.

    A file too large to be parsed within a keystroke is judged by what stands near the cursor.
    """
    snapshot = ask.snapshot
    tree = parse_document(snapshot, syntax)
    if tree is not None:
        return replace(place, spot=find_spot(tree, snapshot, ask.position))
    return replace(place, spot=_find_spot_in_part(ask, syntax))


def _find_spot_in_part(ask: Ask, syntax: SyntaxTree) -> Spot | None:
    past = ask.position.line % _STEP
    before, after = text_around(ask, _LINES_PARSED + past, _LINES_PARSED + _STEP - past)
    tree = syntax.parse_part(ask.snapshot.language, before + after, _WINDOW_S)
    return None if tree is None else find_spot_in(tree, before, after)


def find_spot_beside(ask: Ask, syntax: SyntaxTree) -> Spot | None:
    """The spot of a snapshot that need not be the document's latest, or was only assumed.

    The document's own tree is left as it is.
    """
    snapshot, near = ask.snapshot, syntax.latest
    if near is not None and near.lines != snapshot.lines and _is_small(snapshot):
        near = parse_variant(near, snapshot.text, _WINDOW_S)
    if near is not None and near.lines == snapshot.lines:
        return find_spot(near, snapshot, ask.position)
    return _find_spot_in_part(ask, syntax)


def parse_document(snapshot: Snapshot, syntax: SyntaxTree) -> Tree | None:
    """The document's tree, brought up to date; None where that takes too long."""
    return syntax.update(snapshot) if _is_small(snapshot) else None


def _is_small(snapshot: Snapshot) -> bool:
    return len(snapshot.lines) <= _MOST_LINES and snapshot.size <= _MOST_CHARACTERS


async def parse_ahead(snapshot: Snapshot, syntax: SyntaxTree, delay: float = 0.0) -> None:
    """Bring the tree up to date, slice by slice where the file has just been opened.

    `delay` is in seconds. Where the tree is up to date already nothing is waited for.
    """
    if delay:
        await asyncio.sleep(delay)
    for _ in range(_MOST_SLICES):
        if parse_document(snapshot, syntax) is not None or not syntax.pending:
            return
        await asyncio.sleep(_TURN_S)


def text_around(ask: Ask, above: int, below: int) -> tuple[str, str]:
    """The text before and after the cursor, so many lines of it, "\\n" line ends."""
    lines, position = ask.snapshot.lines, ask.position
    line = lines[position.line]
    left, right = line[: position.column], line[position.column :]
    before = "".join(lines[max(0, position.line - above) : position.line]) + left
    after = right + "".join(lines[position.line + 1 : position.line + below])
    return unix(before[-_CHARACTERS_NEAR:]), unix(after[:_CHARACTERS_NEAR])


def make_items(ask: Ask, texts: list[str]) -> tuple[Item, ...]:
    """The texts as items for an editor, in their order."""
    return tuple(Item(text, make_inline_edit(ask.snapshot, ask.position, text)) for text in texts)
