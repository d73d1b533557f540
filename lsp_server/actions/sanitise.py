"""Explanations: Markdown from a model, made fit to be shown.

No image, since showing one asks a server; no link but to web pages, since an editor may run a
`command:` link; no HTML. What is left is proved with a CommonMark parser, the one that the large
editors use themselves; where the proof fails, all of it is shown as plain text.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from lsp_server.actions.fences import clean_reply
from lsp_server.prompt.fence import choose_fence

_MAX_CHARACTERS = 60_000
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
_IMAGE = re.compile(r"!\[((?:[^\[\]\\]|\\.)*)\](?:\([^()]*\)|\[[^\]]*\])?")
_BANG = re.compile(r"!(?=\[)")
_INLINE_LINK = re.compile(r"\[((?:[^\[\]\\]|\\.)*)\]\(\s*<?([^\s()<>]*)>?[^()]*\)")
_DEFINITION = re.compile(r"^ {0,3}\[[^\]]+\]:.*$", re.MULTILINE)
_CODE_SPAN = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_SAFE_SCHEMES = frozenset({"http", "https"})
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~&])")


def sanitise_markdown(text: str) -> str:
    """The Markdown without what could act; at most 60,000 characters of it."""
    cleaned = _HIDDEN.sub("", clean_reply(text))[:_MAX_CHARACTERS].strip()
    cleaned = _close_fences(cleaned)
    made_safe = _escape_outside_code(cleaned)
    if is_harmless(made_safe):
        return made_safe
    fence = choose_fence("markdown", cleaned)
    plain = f"{fence}text\n{cleaned}\n{fence}"
    return plain if is_harmless(plain) else _SPECIAL.sub(r"\\\1", cleaned)


def is_harmless(text: str) -> bool:
    """Whether a CommonMark parser finds no image, no HTML and no link that could act."""
    return all(map(_is_harmless, _parser().parse(text)))


def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table")


def _is_harmless(token: Token) -> bool:
    if token.type in {"image", "html_block", "html_inline"}:
        return False
    if token.type == "link_open" and not _is_web_page(str(token.attrGet("href") or "")):
        return False
    return all(map(_is_harmless, token.children or ()))


def _is_web_page(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme.lower() in _SAFE_SCHEMES and bool(parts.hostname)


def _close_fences(text: str) -> str:
    """An answer that was cut leaves a fence open, which would swallow what an editor adds."""
    tokens = [token for token in _parser().parse(text) if token.type == "fence"]
    if not tokens or tokens[-1].map is None:
        return text
    lines = text.split("\n")
    last = tokens[-1]
    first, end = tokens[-1].map
    is_open = end >= len(lines) and (
        end - first < 2 or not lines[end - 1].strip().startswith(last.markup)
    )
    return f"{text}\n{last.markup}" if is_open else text


def _escape_outside_code(text: str) -> str:
    lines = text.split("\n")
    parts: list[str] = []
    done = 0
    for token in _parser().parse(text):
        if token.type not in {"fence", "code_block"} or token.map is None or token.level:
            continue
        first, last = token.map
        parts.append(_escape_prose("\n".join(lines[done:first])))
        parts.append("\n".join(lines[first:last]))
        done = last
    parts.append(_escape_prose("\n".join(lines[done:])))
    return "\n".join(part for number, part in enumerate(parts) if part or number).strip("\n")


def _escape_prose(text: str) -> str:
    """Text without fences: what is in code spans stays as it is."""
    text = _DEFINITION.sub("", text)
    result: list[str] = []
    done = 0
    for span in _CODE_SPAN.finditer(text):
        result += [_escape(text[done : span.start()]), span.group()]
        done = span.end()
    return "".join([*result, _escape(text[done:])])


def _escape(text: str) -> str:
    text = _BANG.sub("", _IMAGE.sub(r"\1", text))
    text = _INLINE_LINK.sub(_keep_web_links, text)
    return text.replace("<", "&lt;")


def _keep_web_links(match: re.Match[str]) -> str:
    label, address = match.group(1), match.group(2)
    return f"[{label}]({address})" if _is_web_page(address) else label
