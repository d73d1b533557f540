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


_Folder = tuple[tuple[str, ...], str]  # the names of the path, and the kind of the files


class Corpus:
    """Every file known, by folder."""

    def __init__(self) -> None:
        self._folders: dict[_Folder, dict[str, Source]] = {}
        self._file_counts: Counter[str] = Counter()
        self._files = self._tokens = 0
        self._around: tuple[str, list[Source]] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Files, tokens."""
        return self._files, self._tokens

    def put(self, document: Document) -> None:
        """Add a document, or replace the one of its path."""
        folder = self._folders.setdefault(_folder_of(document.path), {})
        known = folder.get(document.path)
        if known is not None:
            self._count(known.document, -1)
        folder[document.path] = Source(document, Nearness.ELSEWHERE)
        self._count(document, 1)
        self._forget_around(document.path)

    def drop(self, path: str) -> None:
        """Forget the document of this path, if there is one."""
        key = _folder_of(path)
        folder = self._folders.get(key, {})
        known = folder.pop(path, None)
        if known is not None:
            self._count(known.document, -1)
            self._forget_around(path)
        if not folder:
            self._folders.pop(key, None)

    def file_count(self, name: str) -> int:
        """In how many files the name stands."""
        return self._file_counts[name]

    def around(self, path: str, language: str) -> Sequence[Source]:
        """All other files of the same kind, the nearest first.

        `language` is the editor's name for the language; it tells the kind of a file that has no
        extension.
        """
        if self._around is None or self._around[0] != path:
            self._around = path, self._find_around(path, language)
        return self._around[1]

    def _find_around(self, path: str, language: str) -> list[Source]:
        here, kind = _folder_of(path, language)
        folders = sorted(
            (
                (_steps(here, folder), folder, files)
                for (folder, other_kind), files in self._folders.items()
                if other_kind == kind
            ),
            key=lambda each: each[:2],
        )
        sources: list[Source] = []
        for steps, _, files in folders:
            if steps:
                sources += files.values()
                continue
            sources += [
                Source(source.document, Nearness.SAME_FOLDER)
                for source in files.values()
                if source.document.path != path
            ]
        return sources

    def _count(self, document: Document, sign: int) -> None:
        self._files += sign
        self._tokens += sign * len(document.tokens)
        names = names_in(document.tokens)
        if sign > 0:
            self._file_counts.update(names)
        else:
            self._file_counts.subtract(names)

    def _forget_around(self, path: str) -> None:
        # The file now edited is put again at every key and never copied from itself, so what was
        # worked out around it stays good.
        if self._around is not None and self._around[0] != path:
            self._around = None


def _folder_of(path: str, language: str = "") -> _Folder:
    path = path.replace("\\", "/")
    name = posixpath.splitext(path)[1][1:] or language
    return tuple(posixpath.dirname(path).split("/")), str(_KIND_OF.get(name, name))


def _steps(folder: Sequence[str], other: Sequence[str]) -> int:
    """How many folders to leave and enter to get from one to the other."""
    shared = 0
    for name, other_name in zip(folder, other, strict=False):
        if name != other_name:
            break
        shared += 1
    return len(folder) + len(other) - 2 * shared
