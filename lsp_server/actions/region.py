"""Which lines an action is about: the selection, or the function or class around the cursor."""

from __future__ import annotations

from dataclasses import replace

from lsp_server.actions.base import ActionRequest, Refusal, Region
from lsp_server.buffer import Position, Snapshot
from lsp_server.context.tokens import estimate_tokens
from lsp_server.indentation import measure_indentation
from lsp_server.privacy.cutting import keep_beginning
from lsp_server.syntax.tree import Tree, enclosing_block

# What a model can write anew in one answer of 8,192 tokens, the shortest limit of the catalogue's
# models, with room for what it adds.
MAX_WHOLE_TOKENS = 5_000
# What only changes in places, or is only read, may be longer.
MAX_READ_TOKENS = 16_000
_MAX_CLIMB = 50
_CLOSERS = tuple(")]}>")


def choose_region(
    request: ActionRequest, tree: Tree | None, max_tokens: int = MAX_WHOLE_TOKENS
) -> Region | Refusal:
    """The region of at most `max_tokens`, or what to select instead."""
    snapshot = request.snapshot
    if not snapshot.text.removeprefix("\ufeff").strip():
        return Refusal("The file is empty; there is nothing to work on.")
    if request.start is None and not request.diagnostics:
        return _fit(snapshot, _whole_file(snapshot), max_tokens, "the file")
    start, end = _span(request)
    selected = _trim(snapshot, start.line, _last_line(start, end))
    if request.is_selection and _counts_as_lines(request, selected):
        if selected is None:
            return Refusal("Only blank lines are selected; select the code to work on.")
        return _fit(snapshot, selected, max_tokens, "the selection")
    found = _enclosing(snapshot, tree, start, end) or _paragraph(snapshot, start.line, end.line)
    if found is None:
        return _fit(snapshot, _whole_file(snapshot), max_tokens, "the file")
    fitted = _fit(snapshot, found, max_tokens, found.name)
    if isinstance(fitted, Refusal) and request.start is None and len(request.diagnostics) > 1:
        # Diagnostics all over the file: the first is a beginning.
        return choose_region(
            replace(request, diagnostics=request.diagnostics[:1]), tree, max_tokens
        )
    if isinstance(fitted, Refusal) and request.is_selection and selected is not None:
        return _fit(snapshot, selected, max_tokens, "the selection")
    return fitted


def _whole_file(snapshot: Snapshot) -> Region:
    return _trim(snapshot, 0, len(snapshot.lines)) or Region(0, len(snapshot.lines))


def _counts_as_lines(request: ActionRequest, selected: Region | None) -> bool:
    """Whether a selection means its own lines.

    A fix is asked for at the place of a diagnostic, which is a word or a line of what has to
    change; for other actions lines that were selected are meant.
    """
    if request.kind == "fix":
        return False
    return selected is None or selected.count > 1


def _span(request: ActionRequest) -> tuple[Position, Position]:
    snapshot = request.snapshot
    if request.start is None or request.end is None:
        first = min(one.start for one in request.diagnostics)
        return snapshot.clamp(first), snapshot.clamp(max(one.end for one in request.diagnostics))
    start, end = sorted((snapshot.clamp(request.start), snapshot.clamp(request.end)))
    return start, end


def _last_line(start: Position, end: Position) -> int:
    """One past the last line selected; a selection that ends at a line's start leaves it out."""
    return end.line if end.column == 0 and end.line > start.line else end.line + 1


def _enclosing(
    snapshot: Snapshot, tree: Tree | None, start: Position, end: Position
) -> Region | None:
    """The innermost function or class that holds both places."""
    if tree is None:
        return None
    line = start.line
    while line > 0 and not snapshot.line_text(line).strip():
        line -= 1
    # At a line's end its own header counts: the cursor may stand before `def`.
    place = Position(line, len(snapshot.line_text(line).rstrip()))
    for _ in range(_MAX_CLIMB):
        block = enclosing_block(tree, snapshot, place)
        if block is None:
            return None
        region = _trim(snapshot, block[0].line, _last_line(*block))
        if region is not None and region.first <= start.line and end.line < region.last:
            name = f"`{keep_beginning(snapshot.line_text(region.first).strip(), 60)}`"
            return Region(region.first, region.last, name, region.column)
        if block[0] >= place:
            return None
        place = block[0]
    return None


def _paragraph(snapshot: Snapshot, first: int, last: int) -> Region | None:
    """The lines that belong together by indentation: a line at the margin and what hangs on it."""
    text = snapshot.line_text
    if not any(text(number).strip() for number in range(first, last + 1)):
        return None
    top = first
    while top > 0 and not _begins(text(top)):
        top -= 1
    bottom = last + 1
    while bottom < len(snapshot.lines) and not _begins(text(bottom)):
        bottom += 1
    found = _trim(snapshot, top, bottom)
    if found is None or (found.first == 0 and found.last >= len(snapshot.lines) - 1):
        return None
    name = f"`{keep_beginning(text(found.first).strip(), 60)}`"
    return Region(found.first, found.last, name, found.column)


def _begins(line: str) -> bool:
    """Whether a line begins something at the margin."""
    stripped = line.strip()
    return bool(stripped) and measure_indentation(line) == 0 and not stripped.startswith(_CLOSERS)


def _trim(snapshot: Snapshot, first: int, last: int) -> Region | None:
    """Without blank lines at both ends."""
    while first < last and not snapshot.line_text(first).strip("\ufeff \t\f"):
        first += 1
    while last > first and not snapshot.line_text(last - 1).strip("\ufeff \t\f"):
        last -= 1
    if first == last:
        return None
    has_mark = first == 0 and snapshot.lines[0].startswith("\ufeff")
    return Region(first, last, "", 1 if has_mark else 0)


def _fit(snapshot: Snapshot, region: Region, max_tokens: int, name: str) -> Region | Refusal:
    tokens = estimate_tokens("".join(snapshot.lines[region.first : region.last]))
    if tokens <= max_tokens:
        return Region(region.first, region.last, region.name or name, region.column)
    lines = max(1, region.count * max_tokens // tokens)
    what = name[:1].upper() + name[1:] if name.startswith("the ") else name
    return Refusal(
        f"{what} has {region.count:,} lines, which is more than a model can write anew; select up "
        f"to {lines:,} lines that belong together."
    )
