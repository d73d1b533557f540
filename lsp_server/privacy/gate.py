"""The one gate: may this file be read as context, may its text be sent?

Every text that leaves the machine has passed `Gate.check`. The deny-list holds for the real path,
so that a link or another spelling does not get round it, and nothing in a workspace weakens it:
ignore files can only forbid more.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
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

    def look(self) -> Look:
        """A look at the files as they are now, for several checks in one moment."""
        return Look(self)

    def check(self, path: Path) -> Verdict:
        """See `Look.check`."""
        return self.look().check(path)

    def check_context(self, path: Path, text: str) -> Verdict:
        """See `Look.check_context`."""
        return self.look().check_context(path, text)

    def check_folder(self, path: Path) -> Verdict:
        """See `Look.check_folder`."""
        return self.look().check_folder(path)


class Look:
    """What a gate allows at one moment. Ignore files and links are looked at once, however many
    files are asked about; so it is not to be kept."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._real: dict[str, str] = {}
        self._ignoring: dict[str, Ignoring] = {}

    def check(self, path: Path) -> Verdict:
        """May this file's text be read as context and sent? `path` need not exist.

        Fails closed: what cannot be resolved is refused.
        """
        # Plain strings: this is asked for several files at a key, and paths are slow to make.
        text = os.path.abspath(path)
        try:
            real = self._resolve(text)
        except (OSError, ValueError):
            return Verdict(False, "Its real path cannot be found.")
        for candidate in dict.fromkeys((text, real)):
            denied = _find_denied(candidate)
            if denied:
                return Verdict(False, denied)
        root = self._root_of(text)
        if root is not None:
            # What lies below it by its real path shows that the root is no link itself.
            real_root = root if _is_below(real, root) else os.path.realpath(root)
            if not _is_below(real, real_root):
                return Verdict(False, "It is a link that leads out of the workspace.")
            return self._check_ignored(real_root, real, is_folder=False)
        # The workspace may have been opened by a link, and the file named by its real path.
        for each in self._gate.roots:
            real_root = os.path.realpath(each)
            if _is_below(real, real_root):
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
        root = self._root_of(str(path))
        if denied or root is None:
            return Verdict(False, denied or "It lies outside the workspace.")
        return self._check_ignored(root, str(path), is_folder=True)

    def _resolve(self, path: str) -> str:
        """The real path. Raises `OSError` or `ValueError` where it cannot be found."""
        folder, name = os.path.split(path)
        # Windows knows a name by several spellings.
        if os.name == "nt" or not name or os.path.islink(path) or "\0" in path:
            return os.path.realpath(path)
        real = self._real.get(folder)
        if real is None:
            real = self._real[folder] = os.path.realpath(folder)
        return os.path.join(real, name)

    def _root_of(self, path: str) -> str | None:
        inside = [root for root in map(str, self._gate.roots) if _is_below(path, root)]
        return max(inside, key=len, default=None)

    def _check_ignored(self, root: str, path: str, *, is_folder: bool) -> Verdict:
        ignoring = self._ignoring.get(root)
        if ignoring is None:
            ignoring = self._ignoring[root] = Ignoring(root, self._gate.ignore_files)
        excluding = ignoring.find(path, is_folder=is_folder)
        return Verdict(False, f"{excluding} excludes it.") if excluding else ALLOWED


@lru_cache(maxsize=10_000)
def _find_denied(path: str) -> str | None:
    return denied_by_name(Path(path))


def _is_below(path: str, folder: str) -> bool:
    path, folder = os.path.normcase(path), os.path.normcase(folder)
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
