"""Keys in the system's keyring: each bound to its origin, and a keyring that fails is none."""

from __future__ import annotations

import logging

import keyring
import keyring.backend
import pytest
from keyring.errors import KeyringLocked, NoKeyringError

from lsp_server.provider.keys import KeyringError, forget_key, keep_key, look_up_key

HOME = "https://dashscope.aliyuncs.com"


class MemoryKeyring(keyring.backend.KeyringBackend):
    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class BrokenKeyring(MemoryKeyring):
    """Raises what backends raise, and worse; its message holds what must not be told."""

    def __init__(self, error: type[Exception]) -> None:
        super().__init__()
        self.error = error

    def get_password(self, service: str, username: str) -> str | None:
        raise self.error("sk-canary")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise self.error("sk-canary")


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> MemoryKeyring:
    backend = MemoryKeyring()
    monkeypatch.setattr(keyring.core, "_keyring_backend", backend)
    return backend


def test_a_key_is_kept_for_its_origin(memory: MemoryKeyring) -> None:
    keep_key(HOME, "sk-1")
    assert memory.kept == {("qwen-lsp", HOME): "sk-1"}
    assert look_up_key(HOME) == "sk-1"


@pytest.mark.parametrize(
    "origin",
    [
        "https://dashscope-intl.aliyuncs.com",
        "http://dashscope.aliyuncs.com",
        "https://dashscope.aliyuncs.com:8443",
        "https://evil.example",
        "http://127.0.0.1:8080",
        "",
    ],
)
def test_no_other_origin_gets_it(origin: str, memory: MemoryKeyring) -> None:
    keep_key(HOME, "sk-1")
    assert look_up_key(origin) is None
    assert forget_key(origin) is False
    assert look_up_key(HOME) == "sk-1"


def test_a_key_is_forgotten_once(memory: MemoryKeyring) -> None:
    keep_key(HOME, "sk-1")
    assert [forget_key(HOME), forget_key(HOME)] == [True, False]
    assert memory.kept == {}


def test_an_empty_key_is_none(memory: MemoryKeyring) -> None:
    keep_key(HOME, "")
    assert look_up_key(HOME) is None


@pytest.mark.parametrize(
    "error", [NoKeyringError, KeyringLocked, RuntimeError, ValueError, OSError]
)
def test_a_machine_without_a_keyring(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(keyring.core, "_keyring_backend", BrokenKeyring(error))
    with caplog.at_level(logging.DEBUG):
        assert look_up_key(HOME) is None
        assert forget_key(HOME) is False
        with pytest.raises(KeyringError) as raised:
            keep_key(HOME, "sk-canary")
    assert str(raised.value) == error.__name__
    assert "canary" not in caplog.text
