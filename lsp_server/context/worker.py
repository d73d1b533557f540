"""The process that gathers context: it holds the vocabulary, reads the index, and answers.

It runs apart because neither the vocabulary's memory nor some ten milliseconds of pure Python at
a key belong into the server. Messages in, one JSON line each: `{"do": "configure" | "gather" |
"gather for action" | "wait", …}`; out: a line for each message with an `id`.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cachetools import LRUCache

from lsp_server.context.base import Snippet, Subject
from lsp_server.context.edits import Edit
from lsp_server.context.filemap import FileMap
from lsp_server.context.for_action import gather_for_action
from lsp_server.context.gather import Gathered, gather, keep_paths
from lsp_server.context.scene import Scene
from lsp_server.context.vocabulary import Vocabulary
from lsp_server.index.reader import Reader
from lsp_server.index.schema import database_path
from lsp_server.privacy.gate import Gate, Look
from lsp_server.worker.loop import Message, Messages

# The files of a workspace are listed anew when nothing was asked for this long, and so seldom.
_REST_S = 0.5
_LISTED_S = 5.0
_KEPT_DOCUMENTS = 32


def main() -> None:
    """Serve on standard input and output until the input ends."""
    worker = Worker(Messages(sys.stdin.buffer, sys.stdout.buffer))
    # What is made here stands in no cycles. To look for some all the same takes a quarter of the
    # time of a question: it is done while nobody asks, and not for what lives on.
    gc.disable()
    _collect()
    worker.run()


def _collect() -> None:
    gc.collect()
    gc.freeze()


class Worker:
    """Answers messages as they come."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        self._vocabulary = Vocabulary()
        self._folders: dict[Path, _Folder] = {}
        self._asked = 0.0

    def run(self) -> None:
        """Serve until the input ends."""
        self._messages.serve(self._handle, self._work)

    def _handle(self, message: Message) -> dict[str, Any]:
        match message["do"]:
            case "configure":
                place = None if message["place"] is None else Path(message["place"])
                gate = Gate(tuple(map(Path, message["roots"])), tuple(message["ignore"]))
                self._folders = {
                    root: _Folder(root, gate, Reader(database_path(root, gate.ignore_files, place)))
                    for root in gate.roots
                }
            case "gather":
                self._asked = time.monotonic()
                return self._gather(message)
            case "gather for action":
                return self._gather_for_action(message)
            case "wait":
                pass
        return {}

    def _gather(self, message: Message) -> dict[str, Any]:
        folder = self._folders.get(Path(message["root"]))
        if folder is None:
            return {}
        scene = _read_scene(message["scene"])
        gathered = folder.gather(
            scene,
            self._vocabulary,
            message["budget"],
            [Edit(path, line, tuple(old), tuple(new)) for path, line, old, new in message["edits"]],
            is_anew=message["anew"],
        )
        count = self._vocabulary.count_lines
        answer = {
            "first": gathered.frame.first,
            "tokens": gathered.tokens,
            # What the window may take, and what its lines and those around it do.
            "room": message["budget"] - gathered.tokens + gathered.frame.tokens,
            "suffix_tokens": count(gathered.frame.suffix.split("\n")),
            "counts": [count([line]) for line in (*scene.above, *scene.below)],
            "paths": sorted(gathered.paths),
            "prefix": gathered.frame.prefix,
            "suffix": gathered.frame.suffix,
            "snippets": [[one.path, one.text, one.origin] for one in gathered.snippets],
        }
        return {**answer, **self._describe(gathered)} if message["details"] else answer

    def _gather_for_action(self, message: Message) -> dict[str, Any]:
        folder = self._folders.get(Path(message["root"]))
        if folder is None:
            return {}
        shown = tuple((path, text) for path, text in message["shown"])
        subject = Subject(message["code"], tuple(message["messages"]), shown)
        snippets = folder.gather_for_action(
            message["path"], subject, self._vocabulary, message["budget"]
        )
        return {"snippets": [[one.path, one.text, one.origin] for one in snippets]}

    def _describe(self, gathered: Gathered) -> dict[str, Any]:
        """What the user is shown beside it: tokens, and the chosen pieces by rank."""
        count = self._vocabulary.count
        return {
            "prefix_tokens": count(gathered.frame.prefix),
            "suffix_tokens": count(gathered.frame.suffix),
            "snippet_tokens": [count(snippet.text) for snippet in gathered.snippets],
            "pieces": [
                [one.piece.path, one.piece.line, one.piece.origin, one.rank, one.tokens]
                for one in gathered.choices
            ],
        }

    def _work(self) -> float | None:
        rested = time.monotonic() - self._asked
        if rested < _REST_S:
            return _REST_S - rested
        for folder in self._folders.values():
            folder.refresh()
        _collect()
        return None


class _Look:
    """Which files of a folder may be shown at this moment, by their paths below it."""

    def __init__(self, root: Path, look: Look) -> None:
        self._root = root
        self._look = look

    def __call__(self, path: str, text: str = "") -> bool:
        verdict = self._look.check_context(self._root / path, text)
        return verdict.allowed and ".." not in path.split("/")


class _Folder:
    """One workspace folder: its index, its files by name, and what was gathered last."""

    def __init__(self, root: Path, gate: Gate, reader: Reader) -> None:
        self._root = root
        self._gate = gate
        self._reader = reader
        self._files = FileMap(())
        self._listed: float | None = None
        self._last: LRUCache[str, Gathered] = LRUCache(_KEPT_DOCUMENTS)

    def refresh(self) -> None:
        """List the files anew, unless that was done just now."""
        now = time.monotonic()
        if self._listed is None or now - self._listed > _LISTED_S:
            self._files = FileMap(self._reader.files(), self._root.name)
            self._listed = now

    def gather(
        self,
        scene: Scene,
        vocabulary: Vocabulary,
        budget: int,
        edits: Sequence[Edit],
        *,
        is_anew: bool = False,
    ) -> Gathered:
        """What is gathered of files that the gate allows now, whatever it did a moment ago.

        With `is_anew` nothing stays for the sake of an endpoint's cache.
        """
        if self._listed is None:
            self.refresh()
        allows = self._look()
        last = None if is_anew else self._last.get(scene.path)
        if last is not None and not all(map(allows, last.paths)):
            last = None
        gathered = gather(
            scene,
            self._reader,
            self._files,
            vocabulary.count_lines,
            budget,
            last,
            [edit for edit in edits if allows(edit.path)],
        )
        if gathered.snippets is not (last.snippets if last else None):
            texts: dict[str, list[str]] = {}
            for one in gathered.choices:
                texts.setdefault(one.piece.path, []).extend(one.piece.lines)
            allows = self._look()
            allowed = {path for path, lines in texts.items() if allows(path, "\n".join(lines))}
            gathered = keep_paths(gathered, allowed)
        self._last[scene.path] = gathered
        return gathered

    def gather_for_action(
        self, path: str, subject: Subject, vocabulary: Vocabulary, budget: int
    ) -> list[Snippet]:
        """What is gathered for an action, of files that the gate allows now."""
        if self._listed is None:
            self.refresh()
        snippets = gather_for_action(
            path,
            subject,
            self._reader,
            self._files,
            vocabulary.count_lines,
            budget,
            self._look(),
        )
        allows = self._look()
        return [one for one in snippets if allows(one.path, one.text)]

    def _look(self) -> _Look:
        return _Look(self._root, self._gate.look())


def _read_scene(message: Mapping[str, Any]) -> Scene:
    return Scene(
        message["path"],
        message["language"],
        message["first"],
        tuple(message["above"]),
        message["left"],
        message["right"],
        tuple(message["below"]),
        tuple(message["head"]),
    )
