"""The engine's face: files in, suggestions out."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from lsp_server.embedded.corpus import Corpus, Document, encode_document, folder_of, same_kind
from lsp_server.embedded.cursor import Cursor, encode_cursor
from lsp_server.embedded.rank import WEIGHTS, Ranker
from lsp_server.embedded.rename import changed_part, rename_part
from lsp_server.embedded.search import Place, Source, find_places
from lsp_server.embedded.tokens import FIRST_NAME, SHALLOWER, Vocabulary, token_spans


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
        self._corpus.put(encode_document(self._vocabulary, path, text))

    def drop(self, path: str) -> None:
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
        ranked = self.rank(path, before, after)
        threshold = 0.1 if eager else 0.5
        return [
            Suggestion(text, share, source)
            for share, text, source in ranked[:limit]
            if share >= threshold and text
        ]

    def rank(self, path: str, before: str, after: str) -> list[tuple[float, str, str]]:
        groups, all_features = self.candidates(path, before, after)
        total = 1.0
        out = []
        for text, members in groups.items():
            w = sum(math.exp(sum(a * b for a, b in zip(WEIGHTS, f))) for _, f in members)
            total += w
            out.append((w, text, members[0][0].source.document.path))
        out.sort(key=lambda x: -x[0])
        return [(w / total, t, s) for w, t, s in out]

    def candidates(self, path: str, before: str, after: str):
        cursor = encode_cursor(self._vocabulary, path, before, after)
        if cursor is None:
            return {}, None
        word = self._vocabulary.word
        partial = cursor.partial
        known = self._vocabulary.known(partial) if partial else None

        def accepts(ch: str) -> bool:
            return ch > SHALLOWER and (not partial or word(ch).startswith(partial))

        def takes(ch: str) -> bool:
            return ch > SHALLOWER and (
                not partial or ch >= FIRST_NAME or word(ch).startswith(partial)
            )

        sources = [Source(cursor.above, 0, True), Source(cursor.below, 1)]
        folder = folder_of(path)
        for document in self._corpus.around(path):
            if not same_kind(path, document.path):
                near = 4
            elif folder_of(document.path) == folder:
                near = 2
            else:
                near = 3
            sources.append(Source(document, near))
        ranker = Ranker(cursor, word)
        places = find_places(cursor, sources, accepts, takes)
        groups: dict[str, list] = {}
        here_header = cursor.above.header(len(cursor.above.line_tokens), cursor.indent)
        for place in places:
            document = place.source.document
            tokens = document.tokens
            p = place.position
            index = document.line_index(p)
            end = document.line_end(index)
            rest = tokens[p:end]
            mapping: dict[str, str] = {}
            agree = 0
            if place.shape > place.length:
                m = min(place.shape, 48)
                bad = 0
                for a, b in zip(reversed(tokens[p - m : p]), reversed(cursor.context[-m:])):
                    if a >= FIRST_NAME:
                        if mapping.setdefault(a, b) != b:
                            bad += 1
                        else:
                            agree += 1
                agree = agree / (agree + bad + 1)
            header = document.header(index, document.line_indents[index])
            for a, b in zip(header, here_header):
                if a >= FIRST_NAME and b >= FIRST_NAME:
                    mapping.setdefault(a, b)
                elif a != b:
                    break
            same = float(header == here_header)
            nsw = 0.0
            if mapping:
                parts = [q for a, b in mapping.items() if a != b and (q := changed_part(word(a), word(b)))]
                if parts:
                    for c in rest:
                        if c >= FIRST_NAME and c not in mapping:
                            w = word(c)
                            for old, new in parts:
                                r = rename_part(w, old, new)
                                if r != w:
                                    mapping[c] = self._vocabulary.character(r)
                                    nsw += 1
                                    break
            fits = accepts(rest[0])
            changed = [c for c in rest if mapping.get(c, c) != c]
            if fits:
                self._add(groups, ranker, cursor, place, index, end, rest, {}, 0.0, 0.0, float(len(changed)), agree, 0, same)
            if mapping:
                first = rest[0]
                if partial and not word(mapping.get(first, first)).startswith(partial):
                    if known is None or known not in ranker.local or first < FIRST_NAME:
                        continue
                    if first in mapping:
                        continue
                    mapping[first] = known
                    changed.append(first)
                if changed:
                    sub = "".join([mapping.get(c, c) for c in rest])
                    self._add(groups, ranker, cursor, place, index, end, sub, mapping, float(len(set(changed))), nsw, 0.0, agree, 1, same)
        return groups, None

    def _add(self, groups, ranker, cursor, place, index, end, rest, mapping, nsub, nsw, conflict, agree, subst, same):
        text = self._text(cursor, place.source.document, index, place.position, mapping)
        if text:
            groups.setdefault(text, []).append((place, ranker.features(place, end, rest, nsub, nsw, conflict, agree, subst, same, 0.0)))

    def _text(self, cursor: Cursor, document: Document, index: int, position: int, mapping) -> str:
        line = document.line_text(index)
        spans = token_spans(line)
        number = position - document.line_tokens[index] - 1
        if number >= len(spans):
            return ""
        start = spans[number][0]
        if not mapping:
            if not line.startswith(cursor.partial, start):
                return ""
            out = line[start:].rstrip()
        else:
            word = self._vocabulary.word
            parts = []
            last = start
            for k, (a, b) in enumerate(spans[number:]):
                c = document.tokens[position + k]
                parts.append(line[last:a])
                parts.append(word(mapping[c]) if c in mapping else line[a:b])
                last = b
            out = "".join(parts)
            if not out.startswith(cursor.partial):
                return ""
        if cursor.partial:
            return out[len(cursor.partial) :]
        if number and not (cursor.head == "" or cursor.head[-1].isspace()):
            out = line[spans[number - 1][1] : start] + out
        return out
