"""The packages hold what the server needs at run time, and nothing else."""

from __future__ import annotations

import json
import subprocess
import tarfile
import zipfile
from pathlib import Path

from lsp_server import __version__

_ROOT = Path(__file__).resolve().parents[2]
# 0.8 MB of it is the vocabulary that prompts are counted by.
_VSIX_BYTES = 1_800_000
_INFORMATION = f"qwen_lsp-{__version__}.dist-info"


def test_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    about = ("METADATA", "RECORD", "WHEEL", "entry_points.txt")
    licences = ("licenses/LICENSE", "licenses/NOTICE")
    about_it = {f"{_INFORMATION}/{name}" for name in (*about, *licences)}
    assert names == list_tracked("lsp_server") | about_it


def test_source_archive(source_archive: Path) -> None:
    with tarfile.open(source_archive) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    more = {"README.md", "LICENSE", "NOTICE", "CHANGELOG.md", "requirements.lock", "pyproject.toml"}
    # The build backend adds its own, and what it leaves files out by.
    assert names == list_tracked("lsp_server") | more | {"PKG-INFO", ".gitignore"}


def test_extension(extension: Path, extension_bill: Path, wheel: Path) -> None:
    with zipfile.ZipFile(extension) as archive:
        assert f"extension/dist/{wheel.name}" in archive.namelist()
        notices = archive.read("extension/dist/NOTICES.txt").decode().splitlines()
    parts = json.loads(extension_bill.read_text("utf-8"))["components"]
    assert parts
    assert not [one for one in parts if f"{one['name']} {one['version']}" not in notices]
    assert extension.stat().st_size <= _VSIX_BYTES


def list_tracked(folder: str) -> set[str]:
    """The files under a folder that belong to the project."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", folder], cwd=_ROOT, capture_output=True, check=True, text=True
    )
    return set(listed.stdout.split("\0")) - {""}
