"""The format of the files in tests/cases: what is there, what the model says, what must be shown.

A file begins with a sentence for the reader, and goes on in sections:

    -- source LANGUAGE PATH --   the document, the cursor marked by █
    -- file PATH --              another file of the workspace, on disk
    -- settings --               settings as JSON
    -- endpoint KIND --          which fake endpoint (dashscope where this is left out), and how it
                                 is set up, as JSON: see `Setup`
    -- reply --                  what its model says
    -- embedded --               what the embedded engine says; where this is left out, nothing
    -- expect --                 the document with ⟦what was inserted⟧ and ⟪what was replaced⟫, or
                                 `nothing:` and the reason given; `-- expect embedded --` where the
                                 embedded engine answered in the model's place
    -- reason --                 the reason given where something is shown
    -- notices --                sentences shown to the user
    -- asked --                  each request to a model: its path and model
    -- prompt --                 the text of the last of them

A section ends without the last line's end. Characters that nobody sees are written as their
pictures (␍ ␉ ␠ ␛) or as <U+202E>. `reason`, `asked` and `prompt` are checked where they are given.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from lsp_server.buffer import Position, Snapshot, split_lines
from lsp_server.completion.base import Item
from tests.fakes import RecordedRequest
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
class Case:
    """A case as its file tells it. `sections` holds all of them by their full heads, in order."""

    intent: str
    sections: Mapping[str, str]
    language: str
    path: str
    text: str
    cursor: Position
    files: Mapping[str, str]
    settings: Mapping[str, Any]
    setup: Setup
    reply: str
    embedded: str | None


def read_case(file: Path) -> Case:
    """Raises ValueError where a file does not have the form above."""
    intent, sections = _split(file.read_text("utf-8"))
    by_name: dict[str, tuple[str, str]] = {}
    files = {}
    for head, body in sections.items():
        name, _, argument = head.partition(" ")
        if name == "file":
            files[argument] = _read_characters(body)
        else:
            by_name[name] = (argument, _read_characters(body))
    known = {"source", "settings", "endpoint", "reply", "embedded", *GOLDEN}
    if by_name.keys() - known or "source" not in by_name:
        raise ValueError(f"{file.name}: its sections are {sorted(by_name)}")
    head, source = by_name["source"]
    language, path = head.split()
    before, mark, after = source.partition(CURSOR)
    if not mark:
        raise ValueError(f"{file.name}: no cursor is marked")
    lines = split_lines(before)
    kind, setup = by_name.get("endpoint", ("dashscope", ""))
    return Case(
        intent=intent,
        sections=sections,
        language=language,
        path=path,
        text=before + after,
        cursor=Position(len(lines) - 1, len(lines[-1])),
        files=files,
        settings=json.loads(by_name.get("settings", ("", ""))[1] or "{}"),
        setup=_read_setup(kind, json.loads(setup or "{}")),
        reply=by_name.get("reply", ("", ""))[1],
        embedded=by_name["embedded"][1] if "embedded" in by_name else None,
    )


def write_case(file: Path, case: Case, golden: Mapping[str, str]) -> None:
    """The file anew, with these golden sections in place of those it has."""
    kept = [(head, body) for head, body in case.sections.items() if head.split()[0] not in GOLDEN]
    parts = [case.intent]
    for head, body in (*kept, *golden.items()):
        parts.append(f"-- {head} --")
        parts += [body] if body else []
    file.write_text("\n".join(parts) + "\n", "utf-8")


def show_item(snapshot: Snapshot, cursor: Position, item: Item) -> str:
    """The document after the suggestion was accepted, with what is new and what is gone marked.

    Raises AssertionError where the edit does not do what the suggestion's text promises.
    """
    edit = item.edit
    line = snapshot.lines[cursor.line]
    assert edit.start.line == edit.end.line == cursor.line
    assert edit.start.column <= cursor.column <= edit.end.column
    kept = line[edit.start.column : cursor.column]
    assert edit.text == kept + item.text.replace("\n", snapshot.eol)
    inserted = edit.text.removeprefix(kept)
    replaced = line[cursor.column : edit.end.column]
    marked = f"⟦{inserted}⟧" + (f"⟪{replaced}⟫" if replaced else "")
    return (
        snapshot.text_before(cursor) + marked + snapshot.text_after(cursor).removeprefix(replaced)
    )


def show_prompt(request: RecordedRequest) -> str:
    """The text in a request, each part under its name where there are several."""
    body = request.json
    parts: dict[str, str] = {}
    for message in body.get("messages", ()):
        name = "assistant, partial" if message.get("partial") else message["role"]
        parts[name] = message["content"]
    for name in ("input_prefix", "input_suffix", "prompt", "suffix"):
        if name in body:
            parts[name] = body[name]
    for extra in body.get("input_extra", ()):
        parts[f"input_extra {extra['filename']}"] = extra["text"]
    if list(parts) == ["prompt"]:
        return parts["prompt"]
    return "\n".join(f"[{name}]\n{text}" for name, text in parts.items())


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


def _read_characters(text: str) -> str:
    text = "".join(_PICTURES.get(character, character) for character in text)
    return _CODE.sub(lambda match: chr(int(match.group(1), 16)), text)


def _split(text: str) -> tuple[str, dict[str, str]]:
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


def _read_setup(kind: str, tree: dict[str, Any]) -> Setup:
    names = ("fault", "finish", "reasoning")
    reply: dict[str, Any] = {name: tree.pop(name) for name in names if name in tree}
    fail = tuple(tree.pop("fail", ()))
    return Setup(cast(Kind, kind), fail, reply, tree)
