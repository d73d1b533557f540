"""The user's own checks, run on a scratch copy of the workspace.

Commands come from the user's configuration file alone: no workspace and no model has a say in
what is run. They get no shell, no key, and a time limit.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lsp_server.privacy.cutting import keep_end

Commands = Mapping[str, Sequence[str]]

_LIMIT_S = 60.0
_MAX_FILES = 5_000
_MAX_BYTES = 200_000_000
_SKIPPED = frozenset(
    {".git", ".hg", ".svn", "node_modules", "__pycache__", "venv", ".venv", "dist", "build"}
)
_SECRET = ("KEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIAL")
_SHOWN = 400


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What the checks said: `failure` is worded for the model, `notes` for the user."""

    failure: str | None = None
    notes: tuple[str, ...] = ()


async def run_checks(commands: Commands, root: Path, file: str, after: str) -> CheckReport:
    """Run each command in a copy of `root` in which `file`, relative to it, has its new text.

    A word `{file}` of a command stands for the file. A check that fails without the change as well
    does not count against it.
    """
    if not commands:
        return CheckReport()
    scratch = Path(tempfile.mkdtemp(prefix="qwen-lsp-check-"))
    try:
        copy = scratch / root.name
        if not await asyncio.to_thread(_copy, root, copy):
            return CheckReport(notes=("The checks were not run: the workspace is too large.",))
        target = copy / file
        before = target.read_bytes() if target.is_file() else None
        notes: list[str] = []
        for name, command in commands.items():
            _write(target, after.encode())
            failure = await _run(command, copy, file)
            if failure is None:
                notes.append(f"The check {name} passes.")
                continue
            _write(target, before)
            if await _run(command, copy, file) is None:
                return CheckReport(f"The check {name} fails with it: {failure}", tuple(notes))
            notes.append(f"The check {name} fails with and without the change.")
        return CheckReport(notes=tuple(notes))
    finally:
        await asyncio.to_thread(shutil.rmtree, scratch, True)


async def _run(command: Sequence[str], folder: Path, file: str) -> str | None:
    """What a command said when it failed, None where it did not."""
    words = [word.replace("{file}", file) for word in command]
    environment = {
        name: value
        for name, value in os.environ.items()
        if not any(mark in name.upper() for mark in _SECRET)
    }
    try:
        process = await asyncio.create_subprocess_exec(
            *words,
            cwd=folder,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=sys.platform != "win32",
        )
    except (OSError, ValueError) as error:
        return f"it could not be started ({type(error).__name__})"
    try:
        output, _ = await asyncio.wait_for(process.communicate(), _LIMIT_S)
    except asyncio.TimeoutError:
        return f"it did not end within {_LIMIT_S:g} s"
    finally:
        _kill(process)
    if process.returncode == 0:
        return None
    said = " ".join(output.decode("utf-8", "replace").split())
    return keep_end(said, _SHOWN) or f"exit code {process.returncode}"


def _kill(process: asyncio.subprocess.Process) -> None:
    """End what is left of it, its children included."""
    try:
        if sys.platform == "win32":
            if process.returncode is None:
                process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def _write(target: Path, content: bytes | None) -> None:
    # A link in the copy could lead back into the workspace.
    if target.is_symlink() or content is None:
        target.unlink(missing_ok=True)
    if content is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _copy(root: Path, copy: Path) -> bool:
    """Copy files, without following links; False where there are too many."""
    files = total = 0
    for folder, names, entries in os.walk(root):
        names[:] = [
            name for name in names if name not in _SKIPPED and not Path(folder, name).is_symlink()
        ]
        place = copy / Path(folder).relative_to(root)
        place.mkdir(parents=True, exist_ok=True)
        for entry in entries:
            source = Path(folder, entry)
            if source.is_symlink() or not source.is_file():
                continue
            files += 1
            total += source.stat().st_size
            if files > _MAX_FILES or total > _MAX_BYTES:
                return False
            shutil.copy2(source, place / entry)
    return True
