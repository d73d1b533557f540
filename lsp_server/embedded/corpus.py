"""The user's files, encoded for searching, the nearest first."""

from __future__ import annotations

import posixpath
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from lsp_server.embedded.tokens import Vocabulary, line_mark, with_newlines

# A header further up than this is not looked for.
_FARTHEST_HEADER = 60


class Nearness(IntEnum):
    """How near the cursor a document is; where code is looked for first."""

    ABOVE = 0
    BELOW = 1
    SAME_FOLDER = 2
    SAME_KIND = 3
    OTHER = 4


@dataclass(frozen=True, slots=True)
class Document:
    """A text and its tokens. The columns that tell of lines leave out those without tokens."""

    path: str
    text: str
    tokens: str
    shape: str  # `tokens` with all names made the same
    line_tokens: array[int]  # for each line, where in `tokens` its mark stands
    line_offsets: array[int]  # for each line, where in `text` it begins
    line_indents: array[int]  # for each line, its indentation in columns

    def line_of(self, position: int) -> int:
        """The line that holds the token at this position."""
        return bisect_right(self.line_tokens, position) - 1

    def line_text(self, line: int) -> str:
        start = self.line_offsets[line]
        end = self.text.find("\n", start)
        return self.text[start:] if end < 0 else self.text[start:end]

    def line_end(self, line: int) -> int:
        """Where in `tokens` the line ends, which is where the next one's mark stands."""
        below = line + 1
        return self.line_tokens[below] if below < len(self.line_tokens) else len(self.tokens)

    def header_above(self, line: int, indent: int) -> str:
        """The tokens of the nearest line above that is less indented; "" if none is near."""
        for above in range(line - 1, max(-1, line - 1 - _FARTHEST_HEADER), -1):
            if self.line_indents[above] < indent:
                return self.tokens[self.line_tokens[above] + 1 : self.line_end(above)]
        return ""


@dataclass(frozen=True, slots=True)
class Source:
    """A document to copy from."""

    document: Document
    nearness: Nearness


def encode_document(
    vocabulary: Vocabulary, path: str, text: str, indent_above: int = 0
) -> Document:
    """Encode a text whose first line stands below one of that indentation."""
    text = with_newlines(text)
    tokens: list[str] = []
    shapes: list[str] = []
    line_tokens, line_offsets, line_indents = array("i"), array("i"), array("i")
    position = offset = 0
    for line in text.split("\n"):
        indent, line_token, line_shape = vocabulary.encode_line(line)
        if line_token:
            mark = line_mark(indent, indent_above)
            tokens += mark, line_token
            shapes += mark, line_shape
            line_tokens.append(position)
            line_offsets.append(offset)
            line_indents.append(indent)
            position += 1 + len(line_token)
            indent_above = indent
        offset += len(line) + 1
    return Document(
        path, text, "".join(tokens), "".join(shapes), line_tokens, line_offsets, line_indents
    )


_PlaceOfFile = tuple[list[str], str]


class Corpus:
    """Every file known, by path."""

    def __init__(self) -> None:
        self._documents: dict[str, Document] = {}
        self._places: dict[str, _PlaceOfFile] = {}
        self._token_count = 0
        self._order: tuple[str, list[tuple[str, Nearness]]] | None = None
        self._around: tuple[str, list[Source]] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Files, tokens."""
        return len(self._documents), self._token_count

    def put(self, document: Document) -> None:
        known = self._documents.get(document.path)
        self._token_count += len(document.tokens) - (len(known.tokens) if known else 0)
        self._documents[document.path] = document
        if known is None:
            self._places[document.path] = _place_of(document.path)
        self._forget(document.path, same_paths=known is not None)

    def drop(self, path: str) -> None:
        known = self._documents.pop(path, None)
        if known is not None:
            del self._places[path]
            self._token_count -= len(known.tokens)
            self._forget(path, same_paths=False)

    def around(self, path: str) -> Sequence[Source]:
        """All other files, the nearest first."""
        if self._around is None or self._around[0] != path:
            sources = [
                Source(self._documents[other], nearness) for other, nearness in self._ordered(path)
            ]
            self._around = path, sources
        return self._around[1]

    def _ordered(self, path: str) -> list[tuple[str, Nearness]]:
        if self._order is None or self._order[0] != path:
            place = _place_of(path)
            ranked = sorted(
                (*_distance(place, other_place), other)
                for other, other_place in self._places.items()
                if other != path
            )
            self._order = path, [(other, nearness) for nearness, _, other in ranked]
        return self._order[1]

    def _forget(self, path: str, *, same_paths: bool) -> None:
        # The file now edited is put again at every key and is never copied from by itself, so
        # what was worked out around it stays good.
        if self._around is not None and self._around[0] != path:
            self._around = None
        if not same_paths:
            self._order = None


def _place_of(path: str) -> _PlaceOfFile:
    """The folders a file is in, and its extension."""
    path = path.replace("\\", "/")
    return posixpath.dirname(path).split("/"), posixpath.splitext(path)[1]


def _distance(place: _PlaceOfFile, other: _PlaceOfFile) -> tuple[Nearness, int]:
    folders, extension = place
    other_folders, other_extension = other
    shared = 0
    for folder, other_folder in zip(folders, other_folders, strict=False):
        if folder != other_folder:
            break
        shared += 1
    steps = len(folders) + len(other_folders) - 2 * shared
    if extension != other_extension:
        return Nearness.OTHER, steps
    return (Nearness.SAME_KIND if steps else Nearness.SAME_FOLDER), steps
