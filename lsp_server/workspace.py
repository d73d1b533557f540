"""The folders that are open: what of them may leave the machine, and how it is called there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lsp_server.privacy.gate import ALLOWED, Gate, Verdict
from lsp_server.privacy.names import denied_by_name
from lsp_server.uris import document_name, named_path, path_of


@dataclass(frozen=True, slots=True)
class Workspace:
    """The folders by their one gate."""

    gate: Gate

    def check(self, uri: str) -> Verdict:
        """May this document's text be sent?"""
        path = named_path(uri)
        # Another scheme's path may be no file's, but its name tells as much.
        if path.is_absolute():
            return self.gate.check(path)
        denied = denied_by_name(path)
        return Verdict(False, denied) if denied else ALLOWED

    def name(self, uri: str) -> str:
        """What a prompt calls a document: its path below its folder."""
        path = path_of(uri)
        if path is None:
            return document_name(uri)
        root = self._root_of(path)
        return path.name if root is None else path.relative_to(root).as_posix()

    def repository(self, uri: str) -> str:
        """What a prompt calls the folder of a document; "" where there is none."""
        path = path_of(uri)
        root = next(iter(self.gate.roots), None) if path is None else self._root_of(path)
        return "" if root is None else root.name

    def _root_of(self, path: Path) -> Path | None:
        return next((root for root in self.gate.roots if path.is_relative_to(root)), None)
