"""`qwen-lsp doctor`: what will be used and why, what is broken, and nothing of the key."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import keyring
import pytest
from keyring.backends.null import Keyring as NoKeyring

from lsp_server.cli.diagnosis import describe
from lsp_server.cli.examine import examine as find_out
from lsp_server.cli.network import find_proxy
from lsp_server.cli.session import read_settings
from lsp_server.provider import discover
from lsp_server.provider.base import Endpoint
from tests.fakes import FakeEndpoint, Model, Reply
from tests.fakes.canaries import make_canaries
from tests.fakes.command import Finished, run_command, write_config
from tests.fakes.editor import clean_environment

KEY = "sk-0123456789abcdef"
FIRST = "qwen-coder-turbo"
EMBEDDED_ONLY = 'provider = "embedded"\n'

pytestmark = pytest.mark.asyncio

Found = dict[str, Any]


class Examine(Protocol):
    """What `qwen-lsp doctor --json` prints, with these variables and this `config.toml`."""

    async def __call__(self, config: str = "", **variables: str) -> Found: ...


@pytest.fixture
def examine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Examine]:
    """In this process, which is quicker; nothing that this machine has set up counts."""
    for name in set(os.environ) - set(clean_environment()):
        monkeypatch.delenv(name)
    (tmp_path / "project").mkdir()
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call]

    async def run(config: str = "", **variables: str) -> Found:
        for name, value in {**write_config(tmp_path, config), **variables}.items():
            monkeypatch.setenv(name, value)
        return describe(await find_out(tmp_path / "project", None, read_settings()))

    yield run
    keyring.set_keyring(before)


def use(endpoint: FakeEndpoint, key: str = "sk-test") -> dict[str, str]:
    return {"OPENAI_BASE_URL": endpoint.base_url, "OPENAI_API_KEY": key}


async def test_with_nothing_set_up_all_is_well(examine: Examine) -> None:
    found = await examine(EMBEDDED_ONLY)
    assert found["ok"] is True
    assert found["engine"] == {
        "provider": "embedded",
        "baseUrl": None,
        "origin": None,
        "reason": "qwen.provider is set to embedded.",
    }
    assert found["key"] is None
    assert found["completion"] is None
    assert found["embedded"] == {"files": 0, "tokens": 0, "whole": True}
    assert found["lanes"]["fast"]["chain"][0] == FIRST
    assert found["lanes"]["fast"]["served"] is None
    assert "python" in found["grammars"]["wheel"]
    assert found["config"]["exists"] is True
    assert (found["problems"], found["advice"]) == ([], [])
    assert list(found) == [
        *("version", "python", "ok", "engine", "key", "proxy", "certificates", "lanes"),
        *("completion", "embedded", "grammars", "config", "file", "served", "local"),
        *("problems", "advice"),
    ]


async def test_asks_the_endpoint_one_tiny_question(examine: Examine) -> None:
    async with FakeEndpoint() as endpoint:
        found = await examine(**use(endpoint))
        asked = endpoint.generations
    assert found["problems"] == []
    assert found["engine"]["origin"] == endpoint.origin
    assert found["key"] == {"source": "OPENAI_API_KEY", "hint": "…"}
    assert found["completion"]["model"] == FIRST
    assert found["completion"]["form"] == "fim"
    assert 0 <= found["completion"]["firstTokenMs"] <= found["completion"]["totalMs"]
    assert found["lanes"]["fast"]["served"] == found["lanes"]["fast"]["chain"]
    assert [request.json["max_tokens"] for request in asked] == [8]
    assert found["proxy"] == {"url": None, "reason": "never used for this machine"}


@pytest.mark.parametrize(
    ("kind", "form"),
    [("llamacpp", "infill"), ("ollama", "infill"), ("vllm", "fim"), ("lmstudio", "fim")],
)
async def test_finds_how_a_local_server_completes(kind: Any, form: str, examine: Examine) -> None:
    async with FakeEndpoint(kind) as endpoint:
        found = await examine(f'provider = "{kind}"\nbaseUrl = "{endpoint.base_url}"\n')
    assert found["problems"] == []
    assert found["completion"]["form"] == form
    assert found["engine"]["provider"] == kind
    assert found["key"] is None


async def test_finds_that_a_model_takes_partial_mode_alone(examine: Examine) -> None:
    async with FakeEndpoint(models=[Model("qwen3-coder-flash", fim=False)]) as endpoint:
        found = await examine(**use(endpoint))
    assert found["problems"] == []
    assert found["completion"]["form"] == "partial"
    assert found["lanes"]["fast"]["served"] == ["qwen3-coder-flash"]


async def test_a_model_passed_over_is_advice(examine: Examine) -> None:
    async with FakeEndpoint() as endpoint:
        endpoint.fail(404, "model_not_found", times=2)
        found = await examine(**use(endpoint))
    assert found["problems"] == []
    assert found["completion"]["model"] == "qwen2.5-coder-7b-instruct"
    (advice,) = found["advice"]
    assert advice.startswith("qwen-coder-turbo is not served to this account any more")


async def test_a_key_goes_to_no_other_origin(examine: Examine) -> None:
    async with FakeEndpoint() as endpoint:
        config = f'provider = "dashscope"\nbaseUrl = "{endpoint.base_url}"\n'
        found = await examine(config, DASHSCOPE_API_KEY=KEY)
        assert endpoint.requests
        assert {request.key for request in endpoint.requests} == {None}
    assert found["key"] is None
    assert found["ok"] is False


@pytest.mark.parametrize(
    ("status", "code", "sentence"),
    [
        (401, "invalid_api_key", "refused the key"),
        (400, "Arrearage", "cannot pay for requests"),
        (503, "ModelUnavailable", "is busy or restarting"),
    ],
)
async def test_tells_what_is_wrong_with_the_endpoint(
    status: int, code: str, sentence: str, examine: Examine
) -> None:
    async with FakeEndpoint() as endpoint:
        endpoint.fail(status, code)
        found = await examine(**use(endpoint))
    (problem,) = found["problems"]
    assert sentence in problem


async def test_tells_that_nobody_answers(examine: Examine) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
        found = await examine(OPENAI_BASE_URL=url)
    (problem,) = found["problems"]
    assert "does not answer" in problem


@pytest.mark.parametrize(
    ("config", "variables", "sentence"),
    [
        ("provider = \n", {}, "is no valid TOML"),
        ('provider = "cloud"\n', {}, "qwen.provider (config.toml) is not usable"),
        ('provider = "dashscope"\n', {}, "No DashScope key was found: set DASHSCOPE_API_KEY"),
        ("", {"OPENAI_BASE_URL": "http://models.example.org/v1"}, "is not encrypted"),
        (EMBEDDED_ONLY, {"SSL_CERT_FILE": "/nonexistent.pem"}, "SSL_CERT_FILE names no file"),
        (EMBEDDED_ONLY, {"SSL_CERT_FILE": __file__}, "a file that holds no certificates"),
        (EMBEDDED_ONLY + 'completion.embedded = "off"\n', {}, "Nothing can answer"),
    ],
)
async def test_tells_how_to_mend_what_is_broken(
    config: str, variables: dict[str, str], sentence: str, examine: Examine
) -> None:
    found = await examine(config, **variables)
    assert any(sentence in problem for problem in found["problems"])
    assert found["ok"] is False


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ('completion.colour = "red"', "Nobody knows these settings: completion.colour (config."),
        ("completion.enabled = false", "Ghost text is switched off (qwen.completion.enabled)."),
    ],
)
async def test_what_is_odd_and_not_broken_is_advice(
    config: str, sentence: str, examine: Examine
) -> None:
    found = await examine(EMBEDDED_ONLY + config)
    assert found["ok"] is True
    (advice,) = found["advice"]
    assert advice.startswith(sentence)


async def test_a_slow_endpoint_is_advice(examine: Examine) -> None:
    async with FakeEndpoint() as endpoint:
        endpoint.reply(Reply("a + b", delay_first=0.2))
        found = await examine("completion.deadlineMs = 50\n", **use(endpoint))
    assert found["ok"] is True
    (advice,) = found["advice"]
    assert "longer than the 0.05 s that ghost text waits" in advice


async def run(*arguments: str, folder: Path, environment: dict[str, str] | None = None) -> Finished:
    return await run_command("doctor", *arguments, environment=environment, folder=folder)


async def test_tells_it_to_people_too(tmp_path: Path) -> None:
    environment = write_config(tmp_path, EMBEDDED_ONLY)
    done = await run(folder=tmp_path, environment=environment)
    assert (done.code, done.told) == (0, "")
    assert "engine: embedded: qwen.provider is set to embedded.\n" in done.out
    assert done.out.endswith("\nNothing is broken.\n")
    assert "\x1b" not in done.out


async def test_what_is_broken_is_told_and_the_exit_code_is_one(tmp_path: Path) -> None:
    environment = write_config(tmp_path, 'provider = "dashscope"\n') | {"COLUMNS": "60"}
    done = await run(folder=tmp_path, environment=environment)
    assert (done.code, done.told) == (1, "")
    (problem,) = [line for line in done.out.splitlines() if line.startswith("✗")]
    assert problem == (
        "✗ No DashScope key was found: set DASHSCOPE_API_KEY, or run `qwen-lsp login dashscope`."
    )
    assert "Nothing is broken." not in done.out


async def test_no_key_is_told_in_full(tmp_path: Path) -> None:
    async with FakeEndpoint(keys={KEY: "beijing"}) as endpoint:
        told = await run(folder=tmp_path, environment=use(endpoint, KEY))
        tree = await run("--json", folder=tmp_path, environment=use(endpoint, KEY))
        assert endpoint.requests[-1].key == KEY
    assert (told.code, tree.code) == (0, 0)
    assert tree.json["key"] == {"source": "OPENAI_API_KEY", "hint": "…cdef"}
    assert not any(KEY[:8] in text for text in (told.out, told.err, tree.out, tree.err))


async def test_takes_the_settings_of_an_editor(tmp_path: Path) -> None:
    async with FakeEndpoint(keys={KEY: "beijing"}) as endpoint:
        options = {"provider": "openai", "baseUrl": endpoint.base_url, "apiKey": KEY}
        words = ("doctor", "--json", "--settings-from-stdin")
        done = await run_command(*words, given=json.dumps(options), folder=tmp_path)
        assert endpoint.requests[-1].key == KEY
    assert done.code == 0
    assert done.json["key"] == {"source": "the editor", "hint": "…cdef"}
    assert KEY not in done.out


@pytest.mark.parametrize("given", ["", "[]", "{"])
async def test_the_settings_of_an_editor_are_one_object(given: str, tmp_path: Path) -> None:
    done = await run_command("doctor", "--settings-from-stdin", given=given, folder=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err == ("qwen-lsp: Standard input has to hold the settings as one JSON object.\n")


async def test_lists_what_is_served_here(examine: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    async with FakeEndpoint("ollama") as local, FakeEndpoint("openai") as endpoint:
        monkeypatch.setattr(discover, "LOCAL_SERVERS", (("ollama", local.base_url),))
        found = await examine(**use(endpoint))
    assert found["served"] == ["qwen2.5-coder-7b-instruct", "qwen3-coder-30b-a3b-instruct"]
    assert found["local"] == [
        {
            "provider": "ollama",
            "baseUrl": local.base_url,
            "reason": f"A local server at {local.origin} holds qwen2.5-coder:7b.",
        }
    ]


@pytest.mark.parametrize(
    ("name", "may_send", "reason"),
    [
        ("app.py", True, ""),
        (".env", False, "Its name says that it holds credentials, keys or certificates."),
        ("ignored/app.py", False, ".gitignore excludes it."),
    ],
)
async def test_tells_whether_a_file_may_be_sent(
    name: str, may_send: bool, reason: str, tmp_path: Path
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("ignored/\n", "utf-8")
    (tmp_path / "ignored").mkdir()
    (tmp_path / name).write_text("x = 1\n", "utf-8")
    environment = write_config(tmp_path, 'provider = "embedded"\n')
    done = await run("--json", name, folder=tmp_path, environment=environment)
    assert done.code == 0
    file = done.json["file"]
    assert (file["maySend"], file["reason"]) == (may_send, reason)
    told = await run(name, folder=tmp_path, environment=environment)
    assert ("may be sent to a model" if may_send else f"stays here: {reason}") in told.out


async def test_counts_secrets_and_tells_none(tmp_path: Path) -> None:
    canaries = make_canaries(3)[:3]
    held = "# @generated\n" + "".join(canary.text for canary in canaries)
    (tmp_path / "app.py").write_text(held, "utf-8")
    environment = write_config(tmp_path, 'provider = "embedded"\n')
    done = await run("--json", "app.py", folder=tmp_path, environment=environment)
    told = await run("app.py", folder=tmp_path, environment=environment)
    assert done.json["file"]["secrets"] == {"AWS": 2, "password": 1}
    assert "generated" in done.json["file"]["contextReason"]
    assert "3 replaced before its text is sent (AWS 2, password 1)" in told.out
    for canary in canaries:
        assert canary.secret[4:12] not in done.out + told.out + told.err


async def test_redaction_switched_off_is_said(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("x = 1\n", "utf-8")
    environment = write_config(
        tmp_path, 'provider = "embedded"\n[privacy]\nredactSecrets = false\n'
    )
    told = await run("app.py", folder=tmp_path, environment=environment)
    assert "not looked for" in told.out


async def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    done = await run("absent.py", folder=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err == "qwen-lsp: There is no file absent.py.\n"


@pytest.mark.parametrize(
    ("variables", "url", "expected"),
    [
        ({}, "https://models.example.org/v1", None),
        (
            {"HTTPS_PROXY": "http://user:secret@proxy.example.org:3128"},
            "https://models.example.org/v1",
            "http://proxy.example.org:3128",
        ),
        (
            {"HTTPS_PROXY": "proxy.example.org:3128"},
            "https://models.example.org/v1",
            "proxy.example.org:3128",
        ),
        (
            {"HTTPS_PROXY": "http://proxy.example.org", "NO_PROXY": "example.org"},
            "https://models.example.org/v1",
            None,
        ),
        ({"HTTPS_PROXY": "http://proxy.example.org"}, "http://127.0.0.1:8080/v1", None),
    ],
)
async def test_finds_the_proxy(
    variables: dict[str, str], url: str, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    proxy, reason = find_proxy(Endpoint("openai", url))
    assert proxy == expected
    assert reason
