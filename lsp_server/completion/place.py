"""From a request to the place that filters are told of, and back from texts to items."""

from __future__ import annotations

from lsp_server.completion.base import Ask, Item
from lsp_server.completion.origin import unix
from lsp_server.completion.trigger import wants_lines
from lsp_server.edit import make_inline_edit
from lsp_server.postprocess.base import Place
from lsp_server.settings import Completion

# The filters look near the cursor only; a bound keeps them quick in a large file.
_LINES_NEAR = 200


def make_place(ask: Ask, settings: Completion) -> Place:
    """What stands around the cursor, and whether several lines are wanted there."""
    before, after = text_around(ask, _LINES_NEAR, _LINES_NEAR)
    multiline = wants_lines(ask.snapshot, ask.position, settings.multiline)
    return Place(ask.snapshot.language, before, after, multiline)


def text_around(ask: Ask, above: int, below: int) -> tuple[str, str]:
    """The text before and after the cursor, so many lines of it, "\\n" line ends."""
    lines, position = ask.snapshot.lines, ask.position
    line = lines[position.line]
    before = "".join(lines[max(0, position.line - above) : position.line])
    after = "".join(lines[position.line + 1 : position.line + below])
    return unix(before + line[: position.column]), unix(line[position.column :] + after)


def make_items(ask: Ask, texts: list[str]) -> tuple[Item, ...]:
    """The texts as items for an editor, in their order."""
    return tuple(Item(text, make_inline_edit(ask.snapshot, ask.position, text)) for text in texts)
