"""The suffix written again, the small models' main fault."""

from __future__ import annotations

import re
from itertools import islice

from lsp_server.indentation import measure_indentation
from lsp_server.overlap import measure_balance
from lsp_server.postprocess.base import Dropped, Place

# A shorter line may rightly come twice; that the answer goes on as the suffix does tells otherwise.
_MIN_CHARACTERS = 5
_TELLING_CHARACTERS = 20
# One that holds something, with its indentation.
_LINE = re.compile(r"(?m)^.*\S.*$")
_CLOSER = re.compile(r"\s*[)\]}]")
_END = re.compile(r"\s*(?:end|fi|done|esac)\b")


def cut_repeated_suffix(text: str, place: Place) -> str | Dropped:
    """Cut where the lines of the answer begin to be the lines after the cursor."""
    below = place.after.partition("\n")[2]
    following = [line.group().rstrip() for line in islice(_LINE.finditer(below), 2)]
    if not following:
        return text
    lines = text.split("\n")
    for number in range(len(lines)):
        if _repeats(lines, number, following, place):
            kept = "\n".join(lines[:number]).rstrip()
            return kept or Dropped("The model only repeated the line after the cursor.")
    return text


def _repeats(lines: list[str], number: int, following: list[str], place: Place) -> bool:
    line = (lines[number] if number else place.left + lines[0]).rstrip()
    rest = [each.rstrip() for each in lines[number + 1 :] if each.strip()]
    if not line.strip():
        return False
    if line != following[0]:
        # The last line may have been cut by the limit of tokens.
        is_cut = number and not rest and following[0].startswith(line)
        return bool(is_cut) and len(line.strip()) >= _MIN_CHARACTERS
    if rest and len(following) > 1:
        agrees = following[1].startswith(rest[0]) if len(rest) == 1 else rest[0] == following[1]
        if agrees:
            return True
        if len(line.strip()) < _TELLING_CHARACTERS or line.lstrip().startswith("@"):
            return False
    if _CLOSER.match(line):
        return not _opens(lines[:number], place)
    if _END.match(line):
        return not _has_head(lines[:number], line, place)
    return (number > 0 and not rest) or len(line.strip()) >= _MIN_CHARACTERS


def _opens(lines: list[str], place: Place) -> bool:
    """Whether the lines open a bracket themselves, for which the closer then stands."""
    return bool(measure_balance("\n".join(lines), place.language).opens)


def _has_head(lines: list[str], end: str, place: Place) -> bool:
    """Whether one of the answer's own lines stands as deep as the `end`, which then is its."""
    own = lines[1:] if place.left.strip() else [place.left + line for line in lines[:1]] + lines[1:]
    depth = measure_indentation(end)
    return any(line.strip() and measure_indentation(line) <= depth for line in own)
