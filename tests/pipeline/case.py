"""The format of the files in tests/cases: what is there, what the model says, what must be shown.

Of the sections in `tests.pipeline.sections`:

    -- source LANGUAGE PATH --   holds the cursor, marked by █
    -- embedded --               what the embedded engine says; where this is left out, nothing
    -- expect --                 the document with ⟦what was inserted⟧ and ⟪what was replaced⟫, or
                                 `nothing:` and the reason given; `-- expect embedded --` where the
                                 embedded engine answered in the model's place
    -- reason --                 the reason given where something is shown
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from lsp_server.buffer import Position, Snapshot, split_lines
from lsp_server.completion.base import Item
from tests.pipeline.sections import (
    CURSOR,
    GOLDEN,
    Given,
    read_characters,
    read_setup,
    split_sections,
)


@dataclass(frozen=True)
class Case(Given):
    """A case as its file tells it."""

    cursor: Position
    reply: str
    embedded: str | None


def read_case(file: Path) -> Case:
    """Raises ValueError where a file does not have the form above."""
    intent, sections = split_sections(file.read_text("utf-8"))
    by_name: dict[str, tuple[str, str]] = {}
    files = {}
    for head, body in sections.items():
        name, _, argument = head.partition(" ")
        if name == "file":
            files[argument] = read_characters(body)
        else:
            by_name[name] = (argument, read_characters(body))
    known = {"source", "settings", "endpoint", "reply", "embedded", *GOLDEN}
    if by_name.keys() - known or "source" not in by_name:
        raise ValueError(f"{file.name}: its sections are {sorted(by_name)}")
    head, source = by_name["source"]
    language, path = head.split()
    before, mark, after = source.partition(CURSOR)
    if not mark:
        raise ValueError(f"{file.name}: no cursor is marked")
    lines = split_lines(before)
    return Case(
        intent=intent,
        sections=sections,
        language=language,
        path=path,
        text=before + after,
        cursor=Position(len(lines) - 1, len(lines[-1])),
        files=files,
        settings=json.loads(by_name.get("settings", ("", ""))[1] or "{}"),
        setup=read_setup(by_name.get("endpoint", ("dashscope", ""))),
        reply=by_name.get("reply", ("", ""))[1],
        embedded=by_name["embedded"][1] if "embedded" in by_name else None,
    )


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
