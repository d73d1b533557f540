"""The gathered context, as values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of another file, or of a far part of this one. `origin` says why it was chosen."""

    path: str
    text: str
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """What a prompt is built from: text around the cursor, and snippets, most stable first.

    `tokens` are those of all of it by Qwen's vocabulary, 0 where they have not been counted.
    """

    path: str
    language: str
    prefix: str
    suffix: str
    repository: str = ""
    snippets: tuple[Snippet, ...] = ()
    tokens: int = 0

    @property
    def size(self) -> int:
        """The characters of all its texts."""
        snippets = sum(len(snippet.text) + len(snippet.path) for snippet in self.snippets)
        return len(self.prefix) + len(self.suffix) + snippets


@dataclass(frozen=True, slots=True)
class Subject:
    """The code that an action is about, and what its diagnostics say.

    `shown` is what the model is shown besides it, as paths and texts.
    """

    code: str
    messages: tuple[str, ...] = ()
    shown: tuple[tuple[str, str], ...] = ()
