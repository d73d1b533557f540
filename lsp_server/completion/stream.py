"""Reading a model's stream, and knowing when enough has come."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Protocol

from lsp_server.indentation import measure_indentation
from lsp_server.postprocess import unwrap
from lsp_server.postprocess.base import Dropped, Place
from lsp_server.postprocess.prose import drop_prose
from lsp_server.postprocess.repeated_prefix import may_repeat_prefix
from lsp_server.postprocess.repeated_suffix import cut_repeated_suffix
from lsp_server.postprocess.repetition import cut_repetition
from lsp_server.postprocess.scope import limit_to_block
from lsp_server.postprocess.size import MAX_BYTES, MAX_LINE, MAX_LINES
from lsp_server.postprocess.statement import begins_below, find_statement_end
from lsp_server.prompt.base import Form
from lsp_server.prompt.special import cut_at_control_token
from lsp_server.provider.base import Piece, Text, Usage
from lsp_server.syntax.splice import Spot

_ANY_LINE = "\N{REPLACEMENT CHARACTER}"
# No control token is longer.
_TOKEN = 40
# Backticks are looked at so often.
_MOST_LOOKS = 20
# Looking at the tree takes some 0.5 ms a line; an answer that has taken so much, in seconds of the
# processor, is read on by its lines alone.
_MOST_TREE_S = 0.008
# So many rounds of the event loop it takes from the end of an answer to the reply. The connection,
# which takes as long to close as half of all the filters, is closed after it.
_ROUNDS = 4
# A line whose first word has come whole; one of closers may still open a block, as `} else {` does.
_BEGUN = re.compile(r"[ \t]*(?!end\b)(?:\w+\W|[@#]\w)")


class TextSink(Protocol):
    """Takes a text as it comes."""

    def begin(self, model: str, form: Form) -> None:
        """A model is asked; what came before is void."""

    def extend(self, text: str) -> None:
        """More has come."""

    def end(self) -> None:
        """Enough has come; the connection is about to be closed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The raw text that came, and the endpoint's count where it came to its end."""

    text: str
    usage: Usage | None = None


def no_spot() -> Spot | None:
    """The lines alone tell."""
    return None


class Reader:
    """Looks at a text as it comes, at the few moments at which it may have become complete.

    `find_spot` gives the place in the file's tree; it is called once, when a line has come.
    """

    def __init__(self, place: Place, find_spot: Callable[[], Spot | None] = no_spot) -> None:
        self._place = place
        self._find_spot = find_spot
        self._knows_tree = False
        self._tree_s = 0.0
        self._seen = 0
        self._looks = 0
        self._begun = -1

    def has_enough(self, text: str) -> bool:
        """Whether nothing that may still come would be shown."""
        # A text that is void was followed by another.
        fresh = text[self._seen :] if len(text) > self._seen else text
        self._seen = len(text)
        line = text[text.rfind("\n") + 1 :]
        if len(text) > MAX_BYTES or len(line) >= MAX_LINE:
            return True
        if ">" in fresh and cut_at_control_token(tail := text[-len(fresh) - _TOKEN :]) != tail:
            return True
        if "\n" not in fresh and not self._is_worth_a_look(text, fresh, line):
            return False
        return text.count("\n") > MAX_LINES or self._is_complete(text)

    def _is_worth_a_look(self, text: str, fresh: str, line: str) -> bool:
        """Whether an answer may have become complete within a line: by a fence, or because the
        line begins outside the block."""
        if "`" in fresh and self._looks < _MOST_LOOKS:
            self._looks += 1
            return True
        start = len(text) - len(line)
        if not (self._place.multiline and start and start != self._begun and _BEGUN.match(line)):
            return False
        self._begun = start
        return measure_indentation(line) <= measure_indentation(self._place.left)

    def _is_complete(self, text: str) -> bool:
        if not self._may_end(text):
            return is_complete(text, replace(self._place, spot=None))
        if not self._knows_tree:
            self._knows_tree = True
            self._place = replace(self._place, spot=self._find_spot())
        started = time.thread_time()
        found = is_complete(text, self._place)
        self._tree_s += time.thread_time() - started
        if self._tree_s > _MOST_TREE_S:
            self._place = replace(self._place, spot=None)
        return found

    def _may_end(self, text: str) -> bool:
        """Whether the tree is worth being asked: lines that stand deeper end nothing."""
        if not self._place.multiline:
            return self._place.below and begins_below(text)
        lines = [line for line in text.split("\n")[1:] if line.strip()]
        depth = measure_indentation(self._place.left)
        return any(measure_indentation(line) <= depth for line in lines[-2:])


async def read_answer(
    stream: AsyncGenerator[Piece, None], reader: Reader, sink: TextSink
) -> Answer:
    """Read until the text is complete for the reader's place, then close the connection.

    `sink` gets each piece of text the moment it comes.
    """
    text = ""
    usage: Usage | None = None
    async with aclosing(stream):
        async for piece in stream:
            if not isinstance(piece, Text):
                usage = piece
                continue
            text += piece.text
            sink.extend(piece.text)
            if reader.has_enough(text):
                sink.end()
                for _ in range(_ROUNDS):
                    await asyncio.sleep(0)
                break
    return Answer(text, usage)


def is_complete(text: str, place: Place) -> bool:
    """Whether nothing that may still come would be shown."""
    if cut_at_control_token(text) != text:
        return True
    code = unwrap(text, place)
    if may_repeat_prefix(code, place) or isinstance(drop_prose(code, place), Dropped):
        return False
    is_line_whole = "\n" in (code if place.left.strip() else code.lstrip())
    if is_line_whole and not (place.multiline or place.below):
        return True
    if code.strip() and unwrap(f"{text}\n\n|", place) == code:
        # A fence has been closed, or there are lines enough.
        return True
    if place.below and begins_below(code):
        return find_statement_end(code, place) is not None
    if not place.multiline:
        return is_line_whole and not (place.below and not code.strip())
    # Whole lines tell, and with its first word where a line stands: the last one may still grow.
    line_start = code.rfind("\n") + 1
    whole = code[:line_start]
    begun = _BEGUN.match(code, line_start) if line_start else None
    followed = whole if begun is None else code[: begun.end()]
    if limit_to_block(followed, place) != followed or cut_repetition(whole, place) != whole:
        return True
    # Whether a line repeats the suffix may rest on the next: one stands in that agrees with none.
    followed = whole + _ANY_LINE
    return cut_repeated_suffix(followed, place) != followed
