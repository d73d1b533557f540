"""The one gate: may this file be read as context, may its text be sent?

Every text that leaves the machine has passed `Gate.check`. The deny-list holds for the real path,
so that a link or another spelling does not get round it, and nothing in a workspace weakens it:
ignore files can only forbid more.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from lsp_server.privacy.content import why_no_context
from lsp_server.privacy.ignoring import Ignoring
from lsp_server.privacy.names import denied_by_name


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a file may be used, and why not in one sentence."""

    allowed: bool
    reason: str = ""


ALLOWED = Verdict(True)


@dataclass(frozen=True, slots=True)
class Gate:
    """The rules of one workspace: its folders and the names of its ignore files."""

    roots: tuple[Path, ...]
    ignore_files: tuple[str, ...] = (".gitignore", ".qwenignore")

    def check(self, path: Path) -> Verdict:
        """May this file's text be read as context and sent? `path` need not exist.

        Fails closed: what cannot be resolved is refused.
        """
        try:
            real = Path(os.path.realpath(path))
        except (OSError, ValueError):
            return Verdict(False, "Its real path cannot be found.")
        for candidate in dict.fromkeys((Path(os.path.abspath(path)), real)):
            denied = denied_by_name(candidate)
            if denied:
                return Verdict(False, denied)
        root = self._root_of(Path(os.path.abspath(path)))
        if root is not None:
            real_root = Path(os.path.realpath(root))
            if not real.is_relative_to(real_root):
                return Verdict(False, "It is a link that leads out of the workspace.")
            return self._check_ignored(real_root, real, is_folder=False)
        # The workspace may have been opened by a link, and the file named by its real path.
        for each in self.roots:
            real_root = Path(os.path.realpath(each))
            if real.is_relative_to(real_root):
                return self._check_ignored(real_root, real, is_folder=False)
        return ALLOWED

    def check_context(self, path: Path, text: str) -> Verdict:
        """May this file's text be shown to a model beside another file's? Besides what `check`
        forbids, binary, generated and minified files are left out."""
        verdict = self.check(path)
        why = why_no_context(path, text) if verdict.allowed else None
        return Verdict(False, why) if why else verdict

    def check_folder(self, path: Path) -> Verdict:
        """May this folder be entered? `path` is real and below one of the roots."""
        denied = denied_by_name(path / "_")
        root = self._root_of(path)
        if denied or root is None:
            return Verdict(False, denied or "It lies outside the workspace.")
        return self._check_ignored(root, path, is_folder=True)

    def _root_of(self, path: Path) -> Path | None:
        inside = [root for root in self.roots if path.is_relative_to(root)]
        return max(inside, key=lambda root: len(root.parts), default=None)

    def _check_ignored(self, root: Path, path: Path, *, is_folder: bool) -> Verdict:
        excluding = Ignoring(root, self.ignore_files).find(path, is_folder=is_folder)
        return Verdict(False, f"{excluding} excludes it.") if excluding else ALLOWED
