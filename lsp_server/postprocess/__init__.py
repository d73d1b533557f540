"""A model's answer -> the text worth showing: the ordered list of filters is the recipe."""

from __future__ import annotations

from lsp_server.postprocess.base import Dropped, Filter, Place
from lsp_server.postprocess.control_tokens import cut_control_tokens
from lsp_server.postprocess.empty import drop_empty
from lsp_server.postprocess.fences import strip_fences
from lsp_server.postprocess.hidden_characters import drop_hidden_characters
from lsp_server.postprocess.line_ends import normalise_line_ends
from lsp_server.postprocess.repeated_prefix import drop_repeated_prefix
from lsp_server.postprocess.repeated_suffix import cut_repeated_suffix
from lsp_server.postprocess.repetition import cut_repetition
from lsp_server.postprocess.scope import limit_to_block
from lsp_server.postprocess.single_line import limit_to_line
from lsp_server.postprocess.size import limit_size

FILTERS: tuple[Filter, ...] = (
    limit_size,
    normalise_line_ends,
    cut_control_tokens,
    drop_hidden_characters,
    strip_fences,
    drop_repeated_prefix,
    limit_to_line,
    limit_to_block,
    cut_repeated_suffix,
    cut_repetition,
    drop_empty,
)


def refine(text: str, place: Place) -> str | Dropped:
    """Run all filters in order; the first that drops the text ends it."""
    for apply in FILTERS:
        result = apply(text, place)
        if isinstance(result, Dropped):
            return result
        text = result
    return text
