"""Which mirrors apt's source files name; the tests of servers and editors rest on the fetching."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.debian import mirrors

ONE_LINE = """\
# deb http://commented.example/debian stable main
deb http://first.example/debian stable main contrib
deb-src http://source.example/debian stable main
deb [arch=amd64 signed-by=/a/key.gpg] http://second.example/debian/ stable main
deb http://security.example/debian-security stable-security main
deb cdrom:[Debian]/ stable main
"""

STANZAS = """\
Types: deb deb-src
# A comment may stand within a stanza.
URIs: http://third.example/debian
  http://fourth.example/debian
Suites: stable stable-updates
Components: main

Types: deb
Enabled: no
URIs: http://disabled.example/debian
Suites: stable

Types: deb-src
URIs: http://source.example/debian
Suites: stable
"""


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, []),
        (
            {"sources.list": ONE_LINE},
            ["http://first.example/debian", "http://second.example/debian/"],
        ),
        (
            {"sources.list.d/debian.sources": STANZAS},
            ["http://third.example/debian", "http://fourth.example/debian"],
        ),
        (
            {
                "sources.list": "deb http://both.example/debian stable main\n",
                "sources.list.d/b.list": "deb http://both.example/debian next main\n",
                "sources.list.d/c.list.disabled": "deb http://disabled.example/debian next main\n",
            },
            ["http://both.example/debian"],
        ),
    ],
)
def test_mirrors(tmp_path: Path, files: dict[str, str], expected: Sequence[str]) -> None:
    (tmp_path / "sources.list.d").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert mirrors(tmp_path) == expected
