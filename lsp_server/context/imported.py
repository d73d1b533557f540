"""What the document imports: the definitions that this brings, and their members."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lsp_server.context.filemap import FileMap
from lsp_server.context.piece import Piece, make_heads
from lsp_server.context.scene import Scene
from lsp_server.index.base import Import, Lookup, Symbol

_MAX_IMPORTS = 60
_MAX_FILES = 12
_MAX_SYMBOLS = 60


def resolve_imports(
    scene: Scene, imports: Sequence[Import], files: FileMap
) -> dict[str, frozenset[str]]:
    """The imported files of the workspace with the names that are imported from each."""
    found: dict[str, frozenset[str]] = {}
    for each in imports[:_MAX_IMPORTS]:
        names = each.origins or each.names
        for path in files.resolve(each.module, scene.path, names):
            found[path] = found.get(path, frozenset()) | frozenset(names)
        if len(found) >= _MAX_FILES:
            break
    return found


def gather_imported(lookup: Lookup, imported: dict[str, frozenset[str]]) -> Iterator[Piece]:
    """The definitions of the imported files, those that are imported by name apart."""
    for path, names in imported.items():
        outline = lookup.outline(path)[:_MAX_SYMBOLS]
        yield from make_heads((one for one in outline if _is_named(one, names)), "imported")
        yield from make_heads((one for one in outline if not _is_named(one, names)), "member")


def _is_named(symbol: Symbol, names: frozenset[str]) -> bool:
    return symbol.name in names and not symbol.container
