"""What is not handed to the parser, because it could stall or end the server.

Tree-sitter parses in the server's own process. A parse can be cut short between two of its steps
(see `parsing.py`), so that size and plain slowness are harmless; these limits are for what cannot
be cut short. They were measured on tree-sitter 0.26.1 and the grammars' wheels with some 400
hostile files, each in a subprocess, with C stacks of 8 MB and of 512 KB.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from itertools import accumulate

# 1 MB of Python takes 85 ms to parse whole, 1.5 MB of C++ some 250 ms: a few slices of work.
MAX_CHARACTERS = 1_500_000
# Comparing, measuring and encoding the lines takes some 60 ns a line, so 3 ms at this limit.
MAX_LINES = 50_000
# One token is read in one step: a name of 1.4 MB takes 54 ms. Lines this long are not typed.
MAX_LINE_LENGTH = 20_000
# At the end of a file with n open brackets comes one step of up to 9 µs times n: 45 ms for
# `[a,{b:` repeated 5,000 times in JavaScript. Hand-written code stays below 50, and strings with
# a lone bracket, which are counted too, do not add up to this.
MAX_BRACKET_DEPTH = 1_000
# In Java and C#, n type arguments left open take one step that grows with the square of n: 10 ms
# for 800, over a minute for 50,000.
MAX_OPEN_ANGLES = 500
OPEN_ANGLES_MATTER = ("csharp", "java")
# The YAML scanner saves its indentations into 1,024 bytes without looking: 252 levels are the end
# of the process.
MAX_YAML_LEVELS = 150

_BRACKETS = b"()[]{}"
_STEPS = bytes.maketrans(_BRACKETS, bytes([1, 255] * 3))
_ANGLES = b"<>;{}"
_STRUCTURE = frozenset(_BRACKETS + _ANGLES + b"\0")
_YAML_INDENTATION = re.compile(rb"^ *(?:[-?:]\s+)*", re.MULTILINE)


def why_lines_refused(lines: Sequence[str]) -> str | None:
    """The reason why a document of these lines is not parsed, as a sentence; None if it may be."""
    if len(lines) > MAX_LINES:
        return f"The file has more than {MAX_LINES:,} lines."
    lengths = list(map(len, lines))
    if sum(lengths) > MAX_CHARACTERS:
        return f"The file has more than {MAX_CHARACTERS:,} characters."
    if max(lengths) > MAX_LINE_LENGTH:
        return f"A line has more than {MAX_LINE_LENGTH:,} characters."
    return None


def why_source_refused(source: bytes, language: str) -> str | None:
    """As `why_lines_refused`, for what the text holds. `language` is the table's own name."""
    if b"\0" in source:
        return "The file holds NUL characters."
    if bracket_depth(source) > MAX_BRACKET_DEPTH:
        return f"Brackets are nested more than {MAX_BRACKET_DEPTH:,} deep."
    if language in OPEN_ANGLES_MATTER and b"<" * MAX_OPEN_ANGLES in keep(source, _ANGLES):
        return f"More than {MAX_OPEN_ANGLES:,} type arguments are left open."
    if language == "yaml" and yaml_levels(source) > MAX_YAML_LEVELS:
        return f"Blocks are nested more than {MAX_YAML_LEVELS:,} deep."
    return None


def changes_structure(text: bytes, language: str) -> bool:
    """Whether text put in or taken out can change what `why_source_refused` says.

    YAML apart, only a few characters count, so an edit without them needs no second look.
    """
    return language == "yaml" or not _STRUCTURE.isdisjoint(text)


def bracket_depth(source: bytes) -> int:
    """How far brackets rise at most, of any kind and wherever they stand.

    Closing brackets without an opening one do not make room for others.
    """
    steps = array("b", keep(source, _BRACKETS).translate(_STEPS))
    depths: list[int] = list(accumulate(steps, initial=0))
    lowest: list[int] = list(accumulate(depths, min))
    return max(map(int.__sub__, depths, lowest))


def yaml_levels(source: bytes) -> int:
    """How deep a YAML file can be nested at most.

    A level opens at an indentation of its own or by an indicator such as "- " within the line.
    """
    openings: dict[int, int] = {}
    for opening in set(_YAML_INDENTATION.findall(source.replace(b"\r", b"\n"))):
        indicators = opening.lstrip(b" ")
        width = len(opening) - len(indicators)
        # A mapping may stand at the column of the sequence around it: hence two to begin with.
        openings[width] = max(openings.get(width, 2), 2 + len(indicators.split()))
    return sum(openings.values())


def keep(source: bytes, characters: bytes) -> bytes:
    return source.translate(None, bytes(set(range(256)) - set(characters)))
