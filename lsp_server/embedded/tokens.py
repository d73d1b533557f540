"""Source text as strings in which every token is one character.

Searching code for "the last eight tokens" is then `str.find`, and a file of a hundred
thousand tokens is a string of a few hundred kilobytes. White space is not a token; where a
line begins is one, and it says whether the line is deeper, level or shallower than the line
above, so that code matches at whatever depth it stands.
"""

import re
import zlib
from typing import Final

DEEPER: Final = "\x01"
LEVEL: Final = "\x02"
SHALLOWER: Final = "\x03"

# Characters from here on are names and literals; below are line marks, signs and keywords.
FIRST_NAME: Final = "\u0800"

# Longer lines are minified code or data: nobody wants them copied, and lexing them costs.
LONGEST_LINE: Final = 2000

_LAST = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)
_SPILL_SIZE = 4096
_FIRST_SPILL = _LAST + 1 - _SPILL_SIZE
_LINE_CACHE_SIZE = 100_000

_NAMES = re.compile(f"[{FIRST_NAME}-{chr(_LAST)}]")
_TOKEN = re.compile(r"\w+|[^\w\s]")
_INDENT = re.compile(r"[ \t]*")
_PARTIAL_WORD = re.compile(r"\w*\Z")

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

    When the characters run out, further words share a small reserve: they may then be taken
    for one another, which weakens a match and breaks nothing, since what is suggested is
    copied from source text and never spelled from tokens.
    """

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._words: dict[str, str] = {}
        self._next_sign = ord(SHALLOWER) + 1
        self._next_name = ord(FIRST_NAME)
        self._lines: dict[str, tuple[int, str, str]] = {}
        for word in _KEYWORDS:
            self._know(word, self._take_sign())

    def encode_line(self, line: str) -> tuple[int, str, str]:
        """The width of the line's indentation, its tokens, and its shape: the tokens with every
        name made the same. No tokens for a blank line."""
        known = self._lines.get(line)
        if known is not None:
            return known
        if len(self._lines) >= _LINE_CACHE_SIZE:
            self._lines.clear()
        tokens = self._encode(line) if len(line) <= LONGEST_LINE else ""
        encoded = indent_width(line), tokens, _NAMES.sub(FIRST_NAME, tokens)
        self._lines[line] = encoded
        return encoded

    def character(self, word: str) -> str:
        """The character that stands for this token, taken now if it is new."""
        known = self._names.get(word)
        if known is not None:
            return known
        is_sign = len(word) == 1 and not (word.isalnum() or word == "_")
        if is_sign and self._next_sign < ord(FIRST_NAME):
            return self._know(word, self._take_sign())
        return self._know(word, self._take_name(word))

    def known(self, word: str) -> str | None:
        return self._names.get(word)

    def word(self, character: str) -> str:
        """The token this character stands for; "" for a line mark."""
        return self._words.get(character, "")

    def _encode(self, line: str) -> str:
        character = self.character
        return "".join([character(word) for word in _TOKEN.findall(line)])

    def _know(self, word: str, character: str) -> str:
        self._names[word] = character
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


def indent_width(line: str) -> int:
    """Columns of leading white space, with a tab as four."""
    indent = leading_space(line)
    return len(indent) + 3 * indent.count("\t")


def leading_space(line: str) -> str:
    match = _INDENT.match(line)
    return match.group() if match else ""


def line_mark(indent: int, above: int) -> str:
    """The token for the beginning of a line at this indentation below one at that."""
    if indent == above:
        return LEVEL
    return DEEPER if indent > above else SHALLOWER


def partial_word(text: str) -> str:
    """The word, possibly unfinished, that the text ends in; "" after a space or a sign."""
    match = _PARTIAL_WORD.search(text)
    return match.group() if match else ""


def token_spans(line: str) -> list[tuple[int, int]]:
    """Where each token of the line starts and ends."""
    return [match.span() for match in _TOKEN.finditer(line)]
