"""`qwen-lsp demo`: ghost text on a sample project, from the real server."""

from __future__ import annotations

import argparse
import asyncio
import re
import shutil
import statistics
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from lsp_server.cli.demo_editor import DemoEditor, Shown, open_editor
from lsp_server.cli.scenes import SCENES, Scene
from lsp_server.cli.stage import open_stage
from lsp_server.cli.terminal import (
    keep_logs_quiet,
    make_printable,
    open_output,
    print_prose,
    show_progress,
)

_EPILOG = """\
Copies a small project to a temporary folder, starts the server on it as an editor would, types, and
shows the ghost text as it comes. Works with no key and no network; where a model is set up, it is
the model that answers. Exit code 0 when ghost text came in at least half of the scenes.

example: qwen-lsp demo"""

# The server reads the project at its start; what is asked before then goes unanswered.
_READING_S = 5.0
_READING_STEP_S = 0.1
# Indentation comes in one go, as editors indent by themselves.
_KEYS = re.compile(r"^ +|\n *|.")
_ACTIONS = ("fix", "refactor", "doc", "test", "explain")


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
    keep_logs_quiet()
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
    async with AsyncExitStack() as stack:
        with show_progress("Starting the server …"):
            editor = await stack.enter_async_context(open_editor(root))
            await _wait_for_reading(editor, root)
        results = [
            await _play_scene(editor, root, scene, number, console)
            for number, scene in enumerate(SCENES, start=1)
        ]
        _sum_up(editor, results, console)
    return results


async def _wait_for_reading(editor: DemoEditor, root: Path) -> None:
    """Ask, out of sight, where the project itself holds the answer, until it comes."""
    loop = asyncio.get_running_loop()
    end = loop.time() + _READING_S
    scene = SCENES[-1]
    _begin(editor, root, scene)
    editor.insert(scene.typed)
    await editor.ask()
    while (await editor.explain())["outcome"] == "empty" and loop.time() < end:
        await asyncio.sleep(_READING_STEP_S)
        await editor.ask()
    editor.delays.clear()
    editor.close()


def _begin(editor: DemoEditor, root: Path, scene: Scene) -> None:
    editor.open(root / scene.file, scene.language)
    editor.move_behind(scene.behind)
    editor.insert(scene.given)


async def _play_scene(
    editor: DemoEditor, root: Path, scene: Scene, number: int, console: Console
) -> Result:
    """Type what the scene says, show what comes, and take it."""
    _begin(editor, root, scene)
    console.print()
    print_prose(console, Text(f"{number}. {scene.title}", style="bold"))
    with open_stage(scene.file, console) as stage:
        for key in _KEYS.findall(scene.typed):
            editor.press(key)
            await asyncio.sleep(stage.key_s)
            stage.show(editor.snapshot, editor.cursor, editor.shown, "typing")
        await editor.wait()
        for key in scene.more:
            if editor.shown is not None:
                break
            editor.press(key)
            await editor.wait()
            stage.show(editor.snapshot, editor.cursor, editor.shown, "typing")
        if scene.by_hand:
            await editor.ask()
        snapshot, cursor, shown = editor.snapshot, editor.cursor, editor.shown
        why = await editor.explain()
        stage.show(snapshot, cursor, shown, _caption(shown, why))
        await asyncio.sleep(stage.look_s)
        if shown is not None:
            await editor.accept()
            # The ghost text stays to be seen; the document has it by now.
            stage.show(snapshot, cursor, shown, f"{_caption(shown, why)}, accepted")
    editor.close()
    return Result(shown is not None, str(why["engine"]), why["model"], str(why["reason"]))


def _caption(shown: Shown | None, why: Mapping[str, Any]) -> str:
    if shown is None:
        return "no ghost text"
    return f"{why['model'] or why['engine']}, {shown.ms:.0f} ms"


def _sum_up(editor: DemoEditor, results: Sequence[Result], console: Console) -> None:
    """Who answered and why, how fast, and what to do next."""
    shown = [result for result in results if result.shown]
    console.print()
    print_prose(console, f"Ghost text in {len(shown)} of {len(results)} scenes.")
    answers = Counter((result.engine, result.model, result.reason) for result in shown or results)
    for (engine, model, reason), count in answers.most_common():
        who = "the embedded engine, which needs no model" if model is None else f"{engine}, {model}"
        print_prose(console, make_printable(f"{count} from {who}: {reason}"))
    if editor.delays:
        middle, slowest = statistics.median(editor.delays), max(editor.delays)
        print_prose(
            console,
            f"From a key to its ghost text: p50 {middle:.0f} ms, slowest {slowest:.0f} ms, over "
            f"{len(editor.delays)} keys.",
        )
    has_model = any(result.model for result in results)
    print_prose(console, f"Actions: {_describe_actions(editor.commands, has_model=has_model)}")
    console.print()
    for sentence in _next_steps(has_model=has_model):
        print_prose(console, f"→ {sentence}")


def _describe_actions(commands: Sequence[str], *, has_model: bool) -> str:
    if not has_model:
        return "fix, refactor, document, test and explain need a model, and none is set up."
    names = [name for name in _ACTIONS if f"qwen.{name}" in commands]
    return f"{', '.join(names)} are ready." if names else "this server offers none yet."


def _next_steps(*, has_model: bool) -> Iterator[str]:
    if not has_model:
        yield (
            "For a model's answers: `qwen-lsp login` or DASHSCOPE_API_KEY, or a local server such "
            "as llama.cpp or Ollama with a Qwen coder model; then `qwen-lsp doctor`."
        )
    yield "In your editor: have it start `qwen-lsp` as a language server; the README shows how."
    yield "On your own code: `qwen-lsp complete FILE:LINE`."
