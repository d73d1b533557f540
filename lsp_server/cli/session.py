"""A session of the server's own kind for a command, without an editor."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from lsp_server.cli.terminal import keep_logs_quiet, show_progress
from lsp_server.configuration import resolve_layers
from lsp_server.index.client import IndexState
from lsp_server.provider.discover import read_environment
from lsp_server.provider.keys import look_up_key
from lsp_server.session import Session
from lsp_server.settings import Resolved

# What marks a project's own folder; the nearest one upward counts.
_ROOT_MARKS = (
    ".git .hg .svn pyproject.toml setup.py package.json Cargo.toml go.mod pom.xml build.gradle "
    "build.gradle.kts Gemfile composer.json CMakeLists.txt mix.exs deno.json"
).split()
# Longer, in seconds, nobody waits for a workspace to be read; what is read by then counts.
_READING_S = 20.0
# The index is mostly there from before, and has to catch up with what has changed since. In a
# workspace that is new to it, it goes on where it was left the next time.
_CATCHING_UP_S = 3.0
# How long a new process may take to load what it counts tokens by, on a busy machine.
_LOADING_S = 5.0


class Reading:
    """Tells when an index is up to date."""

    def __init__(self) -> None:
        self._is_read = asyncio.Event()

    def note(self, state: IndexState) -> None:
        """Hear how the index stands."""
        if not state.is_reading:
            self._is_read.set()

    async def wait(self, seconds: float) -> bool:
        """Whether it was up to date within so many seconds."""
        try:
            await asyncio.wait_for(self._is_read.wait(), seconds)
        except asyncio.TimeoutError:
            return False
        return True


@asynccontextmanager
async def open_session(
    root: Path | None, resolved: Resolved, notify: Callable[[str], None]
) -> AsyncIterator[Session]:
    """A session on the project in `root`, closed at the end; `notify` gets its sentences.

    Its engines are being chosen and its workspace is being read: see `wait_until_ready`.
    """
    keep_logs_quiet()
    session = Session(
        read_environment(os.environ), look_up_key, notify=notify, show_status=lambda _status: None
    )
    try:
        await session.configure(resolved.settings, (root,) if root else ())
        yield session
    finally:
        await session.shut_down()


def read_settings(options: Mapping[str, Any] | None = None) -> Resolved:
    """The settings that a command goes by: the user's own file, below an editor's `options`."""
    return resolve_layers(None, options)


async def wait_until_ready(session: Session) -> bool:
    """Wait for the choice of the engine, and a while for the workspace; False where not all of it
    was read."""
    with show_progress("Reading the project and looking for a model …"):
        await session.wait_until_connected()
        try:
            await asyncio.wait_for(session.embedded.indexed.wait(), _READING_S)
        except asyncio.TimeoutError:
            return False
    return True


async def read_index(session: Session) -> None:
    """Have prompts built from the project's index, after a moment in which it catches up; what is
    in it by then serves."""
    reading = Reading()
    await session.read_project(reading.note)
    if session.gate.roots:
        await reading.wait(_CATCHING_UP_S)
        await session.context.process.wait_until_ready(_LOADING_S)


def find_root(file: Path) -> Path | None:
    """The nearest folder upward from `file` that a project has marked, else the file's own.

    The user's home and what lies above it is no project, marked or not: that gives None.
    """
    own = file if file.is_dir() else file.parent
    home = Path.home()
    for folder in (own, *own.parents):
        if folder == home or folder in home.parents:
            return own if folder != own else None
        if any((folder / mark).exists() for mark in _ROOT_MARKS):
            return folder
    return own
