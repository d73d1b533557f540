"""What the files in tests/cases and tests/cases_actions have in common.

A file begins with a sentence for the reader, and goes on in sections: `-- HEAD --`, and a body
whose last line has no end. Characters that nobody sees are written as their pictures (␍ ␉ ␠ ␛)
or as <U+202E>. The sections of both:

    -- source LANGUAGE PATH --   the document
    -- file PATH --              another file of the workspace, on disk
    -- settings --               settings as JSON
    -- endpoint KIND --          which fake endpoint (dashscope where this is left out), and how it
                                 is set up, as JSON: see `Setup`
    -- reply --                  what its model says
    -- expect ... --             what is to come of it
    -- reason --                 the reason given
    -- notices --                sentences shown to the user
    -- asked --                  each request to a model: its path and model
    -- prompt --                 the text of the last of them

From `expect` on they are golden: `--rewrite-cases` writes them. `reason`, `asked` and `prompt` are
checked where they are given.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from tests.fakes.values import Kind

CURSOR = "█"
GOLDEN = ("expect", "reason", "notices", "asked", "prompt")

_HEAD = re.compile(r"-- (.+) --")
_CODE = re.compile(r"<U\+([0-9A-F]{4,6})>")
_PICTURES = {chr(0x2400 + code): chr(code) for code in (*range(0x21),) if code != 0x0A}
_SHOWN = {character: picture for picture, character in _PICTURES.items() if character != " "}


@dataclass(frozen=True)
class Setup:
    """The endpoint of a case. `fail` holds arguments of `FakeEndpoint.fail`, `fault` and `finish`
    belong to its replies, and `options` are those of the FakeEndpoint itself."""

    kind: Kind = "dashscope"
    fail: tuple[Mapping[str, Any], ...] = ()
    reply: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Given:
    """What every case has. `sections` holds all of its sections by their full heads, in order."""

    intent: str
    sections: Mapping[str, str]
    language: str
    path: str
    text: str
    files: Mapping[str, str]
    settings: Mapping[str, Any]
    setup: Setup


def check_golden(file: Path, case: Given, found: Mapping[str, str], *, rewrite: bool) -> None:
    """The case's golden sections are what was found; with `rewrite` they are made so."""
    given = {head: body for head, body in case.sections.items() if _is_golden(head)}
    wanted = {name for name in given if not name.startswith("expect")}
    golden = {
        head: body
        for head, body in found.items()
        if head in wanted or head.startswith("expect") or (head == "notices" and body)
    }
    if rewrite:
        _write(file, case, golden)
    else:
        assert golden == given, case.intent


def split_sections(text: str) -> tuple[str, dict[str, str]]:
    """The sentence for the reader, and each section's body by its head."""
    intent: list[str] = []
    sections: dict[str, list[str]] = {}
    lines = intent
    for line in text.removesuffix("\n").split("\n"):
        head = _HEAD.fullmatch(line)
        if head is None:
            lines.append(line)
        elif head.group(1) in sections:
            raise ValueError(f"two sections {line}")
        else:
            lines = sections.setdefault(head.group(1), [])
    return "\n".join(intent), {head: "\n".join(body) for head, body in sections.items()}


def read_setup(endpoint: tuple[str, str]) -> Setup:
    """From the kind in the head of the section, and its body."""
    kind, text = endpoint
    tree = json.loads(text or "{}")
    names = ("fault", "finish", "reasoning")
    reply: dict[str, Any] = {name: tree.pop(name) for name in names if name in tree}
    fail = tuple(tree.pop("fail", ()))
    return Setup(cast(Kind, kind), fail, reply, tree)


def read_characters(text: str) -> str:
    """A text as it is, with the characters that nobody sees."""
    text = "".join(_PICTURES.get(character, character) for character in text)
    return _CODE.sub(lambda match: chr(int(match.group(1), 16)), text)


def show_characters(text: str) -> str:
    """A text in which everything can be seen."""
    text = "".join(map(_show_character, text))
    return re.sub(r" +(?=\n|\Z)", lambda blanks: "␠" * len(blanks.group()), text)


def _show_character(character: str) -> str:
    if character in _SHOWN:
        return _SHOWN[character]
    if character != " " and unicodedata.category(character) in {"Cc", "Cf", "Zs", "Zl", "Zp"}:
        return character if character == "\n" else f"<U+{ord(character):04X}>"
    return character


def _is_golden(head: str) -> bool:
    return head.split(" ")[0] in GOLDEN


def _write(file: Path, case: Given, golden: Mapping[str, str]) -> None:
    """The file anew, with these golden sections in place of those it has."""
    kept = {head: body for head, body in case.sections.items() if not _is_golden(head)}
    parts = [case.intent, *(f"-- {head} --\n{body}" for head, body in {**kept, **golden}.items())]
    file.write_text("\n".join(part for part in parts if part) + "\n", "utf-8")
