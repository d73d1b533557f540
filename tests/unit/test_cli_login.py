"""`qwen-lsp login` and `logout`: where keys are kept, and what is never said."""

from __future__ import annotations

import argparse
import asyncio
import io
from collections.abc import Iterator

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

from lsp_server.cli import login, logout
from lsp_server.cli.origins import Target, choose_origins, list_origins, parse_target
from lsp_server.errors import UserError
from tests.fakes.command import run_command

BEIJING = "https://dashscope.aliyuncs.com"
SINGAPORE = "https://dashscope-intl.aliyuncs.com"
PLAN = "https://coding.dashscope.aliyuncs.com"
KEY = "sk-0123456789abcdef"


class MemoryKeyring(KeyringBackend):
    """A keyring that ends with the test."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[tuple[str, str], str]]:
    """What the keyring holds; no setting and no variable of this machine counts."""
    for name in ("DASHSCOPE_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", "/nonexistent")
    before, memory = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(memory)
    yield memory.kept
    keyring.set_keyring(before)


def log_in(
    monkeypatch: pytest.MonkeyPatch, target: str, given: str, region: str | None = None
) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(given))
    return login.run(argparse.Namespace(target=target, region=region))


def log_out(target: str, region: str | None = None) -> int:
    return logout.run(argparse.Namespace(target=target, region=region))


@pytest.mark.parametrize(
    ("target", "region", "key", "origins"),
    [
        ("dashscope", None, KEY, [BEIJING]),
        ("DashScope", "singapore", KEY, [SINGAPORE]),
        ("dashscope", None, "sk-sp-0123456789abcdef", [BEIJING, PLAN]),
        ("https://models.example.org/v1", None, KEY, ["https://models.example.org"]),
        ("https://Models.example.org:8443/v1/", None, KEY, ["https://models.example.org:8443"]),
        ("http://127.0.0.1:8080", None, KEY, ["http://127.0.0.1:8080"]),
        ("http://localhost:8080/v1", None, KEY, ["http://localhost:8080"]),
    ],
)
def test_keeps_a_key_for_its_origin_and_forgets_it(
    target: str,
    region: str | None,
    key: str,
    origins: list[str],
    kept: dict[tuple[str, str], str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert log_in(monkeypatch, target, f"  {key}\n", region) == 0
    assert kept == {("qwen-lsp", origin): key for origin in origins}
    assert log_out(target) == 0
    assert kept == {}
    out, err = capsys.readouterr()
    assert err == ""
    assert key not in out
    assert f"The key for {' and '.join(origins)} is kept in the system's keyring.\n" in out
    assert all(f"The key for {origin} is forgotten.\n" in out for origin in origins)


def test_forgets_the_keys_of_all_regions_or_of_one(
    kept: dict[tuple[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for region in ("beijing", "singapore", "us"):
        log_in(monkeypatch, "dashscope", KEY, region)
    assert log_out("dashscope", "us") == 0
    assert {origin for _, origin in kept} == {BEIJING, SINGAPORE}
    assert log_out("dashscope") == 0
    assert kept == {}


def test_forgetting_nothing_is_no_mistake(
    kept: dict[tuple[str, str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert log_out("https://models.example.org/v1") == 0
    assert capsys.readouterr().out == "No key was kept for https://models.example.org.\n"
    assert kept == {}


@pytest.mark.parametrize(
    "given", ["", "  \n", "two words", "two\nlines", "schlüssel", "k" * 5000, "\x1b[2J"]
)
def test_refuses_what_is_no_key(
    given: str, kept: dict[tuple[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match="key") as caught:
        log_in(monkeypatch, "dashscope", given)
    assert kept == {}
    assert not given.strip() or given.strip() not in str(caught.value)


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        (KEY, "never stands on the command line"),
        ("models.example.org", "such as https://"),
        ("ftp://models.example.org", "such as https://"),
        ("https://", "such as https://"),
        ("https://models.example.org:99999", "such as https://"),
        ("http://models.example.org/v1", "is not encrypted"),
        ("http://127.0.0.1.example.org/v1", "is not encrypted"),
        ("https://user:secret@models.example.org", "no user and no password"),
    ],
)
def test_refuses_a_wrong_target_without_repeating_it(target: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence) as caught:
        parse_target(target, None)
    assert KEY not in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("text", ["dashscope", "DASHSCOPE"])
def test_every_origin_of_dashscope_is_known(text: str) -> None:
    target = parse_target(text, None)
    every = asyncio.run(list_origins(target))
    assert {BEIJING, SINGAPORE, PLAN} < set(every)
    assert len(every) == 5
    assert asyncio.run(choose_origins(target, KEY)) == (BEIJING,)


def test_an_address_has_one_origin() -> None:
    target = Target("https://models.example.org/v1")
    assert asyncio.run(list_origins(target)) == ("https://models.example.org",)
    assert not target.is_dashscope


def test_says_which_region_has_to_be_set(
    kept: dict[tuple[str, str], str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    log_in(monkeypatch, "dashscope", KEY, "us")
    assert 'Set qwen.region to "us", so that it is used.' in capsys.readouterr().out
    log_in(monkeypatch, "dashscope", KEY)
    assert "qwen.region" not in capsys.readouterr().out
    assert len(kept) == 2


def test_says_that_the_environment_goes_first(
    kept: dict[tuple[str, str], str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-another")
    log_in(monkeypatch, "dashscope", KEY)
    out = capsys.readouterr().out
    assert "DASHSCOPE_API_KEY is set as well, and goes before it." in out
    assert "sk-another" not in out
    assert kept


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("target", "instead"),
    [
        ("dashscope", "set DASHSCOPE_API_KEY in the environment instead."),
        ("https://models.example.org/v1", "set OPENAI_BASE_URL and OPENAI_API_KEY"),
    ],
)
@pytest.mark.parametrize(
    ("backend", "sentence"),
    [
        ("keyring.backends.fail.Keyring", "No keyring of this system can be used"),
        ("keyring.backends.null.Keyring", "The system's keyring did not keep the key"),
    ],
)
async def test_without_a_keyring_it_says_what_else(
    target: str, instead: str, backend: str, sentence: str
) -> None:
    environment = {"PYTHON_KEYRING_BACKEND": backend}
    done = await run_command("login", target, environment=environment, given=KEY)
    assert (done.code, done.out) == (2, "")
    assert sentence in done.err
    assert instead in done.err
    assert KEY not in done.err
    assert done.err.count("\n") == 1


@pytest.mark.asyncio
async def test_logging_out_without_a_keyring_is_quiet() -> None:
    environment = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    done = await run_command("logout", environment=environment)
    assert (done.code, done.out, done.err) == (0, "No key was kept for DashScope.\n", "")
