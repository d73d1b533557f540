"""Text -> what the index keeps of it: symbols, imports, windows. Pure, and cannot fail."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lsp_server.buffer import split_lines
from lsp_server.index.base import WINDOW_LINES, Chunk, Import, Symbol
from lsp_server.syntax.grammars import find_language, language_of_path
from lsp_server.syntax.imports import list_imports
from lsp_server.syntax.outline import list_definitions
from lsp_server.syntax.parsing import parse_text
from lsp_server.syntax.queries import find_matches

# A window has so many lines at least, if there are.
_FEWEST_LINES = 12
# What is longer is data; one line of it says nothing that a prompt could use.
WINDOW_CHARACTERS = 3_000
# Nothing waits for this process: it may take longer than the server with a file.
PARSE_SECONDS = 2.0
_COMMENTS = ("#", "//", "/*", "*", "--", "@", "<!--")
_KINDS_THAT_DIVIDE = frozenset(
    {"class", "interface", "struct", "enum", "trait", "module", "function", "method"}
)


_CPP = re.compile(
    r"^[ \t]*(?:class [\w ]+[:{]|namespace\b[ \w:]*\{|template ?<|(?:public|private|protected):)",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Extract:
    """What one file holds."""

    path: str
    language: str
    symbols: tuple[Symbol, ...] = ()
    imports: tuple[Import, ...] = ()
    chunks: tuple[Chunk, ...] = ()


def extract(path: str, language: str, text: str, seconds: float = PARSE_SECONDS) -> Extract:
    """Read a file's text; without a grammar, past a limit of parsing or out of time, windows alone.

    `seconds` bounds the parse; with 0 there is none.
    """
    language = find_language(language)
    tree = parse_text(language, text, seconds) if seconds > 0 else None
    if tree is None:
        return Extract(path, language, chunks=split_windows(path, language, split_lines(text)))
    matches = find_matches(tree)
    symbols = tuple(
        Symbol(
            path,
            language,
            each.name,
            each.kind,
            each.container,
            each.signature,
            each.doc,
            each.line,
            each.end_line,
        )
        for each in list_definitions(tree, matches.definitions)
    )
    imports = tuple(
        Import(each.module, each.names, each.line, each.origins)
        for each in list_imports(tree, matches.imports)
    )
    starts = {symbol.line for symbol in symbols if symbol.kind in _KINDS_THAT_DIVIDE}
    return Extract(
        path, language, symbols, imports, split_windows(path, language, tree.lines, starts)
    )


def choose_language(path: str, text: str) -> str:
    """A file's language by its name, and for a header by whether there is C++ in it."""
    language = language_of_path(path)
    is_mixed = language == "c" and path.endswith(".h") and _CPP.search(text) is not None
    return "cpp" if is_mixed else language


def split_windows(
    path: str, language: str, lines: Sequence[str], starts: set[int] | frozenset[int] = frozenset()
) -> tuple[Chunk, ...]:
    """Cut lines into windows, rather where one of `starts` begins than elsewhere.

    Windows without a word are left out, and so are single lines that are longer than a window.
    """
    chunks: list[Chunk] = []
    if lines and not lines[-1]:
        lines = lines[:-1]
    line = 0
    while line < len(lines):
        end = _find_end(lines, line, starts)
        text = "".join(lines[line:end])
        if len(text) <= WINDOW_CHARACTERS and any(map(str.isalpha, text)):
            chunks.append(Chunk(path, language, line, text))
        line = end
    return tuple(chunks)


def _find_end(lines: Sequence[str], start: int, starts: set[int] | frozenset[int]) -> int:
    """The line before which the window that begins at `start` ends."""
    last, size = start + 1, len(lines[start])
    while last < len(lines) and last - start < WINDOW_LINES:
        size += len(lines[last])
        if size > WINDOW_CHARACTERS:
            break
        last += 1
    if last == len(lines):
        return last
    middle = min(start + _FEWEST_LINES, last)
    for end in range(last, middle, -1):
        if end in starts:
            return _climb_comment(lines, end, middle)
    for end in range(last, middle, -1):
        if not lines[end - 1].strip():
            return end
    return last


def _climb_comment(lines: Sequence[str], line: int, top: int) -> int:
    """What documents a definition belongs to it: the first line of the comment above `line`."""
    while line > top and lines[line - 1].lstrip().startswith(_COMMENTS):
        line -= 1
    return line
