"""What a new text of a region is refused for, in words that the model can act on."""

from __future__ import annotations

import pytest

from lsp_server.actions.base import Refusal, Region
from lsp_server.actions.verify import verify
from lsp_server.buffer import Snapshot, split_lines
from lsp_server.syntax.tree import parse_text


def _snapshot(text: str) -> Snapshot:
    return Snapshot("file:///a.py", 1, "python", tuple(split_lines(text)))


@pytest.mark.parametrize(
    ("kind", "old", "new", "part"),
    [
        ("fix", "x = (1)", "x = (1", "syntax errors"),
        ("fix", "x = 1", 'x = """', "syntax errors"),
        ("fix", "def f():\n    pass", "def g():\n    pass", "leaves out `f`"),
        ("doc", "def f():\n    pass", 'def f():\n    """Do."""\n    return', "changes code"),
        ("refactor", "if x:\n    y()", "if x:\n   y()\n  z()", ""),
    ],
)
def test_what_is_wrong_is_worded_for_the_model(kind: str, old: str, new: str, part: str) -> None:
    snapshot = _snapshot(f"{old}\nz = 1\n")
    region = Region(0, old.count("\n") + 1)
    tree = parse_text("python", snapshot.text, 1.0)
    found = verify(kind, snapshot, region, new.split("\n"), tree=tree)  # type: ignore[arg-type]
    assert isinstance(found, Refusal)
    assert part in found.reason
