"""Is this value a secret? By what it looks like, where its name has raised the question."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter

# What stands in a value for something that is filled in later, and what does so alone.
_FILLED_IN = re.compile(
    r"\$\{\{?[^{}]*\}?\}|\$\([^()]*\)|\{\{[^{}]*\}\}|#?\{[\w.\[\]()\"':!, -]*\}"
    r"|%\(\w+\)[sdr]|%[sdrv](?!\w)|<[\w .,:|/-]+>"
)
_FILLED_IN_WHOLE = re.compile(r"\$[A-Za-z_][\w.:>-]*|%\w+%|@\w+@|\[[A-Za-z_ -]+\]|:[a-z_]+|\?")
# What people write where a secret belongs, and words that name one; longer words stand first.
# They are taken out one by one: a pattern of them all would try every way to part a text.
_STANDS_FOR = re.compile(
    r"(?i)your|my|the|some|an?(?![a-z])|test|example|sample|dummy|fake|default|new|old|current"
    r"|confirm|enter|invalid|wrong|change|insert|replace|redacted|null|none|nil|undefined|true|false"
    r"|empty|strings?|bytes|text|hidden|required|optional|passwords?|passwd|pwd|pass|phrase|secrets?"
    r"|tokens?|keys?|api|access|auth|user|username|name|login|value|here|me(?![a-z])|this|ids?|files?"
    r"|path|env|fields?|input|x|\*|\.|(?<!\d)\d{1,3}(?!\d)|foo|bar|baz|qux|todo|fixme|bearer|basic"
    r"|client|private|public|hash|type|refresh|session|csrf|xsrf|admin|with|in(?![a-z])|of(?![a-z])"
    r"|for|and|or(?![a-z])|to(?![a-z])|is(?![a-z])|not|no|[\W_]"
)
# Words in any spelling that programmers use for names, with numbers at most at their ends.
_NAME_LIKE = re.compile(r"[A-Za-z]+\d{0,2}(?:[-_./:\\ ][A-Za-z]*\d{0,2})*")
_SPEECH = re.compile(
    r"(?i)(?<![a-z])(?:pass|secret|token|key|user|enter|must|should|your|the|a|an|is|are|not|no|to|of"
    r"|for|in|or|and|with|from|this|that|if|be|by|please|invalid|wrong|required|use|set|at)"
    r"(?![a-rt-z])|[.:,;?]\s|[()=]|^\s|\s$"
)
_ORDINARY_HASH = re.compile(r"(?i)(?:sha\d{1,3}|md5)[-:].*")


def is_password(value: str) -> bool:
    """Whether the value of something named a password may be one: people choose plain words."""
    if not 3 <= len(value) <= 2_000 or _stands_for_another(value):
        return False
    rest = _FILLED_IN.sub("", value)
    if rest != value:
        return is_likely_secret(rest)
    if " " in value:
        # A label, a message or documentation speaks of passwords in sentences.
        return len(value) <= 100 and not _SPEECH.search(value)
    return not _is_path(value)


def is_likely_secret(value: str) -> bool:
    """Whether the value of something named a token or a key may be one: no name, no words."""
    value = _FILLED_IN.sub("", value)
    if not 8 <= len(value) <= 10_000 or " " in value:
        return False
    if _stands_for_another(value) or _is_path(value):
        return False
    if _NAME_LIKE.fullmatch(value) and not is_random(value):
        return False
    has_digit = any(map(str.isdigit, value))
    return (has_digit or len(value) >= 20) and measure_entropy(value) >= 2.8


def is_name_like(value: str) -> bool:
    """Whether a value has the form of programmers' names."""
    return _NAME_LIKE.fullmatch(value) is not None


def is_random(value: str) -> bool:
    """Whether nobody has thought these letters out, whatever their name: keys, not words."""
    if len(value) < 20 or _ORDINARY_HASH.match(value) or _FILLED_IN.search(value):
        return False
    if _is_path(value):
        return False
    kinds = [_kind(character) for character in value]
    if not {"a", "A", "0"} <= set(kinds):
        return False
    changes = sum(left != right for left, right in itertools.pairwise(kinds))
    # Random letters and digits change their kind at six places of ten, words at two.
    return changes >= 0.35 * len(value) and measure_entropy(value) >= min(
        4.2, 0.85 * math.log2(len(value))
    )


def measure_entropy(text: str) -> float:
    """Shannon's entropy in bits a character."""
    counts = Counter(text).values()
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts)


def _stands_for_another(value: str) -> bool:
    return not _STANDS_FOR.sub("", value) or bool(_FILLED_IN_WHOLE.fullmatch(value))


def _is_path(value: str) -> bool:
    if not value.startswith(("/", "./", "../", "~/", "http://", "https://", "file:", "#", "--")):
        return False
    parts = re.split(r"[/?&=#]", value.lstrip("#-~./"))
    return all(is_name_like(part) or part.isdigit() or not part for part in parts)


def _kind(character: str) -> str:
    if character.isdigit():
        return "0"
    if character.isalpha():
        return "A" if character.isupper() else "a"
    return "-"
