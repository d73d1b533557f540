"""Files that nobody writes: binary, generated and minified ones are no context for a model.

The file that is being edited is asked about all the same: whoever edits it wants that.
"""

from __future__ import annotations

import re
from pathlib import PurePath

_GENERATED_NAMES = re.compile(
    r"""(?ix)
    package-lock\.json | npm-shrinkwrap\.json | yarn\.lock | pnpm-lock\.yaml | bun\.lockb?
    | deno\.lock | .*\.lock | go\.sum | go\.work\.sum | packages\.lock\.json | gradle\.lockfile
    | cartfile\.resolved | package\.resolved | pipfile\.lock | mix\.lock
    | .*[._-]min\.(js|mjs|cjs|css|html) | .*\.(bundle|chunk)\.(js|css) | .*\.map
    | .*_pb2(_grpc)?\.pyi? | .*\.pb\.(go|cc|h|swift|dart) | .*\.(g|freezed)\.dart
    | .*\.designer\.(cs|vb) | .*\.g\.(cs|i\.cs) | .*[._]generated\.\w+ | .*_gen\.go | .*\.d\.ts\.map
    | .*\.snap
    """
)
# What generators write into the head of a file; Go's and Meta's own forms among them.
_GENERATED_HEAD = re.compile(
    r"@generated\b|\bDO NOT (?:EDIT|MODIFY|CHANGE)\b"
    r"|(?i:\b(?:auto[- ]?|automatically |machine[- ]|code )generated\b"
    r"|\bgenerated (?:by|from) (?:the |a )?[\w./-]*(?:protoc|swagger|openapi|thrift|antlr|swig"
    r"|bison|flex|yacc|autoconf|automake|cmake|graphql|prisma|sqlc|mockgen|stringer|cython|webpack))"
)
_HEAD_LINES, _HEAD_CHARACTERS = 12, 2_000
_COMMENT = re.compile(r"""\s*(?:[#/*;%'"!-]|<!--|\{-|\(\*|--|REM\b|@generated)""", re.IGNORECASE)
_PROSE = frozenset({".md", ".markdown", ".rst", ".txt", ".adoc", ".tex", ".html", ".svg"})
# Lines that people write are shorter on the mean, and none is a screen of screens long.
_MEAN_LINE, _LONGEST_LINE = 200, 5_000
_MINIFIED_CHARACTERS = 1_000


def why_no_context(path: PurePath, text: str) -> str | None:
    """Why a file's text is no context for a model, in a sentence; None where it is."""
    if "\0" in text:
        return "It is a binary file."
    if is_generated_name(path.name) or _has_generated_head(text):
        return "It is generated, and left out as context of other files."
    if path.suffix.lower() not in _PROSE and _is_minified(text):
        return "It is minified, and left out as context of other files."
    return None


def is_generated_name(name: str) -> bool:
    """Whether files of that name are written by tools: lock files, bundles, stubs."""
    return _GENERATED_NAMES.fullmatch(name) is not None


def _has_generated_head(text: str) -> bool:
    head = text[:_HEAD_CHARACTERS].split("\n", _HEAD_LINES)[:_HEAD_LINES]
    return any(_COMMENT.match(line) and _GENERATED_HEAD.search(line) for line in head)


def _is_minified(text: str) -> bool:
    if len(text) < _MINIFIED_CHARACTERS:
        return False
    lines = text.count("\n") + 1
    if len(text) > _MEAN_LINE * lines:
        return True
    if len(text) <= _LONGEST_LINE:
        return False
    return max(map(len, text.split("\n"))) > _LONGEST_LINE
