"""Passwords in addresses, commands and pairs of credentials, and what authorises in headers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lsp_server.privacy.likely import is_likely_secret, is_password
from lsp_server.privacy.span import Span


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """Where secrets stand: the group 1 of the pattern, tried where one of the marks is in the
    text. `is_word`: people choose it, so that it may be a plain word."""

    kind: str
    marks: tuple[str, ...]
    pattern: re.Pattern[str]
    is_word: bool = True


_PLACES = (
    _Place(
        "password in an address",
        ("://",),
        re.compile(r"""://[^\s/:@"'`<>]{0,80}:([^\s/"'`<>]{2,200})@"""),
    ),
    # As database drivers for Go write addresses.
    _Place(
        "password in an address",
        ("@tcp(", "@unix(", "@("),
        re.compile(r"""["'`][\w.-]{1,80}:([^\s"'`]{2,200})@(?:tcp|unix)?\("""),
    ),
    _Place(
        "password",
        ("-u", "user"),
        re.compile(
            r"""[ "'](?:-u|--user|--proxy-user)[ =,"']{1,4}[\w.@+-]{1,80}:([^\s"'`$]{4,})"""
        ),
    ),
    _Place(
        "password",
        ("--",),
        re.compile(
            r"""(?i)--[\w-]{0,40}(?:password|passwd|pass|secret)[ =]["']?([^\s"'`$-][^\s"'`]{3,})"""
        ),
    ),
    _Place("password", ("sshpass",), re.compile(r"""sshpass\s+-p\s*["']?([^\s"'`$]{3,})""")),
    _Place(
        "password",
        ("mysql", "mariadb"),
        re.compile(r"""(?:mysql|mariadb)\w*\b[^\n|;]{0,200}?[ ]-p([^\s"'`$-][^\s"'`]{2,})"""),
    ),
    _Place(
        "password",
        ("IDENTIFIED", "identified"),
        re.compile(
            r"""(?i)identified\s+(?:with\s+\w+\s+)?by\s+(?:password\s+)?['"]([^'"\n]{3,})"""
        ),
    ),
    _Place(
        "password",
        ("auth", "Auth", "login", "Login", "Credential"),
        re.compile(
            r"""(?:auth[ ]?=[ ]?|[Bb]asic_?[Aa]uth\w*|login|Login|Credentials?)\(\s?"""
            r"""["'][^"'\n]{1,80}["'],\s?["']([^"'\n]{3,200})["']"""
        ),
    ),
    _Place(
        "header",
        ("earer", "EARER", "asic", "ASIC", "oken ", "pi", "AWS", "Digest"),
        re.compile(
            r"(?:[Bb]earer|BEARER|[Bb]asic|BASIC|[Tt]oken|[Aa]pi[Kk]ey|AWS|Digest)[ ]+"
            r"(?:token=)?[\"']?([A-Za-z0-9._~+/=:-]{12,})"
        ),
        is_word=False,
    ),
)


_MARKS = tuple((mark, place) for place in _PLACES for mark in place.marks)


def find_addressed(text: str) -> Iterator[Span]:
    """The spans of what stands in the places where credentials are written."""
    for place in dict.fromkeys([place for mark, place in _MARKS if mark in text]):
        for match in place.pattern.finditer(text):
            value = match.group(1)
            if is_password(value) if place.is_word else is_likely_secret(value):
                yield Span(match.start(1), match.end(1), place.kind)
