"""The engine's face: files in, suggestions out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lsp_server.embedded.blocks import extend_block
from lsp_server.embedded.candidates import Proposer
from lsp_server.embedded.copying import copy_text
from lsp_server.embedded.corpus import Corpus, encode_document
from lsp_server.embedded.cursor import Cursor, encode_cursor, indent_below
from lsp_server.embedded.evidence import Evidence
from lsp_server.embedded.ranking import Ballot, Ranked, confidence_of, rank
from lsp_server.embedded.search import Place, find_places
from lsp_server.embedded.tokens import Vocabulary

# Below this confidence nothing is shown unasked, and below that nothing at all.
SHOWN = 0.45
SHOWN_WHEN_ASKED = 0.02


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Text to insert at the cursor, verbatim, with "\\n" line ends."""

    text: str
    confidence: float  # measured share of suggestions at this score that are exactly right
    source: str  # path of the file the text was copied from


class Engine:
    """Suggests how code goes on by copying from the files it was given."""

    def __init__(self) -> None:
        self._vocabulary = Vocabulary()
        self._corpus = Corpus()

    @property
    def size(self) -> tuple[int, int]:
        """Files, tokens."""
        return self._corpus.size

    def put(self, path: str, text: str) -> None:
        """Add a file, or replace what was known of it."""
        self._corpus.put(encode_document(self._vocabulary, path, text))

    def drop(self, path: str) -> None:
        """Forget a file; one that is not known is no error."""
        self._corpus.drop(path)

    def suggest(
        self,
        path: str,
        language: str,
        before: str,
        after: str,
        *,
        limit: int = 3,
        eager: bool = False,
    ) -> list[Suggestion]:
        """What may stand between `before` and `after`, the best first; [] if not sure enough.

        What was put for `path` itself is left out: the file as it is now comes in `before` and
        `after`. With `eager` the best guesses are given although they are not sure, and at the
        end of a line the next one.
        """
        suggestions = self._suggest_line(path, language, before, after)
        if eager and _is_line_end(before, after):
            suggestions += self._suggest_below(path, language, before, after)
            suggestions.sort(key=lambda each: -each.confidence)
        least = SHOWN_WHEN_ASKED if eager else SHOWN
        return [each for each in suggestions if each.confidence >= least][:limit]

    def ballots(self, path: str, language: str, before: str, after: str) -> list[Ballot]:
        """All texts found, with the evidence for each: what the weights are fitted on."""
        cursor = encode_cursor(self._vocabulary, path, before, after)
        return [] if cursor is None else self._vote(cursor, self._places(path, language, cursor))

    def _suggest_line(self, path: str, language: str, before: str, after: str) -> list[Suggestion]:
        cursor = encode_cursor(self._vocabulary, path, before, after)
        if cursor is None:
            return []
        ranked = self._rank_places(cursor, self._places(path, language, cursor))
        suggestions = [
            Suggestion(each.text, confidence_of(each.share), _source(each)) for each in ranked
        ]
        if ranked and not cursor.tail and suggestions[0].confidence >= SHOWN:
            block = extend_block(self._vocabulary, cursor, ranked[0], self._rank_places, SHOWN)
            suggestions[0] = Suggestion(block.text, block.confidence, suggestions[0].source)
        return suggestions

    def _suggest_below(self, path: str, language: str, before: str, after: str) -> list[Suggestion]:
        """The next line, unless it is what follows already."""
        indent = "\n" + indent_below(before)
        following = after.strip().partition("\n")[0].rstrip()
        return [
            Suggestion(indent + below.text, below.confidence, below.source)
            for below in self._suggest_line(path, language, before + indent, after)
            if below.text.partition("\n")[0] != following
        ]

    def _places(self, path: str, language: str, cursor: Cursor) -> list[Place]:
        return find_places(self._vocabulary, cursor, self._corpus.around(path, language))

    def _rank_places(self, cursor: Cursor, places: Sequence[Place]) -> list[Ranked]:
        return rank(self._vote(cursor, places))

    def _vote(self, cursor: Cursor, places: Sequence[Place]) -> list[Ballot]:
        proposer = Proposer(self._vocabulary, cursor)
        evidence = Evidence(self._vocabulary, cursor, self._corpus.file_count)
        ballots: dict[str, Ballot] = {}
        for place in places:
            for candidate in proposer.propose(place):
                text = copy_text(self._vocabulary, cursor, candidate)
                if text:
                    ballot = ballots.setdefault(text, Ballot(text, []))
                    ballot.votes.append((candidate, evidence.of(candidate)))
        return list(ballots.values())


def _source(ranked: Ranked) -> str:
    return ranked.votes[0].place.source.document.path


def _is_line_end(before: str, after: str) -> bool:
    line = before[max(before.rfind("\n"), before.rfind("\r")) + 1 :]
    return bool(line.strip()) and not after.partition("\n")[0].strip()
