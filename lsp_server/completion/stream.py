"""Reading a model's stream, and knowing when enough has come."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from lsp_server.postprocess.base import Place
from lsp_server.postprocess.scope import limit_to_block
from lsp_server.postprocess.size import MAX_CHARACTERS, MAX_LINES
from lsp_server.prompt.special import cut_at_control_token
from lsp_server.provider.base import Piece, Text, Usage


@dataclass(frozen=True, slots=True)
class Answer:
    """The raw text that came, and the endpoint's count where it came to its end."""

    text: str
    usage: Usage | None = None


async def read_answer(stream: AsyncGenerator[Piece, None], place: Place) -> Answer:
    """Read until the text is complete for `place`, then close the connection."""
    text = ""
    usage: Usage | None = None
    async with aclosing(stream):
        async for piece in stream:
            if isinstance(piece, Text):
                text += piece.text
                if is_complete(text, place):
                    break
            else:
                usage = piece
    return Answer(text, usage)


def is_complete(text: str, place: Place) -> bool:
    """Whether nothing that may still come would be shown."""
    if len(text) > MAX_CHARACTERS or cut_at_control_token(text) != text:
        return True
    head, newline, _ = text.lstrip("\r\n").partition("\n")
    if not place.multiline:
        return bool(newline) and bool(head.strip())
    # Only whole lines tell: the last one may still grow.
    whole, newline, _ = text.rpartition("\n")
    if whole.count("\n") > MAX_LINES:
        return True
    return bool(newline) and limit_to_block(whole, place) != whole
