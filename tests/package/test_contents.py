"""The packages hold what the server needs at run time, and nothing else."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
import zipfile
from pathlib import Path

from lsp_server import __version__

_ROOT = Path(__file__).resolve().parents[2]
# Half of it is the vocabulary that prompts are counted by.
_VSIX_BYTES = 1_000_000
_DECOMPRESS = "process.stdout.write(zlib.brotliDecompressSync(fs.readFileSync(0)))"
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


def test_extension(extension: Path, extension_bill: Path) -> None:
    with zipfile.ZipFile(extension) as archive:
        notices = archive.read("extension/dist/NOTICES.txt").decode().splitlines()
    parts = json.loads(extension_bill.read_text("utf-8"))["components"]
    assert parts
    assert not [one for one in parts if f"{one['name']} {one['version']}" not in notices]
    assert extension.stat().st_size <= _VSIX_BYTES


def test_extension_carries_the_server(extension: Path, wheel: Path) -> None:
    with zipfile.ZipFile(extension) as archive:
        packed = archive.read(f"extension/dist/{wheel.name}.br")
    done = subprocess.run(
        ["node", "-e", _DECOMPRESS], input=packed, capture_output=True, check=True
    )
    assert list_files(io.BytesIO(done.stdout)) == list_files(wheel)


def test_pictures_that_the_extension_shows(extension: Path) -> None:
    with zipfile.ZipFile(extension) as archive:
        manifest = json.loads(archive.read("extension/package.json"))
        names = set(archive.namelist())
    steps = [step for guide in manifest["contributes"]["walkthroughs"] for step in guide["steps"]]
    shown = {manifest["icon"], *(step["media"]["image"] for step in steps)}
    assert {f"extension/{name}" for name in shown} <= names


def list_files(wheel: Path | io.BytesIO) -> dict[str, int]:
    """The files in a wheel, and what of their contents is compared: CRC-32."""
    with zipfile.ZipFile(wheel) as archive:
        return {about.filename: about.CRC for about in archive.infolist()}


def list_tracked(folder: str) -> set[str]:
    """The files under a folder that belong to the project."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", folder], cwd=_ROOT, capture_output=True, check=True, text=True
    )
    return set(listed.stdout.split("\0")) - {""}
