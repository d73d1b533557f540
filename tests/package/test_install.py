"""Both packages install into a clean environment by the hashes of the lock, and work there."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.fakes.editor import clean_environment

_LOCK = Path(__file__).resolve().parents[2] / "requirements.lock"


@pytest.mark.parametrize("package", ["wheel", "source_archive"])
def test_installed_package_works(
    package: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    archive: Path = request.getfixturevalue(package)
    bin_folder = install(archive, tmp_path / "environment")
    told = run(tmp_path, [bin_folder / "qwen-lsp", "doctor"])
    assert "Nothing is broken." in told
    assert "embedded" in told
    shown = run(tmp_path, [bin_folder / "qwen-lsp", "demo"])
    assert "Ghost text in" in shown


def install(archive: Path, folder: Path) -> Path:
    """Install as the README says; gives the folder of the programs."""
    venv.create(folder, with_pip=True)
    bin_folder = folder / ("Scripts" if sys.platform == "win32" else "bin")
    pip = [str(bin_folder / "python"), "-m", "pip", "install", "--quiet"]
    for what in (["--require-hashes", "--requirement", str(_LOCK)], ["--no-deps", str(archive)]):
        subprocess.run([*pip, *what], check=True)
    return bin_folder


def run(folder: Path, command: list[str | Path]) -> str:
    """What a command prints in a folder of its own, without the machine's configuration."""
    work = folder / "work"
    work.mkdir(exist_ok=True)
    done = subprocess.run(
        command,
        cwd=work,
        env=clean_environment(),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
