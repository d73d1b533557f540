"""Keys in the system's keyring, each bound to the origin it was given for."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

_log = logging.getLogger(__name__)

_SERVICE = "qwen-lsp"


class KeyringError(Exception):
    """The system's keyring cannot be used."""


def look_up_key(origin: str) -> str | None:
    """The key kept for `origin`, None where there is none or no keyring is to be had."""
    keyring = _load()
    try:
        key: str | None = keyring.get_password(_SERVICE, origin)
    except Exception as error:
        # Backends raise what they like; a machine without a keyring is an ordinary one.
        _log.info("no keyring: %s", type(error).__name__)
        return None
    return key or None


def keep_key(origin: str, key: str) -> None:
    """Keep a key for `origin`; raises `KeyringError` where no keyring is to be had."""
    try:
        _load().set_password(_SERVICE, origin, key)
    except Exception as error:
        raise KeyringError(type(error).__name__) from None


def forget_key(origin: str) -> bool:
    """Forget the key for `origin`; False where there was none. Raises `KeyringError`."""
    if look_up_key(origin) is None:
        return False
    try:
        _load().delete_password(_SERVICE, origin)
    except Exception as error:
        raise KeyringError(type(error).__name__) from None
    return True


def _load() -> ModuleType:
    # Imported late: slow, and needed only where no environment variable holds a key.
    import keyring

    return keyring
