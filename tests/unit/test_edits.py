"""Recent edits: what belongs together, and how it is told."""

from __future__ import annotations

from collections.abc import Sequence

from lsp_server.buffer import Buffer, Change, Encoding
from lsp_server.context.edits import Edit, EditLog
from lsp_server.context.history import write_history

TEXT = "".join(f"line {number}\n" for number in range(60))


class Typist:
    """Edits a document and notes it."""

    def __init__(self) -> None:
        self.log = EditLog()
        self.buffer = Buffer("file:///a.py", 1, "python", TEXT, Encoding.UTF16)
        self.now = 0.0

    def edit(self, line: int, start: int, end: int, text: str, *, after_s: float = 0.1) -> None:
        self.now += after_s
        before = self.buffer.snapshot()
        change = Change((line, start), (line, end), text)
        self.buffer.apply([change], self.buffer.version + 1)
        self.log.note(before, self.buffer.snapshot(), [change], self.now)


def count(lines: Sequence[str]) -> int:
    return sum(len(line) for line in lines)


def test_letters_typed_in_a_row_are_one_edit() -> None:
    typist = Typist()
    for number, letter in enumerate("abc"):
        typist.edit(3, number, number, letter)
    assert typist.log.read() == (Edit("file:///a.py", 3, ("line 3",), ("abcline 3",)),)


def test_a_pause_or_a_distance_begins_another() -> None:
    typist = Typist()
    typist.edit(3, 0, 0, "a")
    typist.edit(3, 0, 0, "b", after_s=1.5)
    typist.edit(30, 0, 0, "c")
    assert [(edit.line, edit.added) for edit in typist.log.read()] == [
        (3, ("aline 3",)),
        (3, ("baline 3",)),
        (30, ("cline 30",)),
    ]


def test_what_is_undone_is_no_edit() -> None:
    typist = Typist()
    typist.edit(3, 0, 0, "a")
    typist.edit(3, 0, 1, "")
    assert typist.log.read() == ()


def test_a_replaced_document_is_no_edit() -> None:
    typist = Typist()
    before = typist.buffer.snapshot()
    change = Change(None, None, "other")
    typist.buffer.apply([change], 2)
    typist.log.note(before, typist.buffer.snapshot(), [change], 0.0)
    assert typist.log.read() == ()


def test_the_last_eight_are_kept() -> None:
    typist = Typist()
    for _ in range(12):
        typist.edit(3, 0, 0, "a", after_s=2.0)
    assert len(typist.log.read()) == 9


def test_the_history_tells_the_newest_last_with_what_was_deleted() -> None:
    edits = (Edit("b.py", 0, ("old",), ("new",)), Edit("c.py", 4, ("gone",), ()))
    history = write_history(edits, count, 1000, ("a.py", 0, 10))
    assert history is not None
    assert history.text == "--- b.py:1\n-old\n+new\n--- c.py:5\n-gone"


def test_the_history_leaves_out_what_is_shown_and_what_does_not_fit() -> None:
    edits = (
        Edit("b.py", 0, (), ("x" * 300,)),
        Edit("a.py", 4, ("typed",), ("typed more",)),
        Edit("a.py", 5, ("deleted", "too"), ("kept",)),
    )
    history = write_history(edits, count, 100, ("a.py", 0, 10))
    assert history is not None
    assert history.text == "--- a.py:6\n-deleted\n-too"


def test_no_edits_no_history() -> None:
    assert write_history((), count, 100, ("a.py", 0, 10)) is None
