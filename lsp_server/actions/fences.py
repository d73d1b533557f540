"""The code in a chat model's reply: what stands in fences, or the whole where there are none."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lsp_server.prompt.special import cut_at_control_token

# Three or more, indented by at most three blanks, as CommonMark has it.
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})[ \t]*([^`\n]*?)[ \t]*$")
# What a reasoner says to itself, where a server hands it on as text; its opening may be missing.
_THOUGHTS = re.compile(r"\A\s*(?:<think>)?.*?</think>[ \t]*\n?", re.DOTALL)
_UNCLOSED_THOUGHTS = re.compile(r"\A\s*<think>")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: its lines, what the fence says of them, and whether it was closed."""

    lines: tuple[str, ...]
    info: str = ""
    is_closed: bool = True


@dataclass(frozen=True, slots=True)
class Blocks:
    """What a reply consists of: its fenced blocks, and the prose between them."""

    blocks: tuple[Block, ...]
    prose: str


def clean_reply(reply: str) -> str:
    """A reply with "\\n" line ends, without byte order mark, thoughts and leaked control tokens."""
    text = reply.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    if "</think>" in text:
        text = _THOUGHTS.sub("", text, count=1)
    elif _UNCLOSED_THOUGHTS.match(text):
        return ""
    return cut_at_control_token(text)


def split_blocks(text: str, region: list[str]) -> Blocks:
    """The fenced blocks of a cleaned reply.

    Where the region holds fences of its own, a reply's fence may be closed by the region's: there
    the outermost fences count.
    """
    lines = text.split("\n")
    if any(_FENCE.match(line) for line in region):
        return _split_outermost(lines)
    blocks: list[Block] = []
    prose: list[str] = []
    number = 0
    while number < len(lines):
        opening = _FENCE.match(lines[number])
        if opening is None:
            prose.append(lines[number])
            number += 1
            continue
        fence, info = opening.group(1), opening.group(2)
        end = _find_closing(lines, number + 1, fence)
        is_closed = end < len(lines)
        body = lines[number + 1 : end]
        if not is_closed and body and not body[-1]:
            body.pop()
        blocks.append(Block(tuple(_drop_mark(body)), info, is_closed))
        number = end + 1
    return Blocks(tuple(blocks), "\n".join(prose).strip())


def _split_outermost(lines: list[str]) -> Blocks:
    fences = [(number, match) for number, line in enumerate(lines) if (match := _FENCE.match(line))]
    if len(fences) < 2:
        return Blocks((), "\n".join(lines).strip())
    first, opening = fences[0]
    fence = opening.group(1)
    closing = [number for number, match in fences if _closes(match, fence)]
    last = closing[-1] if closing and closing[-1] > first else len(lines)
    prose = "\n".join([*lines[:first], *lines[last + 1 :]]).strip()
    is_closed = last < len(lines)
    body = tuple(_drop_mark(lines[first + 1 : last]))
    return Blocks((Block(body, opening.group(2), is_closed),), prose)


def _find_closing(lines: list[str], start: int, fence: str) -> int:
    for number in range(start, len(lines)):
        match = _FENCE.match(lines[number])
        if match and _closes(match, fence):
            return number
    return len(lines)


def _closes(match: re.Match[str], fence: str) -> bool:
    mark = match.group(1)
    return mark[0] == fence[0] and len(mark) >= len(fence) and not match.group(2)


def _drop_mark(lines: list[str]) -> list[str]:
    return [lines[0].removeprefix("\ufeff"), *lines[1:]] if lines else lines
