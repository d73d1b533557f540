"""An index in memory, from texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lsp_server.context.scene import names_of
from lsp_server.index.base import Chunk, Import, Symbol
from lsp_server.index.extract import Extract, extract
from lsp_server.syntax.grammars import language_of_path


class Texts:
    """See `index.base.Lookup`; likeness is the number of shared names."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._extracts: dict[str, Extract] = {
            path: extract(path, language_of_path(path), text, seconds=5.0)
            for path, text in texts.items()
        }

    def define(self, names: Sequence[str], limit: int = 64) -> list[Symbol]:
        return [symbol for symbol in self._symbols() if symbol.name in names][:limit]

    def members(self, containers: Sequence[str], limit: int = 128) -> list[Symbol]:
        return [symbol for symbol in self._symbols() if symbol.container in containers][:limit]

    def outline(self, path: str) -> list[Symbol]:
        return list(self._extracts[path].symbols) if path in self._extracts else []

    def imports(self, path: str) -> list[Import]:
        return list(self._extracts[path].imports) if path in self._extracts else []

    def search(self, words: Sequence[str], limit: int = 32, *, without: str = "") -> list[Chunk]:
        found = [
            Chunk(chunk.path, chunk.language, chunk.line, chunk.text, float(shared))
            for each in self._extracts.values()
            for chunk in each.chunks
            if chunk.path != without
            and (shared := len(set(words) & names_of(chunk.text.split("\n"))))
        ]
        return sorted(found, key=lambda chunk: -chunk.score)[:limit]

    def lines(self, path: str, first: int, last: int) -> list[str]:
        return self._texts[path].split("\n")[first : last + 1] if path in self._texts else []

    def files(self) -> list[str]:
        return list(self._extracts)

    def _symbols(self) -> list[Symbol]:
        return [symbol for each in self._extracts.values() for symbol in each.symbols]
