"""T11: logs and errors tell of the user's code. Figure: 0 canaries in the debug log, in notices and
in error replies, over every fault of an endpoint and every way to send a wrong message.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from tests.fakes import FakeEndpoint, Reply
from tests.fakes.acting_editor import ActingEditor
from tests.fakes.editor import Editor
from tests.fakes.values import Fault

CANARY = "canary_9f27"
URI = f"untitled:{CANARY}.py"
STATUSES = (400, 401, 403, 404, 408, 413, 422, 429, 500, 503)
# Those that end by themselves; the others are in the tests of faults.
FAULTS = tuple(
    fault
    for fault in get_args(Fault)
    if fault
    not in {
        "hang_before_headers",
        "hang_mid_stream",
        "byte_a_second",
        "endless",
        "says_nothing",
        "utf8_split",
    }
)
PLACE = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 6}}


@pytest.mark.asyncio
async def test_no_canary_in_the_log(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    async with FakeEndpoint("openai") as endpoint:
        options: dict[str, Any] = {
            "provider": "openai",
            "baseUrl": endpoint.base_url,
            "apiKey": "sk-test",
            "completion": {"model": "qwen2.5-coder-7b-instruct", "mode": "fim"},
        }
        arguments = ("serve", "--stdio", "--log-file", str(log), "--log-level", "debug")
        async with ActingEditor(options=options, root=tmp_path, arguments=arguments) as editor:
            await editor.initialize()
            text = f"{CANARY} = 1\n"
            editor.open(URI, text)
            endpoint.reply(f"{CANARY}_reply\n")
            await editor.inline(URI, 1, 0)
            for number, fault in enumerate(FAULTS):
                endpoint.reply(Reply(f"{CANARY}_{fault}\n", fault=fault))
                editor.retype(URI, f"{text}{CANARY} = {number}\n")
                await editor.inline(URI, 2, 0)
            for status in STATUSES:
                message = f"{CANARY} " * 200
                endpoint.fail(status, CANARY, message, times=1)
                editor.retype(URI, f"{text}{CANARY} = {status}\n")
                await editor.inline(URI, 2, 0)
            endpoint.reply(f"```python\n{CANARY}(\n```")
            for kind in ("fix", "refactor", "doc", "test", "explain"):
                argument = {"uri": URI, "range": PLACE, "instruction": CANARY}
                await editor.command(f"qwen.{kind}", argument)
            errors = await _send_what_is_wrong(editor)
            told = editor.notes("window/showMessage") + editor.notes("qwen/status")
    written = log.read_text("utf-8") + editor.log
    assert "engine:" in written
    for where in (written, str(errors)):
        assert CANARY not in where
        assert "sk-test" not in where
    # What the user is told may name an error's code, and nothing of what was sent.
    assert f"{CANARY}_" not in str(told)
    assert max(len(note["message"]) for note in told if note.get("message")) < 512
    print(f"T11: {len(FAULTS) + len(STATUSES)} faults, {len(errors)} wrong messages, 0 canaries")


async def _send_what_is_wrong(editor: Editor) -> list[Any]:
    """The replies to messages that do not have the form they should have."""
    document = {"uri": URI}
    wrong: list[tuple[str, Any]] = [
        ("textDocument/inlineCompletion", {"textDocument": CANARY}),
        ("textDocument/inlineCompletion", [CANARY]),
        ("textDocument/inlineCompletion", {"textDocument": document, "position": CANARY}),
        ("textDocument/codeAction", {"textDocument": document, "range": CANARY}),
        ("workspace/executeCommand", {"command": "qwen.unheardOf", "arguments": [CANARY]}),
        ("workspace/executeCommand", {"command": "qwen.fix", "arguments": [CANARY]}),
        ("workspace/executeCommand", {"command": "qwen.why", "arguments": CANARY}),
        ("workspace/executeCommand", {"command": "qwen.toggle", "arguments": [{"scope": CANARY}]}),
        ("textDocument/unheardOf", {"text": CANARY}),
    ]
    editor.notify("textDocument/didChange", {"textDocument": CANARY, "contentChanges": CANARY})
    editor.change("untitled:never.py", 1, [{"text": CANARY}])
    editor.notify("workspace/didChangeConfiguration", {"settings": {"qwen": CANARY}})
    replies = [await editor.request(method, params) for method, params in wrong]
    return [reply["error"] for reply in replies if "error" in reply]
