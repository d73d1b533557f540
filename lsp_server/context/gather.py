"""Everything together: a place and what the index knows -> the text of a prompt, in pieces."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace

from lsp_server.context.base import Snippet
from lsp_server.context.defined import gather_defined
from lsp_server.context.edits import Edit
from lsp_server.context.expect import expect_names
from lsp_server.context.filemap import FileMap
from lsp_server.context.frame import Count, Frame, choose_first, cut_line, frame_scene
from lsp_server.context.history import NAME as HISTORY
from lsp_server.context.history import write_history
from lsp_server.context.imported import gather_imported, resolve_imports
from lsp_server.context.pack import Choice, build_snippets, choose_pieces, count_snippets
from lsp_server.context.piece import is_shown, make_heads
from lsp_server.context.scene import Scene, names_of, split_text
from lsp_server.context.siblings import find_bases, gather_bases, gather_siblings
from lsp_server.context.similar import cut_file, cut_similar, search_similar, take_whole
from lsp_server.context.users import gather_users
from lsp_server.index.base import Lookup

# The shares of the budget. What stands after the cursor moves with every key, and with it all that
# follows in the prompt: kept small, nine tenths of a prompt are what the last one was.
_PREFIX_SHARE = 0.4
_SUFFIX_SHARE = 0.085
_EDITS_SHARE = 0.1
# Control tokens, the names of the repository and of the file.
_FORM_TOKENS = 24
# What a window that begins farther down fills, so that it need not at the next line again.
_REFRAMED_SHARE = 0.85
# Where the cursor goes no farther, some half a screen, the same snippets serve.
_NEAR_LINES = 16


@dataclass(frozen=True, slots=True)
class Gathered:
    """The text around the cursor and the chosen pieces, with all their tokens."""

    line: int
    budget: int
    frame: Frame
    snippets: tuple[Snippet, ...]
    choices: tuple[Choice, ...]
    tokens: int
    edits: tuple[Edit, ...] = ()

    @property
    def paths(self) -> set[str]:
        """The files that the snippets are of."""
        return {one.piece.path for one in self.choices} | {edit.path for edit in self.edits}


def gather(
    scene: Scene,
    lookup: Lookup,
    files: FileMap,
    count: Count,
    budget: int,
    last: Gathered | None = None,
    edits: Sequence[Edit] = (),
) -> Gathered:
    """What a prompt of at most `budget` tokens is built from.

    `last` is what was gathered in the same document before: as long as the cursor stays near, the
    window begins where it did, and the snippets are the same.
    """
    if last is not None and last.budget == budget and abs(last.line - scene.line) <= _NEAR_LINES:
        again = _reframe(scene, count, last)
        if again is not None:
            return again
    available = budget - _FORM_TOKENS
    suffix = int(available * _SUFFIX_SHARE)
    first = choose_first(scene, count, int(available * _PREFIX_SHARE))
    frame = frame_scene(scene, count, first, available, suffix)
    if frame is None:
        frame = cut_line(scene, count, available)
    shown = (scene.path, frame.first, frame.last)
    history = write_history(edits, count, int(available * _EDITS_SHARE), shown)
    last_snippets = () if history is None else (history,)
    room = available - frame.tokens - count_snippets(last_snippets, count)
    choices = _choose(scene, lookup, files, count, room, frame)
    # What changes most stands last.
    snippets = (*build_snippets(choices), *last_snippets)
    taken = count_snippets(snippets, count)
    frame = _widen(scene, count, frame, choices, available - taken, suffix)
    tokens = _FORM_TOKENS + taken + frame.tokens
    used = tuple(edits) if history else ()
    return Gathered(scene.line, budget, frame, snippets, tuple(choices), tokens, used)


def _widen(
    scene: Scene, count: Count, frame: Frame, choices: Sequence[Choice], tokens: int, suffix: int
) -> Frame:
    """The frame with more lines above, for what the snippets have left of the tokens.

    It ends where a snippet of the same document stands.
    """
    own = [one.piece for one in choices if one.piece.path == scene.path and one.piece.is_excerpt]
    ends = [piece.line + len(piece.lines) for piece in own if piece.line < frame.first]
    first = choose_first(scene, count, tokens - suffix)
    first = max(first, *ends) if ends else first
    return frame_scene(scene, count, min(first, frame.first), tokens, suffix) or frame


def _reframe(scene: Scene, count: Count, last: Gathered) -> Gathered | None:
    """The new frame beside the old snippets, None where it no longer fits.

    Where the text below the cursor would lose half of its share, the window begins farther down.
    """
    available = last.budget - _FORM_TOKENS
    taken = count_snippets(last.snippets, count)
    room = available - taken
    suffix = int(available * _SUFFIX_SHARE)
    first = last.frame.first
    if choose_first(scene, count, room - suffix // 2) > first:
        first = choose_first(scene, count, int((room - suffix) * _REFRAMED_SHARE))
    frame = frame_scene(scene, count, first, room, suffix)
    if frame is None:
        return None
    tokens = _FORM_TOKENS + taken + frame.tokens
    return replace(last, frame=frame, tokens=tokens)


def keep_paths(gathered: Gathered, paths: Set[str]) -> Gathered:
    """Without the snippets of other files than these."""
    snippets = tuple(one for one in gathered.snippets if one.path in paths or one.path == HISTORY)
    choices = tuple(one for one in gathered.choices if one.piece.path in paths)
    return replace(gathered, snippets=snippets, choices=choices)


def _choose(
    scene: Scene,
    lookup: Lookup,
    files: FileMap,
    count: Count,
    tokens: int,
    frame: Frame,
) -> list[Choice]:
    outline = lookup.outline(scene.path)
    bases = find_bases(scene, outline)
    wide, narrow = search_similar(scene, lookup, bases)
    pieces = [
        *gather_imported(lookup, resolve_imports(scene, lookup.imports(scene.path), files)),
        *gather_bases(lookup, bases),
        *gather_defined(scene, lookup),
        *gather_users(scene, lookup, files, outline),
        *gather_siblings(outline),
    ]
    for path in files.counterparts(scene.path):
        pieces += make_heads(lookup.outline(path), "counterpart")
    own = list(cut_file(scene))
    shown = names_of(split_text(frame.prefix)) | names_of(split_text(frame.suffix))
    expected = expect_names(scene, shown, wide, narrow, [*pieces, *own])
    candidates = [
        piece
        for piece in (*pieces, *own, *cut_similar(wide, narrow))
        if not is_shown(piece, scene, frame.first, frame.last)
    ]
    return choose_pieces(candidates, expected, count, tokens, take_whole(wide, narrow))
