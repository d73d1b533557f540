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
from itertools import accumulate, islice

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
# Brackets still open at the end of the text cost the square of their number where each has
# operators before it: 20 ms for 100 `+--true(` in Rust, 2.5 s for 800.
MAX_UNCLOSED_BRACKETS = 100
# So do operators of a statement that the text breaks off: 15 ms for 500 `a|` in a shell script,
# 1 s for 4,000; 60 ms for 250 lines of `/*` in Python, 8 s for 3,000. Markup has no statements.
MAX_OPEN_OPERATORS = 250
MARKUP = ("erb", "html", "markdown", "restructuredtext")
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
_OPERATORS = re.compile(rb"[-+*/%=<>|&^!~?:@$]+")
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
    depth, unclosed = measure_brackets(source)
    if depth > MAX_BRACKET_DEPTH:
        return f"Brackets are nested more than {MAX_BRACKET_DEPTH:,} deep."
    if unclosed > MAX_UNCLOSED_BRACKETS:
        return f"More than {MAX_UNCLOSED_BRACKETS:,} brackets are left open."
    if language in OPEN_ANGLES_MATTER and b"<" * MAX_OPEN_ANGLES in keep(source, _ANGLES):
        return f"More than {MAX_OPEN_ANGLES:,} type arguments are left open."
    if language == "yaml" and yaml_levels(source) > MAX_YAML_LEVELS:
        return f"Blocks are nested more than {MAX_YAML_LEVELS:,} deep."
    return _why_end_refused(source, language)


def why_edit_refused(source: bytes, changed: bytes, language: str) -> str | None:
    """As `why_source_refused`, for the edit of a text that was not refused.

    `changed` is what was taken out and put in. YAML apart, only few characters count.
    """
    if language == "yaml" or not _STRUCTURE.isdisjoint(changed):
        return why_source_refused(source, language)
    return _why_end_refused(source, language)


def _why_end_refused(source: bytes, language: str) -> str | None:
    if language not in MARKUP and count_open_operators(source) > MAX_OPEN_OPERATORS:
        return f"The last statement has more than {MAX_OPEN_OPERATORS:,} operators and no end."
    return None


def measure_brackets(source: bytes) -> tuple[int, int]:
    """How far brackets rise at most, and how many are open at the end, wherever they stand.

    Closing brackets without an opening one do not make room for others.
    """
    steps = array("b", keep(source, _BRACKETS).translate(_STEPS))
    depths: list[int] = list(accumulate(steps, initial=0))
    lowest: list[int] = list(accumulate(depths, min))
    return max(map(int.__sub__, depths, lowest)), depths[-1] - lowest[-1]


def count_open_operators(source: bytes) -> int:
    """How many operators the last statement has, if the text may break it off.

    A statement ends with a semicolon, a brace, or a line that does not end with an operator.
    Counting stops soon after the limit.
    """
    start = max(map(source.rfind, (b";", b"{", b"}"))) + 1
    end = len(source)
    lines = 0
    while lines <= MAX_OPEN_OPERATORS and (end := source.rfind(b"\n", start, end)) >= 0:
        before = source[max(start, end - 80) : end].rstrip()[-1:]
        if before and not _OPERATORS.match(before):
            start = end
            break
        lines += bool(before)
    if lines > MAX_OPEN_OPERATORS:
        return lines
    return sum(1 for _ in islice(_OPERATORS.finditer(source, start), MAX_OPEN_OPERATORS + 1))


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
