"""What other files import from this one although it does not define it: soon it will have to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lsp_server.context.filemap import FileMap, parts_of
from lsp_server.context.piece import Piece
from lsp_server.context.scene import Scene, names_of, number_lines, split_text
from lsp_server.index.base import Chunk, Lookup, Symbol

_CHUNKS = 6
_MAX_LINES = 12


def gather_users(
    scene: Scene, lookup: Lookup, files: FileMap, outline: Sequence[Symbol]
) -> Iterator[Piece]:
    """The import statements that name what is missing here."""
    parts = parts_of(scene.path)
    own = names_of(line for _, line in number_lines(scene)) | {one.name for one in outline}
    for chunk in lookup.search([parts[-1]], _CHUNKS, without=scene.path):
        for line, names in _missing(scene, lookup, files, chunk, own):
            yield _cut_statement(chunk, line, names)


def _missing(
    scene: Scene, lookup: Lookup, files: FileMap, chunk: Chunk, own: Iterable[str]
) -> Iterator[tuple[int, frozenset[str]]]:
    last = chunk.line + chunk.text.count("\n")
    for each in lookup.imports(chunk.path):
        if not chunk.line <= each.line < last:
            continue
        names = frozenset(each.origins or each.names) - frozenset(own) - {"*", "", "default"}
        if names and scene.path in files.resolve(each.module, chunk.path):
            yield each.line, names


def _cut_statement(chunk: Chunk, line: int, names: frozenset[str]) -> Piece:
    """The lines from the statement's first to the one that has the last of the names."""
    lines = split_text(chunk.text)[line - chunk.line :][:_MAX_LINES]
    taken: list[str] = []
    for each in lines:
        taken.append(each)
        if names <= names_of(taken):
            break
    return Piece(chunk.path, line, tuple(taken), "user", names)
