"""The region written anew, whole: the form that models of every size keep to."""

from __future__ import annotations

import difflib
import re
from collections import Counter

from lsp_server.actions.base import Refusal
from lsp_server.actions.fences import Block, Blocks
from lsp_server.actions.reindent import match_indentation
from lsp_server.indentation import measure_indentation
from lsp_server.postprocess.prose import begins_as_chat

# A line of comment that stands for code left out.
_ELISION = re.compile(
    r"""(?ix)\s*(?:\#|//|/\*|--|<!--|;|%|\{/\*|"){0,3}\s*(?:\.\.\.|…)?\s*
    (?:\(?(?:the\ )?(?:rest|remainder|remaining|existing|other|previous|original|unchanged|same)\b
       [^=;{}]{0,60}
       |(?:rest|code|implementation|body|methods?|functions?)\ [^=;{}]{0,40}
        (?:unchanged|omitted|as\ before|stays?\ the\ same|remains?\ the\ same))
    \s*(?:\.\.\.|…)?\s*\)?\s*(?:\*/\}?|-->)?\s*"""
)
_DOTS = re.compile(r"\.\.\.|…")
_COMMENT = re.compile(r"\s*(?:#|//|/\*|--|<!--|;|%|\{/\*|\*)")
_LONE_DOTS = re.compile(r"\s*(?:#|//|/\*|--|;|%)\s*(?:\.\.\.|…)\s*(?:\*/)?\s*")
_CLOSER = re.compile(r"[\])};,]+|end")
_WORDS = re.compile(r"\w+")
# Blocks less alike than this to the region are examples of use, outputs, commands.
_ALIKE = 0.35
_SURELY_ALIKE = 0.6
# Lines with this many letters and digits do not stand at two places side by side by chance.
_TELLING = 5
# Comparing takes time by the product of both lengths.
_MAX_COMPARED = 400


def read_whole(
    found: Blocks, text: str, region: list[str], before: list[str], after: list[str]
) -> list[str] | Refusal:
    """The region's new lines from a cleaned reply.

    `before` and `after` are the file's lines around the region: a reply that brings some of them
    along is cut down to the region.
    """
    code = _choose_code(found, text, region)
    if isinstance(code, Refusal):
        return code
    lines = _strip_blank(code)
    if not lines:
        return Refusal("The reply holds no code.")
    elided = _find_elision(lines, region)
    if elided is not None:
        return Refusal(
            f'The reply leaves code out ("{elided.strip()[:60]}"); write every line in full.'
        )
    core = _strip_blank(region)
    if not core:
        return [*lines, *region]
    lines, headers = _trim_before(lines, core, before)
    lines = _trim_after(lines, core, after, headers)
    moved = match_indentation(lines, core)
    if isinstance(moved, Refusal):
        return moved
    start = next((number for number, line in enumerate(region) if line.strip()), 0)
    end = start + len(core)
    return [*region[:start], *moved, *region[end:]]


def _choose_code(found: Blocks, text: str, region: list[str]) -> list[str] | Refusal:
    blocks = [block for block in found.blocks if any(line.strip() for line in block.lines)]
    if not blocks:
        if found.blocks:
            return Refusal("The reply's code block is empty.")
        return _read_bare(text, region)
    if len(blocks) > 1:
        return _choose_block(blocks, region)
    return list(blocks[0].lines)


def _choose_block(blocks: list[Block], region: list[str]) -> list[str] | Refusal:
    """The one block of several that is the region's: quoted code and examples are left aside."""
    core = _strip_blank(region)
    alike = [(measure_likeness(list(block.lines), core), block) for block in blocks]
    changed = [(likeness, block) for likeness, block in alike if not _is_same(block, core)]
    if not changed:
        return list(blocks[0].lines)
    likely = [(likeness, block) for likeness, block in changed if likeness >= _ALIKE]
    starting = [block for _, block in likely if _starts_alike(block, core)]
    if len(starting) == 1:
        return list(starting[0].lines)
    surely = [block for likeness, block in likely if likeness >= _SURELY_ALIKE]
    if not starting and len(surely) == 1:
        return list(surely[0].lines)
    if not starting and len(likely) == 1:
        return list(likely[0][1].lines)
    return Refusal("The reply holds several code blocks; write the new code in exactly one.")


def measure_likeness(lines: list[str], region: list[str]) -> float:
    """How much of both texts is in common, from 0 to 1, by their words."""
    one = _WORDS.findall("\n".join(lines[:_MAX_COMPARED]))
    other = _WORDS.findall("\n".join(region[:_MAX_COMPARED]))
    if not one or not other:
        return 0.0
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    # The quick ratio is an upper bound that takes linear time.
    return matcher.quick_ratio()


def _read_bare(text: str, region: list[str]) -> list[str] | Refusal:
    """Code without a fence. Prose around it would end up in the file, so that the reply must begin
    and end as the region does, or be made of its words."""
    lines = _strip_blank(text.split("\n"))
    core = _strip_blank(region)
    if not lines or not core:
        return Refusal("The reply holds no code.")
    starts = [number for number, line in enumerate(lines) if line.strip() == core[0].strip()]
    if not starts:
        likeness = measure_likeness(lines, core)
        if likeness < _SURELY_ALIKE:
            return Refusal("The reply holds no code block; write the new code in one.")
        return lines
    head = lines[: starts[0]]
    if all(not line.strip() or _reads_as_prose(line) for line in head):
        lines = lines[starts[0] :]
    ends = [number for number, line in enumerate(lines) if line.strip() == core[-1].strip()]
    tail = lines[ends[-1] + 1 :] if ends else []
    if any(map(_reads_as_prose, tail)) and not tail[0].strip():
        return lines[: ends[-1] + 1]
    return lines


def _reads_as_prose(line: str) -> bool:
    if begins_as_chat(line):
        return True
    words = line.split()
    return len(words) >= 4 and line[:1].isupper() and line.rstrip().endswith((".", ":", "!"))


def _find_elision(lines: list[str], region: list[str]) -> str | None:
    known = {line.strip() for line in region}
    for line in lines:
        stripped = line.strip()
        if not stripped or stripped in known:
            continue
        is_comment = _COMMENT.match(line) is not None
        says_so = _ELISION.fullmatch(line) is not None
        if _LONE_DOTS.fullmatch(line) or (
            says_so and (is_comment or _DOTS.search(line)) and _has_room(line)
        ):
            return line
    return None


def _has_room(line: str) -> bool:
    """An ordinary comment may begin with "Other …"; dots, or words for leaving out, tell."""
    lowered = line.lower()
    return _DOTS.search(line) is not None or any(
        word in lowered for word in ("unchanged", "omitted", "as before", "the same", "existing")
    )


def _trim_before(lines: list[str], region: list[str], before: list[str]) -> tuple[list[str], int]:
    """Without the file's lines that the reply brings along above the region.

    Those are the lines right above it, or the headers of the blocks around it; the second result
    says how many headers went. A new line that only happens to stand farther up as well stays.
    """
    first = region[0].strip()
    above = [line.strip() for line in before if line.strip()]
    kept = [(number, line.strip()) for number, line in enumerate(lines) if line.strip()]
    texts = [text for _, text in kept]
    for size in range(min(len(kept) - 1, len(above)), 0, -1):
        if texts[:size] != above[-size:]:
            continue
        # A decorator may begin the function above as well as the region.
        is_next = texts[size] == first and texts[0] != first
        if is_next or _tells(texts[:size], texts, region):
            return lines[kept[size][0] :], 0
    if texts[0] == first:
        return lines, 0
    headers = _find_headers(before, region[0])
    for size in range(min(len(kept) - 1, len(headers)), 0, -1):
        if texts[:size] == headers[-size:] and texts[size] == first:
            return lines[kept[size][0] :], size
    return lines, 0


def _find_headers(before: list[str], first: str) -> list[str]:
    """The lines above that stand shallower and shallower, outermost first."""
    depth = measure_indentation(first)
    headers: list[str] = []
    for line in reversed(before):
        if depth == 0:
            break
        if line.strip() and measure_indentation(line) < depth:
            depth = measure_indentation(line)
            headers.append(line.strip())
    return headers[::-1]


def _trim_after(lines: list[str], region: list[str], after: list[str], headers: int) -> list[str]:
    """Without the file's lines that the reply brings along below the region.

    Where `headers` of the blocks around it came along, as many lines that close them go too.
    """
    below = [line.strip() for line in after if line.strip()]
    kept = [(number, line.strip()) for number, line in enumerate(lines) if line.strip()]
    for size in range(min(len(kept) - 1, len(below)), 0, -1):
        texts = [text for _, text in kept]
        if texts[-size:] == below[:size] and _tells(texts[-size:], texts, region):
            return _strip_blank(lines[: kept[-size][0]])
    closers = 0
    while closers < min(headers, len(kept) - 1) and _CLOSER.fullmatch(kept[-closers - 1][1]):
        closers += 1
    return _strip_blank(lines[: kept[-closers][0]]) if closers else lines


def _tells(part: list[str], texts: list[str], region: list[str]) -> bool:
    """Whether lines of a reply say enough to know them for the file's, and not the region's."""
    own = Counter(line.strip() for line in region)
    all_of_it = Counter(texts)
    foreign = [text for text in part if all_of_it[text] > own[text]]
    return sum(sum(map(str.isalnum, text)) for text in foreign) >= _TELLING


def _starts_alike(block: Block, region: list[str]) -> bool:
    first = next((line.strip() for line in block.lines if line.strip()), "")
    return bool(region) and first == region[0].strip()


def _is_same(block: Block, region: list[str]) -> bool:
    return [line.strip() for line in _strip_blank(list(block.lines))] == [
        line.strip() for line in region
    ]


def _strip_blank(lines: list[str]) -> list[str]:
    """Without the blank lines at both ends."""
    start, end = 0, len(lines)
    while start < end and not lines[start].strip():
        start += 1
    while end > start and not lines[end - 1].strip():
        end -= 1
    return lines[start:end]
