"""What stands around the cursor, encoded like the corpus."""

from __future__ import annotations

from dataclasses import dataclass

from lsp_server.embedded.corpus import Document, encode_document
from lsp_server.embedded.tokens import (
    LONGEST_LINE,
    Vocabulary,
    indent_width,
    last_word,
    leading_space,
    line_mark,
    names_in,
    with_newlines,
)

_OPENERS = (":", "{", "(", "[")
_LOOK_ABOVE = 400
_USUAL_INDENT = "    "


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place to suggest for."""

    head: str  # the current line left of the cursor, with its indentation
    tail: str  # the current line right of the cursor, stripped
    partial: str  # the word the cursor is at the end of, perhaps unfinished
    indent: int  # of the current line, in columns
    line: str  # tokens of the current line left of the partial word
    context: str  # all tokens left of the partial word; holds at least one line mark
    shape: str  # the shape of `context`
    above: Document  # the lines above
    below: Document  # the lines below
    header: str  # tokens of the nearest line above that is less indented
    names: frozenset[str]  # all names in what was given of this file


def encode_cursor(vocabulary: Vocabulary, path: str, before: str, after: str) -> Cursor | None:
    """None where the line is too long to be code that someone writes."""
    text_above, _, head = with_newlines(before).rpartition("\n")
    tail, _, text_below = with_newlines(after).partition("\n")
    if len(head) + len(tail) > LONGEST_LINE:
        return None
    above = encode_document(vocabulary, path, text_above)
    indent = indent_width(head)
    partial = last_word(head)
    _, line, line_shape = vocabulary.encode_line(head[: len(head) - len(partial)])
    below = encode_document(vocabulary, path, text_below, indent)
    mark = line_mark(indent, above.line_indents[-1] if above.line_indents else 0)
    return Cursor(
        head=head,
        tail=tail.strip(),
        partial=partial,
        indent=indent,
        line=line,
        context=above.tokens + mark + line,
        shape=above.shape + mark + line_shape,
        above=above,
        below=below,
        header=above.header_above(len(above.line_tokens), indent),
        names=names_in(above.tokens) | names_in(below.tokens) | names_in(line),
    )


def indent_below(before: str) -> str:
    """The leading space that a line below the last one of this text would have."""
    lines = [line for line in with_newlines(before).split("\n")[-_LOOK_ABOVE:] if line.strip()]
    if not lines:
        return ""
    space = leading_space(lines[-1])
    if not lines[-1].rstrip().endswith(_OPENERS):
        return space
    deeper = [
        below[len(above) :]
        for above, below in zip(
            map(leading_space, lines), map(leading_space, lines[1:]), strict=False
        )
        if len(below) > len(above) and below.startswith(above)
    ]
    return space + (min(deeper, key=len) if deeper else _USUAL_INDENT)
