"""A model's answer -> the text worth showing: the ordered list of filters is the recipe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lsp_server.postprocess.base import Dropped, Filter, Place
from lsp_server.postprocess.control_tokens import cut_control_tokens
from lsp_server.postprocess.empty import NOTHING, drop_empty
from lsp_server.postprocess.fences import strip_fences
from lsp_server.postprocess.hidden_characters import drop_hidden_characters
from lsp_server.postprocess.leading_blank import strip_leading_blank
from lsp_server.postprocess.line_ends import normalise_line_ends
from lsp_server.postprocess.missing_closers import add_missing_closers
from lsp_server.postprocess.placeholders import cut_placeholders
from lsp_server.postprocess.prose import drop_prose
from lsp_server.postprocess.reparse import keep_parsing
from lsp_server.postprocess.repeated_prefix import drop_repeated_prefix
from lsp_server.postprocess.repeated_suffix import cut_repeated_suffix
from lsp_server.postprocess.repetition import cut_repetition
from lsp_server.postprocess.scope import limit_to_block
from lsp_server.postprocess.single_line import limit_to_line
from lsp_server.postprocess.size import limit_size
from lsp_server.postprocess.tabs import match_tabs

# These take off what stands around the code; a stream is read through them while it comes.
UNWRAPPING: tuple[Filter, ...] = (
    limit_size,
    normalise_line_ends,
    cut_control_tokens,
    strip_fences,
    match_tabs,
    drop_repeated_prefix,
    strip_leading_blank,
)
FILTERS: tuple[Filter, ...] = (
    *UNWRAPPING,
    drop_hidden_characters,
    cut_placeholders,
    drop_prose,
    limit_to_line,
    limit_to_block,
    cut_repeated_suffix,
    cut_repetition,
    keep_parsing,
    drop_empty,
)

# Why nothing is left where a filter takes all of a text.
_WHY_NOTHING_IS_LEFT: Mapping[Filter, str] = {
    cut_control_tokens: "The model wrote nothing before a control token.",
    strip_fences: "The model wrote nothing before the end of its code.",
    drop_repeated_prefix: "The model only repeated what stands before the cursor.",
    limit_to_block: "The model went on outside the block that the cursor is in.",
}


def refine(text: str, place: Place) -> str | Dropped:
    """Run all filters in order; the first that drops the text ends it.

    An answer that is shown as a whole, to the end that the model gave it, may lack closers. One
    that goes on with another line has perhaps been read no further.
    """
    refined = _run(FILTERS, text, place)
    if isinstance(refined, Dropped) or refined.rstrip() != unwrap(text, place).rstrip(" \t"):
        return refined
    return add_missing_closers(refined, place)


def unwrap(text: str, place: Place) -> str:
    """The code in the beginning of an answer, as far as it has come."""
    code = _run(UNWRAPPING, text, place)
    return "" if isinstance(code, Dropped) else code


def _run(filters: Iterable[Filter], text: str, place: Place) -> str | Dropped:
    for apply in filters:
        result = apply(text, place)
        if isinstance(result, Dropped):
            return result
        if text.strip() and not result.strip():
            return Dropped(_WHY_NOTHING_IS_LEFT.get(apply, NOTHING))
        text = result
    return text
