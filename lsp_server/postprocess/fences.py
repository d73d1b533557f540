"""Markdown around code: chat models wrap what they write."""

from __future__ import annotations

import re

from lsp_server.postprocess.base import Place
from lsp_server.postprocess.prose import begins_as_chat
from lsp_server.prompt.fence import LEAST, choose_fence

_OPENING = re.compile(r"\s*(`{3,})[ \t]*[\w+#.-]+[ \t]*$", re.MULTILINE)


def strip_fences(text: str, place: Place) -> str:
    """Take the code out of a fence that the answer opens, and cut at the fence that closes.

    A fence is what is longer than the file's own; one that is indented is the code's own.
    """
    if LEAST not in text:
        return text
    fence = choose_fence(place.language, place.before, place.after)
    opening = _OPENING.match(text) if place.language != "markdown" else None
    if opening:
        fence = opening.group(1)
    marks = list(re.finditer(rf"(?m)^{fence}`*[ \t]*([\w+#.-]*)[ \t]*$", text))
    if not marks:
        return text
    head = text[: marks[0].start()]
    is_wrapped = begins_as_chat(head)
    if head.strip() and not is_wrapped:
        return head.rstrip("\n")
    code = text[marks[0].end() + 1 :]
    if len(marks) > 1:
        return text[marks[0].end() + 1 : marks[1].start()].removesuffix("\n")
    if not is_wrapped and not marks[0].group(1) and _is_afterthought(code):
        # A bare fence at the start may also close the one that the prompt has opened.
        return ""
    return code


def _is_afterthought(rest: str) -> bool:
    return not rest.strip() or rest.startswith("\n") or begins_as_chat(rest)
