"""Secrets in a text are replaced before it leaves, so that the syntax around them stays.

Found are credentials of a known form, private keys, values whose names say that they are secret,
passwords in addresses, and literals too random for words. A placeholder takes the place of the
value alone, on its own line. It is the same for the same secret as long as the server runs, which
keeps an endpoint's cache of prompts, and tells nobody anything: its key is drawn at the start.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2s
from itertools import chain
from secrets import token_bytes

from lsp_server.privacy.addressed import find_addressed
from lsp_server.privacy.assigned import find_assigned, find_random
from lsp_server.privacy.known_tokens import find_known
from lsp_server.privacy.paragraphs import by_line, by_paragraph
from lsp_server.privacy.private_keys import find_private_keys
from lsp_server.privacy.span import Span, merge

_KEY = token_bytes(32)
PLACEHOLDER = re.compile(r"REDACTED_[0-9a-f]{10}")


@dataclass(frozen=True, slots=True)
class Finding:
    """A secret: what kind, where in the text that held it, and what stands there now."""

    kind: str
    start: int
    end: int
    placeholder: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without its secrets, and what was taken out."""

    text: str
    findings: tuple[Finding, ...] = ()


def redact(text: str, language: str = "") -> Redacted:
    """The text with a placeholder for each secret, line for line as it was.

    `language` is the editor's id; it tells where values stand without quotes.
    """
    findings = tuple(
        Finding(span.kind, span.start, span.end, make_placeholder(secret), secret)
        for span in find_secrets(text, language)
        for secret in (text[span.start : span.end],)
    )
    return Redacted(_replace(text, findings), findings)


def find_secrets(text: str, language: str = "") -> list[Span]:
    """Where the secrets are, in order and without overlap."""
    found = merge(
        chain(
            find_private_keys(text),
            find_assigned(text, language),
            (
                Span(start + span.start, start + span.end, span.kind)
                for start, span in chain(_find_alone(text), _find_addressed(text))
            ),
        )
    )
    # A text may pass here twice, as the cursor's surroundings and the turns of a talk do.
    done = [match.span() for match in PLACEHOLDER.finditer(text)] if found else []
    return [
        span
        for span in found
        if not any(start < span.end and span.start < end for start, end in done)
    ]


@by_line
def _find_alone(line: str) -> tuple[Span, ...]:
    """What gives itself away, without what stands around the line."""
    return (*find_known(line), *find_random(line))


@by_paragraph
def _find_addressed(paragraph: str) -> tuple[Span, ...]:
    """What stands where credentials are written, which may take several lines."""
    return tuple(find_addressed(paragraph))


def restore(text: str, secrets: Mapping[str, str]) -> str:
    """The text with these placeholders' secrets in their places; others stay as they are."""
    return PLACEHOLDER.sub(lambda match: secrets.get(match.group(), match.group()), text)


def make_placeholder(secret: str) -> str:
    """What stands for a secret: a name, which is valid inside literals and outside."""
    digest = blake2s(secret.encode("utf-8", "surrogatepass"), key=_KEY, digest_size=5)
    return f"REDACTED_{digest.hexdigest()}"


def _replace(text: str, findings: Iterable[Finding]) -> str:
    pieces: list[str] = []
    done = 0
    for finding in findings:
        pieces += text[done : finding.start], finding.placeholder
        done = finding.end
    return "".join([*pieces, text[done:]])
