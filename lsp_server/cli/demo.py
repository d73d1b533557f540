"""`qwen-lsp demo`: ghost text on a sample project, from the real server."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import re
import shutil
import statistics
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.text import Text

from lsp_server.buffer import strip_terminator
from lsp_server.cli.demo_editor import DemoEditor, open_editor
from lsp_server.cli.scenes import SCENES, Scene
from lsp_server.cli.terminal import make_printable, open_output, print_prose, shows_colour
from lsp_server.cli.view import Ghost, Style, render_code

_EPILOG = """\
Copies a small project to a temporary folder, starts the server on it as an editor would, types, and
shows the ghost text as it comes. Works with no key and no network; where a model is set up, it is
the model that answers. Exit code 0 when ghost text came in at least half of the scenes.

example: qwen-lsp demo"""

_LINES_AROUND = 5
# Seconds: a quick typist's pause between two keys, and time to look; a pipe needs neither.
_KEY_S, _FAST_KEY_S = 0.05, 0.015
_LOOK_S = 1.0
# The server reads the project at its start; what is typed before then goes unanswered.
_READING_S = 5.0
_READING_STEP_S = 0.1


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one scene."""

    shown: bool
    engine: str
    model: str | None
    reason: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing to choose."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG


def run(_arguments: argparse.Namespace) -> int:
    """Play the scenes, and say who answered."""
    console = open_output()
    with tempfile.TemporaryDirectory(prefix="qwen-lsp-demo-") as folder:
        root = _copy_project(Path(folder))
        results = asyncio.run(_play(root, console))
    return 0 if 2 * sum(result.shown for result in results) >= len(results) else 1


def _copy_project(folder: Path) -> Path:
    # Resolved, since the server knows files by their real path, and a temporary folder may be
    # reached through a link.
    root = folder.resolve() / "bakery-orders"
    with resources.as_file(resources.files("lsp_server") / "demo_project") as source:
        shutil.copytree(source, root, ignore=shutil.ignore_patterns("__pycache__"))
    return root


async def _play(root: Path, console: Console) -> list[Result]:
    async with open_editor(root) as editor:
        await _wait_for_reading(editor, root)
        results = [
            await _play_scene(editor, root, scene, number, console)
            for number, scene in enumerate(SCENES, start=1)
        ]
        _sum_up(editor, results, console)
    return results


async def _wait_for_reading(editor: DemoEditor, root: Path) -> None:
    """Ask where the project answers for itself, until it does."""
    scene = SCENES[0]
    loop = asyncio.get_running_loop()
    editor.open(root / scene.file, scene.language)
    editor.move_behind(_WARM_UP)
    end = loop.time() + _READING_S
    await editor.ask()
    while editor.shown is None and loop.time() < end:
        await asyncio.sleep(_READING_STEP_S)
        await editor.ask()
    editor.delays.clear()
    editor.close()


_WARM_UP = 'row = self._fetch_one("SELECT * FROM products WHERE id = ?", '
_INDENT = re.compile(r"\n *|.", re.DOTALL)
