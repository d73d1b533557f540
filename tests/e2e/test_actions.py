"""Code actions through the real server in a process of its own, in both protocols of DashScope."""

from __future__ import annotations

import asyncio
import copy
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from tests.fakes import FakeEndpoint, Reply
from tests.fakes.acting_editor import CAPABILITIES, ActingEditor

SOURCE = """import os


class Cart:
    def total(self, prices):
        return sum(prise)

    def count(self):
        return 1
"""
FIXED = SOURCE.replace("prise", "prices")
REPLY = """```python
    def total(self, prices):
        return sum(prices)
```"""
PLACE = {"start": {"line": 5, "character": 19}, "end": {"line": 5, "character": 24}}
DIAGNOSTIC = {
    "range": PLACE,
    "message": "Undefined name `prise`",
    "code": "F821",
    "source": "ruff",
    "severity": 1,
}
REPLIES = {
    "doc": """```python
    def total(self, prices):
        \"\"\"Add up.\"\"\"
        return sum(prise)
```""",
    "test": """```python
from shop.cart import Cart


def test_total():
    assert Cart()
```""",
    "explain": "It adds up. ![x](https://evil.example/x.png)",
}
PROTOCOLS = {"compatible": "/compatible-mode/v1", "native": "/api/v1"}


def _options(endpoint: FakeEndpoint, protocol: str = "compatible") -> dict[str, Any]:
    return {
        "provider": "dashscope",
        "baseUrl": endpoint.origin + PROTOCOLS[protocol],
        "apiKey": "sk-test",
    }


def _argument(uri: str, **more: object) -> dict[str, object]:
    return {"uri": uri, "range": PLACE, "diagnostics": [DIAGNOSTIC], **more}


def _write(root: Path, text: str = SOURCE, name: str = "shop/cart.py") -> str:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path.as_uri()


def _read(path: Path) -> tuple[str, int] | None:
    """A file's text and who may write to it."""
    if not path.exists():
        return None
    return path.read_text("utf-8"), path.stat().st_mode & 0o222


@pytest.mark.asyncio
@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("kind", ["fix", "refactor", "doc", "test", "explain"])
async def test_each_action(kind: str, protocol: str, tmp_path: Path) -> None:
    uri = _write(tmp_path)
    _write(tmp_path, "def test_x():\n    assert True\n", "tests/test_other.py")
    async with FakeEndpoint() as endpoint:
        endpoint.reply(Reply(REPLIES.get(kind, REPLY), chunk_size=20))
        async with ActingEditor(root=tmp_path, options=_options(endpoint, protocol)) as editor:
            await editor.initialize()
            editor.open(uri, SOURCE)
            result = await editor.command(f"qwen.{kind}", _argument(uri))
            values = [note["value"] for note in editor.notes("$/progress")]
    assert result["status"] == "applied", result
    assert result["model"] == "qwen-coder-plus"
    assert [values[0]["kind"], values[-1]["kind"]] == ["begin", "end"]
    counts = [value["message"] for value in values if "characters" in value.get("message", "")]
    assert len(set(counts)) >= 2 or kind == "explain"
    assert PROTOCOLS[protocol] in endpoint.generations[0].path
    match kind:
        case "fix" | "refactor":
            assert editor.texts[uri] == FIXED
        case "doc":
            assert editor.texts[uri] == SOURCE.replace(
                "prices):\n", 'prices):\n        """Add up."""\n'
            )
        case "test":
            written = editor.texts[(tmp_path / "tests/test_cart.py").as_uri()]
            assert written.startswith("from shop.cart import Cart\n")
            assert editor.texts[uri] == SOURCE
        case _:
            assert result["markdown"] == "It adds up. x"
            assert editor.texts[uri] == SOURCE


@pytest.mark.asyncio
async def test_the_edit_is_versioned_annotated_and_small(tmp_path: Path) -> None:
    uri = _write(tmp_path)
    async with FakeEndpoint() as endpoint:
        endpoint.reply(REPLY)
        async with ActingEditor(root=tmp_path, options=_options(endpoint)) as editor:
            await editor.initialize()
            editor.open(uri, SOURCE, version=7)
            await editor.command("qwen.fix", _argument(uri))
            (params,) = editor.notes("workspace/applyEdit")
    (change,) = params["edit"]["documentChanges"]
    assert change["textDocument"] == {"uri": uri, "version": 7}
    (edit,) = change["edits"]
    assert edit["range"]["start"] == {"line": 5, "character": 0}
    assert edit["newText"] == "        return sum(prices)\n"
    assert params["edit"]["changeAnnotations"][edit["annotationId"]]["needsConfirmation"] is True


@pytest.mark.asyncio
async def test_plain_clients_get_plain_edits(tmp_path: Path) -> None:
    uri = _write(tmp_path)
    capabilities = {"workspace": {"applyEdit": True}}
    async with FakeEndpoint() as endpoint:
        endpoint.reply(REPLY)
        async with ActingEditor(
            root=tmp_path, options=_options(endpoint), capabilities=capabilities
        ) as editor:
            await editor.initialize()
            editor.open(uri, SOURCE)
            result = await editor.command("qwen.fix", _argument(uri))
            assert result["status"] == "applied"
            assert editor.texts[uri] == FIXED
            assert not editor.notes("$/progress")
            endpoint.reply("```python\ndef test_a():\n    assert True\n```")
            result = await editor.command("qwen.test", _argument(uri))
            assert result["status"] == "rejected"
            assert "creates no files" in result["reason"]


@pytest.mark.asyncio
@pytest.mark.parametrize("way", ["request", "progress", "own token"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_cancelling_closes_the_connection(way: str, protocol: str, tmp_path: Path) -> None:
    uri = _write(tmp_path)
    async with FakeEndpoint() as endpoint:
        endpoint.reply(Reply(REPLY, chunk_size=4, delay_between=0.5))
        async with ActingEditor(root=tmp_path, options=_options(endpoint, protocol)) as editor:
            await editor.initialize()
            editor.open(uri, SOURCE)
            params: dict[str, Any] = {"command": "qwen.fix", "arguments": [_argument(uri)]}
            if way == "own token":
                params["workDoneToken"] = "mine"
            number, reply = editor.send_request("workspace/executeCommand", params)
            note = await editor.wait_for_note(
                "$/progress", lambda note: "writes" in note["value"].get("message", "")
            )
            if way == "request":
                editor.notify("$/cancelRequest", {"id": number})
            else:
                assert way == "progress" or note["token"] == "mine"
                editor.notify("window/workDoneProgress/cancel", {"token": note["token"]})
            answer = await asyncio.wait_for(reply, 5)
            await endpoint.wait_for(lambda request: request.closed == "cancelled")
            assert editor.texts[uri] == SOURCE
            assert not editor.notes("workspace/applyEdit")
            await editor.wait_for_note("$/progress", lambda note: note["value"]["kind"] == "end")
            assert await editor.command("qwen.status")
    if way == "request":
        assert answer["error"]["code"] == -32800
    else:
        assert answer["result"]["status"] == "cancelled"


@pytest.mark.asyncio
async def test_documents_that_change_meanwhile(tmp_path: Path) -> None:
    uri = _write(tmp_path)
    async with FakeEndpoint() as endpoint:
        endpoint.reply(Reply(REPLY, delay_first=0.3))
        async with ActingEditor(root=tmp_path, options=_options(endpoint)) as editor:
            await editor.initialize()
            for text, status in (
                (SOURCE.replace("import os", "import os\nimport sys"), "applied"),
                (SOURCE.replace("return 1", "return 2"), "applied"),
                (SOURCE.replace("sum(prise)", "sum(prise) + 1"), "stale"),
            ):
                editor.open(uri, SOURCE)
                seen = len(endpoint.requests)
                params = {"command": "qwen.fix", "arguments": [_argument(uri)]}
                _, reply = editor.send_request("workspace/executeCommand", params)
                await endpoint.wait_for(seen + 1)
                editor.retype(uri, text)
                result = (await asyncio.wait_for(reply, 10))["result"]
                assert result["status"] == status, result
                mended = text.replace("sum(prise)\n", "sum(prices)\n")
                assert editor.texts[uri] == (mended if status == "applied" else text)
                editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})


@pytest.mark.asyncio
async def test_an_editor_that_refuses(tmp_path: Path) -> None:
    uri = _write(tmp_path)
    async with FakeEndpoint() as endpoint:
        endpoint.reply(REPLY)
        async with ActingEditor(root=tmp_path, options=_options(endpoint)) as editor:
            await editor.initialize()
            editor.open(uri, SOURCE)
            editor.refuses = True
            result = await editor.command("qwen.fix", _argument(uri))
            assert result["status"] == "rejected"
            assert result["reason"] == "The user said no."
            # One that answers with nothing at all must not hold the command for ever.
            editor.is_mute = True
            result = await editor.command("qwen.fix", _argument(uri))
            assert result["status"] == "rejected"


@pytest.mark.asyncio
async def test_explanations_are_opened_but_not_for_the_own_client(tmp_path: Path) -> None:
    uri = _write(tmp_path)
    own = copy.deepcopy(dict(CAPABILITIES))
    own["experimental"] = {"qwen": {}}
    async with FakeEndpoint() as endpoint:
        endpoint.reply("It *adds* up.")
        async with ActingEditor(root=tmp_path, options=_options(endpoint)) as editor:
            await editor.initialize()
            editor.open(uri, SOURCE)
            await editor.command("qwen.explain", {"uri": uri, "range": PLACE})
            (shown,) = editor.notes("window/showDocument")
            path = Path(unquote(urlsplit(shown["uri"]).path))
            assert _read(path) == ("It *adds* up.\n", 0)
        assert _read(path) is None
        async with ActingEditor(
            root=tmp_path, options=_options(endpoint), capabilities=own
        ) as editor:
            await editor.initialize()
            editor.open(uri, SOURCE)
            result = await editor.command("qwen.explain", {"uri": uri, "range": PLACE})
            assert result["markdown"] == "It *adds* up."
            assert not editor.notes("window/showDocument")


@pytest.mark.asyncio
async def test_the_menu(tmp_path: Path) -> None:
    uri = _write(tmp_path)
    async with ActingEditor(root=tmp_path, options={"provider": "embedded"}) as editor:
        answer = await editor.initialize()
        provider = answer["result"]["capabilities"]["codeActionProvider"]
        assert provider["codeActionKinds"] == ["quickfix", "refactor.rewrite", "qwen.explain"]
        editor.open(uri, SOURCE)

        async def ask(**context: object) -> list[dict[str, Any]]:
            params = {
                "textDocument": {"uri": uri},
                "range": PLACE,
                "context": {"diagnostics": [], **context},
            }
            reply = await editor.request("textDocument/codeAction", params)
            found: list[dict[str, Any]] = reply["result"]
            return found

        titles = [action["title"] for action in await ask(diagnostics=[DIAGNOSTIC])]
        assert titles == [
            "Fix with Qwen",
            "Refactor with Qwen…",
            "Document with Qwen",
            "Write tests with Qwen",
            "Explain with Qwen",
        ]
        assert "Fix with Qwen" not in [action["title"] for action in await ask()]
        far = {**DIAGNOSTIC, "range": {"start": {"line": 0, "character": 0}, "end": PLACE["start"]}}
        far["range"] = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 1}}
        assert len(await ask(diagnostics=[far])) == 4
        assert [one["title"] for one in await ask(only=["qwen"])] == ["Explain with Qwen"]
        assert len(await ask(only=["refactor"])) == 3
        (fix,) = await ask(only=["quickfix"], diagnostics=[DIAGNOSTIC])
        assert fix["tags"] == [1]
        assert fix["command"]["arguments"][0]["diagnostics"] == [DIAGNOSTIC]
        result = await editor.command("qwen.fix", fix["command"]["arguments"][0])
        assert result["status"] == "failed"
        assert "No model is configured" in result["reason"]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "arguments",
    [[], [None], ["text"], [{}], [{"uri": 1}], [{"uri": "file:///nowhere.py"}], [{"range": 3}]],
)
async def test_wrong_arguments(arguments: list[object], tmp_path: Path) -> None:
    async with ActingEditor(root=tmp_path, options={"provider": "embedded"}) as editor:
        await editor.initialize()
        result = await editor.command("qwen.fix", *arguments)
        assert result["status"] == "failed"
        assert "takes one object" in result["reason"]


@pytest.mark.asyncio
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_position_encodings(encoding: str, tmp_path: Path) -> None:
    source = "x = '🦆é'; y = prise\r\n"
    units = {"utf-8": 18, "utf-16": 15, "utf-32": 14}[encoding]
    place = {
        "start": {"line": 0, "character": units},
        "end": {"line": 0, "character": units + 5},
    }
    uri = _write(tmp_path, source)
    capabilities = {**CAPABILITIES, "general": {"positionEncodings": [encoding]}}
    async with FakeEndpoint() as endpoint:
        endpoint.reply("```python\nx = '🦆é'; y = prices\n```")
        async with ActingEditor(
            root=tmp_path, options=_options(endpoint), capabilities=capabilities
        ) as editor:
            await editor.initialize()
            editor.open(uri, source)
            argument = {"uri": uri, "range": place, "instruction": "Mend it."}
            result = await editor.command("qwen.fix", argument)
            assert result["status"] == "applied"
            assert editor.texts[uri] == source.replace("prise", "prices")
