"""Which file of the workspace a module's name means, in any language, by the names of the files.

No language's own search path is followed: of the files that are called as the module is, that one
counts whose folders agree with most of the module's name, and then the nearest.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence

from lsp_server.common import count_common_end, count_common_start

# Files that stand for their folder.
_FOLDER_FILES = frozenset({"__init__", "index", "mod", "lib", "main"})
_SEPARATORS = re.compile(r"[/\\.]+|::")
_ENDING = re.compile(r"\.(?:[cm]?[jt]sx?|d\.ts|py|pyi|h|hh|hpp|hxx|rb|php|lua|sh|css|scss|vue)$")
_KINDS = (
    "py pyi", "js jsx mjs cjs ts tsx mts cts vue svelte css scss less json",
    "c h cc hh cpp hpp cxx hxx", "go", "rs", "java kt kts scala", "cs", "rb", "php", "lua",
    "sh bash zsh",
)  # fmt: skip
_KIND_OF = {ending: kind for kind, words in enumerate(_KINDS) for ending in words.split()}
# What tells the two files of a pair apart, in their names and their folders.
_PAIR_WORDS = frozenset("test tests spec specs __tests__ unit src lib include inc impl".split())
_PAIR_AFFIX = re.compile(r"^(?:test_|tests_)|(?:_test|_tests|_spec|\.test|\.spec|-test|Tests?)$")


class FileMap:
    """The workspace's files by the last part of what they can be called.

    `root` is the name of the workspace folder: opened may be the package itself, whose files import
    one another by its name.
    """

    def __init__(self, paths: Iterable[str] = (), root: str = "") -> None:
        self._root = root
        self._by_name: dict[str, list[str]] = {}
        self._by_pair: dict[str, list[str]] = {}
        for path in paths:
            parts = parts_of(path)
            self._by_name.setdefault(parts[-1], []).append(path)
            self._by_pair.setdefault(_pair_name(path), []).append(path)

    def resolve(self, module: str, importer: str, names: Sequence[str] = ()) -> list[str]:
        """The file that `importer` means by a module, and those of its `names` that are modules."""
        parts, is_relative = _read_module(module, importer)
        found = self._find(parts, importer, is_relative)
        if not found and len(parts) > 1 and parts[0] == self._root and not is_relative:
            parts, is_relative = parts[1:], True
            found = self._find(parts, importer, is_relative)
        for name in names:
            if name != "*":
                found += self._find([*parts, name], importer, is_relative)
        return list(dict.fromkeys(path for path in found if path != importer))

    def counterparts(self, path: str) -> list[str]:
        """The other halves of a pair: test and source, header and implementation, style and part.

        The nearest first, three at most.
        """
        others = [other for other in self._by_pair.get(_pair_name(path), ()) if other != path]
        folders, kind = set(path.split("/")[:-1]), _kind_of(path)

        def distance(other: str) -> tuple[bool, int]:
            between = folders ^ set(other.split("/")[:-1])
            return _kind_of(other) != kind, len(between - _PAIR_WORDS)

        return sorted(others, key=lambda other: (distance(other), other))[:3]

    def _find(self, parts: Sequence[str], importer: str, is_relative: bool) -> list[str]:
        """The best file of this name, if one agrees with enough of it."""
        if not parts:
            return []
        wanted = list(parts)
        kind = _kind_of(importer)
        best: tuple[int, int, str] | None = None
        for path in self._by_name.get(wanted[-1], ()):
            if _kind_of(path) != kind:
                continue
            own = parts_of(path)
            agreed = count_common_end(wanted, own)
            if is_relative and not (agreed == len(wanted) == len(own)):
                continue
            # Of `import os` no `os.py` somewhere deep in the workspace is meant.
            if agreed < min(len(wanted), 2) or (len(wanted) == 1 and not _is_beside(own, importer)):
                continue
            nearness = count_common_start(own, parts_of(importer))
            best = max(best or (0, 0, ""), (agreed, nearness, path))
        return [best[2]] if best else []


def parts_of(path: str) -> list[str]:
    """A path's folders and its name without ending; what stands for its folder has no name."""
    *folders, name = path.split("/")
    stem = name.split(".", 1)[0] if not name.startswith(".") else name
    return folders if stem in _FOLDER_FILES and folders else [*folders, stem]


def _kind_of(path: str) -> int | None:
    return _KIND_OF.get(posixpath.splitext(path)[1][1:].lower())


def _read_module(module: str, importer: str) -> tuple[list[str], bool]:
    """The parts of a module's name, and whether they begin at the workspace folder."""
    folders = importer.split("/")[:-1]
    dots = len(module) - len(module.lstrip("."))
    if dots and not module.startswith(("./", "../")):
        name = [part for part in module[dots:].split(".") if part]
        return [*folders[: len(folders) - dots + 1], *name], True
    if module.startswith(("./", "../")):
        joined = posixpath.normpath(posixpath.join(*folders, _ENDING.sub("", module)))
        return parts_of(joined), True
    plain = _ENDING.sub("", module.strip("<>\"'"))
    return [part for part in _SEPARATORS.split(plain) if part], False


def _is_beside(own: Sequence[str], importer: str) -> bool:
    """Whether a file stands at the top, in a source folder there, or in the importer's folder."""
    return len(own) <= 1 or own[:-1] == ["src"] or own[:-1] == importer.split("/")[:-1]


def _pair_name(path: str) -> str:
    name = posixpath.basename(path)
    stem, dot, rest = name.partition(".")
    if rest.startswith(("test.", "spec.", "module.")):
        return stem.casefold()
    return _PAIR_AFFIX.sub("", stem).casefold() if dot else name.casefold()


def count_shared_folders(one: str, other: str) -> int:
    """How many folders two paths share, from the front."""
    return count_common_start(one.split("/")[:-1], other.split("/")[:-1])
