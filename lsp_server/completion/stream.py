"""Reading a model's stream, and knowing when enough has come."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

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

_ANY_LINE = "\N{REPLACEMENT CHARACTER}"
# No control token is longer.
_TOKEN = 40
# Within a line only a fence can make an answer complete; backticks are looked at so often.
_MOST_LOOKS = 20


class TextSink(Protocol):
    """Takes a text as it comes."""

    def begin(self, model: str, form: Form) -> None:
        """A model is asked; what came before is void."""

    def extend(self, text: str) -> None:
        """More has come."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The raw text that came, and the endpoint's count where it came to its end."""

    text: str
    usage: Usage | None = None


class Reader:
    """Looks at a text as it comes, at the few moments at which it may have become complete."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._seen = 0
        self._looks = 0

    def has_enough(self, text: str) -> bool:
        """Whether nothing that may still come would be shown."""
        # A text that is void was followed by another.
        fresh = text[self._seen :] if len(text) > self._seen else text
        self._seen = len(text)
        if len(text) > MAX_BYTES or len(text) - text.rfind("\n") > MAX_LINE:
            return True
        if ">" in fresh and cut_at_control_token(tail := text[-len(fresh) - _TOKEN :]) != tail:
            return True
        if "\n" not in fresh:
            if "`" not in fresh or self._looks >= _MOST_LOOKS:
                return False
            self._looks += 1
        return text.count("\n") > MAX_LINES or is_complete(text, self._place)


async def read_answer(stream: AsyncGenerator[Piece, None], place: Place, sink: TextSink) -> Answer:
    """Read until the text is complete for `place`, then close the connection.

    `sink` gets each piece of text the moment it comes.
    """
    text = ""
    usage: Usage | None = None
    reader = Reader(place)
    async with aclosing(stream):
        async for piece in stream:
            if not isinstance(piece, Text):
                usage = piece
                continue
            text += piece.text
            sink.extend(piece.text)
            if reader.has_enough(text):
                break
    return Answer(text, usage)


def is_complete(text: str, place: Place) -> bool:
    """Whether nothing that may still come would be shown."""
    if cut_at_control_token(text) != text:
        return True
    code = unwrap(text, place)
    if may_repeat_prefix(code, place) or isinstance(drop_prose(code, place), Dropped):
        return False
    if code.strip() and unwrap(f"{text}\n\n|", place) == code:
        # A fence has been closed, or there are lines enough.
        return True
    if place.below and begins_below(code):
        return find_statement_end(code, place.language) is not None
    if not place.multiline:
        if place.below and not code.strip():
            return False
        return "\n" in (code if place.left.strip() else code.lstrip())
    # Only whole lines tell: the last one may still grow.
    whole = code[: code.rfind("\n") + 1]
    if limit_to_block(whole, place) != whole or cut_repetition(whole, place) != whole:
        return True
    # Whether a line repeats the suffix may rest on the next: one stands in that agrees with none.
    followed = whole + _ANY_LINE
    return cut_repeated_suffix(followed, place) != followed
