"""`qwen-lsp context`: what a model would be sent for a place, piece by piece. Nothing is sent."""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from lsp_server.buffer import Position, Snapshot
from lsp_server.cli.complete import find_position, parse_place, read_snapshot
from lsp_server.cli.session import Reading, find_root, read_settings
from lsp_server.cli.terminal import (
    keep_logs_quiet,
    make_printable,
    open_output,
    print_json,
    print_message,
    print_prose,
    show_progress,
)
from lsp_server.context.process import Chosen, ContextProcess, Details
from lsp_server.errors import UserError
from lsp_server.index.client import IndexClient
from lsp_server.privacy.gate import Gate
from lsp_server.privacy.secrets import redact
from lsp_server.settings import Settings
from lsp_server.uris import path_of

_EPILOG = """\
The text is that of ghost text's prompt, without the control tokens; secrets are replaced as they
would be. Exit code 0, or 1 where the file may not be sent.

example: qwen-lsp context src/app.py:20:9"""

# Longer nobody waits for a project to be read; what is read by then counts.
_READING_S = 120.0
_ANSWER_S = 20.0


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the prompt: why it is there, its text as it would be sent, and its tokens."""

    title: str
    origin: str
    text: str
    tokens: int
    pieces: tuple[Chosen, ...] = ()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The place, and the form of the answer."""
    parser.usage = "qwen-lsp context [--json] FILE:LINE[:COL]"
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument(
        "place",
        metavar="FILE:LINE[:COL]",
        help="line and column count from 1; without a column, the end of the line",
    )
    parser.add_argument("--json", action="store_true", help="the pieces, for programs")


def run(arguments: argparse.Namespace) -> int:
    """Gather as for a suggestion, and show it."""
    place = parse_place(arguments.place)
    snapshot = read_snapshot(place.file)
    position = find_position(place, snapshot)
    resolved = read_settings()
    for problem in resolved.problems:
        print_message(problem)
    settings = resolved.settings
    file = path_of(snapshot.uri)
    assert file is not None
    root = find_root(file)
    gate = Gate((root,) if root else (), settings.privacy.ignore_files)
    verdict = gate.check(file)
    if not verdict.allowed:
        print_message(f"This file is not sent to a model: {verdict.reason}")
        return 1
    if root is None:
        raise UserError("The file is in no project: nothing but its own text would be sent.")
    keep_logs_quiet()
    details = asyncio.run(_gather(gate, root, settings, snapshot, position))
    if details is None:
        raise UserError("The context could not be gathered; is the line too long to be code?")
    parts = list_parts(details, redacts=settings.privacy.redact_secrets)
    budget = settings.completion.max_prompt_tokens
    if arguments.json:
        print_json(describe(details, parts, budget))
    else:
        _show(details, parts, budget)
    return 0


def list_parts(details: Details, *, redacts: bool) -> list[Part]:
    """What is sent, in its order."""
    context = details.context

    def clean(text: str) -> str:
        return redact(text, context.language).text if redacts else text

    parts = [
        Part(
            snippet.path,
            snippet.origin,
            clean(snippet.text),
            tokens,
            tuple(piece for piece in details.pieces if piece.path == snippet.path),
        )
        for snippet, tokens in zip(context.snippets, details.snippet_tokens, strict=True)
    ]
    return [
        *parts,
        Part(context.path, "before the cursor", clean(context.prefix), details.prefix_tokens),
        Part(context.path, "after the cursor", clean(context.suffix), details.suffix_tokens),
    ]


def describe(details: Details, parts: list[Part], budget: int) -> dict[str, object]:
    """`{"tokens", "budget", "parts": [{"path", "origin", "tokens", "text", "pieces"}]}`; a piece is
    `{"line", "origin", "rank", "tokens"}`, its line counted from 1, its rank the order of choice.
    """
    return {
        "tokens": details.tokens,
        "budget": budget,
        "parts": [
            {
                "path": part.title,
                "origin": part.origin,
                "tokens": part.tokens,
                "text": part.text,
                "pieces": [
                    {
                        "line": piece.line + 1,
                        "origin": piece.origin,
                        "rank": piece.rank,
                        "tokens": piece.tokens,
                    }
                    for piece in part.pieces
                ],
            }
            for part in parts
        ],
    }


async def _gather(
    gate: Gate, root: Path, settings: Settings, snapshot: Snapshot, position: Position
) -> Details | None:
    reading = Reading()
    index, context = IndexClient(reading.note), ContextProcess()
    try:
        with show_progress("Reading the project …"):
            await index.start(gate.roots, gate.ignore_files, watch=False)
            if not await reading.wait(_READING_S):
                print_message("The project is still being read; this is what is known so far.")
            await context.start(gate)
            return await context.explain(
                snapshot,
                position,
                root.name,
                settings.completion.max_prompt_tokens,
                seconds=_ANSWER_S,
            )
    finally:
        await asyncio.gather(index.close(), context.close())


def _show(details: Details, parts: list[Part], budget: int) -> None:
    console = open_output()
    print_prose(console, f"{details.tokens:,} of {budget:,} tokens")
    for part in parts:
        ranks = ", ".join(str(rank) for rank in sorted(piece.rank for piece in part.pieces))
        chosen = f", rank {ranks}" if ranks else ""
        title = f"── {part.title} · {part.origin} · {part.tokens} tokens{chosen}"
        print_prose(console, Text(f"\n{make_printable(title)}", style="bold"))
        for line in part.text.split("\n"):
            console.print(Text(make_printable(line)), soft_wrap=True)
