"""The user's files, encoded for searching, nearest first."""

import posixpath
from array import array
from bisect import bisect_right
from dataclasses import dataclass

from lsp_server.embedded.tokens import Vocabulary, line_mark


@dataclass(frozen=True, slots=True)
class Document:
    """A text and its tokens. Lines without tokens are left out of all three columns."""

    path: str
    text: str
    tokens: str
    shape: str  # `tokens` with every name made the same
    line_tokens: "array[int]"  # for each line, where in `tokens` its mark stands
    line_indents: "array[int]"
    line_offsets: "array[int]"  # for each line, where in `text` it begins

    def line_index(self, position: int) -> int:
        """The line that holds the token at this position."""
        return bisect_right(self.line_tokens, position) - 1

    def header(self, index: int, indent: int) -> str:
        """Tokens of nearest line before `index` that is less indented."""
        indents = self.line_indents
        for i in range(index - 1, max(-1, index - 60), -1):
            if indents[i] < indent:
                return self.tokens[self.line_tokens[i] + 1 : self.line_end(i)]
        return ""

    def line_text(self, index: int) -> str:
        start = self.line_offsets[index]
        end = self.text.find("\n", start)
        return self.text[start:] if end < 0 else self.text[start:end]

    def line_end(self, index: int) -> int:
        """Where in `tokens` the line ends: at the next line's mark."""
        following = index + 1
        return (
            self.line_tokens[following] if following < len(self.line_tokens) else len(self.tokens)
        )


def encode_document(vocabulary: Vocabulary, path: str, text: str, above: int = 0) -> Document:
    """Encode a text whose first line stands below a line indented by `above` columns."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    encode_line = vocabulary.encode_line
    parts: list[str] = []
    shapes: list[str] = []
    line_tokens = array("q")
    line_offsets = array("q")
    line_indents = array("q")
    position = offset = 0
    for line in text.split("\n"):
        indent, tokens, shape = encode_line(line)
        if tokens:
            mark = line_mark(indent, above)
            parts.append(mark)
            parts.append(tokens)
            shapes.append(mark)
            shapes.append(shape)
            line_tokens.append(position)
            line_offsets.append(offset)
            line_indents.append(indent)
            position += len(tokens) + 1
            above = indent
        offset += len(line) + 1
    return Document(path, text, "".join(parts), "".join(shapes), line_tokens, line_indents, line_offsets)


class Corpus:
    """Every file known, by path."""

    def __init__(self) -> None:
        self._documents: dict[str, Document] = {}
        self._token_count = 0
        self._nearest: tuple[str, list[str]] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Files, tokens."""
        return len(self._documents), self._token_count

    def put(self, document: Document) -> None:
        known = self._documents.get(document.path)
        if known is None:
            self._nearest = None
        else:
            self._token_count -= len(known.tokens)
        self._documents[document.path] = document
        self._token_count += len(document.tokens)

    def drop(self, path: str) -> None:
        known = self._documents.pop(path, None)
        if known is not None:
            self._token_count -= len(known.tokens)
            self._nearest = None

    def around(self, path: str) -> list[Document]:
        """All other files: the same kind first, and of these the nearest folders first."""
        if self._nearest is None or self._nearest[0] != path:
            others = [other for other in self._documents if other != path]
            self._nearest = path, sorted(others, key=lambda other: _distance(path, other))
        return [self._documents[other] for other in self._nearest[1]]


def same_kind(path: str, other: str) -> bool:
    """Whether two files have the same extension."""
    return posixpath.splitext(path)[1] == posixpath.splitext(other)[1]


def _distance(path: str, other: str) -> tuple[bool, int]:
    folder, other_folder = posixpath.dirname(path), posixpath.dirname(other)
    shared = _shared(folder.split("/"), other_folder.split("/"))
    return not same_kind(path, other), -shared


def folder_of(path: str) -> str:
    return posixpath.dirname(path.replace("\\", "/"))


def _shared(one: list[str], other: list[str]) -> int:
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count
