"""What stands around the cursor, encoded like the corpus."""

from dataclasses import dataclass

from lsp_server.embedded.corpus import Document, encode_document
from lsp_server.embedded.tokens import (
    LONGEST_LINE,
    Vocabulary,
    indent_width,
    line_mark,
    partial_word,
)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place to suggest for."""

    head: str  # the current line left of the cursor, with its indentation
    partial: str  # the word the cursor is at the end of, perhaps unfinished
    tail: str  # the current line right of the cursor, stripped
    context: str  # all tokens left of the partial word; holds at least one line mark
    shape: str  # of the context
    known: object
    indent: int
    above: Document  # the lines above
    below: Document  # the lines below


def encode_cursor(vocabulary: Vocabulary, path: str, before: str, after: str) -> Cursor | None:
    """None where the line is too long to be code that someone writes."""
    before = before.replace("\r\n", "\n").replace("\r", "\n")
    after = after.replace("\r\n", "\n").replace("\r", "\n")
    above_text, _, head = before.rpartition("\n")
    tail, _, below_text = after.partition("\n")
    if len(head) + len(tail) > LONGEST_LINE:
        return None
    above = encode_document(vocabulary, path, above_text)
    last = len(above.line_offsets) - 1
    above_indent = indent_width(above.line_text(last)) if last >= 0 else 0
    indent = indent_width(head)
    partial = partial_word(head)
    _, tokens, shape = vocabulary.encode_line(head[: len(head) - len(partial)])
    mark = line_mark(indent, above_indent)
    return Cursor(
        head=head,
        partial=partial,
        tail=tail.strip(),
        context=above.tokens + mark + tokens,
        shape=above.shape + mark + shape,
        known=vocabulary.known(partial),
        indent=indent,
        above=above,
        below=encode_document(vocabulary, path, below_text, indent),
    )
