"""Which name here stands for which name there."""

from __future__ import annotations

import pytest

from lsp_server.embedded.rename import changed_part, replace_part


@pytest.mark.parametrize(
    ("there", "here", "expected"),
    [
        ("get_user", "get_host", ("user", "host")),
        ("getUserName", "getHostName", ("User", "Host")),
        ("read_user_name", "read_host_name_of", ("user_name", "host_name_of")),
        ("user", "host_name", ("user", "host_name")),
        ("HTTPError", "HTTPWarning", ("Error", "Warning")),
        ("a", "b", None),
        ("item1", "item2", None),
        ("same", "same", None),
    ],
)
def test_changed_part(there: str, here: str, expected: tuple[str, str] | None) -> None:
    assert changed_part(there, here) == expected


@pytest.mark.parametrize(
    ("word", "old", "new", "expected"),
    [
        ("_user_cache", "user", "host", "_host_cache"),
        ("UserCache", "user", "host", "HostCache"),
        ("USER_CACHE", "user", "host", "HOST_CACHE"),
        ("userCache", "User", "Host", "hostCache"),
        ("UserNameCache", "user_name", "host", "HostCache"),
        ("other", "user", "host", "other"),
        ("users", "user", "host", "users"),
        ("superuser", "user", "host", "superuser"),
    ],
)
def test_replace_part(word: str, old: str, new: str, expected: str) -> None:
    assert replace_part(word, old, new) == expected
