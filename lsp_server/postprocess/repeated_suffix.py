"""The suffix written again, the small models' main fault."""

from __future__ import annotations

from lsp_server.postprocess.base import Dropped, Place

# A lone closer or `pass` may rightly come twice; two such lines in a row are a repetition.
_MIN_CHARACTERS = 5


def cut_repeated_suffix(text: str, place: Place) -> str | Dropped:
    """Cut where the lines of the answer begin to be the lines after the cursor."""
    following = [line.rstrip() for line in place.after.split("\n")[1:] if line.strip()][:3]
    if not following:
        return text
    lines = text.split("\n")
    for number, line in enumerate(lines):
        whole = place.left + line if number == 0 else line
        if whole.rstrip() != following[0] or not whole.strip():
            continue
        if len(whole.strip()) < _MIN_CHARACTERS and not _goes_on(lines[number + 1 :], following):
            continue
        kept = "\n".join(lines[:number]).rstrip()
        return kept if kept else Dropped("The model only repeated the line after the cursor.")
    return text


def _goes_on(lines: list[str], following: list[str]) -> bool:
    rest = [line.rstrip() for line in lines if line.strip()]
    return bool(rest) and len(following) > 1 and rest[0] == following[1]
