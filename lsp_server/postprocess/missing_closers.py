"""Closers that a model has left out."""

from __future__ import annotations

from lsp_server.overlap import count_repeated, find_open_quote, measure_balance
from lsp_server.postprocess.base import Place
from lsp_server.postprocess.reparse import close_brackets, count_allowed

# A model's longer last line may have been broken off by the limit of tokens.
_LONGEST_LINE = 100
_LONGEST = 500
# What goes on below rather than being closed.
_GOES_ON = (",", "(", "[", "{", ":", "\\", "+", "-", "*", "/", "=", "&", "|", ".")


def add_missing_closers(text: str, place: Place) -> str:
    """Close the brackets and quotes that a whole answer leaves open on its last line.

    Only where the file parses with them and does not without. A block is left open: what belongs
    into it is still to be written.
    """
    spot = place.spot
    line = text[text.rfind("\n") + 1 :]
    if spot is None or len(line) > _LONGEST_LINE or len(text) > _LONGEST:
        return text
    if not line.strip() or line.rstrip().endswith(_GOES_ON):
        return text
    quote = find_open_quote(place.left, place.language)
    opens = measure_balance(text, place.language, quote).opens
    if not opens or "{" in opens:
        return text
    closed = text.rstrip() + close_brackets(opens)
    allowed = count_allowed(spot)
    before = spot.errors_with(text, _count_replaced(text, place))
    after = spot.errors_with(closed, _count_replaced(closed, place))
    if allowed is None or before is None or after is None:
        return text
    return closed if after <= allowed < before else text


def _count_replaced(text: str, place: Place) -> int:
    return count_repeated(place.left, text, place.right, place.language)
