"""The workspace's files that a text imports, for the definitions in them. Reads the disk: for a
thread."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from lsp_server.index.neighbours import read_text
from lsp_server.privacy.gate import Gate

_PYTHON = re.compile(r"^[ \t]*(?:from[ \t]+(\.*[\w.]*)[ \t]+import\b|import[ \t]+([\w.]+))", re.M)
_SCRIPT = re.compile(r"""(?:\bfrom|\bimport|\brequire\()\s*['"](\.{1,2}/[^'"\n]+)['"]""")
_SCRIPTS = frozenset({"javascript", "javascriptreact", "typescript", "typescriptreact"})
_SCRIPT_ENDINGS = ("", ".ts", ".tsx", ".js", ".jsx", ".mjs", "/index.ts", "/index.js")
_MAX_FILES = 12
_MAX_SCANNED = 200_000


def read_imported(path: Path, language: str, text: str, root: Path, gate: Gate) -> dict[Path, str]:
    """The texts of imported files below `root`, in the order of the imports, as the gate allows."""
    found: dict[Path, str] = {}
    for candidates in _resolve(path, language, text[:_MAX_SCANNED], root):
        target = next((one for one in candidates if one.is_file()), None)
        if target is None or target in found or target == path or not _is_below(target, root):
            continue
        content = read_text(target, gate)
        if content is not None:
            found[target] = content
        if len(found) == _MAX_FILES:
            break
    return found


def _resolve(path: Path, language: str, text: str, root: Path) -> Iterator[list[Path]]:
    """For each import the files that it may mean."""
    if language == "python":
        for match in _PYTHON.finditer(text):
            yield _python_files(match.group(1) or match.group(2), path, root)
    elif language in _SCRIPTS:
        for match in _SCRIPT.finditer(text):
            base = os.path.normpath(path.parent / match.group(1))
            # Sources in TypeScript name the files that they will become.
            stem = base.removesuffix(".js")
            yield [Path(f"{stem}{ending}") for ending in _SCRIPT_ENDINGS]


def _python_files(module: str, path: Path, root: Path) -> list[Path]:
    name = module.lstrip(".")
    dots = len(module) - len(name)
    parts = name.split(".") if name else []
    if dots:
        folder = path.parent
        for _ in range(dots - 1):
            folder = folder.parent
        bases = [folder]
    else:
        bases = [root, root / "src", path.parent]
    return [
        file
        for base in bases
        for file in (base.joinpath(*parts).with_suffix(".py"), base.joinpath(*parts, "__init__.py"))
        if parts or file.name == "__init__.py"
    ]


def _is_below(target: Path, root: Path) -> bool:
    return Path(os.path.realpath(target)).is_relative_to(os.path.realpath(root))
