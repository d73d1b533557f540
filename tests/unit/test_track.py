"""What is remembered of a document: shown texts that are typed along, taken, or turned down."""

from __future__ import annotations

import asyncio

import pytest

from lsp_server.buffer import Snapshot, split_lines
from lsp_server.completion.origin import Origin
from lsp_server.completion.track import Shown, Track
from tests.marks import read_snapshot


def _edit(before: Snapshot, text: str) -> Snapshot:
    return Snapshot(before.uri, before.version + 1, before.language, tuple(split_lines(text)))


@pytest.mark.parametrize(
    ("edits", "taken", "shown", "rejected"),
    [
        (["x = c\n", "x = co\n"], [0, 0], True, 0),
        (["x = compute\n"], [7], True, 0),
        (["x = compute\n", "x = compute(\n", "x = compute(a, b)\n"], [7, 0, 13], True, 0),
        (["x = other\n"], [0], False, 1),
        (["x = comp\n", "x = com\n"], [4, 0], True, 0),
        (["x = \ny\n"], [0], False, 1),
    ],
)
def test_edits_under_a_shown_text(
    edits: list[str], taken: list[int], shown: bool, rejected: int
) -> None:
    snapshot, position = read_snapshot("x = █\n")
    track = Track()
    track.show(Shown(Origin(snapshot, position), "compute(a, b)", "embedded", None))
    assert [track.note_edit(_edit(snapshot, text)) for text in edits] == taken
    assert (track.shown is not None) is shown
    assert track.rejected == rejected


@pytest.mark.asyncio
async def test_one_task_at_a_time_is_to_ask_ahead() -> None:
    """A key that is typed along begins the wait anew; a document that is closed ends it."""
    track = Track()
    tasks = [asyncio.create_task(asyncio.sleep(60)) for _ in range(3)]
    for task in tasks:
        track.ask_ahead(task)
    track.close()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(one, asyncio.CancelledError) for one in ended)
