"""The files known, encoded, the nearest first."""

from __future__ import annotations

import pytest

from lsp_server.embedded.corpus import Corpus, Nearness, encode_document
from lsp_server.embedded.tokens import DEEPER, LEVEL, SHALLOWER, Vocabulary

_TEXT = """\
def one():
    return 1


class Two:

    def three(self):
        pass
four = 4
"""


def test_lines_are_found_again_from_tokens() -> None:
    vocabulary = Vocabulary()
    document = encode_document(vocabulary, "a.py", _TEXT)
    marks = "".join(document.tokens[start] for start in document.line_tokens)
    assert marks == LEVEL + DEEPER + SHALLOWER + DEEPER + DEEPER + SHALLOWER
    for line, expected in enumerate(line for line in _TEXT.split("\n") if line):
        assert document.line_text(line) == expected
        for position in range(document.line_tokens[line], document.line_end(line)):
            assert document.line_of(position) == line
    assert len(document.shape) == len(document.tokens)


def test_the_header_is_the_nearest_line_less_indented() -> None:
    vocabulary = Vocabulary()
    document = encode_document(vocabulary, "a.py", _TEXT)
    _, header, _ = vocabulary.encode_line("    def three(self):")
    assert document.header_above(4, 8) == header
    assert document.header_above(0, 0) == ""


def test_blank_lines_and_depth_do_not_matter() -> None:
    vocabulary = Vocabulary()
    flat = encode_document(vocabulary, "a.py", "if x:\n    y()\nz")
    deep = encode_document(vocabulary, "b.py", "\n\n\tif x:\r\n\n\t\ty()\r\n\tz", indent_above=4)
    assert flat.tokens == deep.tokens


def test_size_follows_what_is_put_and_dropped() -> None:
    vocabulary, corpus = Vocabulary(), Corpus()
    corpus.put(encode_document(vocabulary, "a.py", "x = 1"))
    corpus.put(encode_document(vocabulary, "b.py", "y"))
    assert corpus.size == (2, 6)
    corpus.put(encode_document(vocabulary, "a.py", "x"))
    assert corpus.size == (2, 4)
    corpus.drop("a.py")
    corpus.drop("never.py")
    assert corpus.size == (1, 2)


_PATHS = (
    "/w/app/views/list.py",
    "/w/app/views/one.py",
    "/w/app/forms.py",
    "/w/tests/views/deep/test_one.py",
    "/w/app/types.pyi",
    "/w/app/views/list.js",
    "/w/app/views/README.md",
)


@pytest.mark.parametrize(
    ("path", "language", "expected"),
    [
        (
            "/w/app/views/one.py",
            "python",
            [
                "/w/app/views/list.py",
                "/w/app/forms.py",
                "/w/app/types.pyi",
                "/w/tests/views/deep/test_one.py",
            ],
        ),
        ("/w/app/views/new.tsx", "typescriptreact", ["/w/app/views/list.js"]),
        ("untitled-1", "javascript", ["/w/app/views/list.js"]),
        ("/w/app/notes.txt", "plaintext", []),
    ],
)
def test_files_of_the_same_kind_nearest_first(
    path: str, language: str, expected: list[str]
) -> None:
    vocabulary, corpus = Vocabulary(), Corpus()
    for known in _PATHS:
        corpus.put(encode_document(vocabulary, known, "x"))
    around = corpus.around(path, language)
    assert [source.document.path for source in around] == expected


def test_a_changed_file_is_seen_at_once() -> None:
    vocabulary, corpus = Vocabulary(), Corpus()
    corpus.put(encode_document(vocabulary, "a.py", "x"))
    corpus.put(encode_document(vocabulary, "b.py", "y"))
    assert [source.document.text for source in corpus.around("a.py", "")] == ["y"]
    corpus.put(encode_document(vocabulary, "b.py", "z"))
    corpus.put(encode_document(vocabulary, "a.py", "new"))
    assert [source.document.text for source in corpus.around("a.py", "")] == ["z"]
    corpus.put(encode_document(vocabulary, "c/d.py", "w"))
    around = corpus.around("a.py", "")
    assert [(source.document.text, source.nearness) for source in around] == [
        ("z", Nearness.SAME_FOLDER),
        ("w", Nearness.ELSEWHERE),
    ]
    corpus.drop("b.py")
    assert [source.document.text for source in corpus.around("a.py", "")] == ["w"]
