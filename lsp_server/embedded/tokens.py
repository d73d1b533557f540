"""Source text as strings in which every token is one character.

Looking for "the last eight tokens" is then `str.find`, and a file of a hundred thousand tokens
is a string of a few hundred kilobytes. White space is no token; the beginning of a line is one,
and says whether the line is deeper, level or shallower than the line above it, so that code
matches at whatever depth it stands.
"""

from __future__ import annotations

import re
import zlib
from typing import Final

DEEPER: Final = "\x01"
LEVEL: Final = "\x02"
SHALLOWER: Final = "\x03"

# Characters from here on stand for names and literals; those below for line marks, signs and
# keywords. In a shape this very character stands for any name.
FIRST_NAME: Final = "\u0800"

# Longer lines are minified code or data: nobody wants them copied, and lexing them costs.
LONGEST_LINE: Final = 2000

_LAST_CODE = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)
_SPILL_SIZE = 4096
_FIRST_SPILL = _LAST_CODE + 1 - _SPILL_SIZE
_MOST_LINES_KEPT = 20_000

_TOKEN = re.compile(r"\w+|[^\w\s]")
_NAME = re.compile(f"[{FIRST_NAME}-{chr(_LAST_CODE)}]")
_LINE_MARK = re.compile(f"[{DEEPER}-{SHALLOWER}]")
_LEADING_SPACE = re.compile(r"[ \t]*")
_LAST_WORD = re.compile(r"\w*\Z")

# Words that mean the same in every file. Taken from the grammars of the main languages
# together: a keyword of one that is a name in another is seldom one worth renaming.
_KEYWORDS = """
abstract and as assert async await break case catch class const constructor continue def default
defer del delete do elif else end enum except export extends extern false False final finally fn
for foreach from func function global go goto if impl implements import in instanceof interface
internal is lambda let local loop match module mut namespace new nil None nonlocal not null
operator or override package pass private protected pub public raise readonly record ref require
return sealed select self static struct super switch template then this throw throws trait true
True try type typeof undefined union unless unsafe until use using val var virtual void volatile
when where while with yield
""".split()


class Vocabulary:
    """Gives every distinct token its character, first come first served.

    When the characters run out, after a million words, further words share a small reserve and
    may be taken for one another.
    """

    def __init__(self) -> None:
        self._characters: dict[str, str] = {}
        self._words: dict[str, str] = {}
        self._lines: dict[str, tuple[int, str, str]] = {}
        self._next_sign = ord(SHALLOWER) + 1
        self._next_name = ord(FIRST_NAME) + 1
        for word in _KEYWORDS:
            self._assign(word, self._take_sign())

    def encode_line(self, line: str) -> tuple[int, str, str]:
        """The line's indentation in columns, its tokens, and their shape: names all the same.

        A blank line has no tokens; nor has one that is too long to be worth reading.
        """
        if len(line) > LONGEST_LINE:
            return 0, "", ""
        known = self._lines.get(line)
        if known is not None:
            return known
        if len(self._lines) >= _MOST_LINES_KEPT:
            self._lines.clear()
        tokens = "".join([self.character(word) for word in _TOKEN.findall(line)])
        encoded = indent_width(line), tokens, shape_of(tokens)
        self._lines[line] = encoded
        return encoded

    def character(self, word: str) -> str:
        """The character that stands for this token, assigned now if it is new."""
        known = self._characters.get(word)
        if known is not None:
            return known
        is_sign = len(word) == 1 and not (word.isalnum() or word == "_")
        if is_sign and self._next_sign < ord(FIRST_NAME):
            return self._assign(word, self._take_sign())
        return self._assign(word, self._take_name(word))

    def known(self, word: str) -> str:
        """The character that stands for this token; "" if it has none."""
        return self._characters.get(word, "")

    def word(self, character: str) -> str:
        """The token this character stands for; "" for a line mark."""
        return self._words.get(character, "")

    def _assign(self, word: str, character: str) -> str:
        self._characters[word] = character
        self._words[character] = word
        return character

    def _take_sign(self) -> str:
        self._next_sign += 1
        return chr(self._next_sign - 1)

    def _take_name(self, word: str) -> str:
        if self._next_name >= _FIRST_SPILL:
            spill = zlib.crc32(word.encode("utf-8", "surrogatepass")) % _SPILL_SIZE
            return chr(_FIRST_SPILL + spill)
        if self._next_name in _SURROGATES:
            self._next_name = _SURROGATES.stop
        self._next_name += 1
        return chr(self._next_name - 1)


def token_spans(line: str) -> list[tuple[int, int]]:
    """Where in the line each of its tokens starts and ends."""
    return [match.span() for match in _TOKEN.finditer(line)]


def shape_of(tokens: str) -> str:
    """The tokens with all names made the same."""
    return _NAME.sub(FIRST_NAME, tokens)


def names_in(tokens: str) -> frozenset[str]:
    """The distinct names among the tokens."""
    return frozenset(_NAME.findall(tokens))


def lines_in(tokens: str) -> list[str]:
    """The tokens split at the line marks; the first piece is the end of a line before them."""
    return _LINE_MARK.split(tokens)


def line_mark(indent: int, indent_above: int) -> str:
    """The token for the beginning of a line at this indentation below one at that."""
    if indent == indent_above:
        return LEVEL
    return DEEPER if indent > indent_above else SHALLOWER


def indent_width(line: str) -> int:
    """Columns of leading white space, a tab counted as four."""
    space = leading_space(line)
    return len(space) + 3 * space.count("\t")


def leading_space(line: str) -> str:
    match = _LEADING_SPACE.match(line)
    return match.group() if match else ""


def last_word(text: str) -> str:
    """The word, perhaps unfinished, that the text ends in; "" after a space or a sign."""
    match = _LAST_WORD.search(text)
    return match.group() if match else ""


def with_newlines(text: str) -> str:
    r"""The text with "\n" for every "\r\n" and "\r"."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
