"""T1: a workspace redirects the key. Figure: 40 hostile workspaces, 0 bytes of key at a stranger.

Each workspace names a stranger's endpoint in a file that some tool would believe. The real server
is started in it with keys of each kind at hand; where an editor might let such a file into the
settings that it gives to servers, it does.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import FakeEndpoint
from tests.fakes.editor import Editor

ROOT = Path(__file__).parents[2]
CLIENT_KEY, HOSTED_KEY, OPENAI_KEY = "sk-canary-client", "sk-canary-hosted", "sk-canary-openai"
KEYS = (CLIENT_KEY, HOSTED_KEY, OPENAI_KEY)
URI = "untitled:code.py"


@dataclass(frozen=True)
class Workspace:
    """Files of a hostile repository, and what an editor that believes them gives to the server."""

    name: str
    files: dict[str, str]
    section: dict[str, Any]


def make_workspaces(address: str) -> Iterator[Workspace]:
    """Forty workspaces that point at `address`, which ends with its version path."""
    providers = ("auto", "openai", "vllm", "llamacpp", "ollama", "lmstudio", "dashscope")
    for provider in providers:
        section: dict[str, Any] = {"provider": provider, "baseUrl": address}
        flat = {f"qwen.{key}": value for key, value in section.items()}
        yield Workspace(f"vscode-{provider}", {".vscode/settings.json": json.dumps(flat)}, section)
    for provider in providers[:5]:
        section = {"provider": provider, "baseUrl": address, "completion": {"model": "stolen"}}
        shop = {"folders": [{"path": "."}], "settings": {"qwen": section}}
        yield Workspace(
            f"code-workspace-{provider}", {"shop.code-workspace": json.dumps(shop)}, section
        )
    variables = {
        "OPENAI_BASE_URL": address,
        "OPENAI_API_BASE": address,
        "DASHSCOPE_BASE_URL": address,
        "DASHSCOPE_HTTP_BASE_URL": address,
        "HTTPS_PROXY": address,
        "ALL_PROXY": address,
        "SSL_CERT_FILE": "evil.pem",
        "PYTHONPATH": ".",
    }
    for name, value in variables.items():
        yield Workspace(f"env-{name}", {".env": f"export {name}={value}\n{name}={value}\n"}, {})
    tables = {
        "pyproject.toml": '[tool.qwen]\nbaseUrl = "{}"\n[tool.qwen-lsp]\nbaseUrl = "{}"\n',
        "config.toml": 'provider = "openai"\nbaseUrl = "{}"\n',
        ".qwen/config.toml": 'provider = "openai"\nbaseUrl = "{}"\n',
        "qwen-lsp/config.toml": 'provider = "openai"\nbaseUrl = "{}"\n',
        ".config/qwen-lsp/config.toml": 'provider = "openai"\nbaseUrl = "{}"\n',
        ".helix/languages.toml": '[language-server.qwen-lsp.config]\nbaseUrl = "{}"\n',
        "setup.cfg": "[qwen]\nbaseUrl = {}\n",
        ".qwen/settings.json": '{{"baseUrl": "{}"}}',
        ".qwen/.env": "OPENAI_BASE_URL={}\nDASHSCOPE_API_KEY=sk-theirs\n",
        ".nvim.lua": 'vim.env.OPENAI_BASE_URL = "{}"\n',
        ".envrc": "export OPENAI_BASE_URL={}\n",
        "opencode.json": '{{"provider": {{"baseURL": "{}"}}}}',
        "package.json": '{{"qwen": {{"baseUrl": "{}"}}}}',
        ".zed/settings.json": '{{"lsp": {{"qwen-lsp": {{"baseUrl": "{}"}}}}}}',
        "sitecustomize.py": "import os\nos.environ['OPENAI_BASE_URL'] = '{}'\n",
        "lsp_server/catalogue.toml": 'origin = "{}"\n',
    }
    for file, text in tables.items():
        yield Workspace(file.replace("/", "-"), {file: text.replace("{}", address)}, {})
    yield Workspace(
        "dotted",
        {".vscode/settings.json": json.dumps({"qwen.baseUrl": address})},
        {"provider": "openai", "baseUrl": address.replace("127.0.0.1", "localhost")},
    )
    yield Workspace(
        "userinfo", {}, {"provider": "openai", "baseUrl": address.replace("//", "//home@")}
    )
    yield Workspace("query", {}, {"baseUrl": f"{address}?https://dashscope.aliyuncs.com"})
    yield Workspace("key too", {}, {"baseUrl": address, "apiKey": "sk-theirs"})


@pytest.mark.asyncio
async def test_no_hostile_workspace_gets_a_key(tmp_path: Path) -> None:
    home_keys = {OPENAI_KEY: "beijing", CLIENT_KEY: "beijing"}
    async with (
        FakeEndpoint("openai", keys=None) as stranger,
        FakeEndpoint("openai", keys=home_keys) as home,
    ):
        workspaces = list(make_workspaces(stranger.base_url))
        assert len(workspaces) == 40
        # A server and its workers take nearly two seconds of a processor, most of it for imports.
        places = asyncio.Semaphore(2 * (os.cpu_count() or 1))

        async def enter(workspace: Workspace, options: dict[str, Any], folder: Path) -> None:
            async with places:
                await open_and_type(workspace, options, folder, home.base_url)

        given = {"provider": "openai", "baseUrl": home.base_url, "apiKey": CLIENT_KEY}
        # The client's key comes with its address, and every other time without.
        options = (given, {"apiKey": CLIENT_KEY})
        await asyncio.gather(
            *(
                enter(workspace, options[number % 2], write(workspace, tmp_path / str(number)))
                for number, workspace in enumerate(workspaces)
            )
        )
    sent = "".join(f"{each.headers} {each.body!r} {each.query}" for each in stranger.requests)
    # It was asked, by the workspaces whose editor lets them name an address, and without a key.
    assert stranger.requests
    assert not [key for key in KEYS if key in sent]
    assert {request.key for request in stranger.requests} == {None}
    # The keys were at hand: they went home.
    assert {request.key for request in home.generations} == {CLIENT_KEY, OPENAI_KEY}
    print(f"T1: {len(workspaces)} workspaces, 0 of {len(stranger.requests)} requests with a key")


def write(workspace: Workspace, folder: Path) -> Path:
    """The folder with the workspace's files in it."""
    folder.mkdir()
    for name, text in workspace.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


async def open_and_type(
    workspace: Workspace, options: dict[str, Any], folder: Path, home: str
) -> None:
    """Start the server in the workspace and ask for ghost text."""
    environment = {
        "PYTHONPATH": str(ROOT),
        "OPENAI_BASE_URL": home,
        "OPENAI_API_KEY": OPENAI_KEY,
        # Only where another address is named: nothing may be sent to the real one.
        **({"DASHSCOPE_API_KEY": HOSTED_KEY} if "baseUrl" in workspace.section else {}),
    }
    async with Editor(
        root=folder,
        folder=folder,
        options=options,
        section=workspace.section,
        environment=environment,
    ) as editor:
        await editor.initialize()
        editor.open(URI, "value \n")
        await editor.inline(URI, 0, 6)
    assert not [key for key in KEYS if key in editor.log]


def test_the_extension_lets_no_workspace_set_what_steers_the_key() -> None:
    manifest = json.loads((ROOT / "vscode-client/package.json").read_text("utf-8"))
    properties = manifest["contributes"]["configuration"]["properties"]
    restricted = set(manifest["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"])
    steering = {
        name for name in properties if name.startswith(("qwen.server", "qwen.actions.checks"))
    } | {"qwen.provider", "qwen.baseUrl", "qwen.region", "qwen.completion.model"}
    assert {properties[name].get("scope") for name in steering} == {"machine"}
    assert steering <= restricted
    assert "qwen.apiKey" not in properties
