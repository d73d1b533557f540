"""The engine's face: files in, suggestions out."""

from dataclasses import dataclass

from lsp_server.embedded.candidates import Proposer
from lsp_server.embedded.copying import copy_text
from lsp_server.embedded.corpus import Corpus, encode_document
from lsp_server.embedded.cursor import Cursor, encode_cursor
from lsp_server.embedded.evidence import Evidence
from lsp_server.embedded.ranking import Ballot, rank
from lsp_server.embedded.search import find_places
from lsp_server.embedded.tokens import Vocabulary

_SHOWN_SHARE = 0.5
_EAGER_SHARE = 0.1


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

        The file at `path` itself is left out: what is right of it comes in `before` and
        `after`. With `eager` the best guesses are given although they are not sure.
        """
        cursor = encode_cursor(self._vocabulary, path, before, after)
        if cursor is None:
            return []
        least = _EAGER_SHARE if eager else _SHOWN_SHARE
        return [
            Suggestion(ranked.text, ranked.share, ranked.best.place.source.document.path)
            for ranked in rank(self.ballots(path, cursor))[:limit]
            if ranked.share >= least
        ]

    def ballots(self, path: str, cursor: Cursor) -> list[Ballot]:
        """All texts found, with the evidence for each; what the weights are fitted on."""
        proposer = Proposer(self._vocabulary, cursor)
        evidence = Evidence(self._vocabulary, cursor)
        ballots: dict[str, Ballot] = {}
        for place in find_places(self._vocabulary, cursor, self._corpus.around(path)):
            for candidate in proposer.propose(place):
                text = copy_text(self._vocabulary, cursor, candidate)
                if text:
                    ballot = ballots.setdefault(text, Ballot(text, []))
                    ballot.votes.append((candidate, evidence.of(candidate)))
        return list(ballots.values())
