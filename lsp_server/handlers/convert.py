"""LSP types <-> the core's values."""

from __future__ import annotations

from collections.abc import Sequence

from lsprotocol import types

from lsp_server.buffer import Change, Encoding, Position, decode_position, encode_position
from lsp_server.edit import InlineEdit


def to_encoding(kind: types.PositionEncodingKind | str | None) -> Encoding:
    """The encoding agreed on; UTF-16 where nothing was said."""
    return Encoding(str(getattr(kind, "value", kind) or "utf-16"))


def to_position(lines: Sequence[str], position: types.Position, encoding: Encoding) -> Position:
    """A position out of range is taken to the nearest place there is."""
    return decode_position(lines, position.line, position.character, encoding)


def to_changes(
    changes: Sequence[types.TextDocumentContentChangeEvent],
) -> list[Change]:
    """Content changes in the client's units."""
    converted = []
    for change in changes:
        if isinstance(change, types.TextDocumentContentChangePartial):
            start, end = change.range.start, change.range.end
            converted.append(
                Change((start.line, start.character), (end.line, end.character), change.text)
            )
        else:
            converted.append(Change(None, None, change.text))
    return converted


def to_lsp_range(lines: Sequence[str], edit: InlineEdit, encoding: Encoding) -> types.Range:
    """The range of an edit in the client's units."""
    return types.Range(
        types.Position(*encode_position(lines, edit.start, encoding)),
        types.Position(*encode_position(lines, edit.end, encoding)),
    )
