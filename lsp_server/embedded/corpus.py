"""The user's files, encoded for searching, the nearest first."""

from __future__ import annotations

import posixpath
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from lsp_server.embedded.tokens import Vocabulary, line_mark, names_in, with_newlines

# A header further up than this is not looked for.
_FARTHEST_HEADER = 60

# Extensions, and editors' names for languages, between which code is worth copying.
_KINDS = (
    "py pyi pyw python",
    "js jsx mjs cjs ts tsx mts cts vue svelte "
    "javascript javascriptreact typescript typescriptreact",
    "c h cc hh cpp hpp cxx hxx m mm objective-c objective-cpp",
    "css scss sass less",
    "html htm xhtml",
    "sh bash zsh shellscript",
    "yaml yml",
    "rb ruby",
    "rs rust",
    "kt kts kotlin",
    "cs csharp",
)
_KIND_OF = {name: kind for kind, names in enumerate(_KINDS) for name in names.split()}


class Nearness(IntEnum):
    """Where a document is, seen from the cursor; the nearer ones are searched first."""

    ABOVE = 0
    BELOW = 1
    SAME_FOLDER = 2
    ELSEWHERE = 3


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
        self._file_counts: Counter[str] = Counter()
        self._order: tuple[str, list[tuple[str, Nearness]]] | None = None
        self._around: tuple[str, list[Source]] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Files, tokens."""
        return len(self._documents), self._token_count

    def put(self, document: Document) -> None:
        known = self._documents.get(document.path)
        self._token_count += len(document.tokens) - (len(known.tokens) if known else 0)
        if known is not None:
            self._file_counts.subtract(names_in(known.tokens))
        self._file_counts.update(names_in(document.tokens))
        self._documents[document.path] = document
        if known is None:
            self._places[document.path] = _place_of(document.path)
        self._forget(document.path, same_paths=known is not None)

    def drop(self, path: str) -> None:
        known = self._documents.pop(path, None)
        if known is not None:
            del self._places[path]
            self._file_counts.subtract(names_in(known.tokens))
            self._token_count -= len(known.tokens)
            self._forget(path, same_paths=False)

    def file_count(self, name: str) -> int:
        """In how many files the name stands."""
        return self._file_counts[name]

    def around(self, path: str, language: str) -> Sequence[Source]:
        """All other files of the same kind, the nearest first.

        `language` is the editor's name for the language; it tells the kind of a file that has no
        extension.
        """
        if self._around is None or self._around[0] != path:
            sources = [
                Source(self._documents[other], nearness)
                for other, nearness in self._ordered(path, language)
            ]
            self._around = path, sources
        return self._around[1]

    def _ordered(self, path: str, language: str) -> list[tuple[str, Nearness]]:
        if self._order is None or self._order[0] != path:
            folders, kind = _place_of(path, language)
            ranked = sorted(
                (_steps(folders, other_folders), other)
                for other, (other_folders, other_kind) in self._places.items()
                if other_kind == kind and other != path
            )
            self._order = (
                path,
                [
                    (other, Nearness.ELSEWHERE if steps else Nearness.SAME_FOLDER)
                    for steps, other in ranked
                ],
            )
        return self._order[1]

    def _forget(self, path: str, *, same_paths: bool) -> None:
        # The file now edited is put again at every key and is never copied from by itself, so
        # what was worked out around it stays good.
        if self._around is not None and self._around[0] != path:
            self._around = None
        if not same_paths:
            self._order = None


def _place_of(path: str, language: str = "") -> _PlaceOfFile:
    """The folders a file is in, and its kind."""
    path = path.replace("\\", "/")
    name = posixpath.splitext(path)[1][1:] or language
    return posixpath.dirname(path).split("/"), str(_KIND_OF.get(name, name))


def _steps(folders: list[str], others: list[str]) -> int:
    """How many folders to leave and enter to get from one to the other."""
    shared = 0
    for folder, other in zip(folders, others, strict=False):
        if folder != other:
            break
        shared += 1
    return len(folders) + len(others) - 2 * shared
