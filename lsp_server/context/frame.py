"""The lines around the cursor that a prompt shows, cut at line ends, with tokens counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from lsp_server.context.scene import Scene


@dataclass(frozen=True, slots=True)
class Frame:
    """The lines `first` to `last` of the document, as text before and after the cursor."""

    first: int
    last: int
    prefix: str
    suffix: str
    tokens: int


_LINE_SHARES = 3
# Counts the tokens of lines.
Count = Callable[[Sequence[str]], int]


def choose_first(scene: Scene, count: Count, tokens: int) -> int:
    """The first line of a prefix of at most so many tokens."""
    left = tokens - count([scene.left])
    return scene.line - _fitting(reversed(scene.above), count, left)


def frame_scene(
    scene: Scene, count: Count, first: int, tokens: int, suffix_tokens: int
) -> Frame | None:
    """The frame that begins at line `first`, None where that is past `tokens` or unknown.

    The suffix has what the prefix leaves, at most `suffix_tokens`.
    """
    start = first - scene.first
    if not 0 <= start <= len(scene.above):
        return None
    prefix = [*scene.above[start:], scene.left]
    used = count(prefix)
    if used > tokens:
        return None
    left = min(suffix_tokens, tokens - used)
    ending = count([scene.right])
    below = scene.below[: _fitting(scene.below, count, left - ending)]
    before = "\n".join(prefix)
    # The rest of the cursor's own line may take more than its share: without it all is misread.
    if ending > min(_LINE_SHARES * suffix_tokens, tokens - used):
        return Frame(first, scene.line, before, "", used)
    suffix = [scene.right, *below]
    last = scene.line + len(below)
    return Frame(first, last, before, _end_lines(suffix, scene), used + count(suffix))


def cut_line(scene: Scene, count: Count, tokens: int) -> Frame:
    """The end of a line that alone is past `tokens`."""
    left = scene.left
    while count([left]) > tokens:
        left = left[len(left) // 8 + 1 :]
    return Frame(scene.line, scene.line, left, "", count([left]))


def _fitting(lines: Iterable[str], count: Count, tokens: int) -> int:
    """How many of the lines fit."""
    number = 0
    for line in lines:
        tokens -= count([line])
        if tokens < 0:
            break
        number += 1
    return number


def _end_lines(suffix: Sequence[str], scene: Scene) -> str:
    """The suffix ends with a line's end unless the document does not."""
    text = "\n".join(suffix)
    return text + "\n" if len(suffix) - 1 < len(scene.below) else text
