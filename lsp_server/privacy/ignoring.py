"""Ignore files by git's rules: nested, negated, those of the repository and of the user."""

from __future__ import annotations

import functools
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pathspec

_GIT = ".gitignore"
_EXCLUDES_FILE = re.compile(r"(?im)^\s*excludesfile\s*=\s*\"?([^\"\n#;]+)")
# Where file systems take names without regard to case, rules do so too.
IGNORES_CASE = sys.platform in ("darwin", "win32")


class Ignoring:
    """The ignore rules of one workspace folder, which is given by its real path.

    For one moment: what it has read it does not read again.
    """

    def __init__(
        self, root: str, names: tuple[str, ...], ignores_case: bool = IGNORES_CASE
    ) -> None:
        self._root = f"{root}{os.sep}".replace(os.sep * 2, os.sep)
        self._names = names
        self._ignores_case = ignores_case
        self._rules: dict[tuple[str, str], list[_Rules]] = {}
        self._folders: dict[tuple[str, str], str | None] = {}

    def find(self, path: str, *, is_folder: bool) -> str | None:
        """The name of the file whose rules exclude a path below the root; None where none does."""
        for name in self._names:
            file = self._find_by(name, path, is_folder=is_folder)
            if file is not None:
                return file
        return None

    def _find_by(self, name: str, path: str, *, is_folder: bool) -> str | None:
        rules = self._list_rules(name, path)
        if not rules:
            return None
        # As git does: nothing below an ignored folder can be brought back.
        *folders, own = _list_parts(self._root, path)
        for folder in folders:
            key = name, folder
            if key not in self._folders:
                self._folders[key] = self._find_excluding(rules, folder, is_folder=True)
            if self._folders[key] is not None:
                return self._folders[key]
        return self._find_excluding(rules, own, is_folder=is_folder)

    def _list_rules(self, name: str, path: str) -> list[_Rules]:
        """The rules of a kind for a path, the weakest first."""
        key = name, os.path.dirname(path)
        if key not in self._rules:
            self._rules[key] = self._read_rules(name, path)
        return self._rules[key]

    def _read_rules(self, name: str, path: str) -> list[_Rules]:
        base, files = self._root, list[tuple[str, str]]()
        if name == _GIT:
            # A workspace may be a part of a repository, whose rules hold in it as well.
            base = find_repository(base) or base
            files += ((base, file) for file in _list_user_files(base))
        folders = (base, *(f"{folder}{os.sep}" for folder in _list_parts(base, path)[:-1]))
        files += ((folder, folder + name) for folder in folders)
        found = ((folder, file, read_rules(file, self._ignores_case)) for folder, file in files)
        rules = [
            _Rules(folder, os.path.basename(file), spec)
            for folder, file, spec in found
            if spec is not None
        ]
        own = self._root.rstrip(os.sep)
        if base != self._root and self._find_excluding(rules, own, is_folder=True):
            # Who opens an ignored folder means it.
            return [one for one in rules if one.folder.startswith(self._root)]
        return rules

    def _find_excluding(self, rules: list[_Rules], path: str, *, is_folder: bool) -> str | None:
        """The file that has the last word on a path, if that is to exclude it."""
        excluding = None
        for one in rules:
            if not path.startswith(one.folder):
                continue
            relative = path[len(one.folder) :].replace(os.sep, "/") + ("/" if is_folder else "")
            found = one.spec.check_file(
                relative.lower() if self._ignores_case else relative
            ).include
            if found is not None:
                excluding = one.name if found else None
        return excluding


@dataclass(frozen=True, slots=True)
class _Rules:
    """The rules of one file, which are relative to `folder`, a path that ends with a separator."""

    folder: str
    name: str
    spec: pathspec.GitIgnoreSpec


def find_repository(folder: str) -> str | None:
    """The nearest folder upward that git takes for a working tree's top; both end with a
    separator."""
    while not os.path.lexists(f"{folder}.git"):
        above = folder[: folder.rstrip(os.sep).rfind(os.sep) + 1]
        if len(above) >= len(folder):
            return None
        folder = above
    return folder or None


def read_rules(file: str, ignores_case: bool) -> pathspec.GitIgnoreSpec | None:
    """The rules of one ignore file, read anew when it has changed; None where there is none."""
    try:
        status = os.stat(file)
    except OSError:
        return None
    stamp = (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)
    return _parse_rules(file, stamp, ignores_case)


def _list_parts(base: str, path: str) -> list[str]:
    """The paths on the way from a folder down to what lies below it, that included."""
    ends = [place for place in range(len(base), len(path)) if path[place] == os.sep]
    return [*(path[:end] for end in ends), path]


def _list_user_files(repository: str) -> Iterator[str]:
    """The user's own excludes, weakest first: for all repositories, and for this one alone."""
    home = os.path.expanduser("~")
    configuration = os.path.join(os.environ.get("XDG_CONFIG_HOME") or f"{home}/.config", "git")
    named = None
    for file in (os.path.join(configuration, "config"), os.path.join(home, ".gitconfig")):
        named = _read_excludes_file(file) or named
    yield os.path.expanduser(named) if named else os.path.join(configuration, "ignore")
    yield os.path.join(repository, ".git", "info", "exclude")


def _read_excludes_file(file: str) -> str | None:
    """`core.excludesFile` of a git configuration, None where it names none."""
    try:
        status = os.stat(file)
    except OSError:
        return None
    return _parse_excludes_file(file, (status.st_mtime_ns, status.st_size))


@functools.lru_cache(maxsize=16)
def _parse_excludes_file(file: str, _stamp: tuple[int, ...]) -> str | None:
    try:
        match = _EXCLUDES_FILE.search(Path(file).read_text("utf-8", "replace"))
    except OSError:
        return None
    return match.group(1).strip() if match else None


@functools.lru_cache(maxsize=1024)
def _parse_rules(
    file: str, _stamp: tuple[int, ...], ignores_case: bool
) -> pathspec.GitIgnoreSpec | None:
    # Imported late: the start of the server has no rules to read.
    import pathspec

    try:
        lines: Sequence[str] = Path(file).read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    rules = []
    for line in lines:
        try:
            pathspec.GitIgnoreSpec.from_lines([line])
        except ValueError:
            continue  # One line that is no rule does not switch the others off.
        rules.append(line.lower() if ignores_case else line)
    return pathspec.GitIgnoreSpec.from_lines(rules)
