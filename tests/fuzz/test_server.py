"""R1: mutated sources and an editor's operations, at random, against the real server. Figure: 0
exits, 0 lost replies; the number of sequences and the seed are printed.

FUZZ_SECONDS is how long it runs (20 unless told), FUZZ_SEED where the generator starts.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import FakeEndpoint, Reply
from tests.fakes.editor import Editor

SECONDS = float(os.environ.get("FUZZ_SECONDS", "20"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
SOURCES = sorted((Path(__file__).parents[2] / "lsp_server").rglob("*.py"))[:60]
LANGUAGES = ("python", "javascript", "rust", "yaml", "markdown", "plaintext", "made-up", "html")
PIECES = (
    "", "(", ")", "}", "\n", "\r", "\r\n", "\t", '"""', "'", "```", "<|fim_middle|>", "é", "🦆",
    "\u0301", "\u2028", "\f", "\0", "\ufeff", "\ud83d", "if x:\n", "x" * 500, "    ", "/*", "{{",
)  # fmt: skip
REPLIES = (
    "", "x = 1\n", "    return a\n}\n", "```python\nx\n```", "é🦆\u202e", "(" * 3_000, "\n" * 99,
    "<|im_end|>", "Sure! Here is the code:", "a\r\nb\r\n",
)  # fmt: skip


class Typist:
    """Does at random what an editor may do, and keeps every reply that is to come."""

    def __init__(self, editor: Editor, randomness: random.Random) -> None:
        self.editor = editor
        self.random = randomness
        self.waiting: list[tuple[str, asyncio.Future[dict[str, Any]]]] = []
        self.versions: dict[str, int] = {}

    def run_sequence(self, number: int) -> None:
        """Open a mutated source, and do a few things with it."""
        uri = f"untitled:fuzz{number % 7}.py"
        text = self.mutate(self.random.choice(SOURCES).read_text("utf-8")[:6_000])
        self.versions[uri] = 1
        self.editor.open(uri, text, self.random.choice(LANGUAGES))
        for _ in range(self.random.randint(2, 9)):
            self.do_something(uri)
        if self.random.random() < 0.7:
            self.editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})

    def mutate(self, text: str) -> str:
        """The text with a few pieces cut out, doubled or put in."""
        for _ in range(self.random.randint(0, 6)):
            start = self.random.randint(0, len(text))
            end = min(len(text), start + self.random.choice([0, 1, 5, 200]))
            piece = self.random.choice([*PIECES, text[start:end] * 2])
            text = text[:start] + piece + text[end:]
        return text

    def do_something(self, uri: str) -> None:
        """One operation, right or wrong."""
        document = {"uri": uri}
        match self.random.randrange(9):
            case 0 | 1 | 2:
                number, reply = self.editor.send_inline(
                    uri, self.line(), self.column(), kind=self.random.choice([0, 1, 2])
                )
                self.waiting.append(("inline", reply))
                if self.random.random() < 0.3:
                    self.editor.notify("$/cancelRequest", {"id": number})
            case 3 | 4 | 5:
                self.versions[uri] = self.versions.get(uri, 0) + 1
                changes = [self.change() for _ in range(self.random.randint(0, 3))]
                self.editor.change(uri, self.versions[uri], changes)
            case 6:
                params = {"textDocument": document, "range": self.range(), "context": {}}
                params["context"] = {"diagnostics": []}
                self.expect("textDocument/codeAction", params)
            case 7:
                command = self.random.choice(["qwen.why", "qwen.status", "qwen.none"])
                self.expect(
                    "workspace/executeCommand", {"command": command, "arguments": [document]}
                )
            case _:
                junk: object = self.random.choice([None, 3, [], {"textDocument": 1}, "text"])
                self.expect("textDocument/inlineCompletion", junk)

    def expect(self, method: str, params: object) -> None:
        self.waiting.append((method, self.editor.send_request(method, params)[1]))

    def change(self) -> dict[str, Any]:
        text = self.random.choice(PIECES)
        if self.random.random() < 0.1:
            return {"text": text}
        return {"range": self.range(), "text": text}

    def range(self) -> dict[str, Any]:
        line = self.line()
        return {
            "start": {"line": line, "character": self.column()},
            "end": {"line": line + self.random.choice([0, 0, 1, 7]), "character": self.column()},
        }

    def line(self) -> int:
        return self.random.choice([0, 1, 7, self.random.randint(0, 150), 2**31 - 1])

    def column(self) -> int:
        return self.random.choice([0, 1, self.random.randint(0, 80), 2**31 - 1])


@pytest.mark.asyncio
async def test_no_sequence_ends_the_server_or_loses_a_reply() -> None:
    randomness = random.Random(SEED)
    sequences = replies = 0
    slowest = 0.0
    async with FakeEndpoint("openai") as endpoint:
        endpoint.script(lambda _: Reply(randomness.choice(REPLIES), chunk_size=40))
        options = {
            "provider": "openai",
            "baseUrl": endpoint.base_url,
            "apiKey": "sk-test",
            "completion": {"model": "qwen2.5-coder-7b-instruct", "deadlineMs": 500},
        }
        async with Editor(options=options) as editor:
            await editor.initialize()
            typist = Typist(editor, randomness)
            ends = time.monotonic() + SECONDS
            while time.monotonic() < ends:
                typist.run_sequence(sequences)
                sequences += 1
                if sequences % 5:
                    continue
                started = time.monotonic()
                for method, reply in typist.waiting:
                    answer = await asyncio.wait_for(reply, 60)
                    assert "result" in answer or "error" in answer, method
                    if "error" in answer:
                        # Wrong messages are refused; no right one fails within the server.
                        assert answer["error"]["code"] != -32603, (SEED, sequences, answer)
                replies += len(typist.waiting)
                typist.waiting.clear()
                slowest = max(slowest, time.monotonic() - started)
            assert editor.process.returncode is None
        assert "Traceback" not in editor.log
        assert "could not be handled" not in editor.log
    print(
        f"R1: {sequences} sequences, seed {SEED}, {replies} replies, none lost; five sequences "
        f"took {slowest:.2f} s at most"
    )
