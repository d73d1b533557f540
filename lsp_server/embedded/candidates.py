"""From a place in the code to what might stand at the cursor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lsp_server.embedded.cursor import Cursor
from lsp_server.embedded.rename import Renamer
from lsp_server.embedded.search import Place
from lsp_server.embedded.tokens import FIRST_NAME, Vocabulary


@dataclass(frozen=True, slots=True)
class Candidate:
    """The rest of a line elsewhere, as it would read here."""

    place: Place
    line: int  # of the place, in its document
    end: int  # where the line ends in the document's tokens
    rest: str  # tokens from the place to the end of the line, renamed
    renames: dict[str, str]  # empty when copied as it stands
    length: int  # how many tokens to the left are the same, or renamed to the same
    conflicts: int  # names kept although the code to the left suggests to rename them


class Proposer:
    """Makes candidates of places."""

    def __init__(self, vocabulary: Vocabulary, cursor: Cursor) -> None:
        self._vocabulary = vocabulary
        self._cursor = cursor
        self._renamer = Renamer(vocabulary, cursor)
        # The word before the cursor can stand for a name as a whole only if it is one.
        whole = vocabulary.known(cursor.partial)
        self._whole = whole if whole in cursor.names else ""

    def propose(self, place: Place) -> Iterator[Candidate]:
        """The rest of the line as it stands, and with names changed where that applies."""
        document = place.source.document
        line = document.line_of(place.position)
        end = document.line_end(line)
        rest = document.tokens[place.position : end]
        header = document.header_above(line, document.line_indents[line])
        renames = self._renamer.learn(place, header)
        self._renamer.extend(renames, rest)
        changing = {name for name in rest if renames.get(name, name) != name}
        if self._fits(rest[0]):
            yield Candidate(place, line, end, rest, {}, place.length, len(changing))
        first = rest[0]
        if not self._fits(renames.get(first, first)):
            if not self._whole or first < FIRST_NAME or first in renames:
                return
            renames[first] = self._whole
            changing.add(first)
        if changing:
            renamed = "".join([renames.get(token, token) for token in rest])
            length = self._renamer.common_length(place, renames)
            yield Candidate(place, line, end, renamed, renames, length, 0)

    def _fits(self, token: str) -> bool:
        return self._vocabulary.word(token).startswith(self._cursor.partial)
