"""Whatever is wrong: one clear sentence, the server lives on, ghost text falls back."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.client import Client, connect
from tests.fakes import FakeEndpoint, Reply
from tests.fakes.editor import clean_environment

URI = "untitled:reader.py"

# Something for the embedded engine to copy: the cursor stands in the second of two like functions.
SOURCE = """\
def read_first(path):
    with open(path, encoding="utf-8") as handle:
        content = handle.read()
    return content.strip()


def read_second(path):
    with open(path, encoding="utf-8") as handle:
        content = handle.read()
    return content.
"""
PLACE = (9, 19)


def _at(base_url: str, **more: object) -> dict[str, Any]:
    completion = {"model": "qwen2.5-coder-7b-instruct", "mode": "fim"}
    return {"provider": "openai", "baseUrl": base_url, "apiKey": "sk-test"} | {
        "completion": completion | more
    }


async def _require_fallback(client: Client) -> None:
    client.open(URI, SOURCE)
    items = await client.inline(URI, *PLACE)
    assert items
    assert items[0].insert_text == "return content.strip()"
    why = await client.command("qwen.why", {"uri": URI})
    assert why["engine"] == "embedded"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"completion": {"mode": "fimm"}}, 'it takes one of "auto", "fim", "partial"'),
        ({"completion.debounceMs": -1}, 'it takes a whole number from 0 to 5000, or "auto"'),
        ({"trusted": "yes"}, "it takes true or false"),
        ({"baseUrl": "ftp://x"}, "it takes an http or https address"),
        ({"provider": "openai", "baseUrl": "http://example.com/v1"}, "is not encrypted"),
        ({"provider": "dashscope"}, "No DashScope key was found"),
    ],
)
async def test_wrong_settings(options: dict[str, Any], sentence: str) -> None:
    async with connect(options={"provider": "embedded"} | options) as client:
        assert sentence in await client.next_message()
        await _require_fallback(client)


@pytest.mark.asyncio
async def test_key_in_the_settings_file_is_refused() -> None:
    section = {"provider": "embedded", "apiKey": "sk-secret"}
    async with connect(section=section) as client:
        message = await client.next_message()
        assert "qwen-lsp login" in message
        assert "sk-secret" not in message


@pytest.mark.asyncio
async def test_unknown_settings_are_only_logged() -> None:
    async with connect(options={"provider": "embedded", "colour": "red"}) as client:
        await _require_fallback(client)


@pytest.mark.asyncio
async def test_broken_configuration_file(tmp_path: Path) -> None:
    folder = tmp_path / "qwen-lsp"
    folder.mkdir()
    (folder / "config.toml").write_text("provider = [", "utf-8")
    environment = {"XDG_CONFIG_HOME": str(tmp_path)}
    async with connect(options={"provider": "embedded"}, environment=environment) as client:
        assert "no valid TOML" in await client.next_message()
        await _require_fallback(client)


def _refuse(endpoint: FakeEndpoint) -> None:
    endpoint.fail(401, "invalid_api_key", "Incorrect API key provided.")


def _unknown_model(endpoint: FakeEndpoint) -> None:
    endpoint.fail(404, "model_not_found", "The model does not exist.")


def _web_page(endpoint: FakeEndpoint) -> None:
    endpoint.reply(Reply("", fault="html_200"))


def _broken(endpoint: FakeEndpoint) -> None:
    endpoint.fail(500, "internal_error", "Something broke.")


def _cut(endpoint: FakeEndpoint) -> None:
    endpoint.reply(Reply("x = 1", fault="cut_sse"))


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("break_it", "sentence"),
    [
        (_refuse, "refused the key"),
        (_unknown_model, "to this account"),
        (_web_page, "answered with a web page"),
        (_broken, "is busy or restarting"),
        (_cut, "broke off in the middle"),
    ],
)
async def test_endpoint_faults(break_it: Callable[[FakeEndpoint], None], sentence: str) -> None:
    async with FakeEndpoint(kind="openai") as endpoint:
        break_it(endpoint)
        async with connect(options=_at(endpoint.base_url)) as client:
            await client.wait_for_engine("openai")
            await _require_fallback(client)
            assert sentence in await client.next_message()
            # Told once: the second time there is only the reason for qwen.why.
            await client.inline(URI, *PLACE)
            why = await client.command("qwen.why", {"uri": URI})
            assert why["engine"] == "embedded"
            assert why["reason"]


@pytest.mark.asyncio
async def test_endpoint_down() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        base_url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        async with connect(options=_at(base_url)) as client:
            await client.wait_for_engine("openai")
            await _require_fallback(client)
            assert "does not answer" in await client.next_message()


@pytest.mark.asyncio
async def test_endpoint_too_late() -> None:
    async with FakeEndpoint(kind="openai") as endpoint:
        endpoint.reply(Reply("x = 1", delay_first=30))
        async with connect(options=_at(endpoint.base_url, deadlineMs=200)) as client:
            await client.wait_for_engine("openai")
            await _require_fallback(client)
        assert endpoint.generations[0].closed == "cancelled"


@pytest.mark.asyncio
async def test_retired_model_is_passed_over_and_told_once() -> None:
    async with FakeEndpoint(kind="dashscope", retired={"qwen-coder-turbo"}) as endpoint:
        endpoint.reply("strip()\n")
        options = {"provider": "dashscope", "baseUrl": endpoint.base_url, "apiKey": "sk-test"}
        async with connect(options=options) as client:
            await client.wait_for_engine("dashscope")
            client.open(URI, SOURCE)
            for _ in range(2):
                items = await client.inline(URI, *PLACE)
                assert [item.insert_text for item in items or ()] == ["return content.strip()"]
            assert "qwen-coder-turbo is not served" in await client.next_message()
            asked = [request.json["model"] for request in endpoint.generations]
            assert asked.count("qwen-coder-turbo") == 2  # Once in each form, and never again.
            assert asked[-1] == "qwen2.5-coder-7b-instruct"


@pytest.mark.asyncio
async def test_untrusted_workspace_sends_nothing(tmp_path: Path) -> None:
    async with FakeEndpoint(kind="openai") as endpoint:
        options = _at(endpoint.base_url) | {"trusted": False}
        async with connect(root=tmp_path, options=options) as client:
            await client.wait_for_engine("embedded")
            await _require_fallback(client)
        assert endpoint.requests == []


@pytest.mark.asyncio
async def test_denied_file_is_not_sent(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("private/\n", "utf-8")
    async with FakeEndpoint(kind="openai") as endpoint:
        endpoint.reply("value\n")
        async with connect(root=tmp_path, options=_at(endpoint.base_url)) as client:
            await client.wait_for_engine("openai")
            for name in (".env", "private/plan.py", "deploy.pem"):
                uri = (tmp_path / name).as_uri()
                client.open(uri, "TOKEN=\n", "plaintext")
                await client.inline(uri, 0, 6)
                why = await client.command("qwen.why", {"uri": uri})
                assert "not sent to a model" in why["reason"]
            assert endpoint.generations == []


@pytest.mark.asyncio
async def test_workspace_files_set_nothing_and_run_nothing(tmp_path: Path) -> None:
    """A hostile repository: settings, environment files, and modules named like ours."""
    async with FakeEndpoint(kind="openai") as stranger:
        settings = f'{{"qwen.provider": "openai", "qwen.baseUrl": "{stranger.base_url}"}}'
        (tmp_path / ".vscode").mkdir()
        (tmp_path / ".vscode" / "settings.json").write_text(settings, "utf-8")
        (tmp_path / ".env").write_text(f"OPENAI_BASE_URL={stranger.base_url}\n", "utf-8")
        (tmp_path / "config.toml").write_text(f'baseUrl = "{stranger.base_url}"\n', "utf-8")
        trap = "import pathlib\npathlib.Path(__file__).with_suffix('.ran').touch()\n"
        for name in ("openai", "httpx2", "keyring", "rich", "pathspec", "sitecustomize"):
            (tmp_path / f"{name}.py").write_text(trap, "utf-8")
        environment = clean_environment({"DASHSCOPE_API_KEY": "sk-cloud"})
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "lsp_server", "complete", "openai.py:1"),
            cwd=tmp_path,
            env=environment | {"PYTHONPATH": str(Path(__file__).parents[2])},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        await asyncio.wait_for(process.communicate(), 60)
        assert [name for name in os.listdir(tmp_path) if name.endswith(".ran")] == []
        assert stranger.requests == []


@pytest.mark.asyncio
@pytest.mark.parametrize("transport", ["--tcp", "--ws"])
async def test_port_in_use(transport: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, errors = await _run("serve", transport, f"127.0.0.1:{port}")
    assert code == 2
    assert errors == (
        f"qwen-lsp: Port {port} on 127.0.0.1 is in use; "
        "choose another, or 0 for any that is free.\n"
    )


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("serve", "--tcp", "nonsense"), "an address is HOST:PORT"),
        (("serve", "--log-file", "/"), "cannot be written"),
        (("unheard-of",), "invalid choice"),
        (("--unheard-of",), "unrecognized arguments"),
    ],
)
async def test_wrong_use(arguments: tuple[str, ...], sentence: str) -> None:
    code, errors = await _run(*arguments)
    assert code == 2
    assert sentence in errors
    assert "Traceback" not in errors


async def _run(*arguments: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "lsp_server", *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=clean_environment(),
    )
    _, errors = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, errors.decode()
