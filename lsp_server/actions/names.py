"""Names in new code: those that nothing known defines, and those that went missing."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable

_WORD = re.compile(r"[^\W\d]\w*")
_CALL = re.compile(r"(?<![\w.:>$@])([^\W\d]\w*)\s*(?:::<[^>]*>)?\(")
_DEFINITION = re.compile(
    r"""(?mx)^[ \t]*(?:(?:export|default|public|private|protected|internal|static|final|abstract
    |async|pub(?:\([^)]*\))?|unsafe|const|override|virtual|inline|extern|declare|open|suspend)\s+)*
    (?:def|class|function\*?|fn|func|struct|interface|trait|enum|type|impl|module|object|macro)\s+
    (?:\([^)]*\)\s*)?([^\W\d]\w*)"""
)
_QUOTED = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`")
_COMMENT = re.compile(r"(?m)(?:#|//|--).*$")
_PYTHON = frozenset([*keyword.kwlist, *keyword.softkwlist, *dir(builtins)])
# Words that stand before a bracket in one language or another without being a call.
_WORDS = frozenset(
    """if for while switch match catch return elif else with and or not in is await yield assert del
    except lambda print import from as new typeof sizeof delete throw case when unless until super
    this self function fn func def class struct foreach using lock defined alignof decltype require
    len cap make append copy panic recover close delete min max println printf String Number
    Boolean Object Array Promise Map Set Date Error Symbol RegExp JSON Math parseInt parseFloat
    isNaN setTimeout setInterval clearTimeout clearInterval fetch structuredClone Some None Ok Err
    Box Vec Rc Arc vec format write writeln assert_eq assert_ne todo unimplemented int float double
    char bool string byte long short void var let const echo isset empty array list exit die puts
    raise include extend loop begin end describe it test expect beforeEach afterEach""".split()
)
_SHORTEST = 3


def find_unknown_calls(language: str, new: str, known: Iterable[str]) -> tuple[str, ...]:
    """Names called in new code that stand in none of the known texts and are no language's own.

    A hint, not a proof: an import with a star, or a name made at run time, is not seen.
    """
    code = _COMMENT.sub("", _QUOTED.sub('""', new))
    defined = frozenset(_DEFINITION.findall(code))
    called = [
        name for name in _CALL.findall(code) if len(name) >= _SHORTEST and name not in defined
    ]
    if not called:
        return ()
    own = _PYTHON if language == "python" else frozenset()
    counts: dict[str, int] = {}
    for word in _WORD.findall(code):
        counts[word] = counts.get(word, 0) + 1
    calls: dict[str, int] = {}
    for name in called:
        calls[name] = calls.get(name, 0) + 1
    # What stands elsewhere in the new code too was most likely defined or imported there.
    suspects = [
        name
        for name in dict.fromkeys(called)
        if name not in own and name not in _WORDS and counts.get(name, 0) == calls[name]
    ]
    for text in known:
        if not suspects:
            break
        words = frozenset(_WORD.findall(text))
        suspects = [name for name in suspects if name not in words]
    return tuple(suspects)


def find_lost_definitions(old: str, new: str) -> tuple[str, ...]:
    """Functions, classes and the like that the old code defines and the new one does not name."""
    words = frozenset(_WORD.findall(new))
    return tuple(name for name in dict.fromkeys(_DEFINITION.findall(old)) if name not in words)


def find_definitions(text: str) -> tuple[str, ...]:
    """The names that a text defines, in order."""
    return tuple(dict.fromkeys(_DEFINITION.findall(text)))
