"""Working out which names here stand for which names there."""

import re

_SUBWORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|_+|\w")


def changed_part(there: str, here: str) -> tuple[str, str] | None:
    """The part of the word that differs: get_user, get_host_name -> user, host_name."""
    a, b = _SUBWORD.findall(there), _SUBWORD.findall(here)
    while a and b and a[0].lower() == b[0].lower():
        a, b = a[1:], b[1:]
    while a and b and a[-1].lower() == b[-1].lower():
        a, b = a[:-1], b[:-1]
    one, other = "".join(a), "".join(b)
    if len(one) < 3 or len(other) < 2 or one.isdigit() :
        return None
    return one, other


def rename_part(word: str, old: str, new: str) -> str:
    """The word with one part for another, in the case it is written in."""
    for cased in (str, str.lower, _capitalise, str.upper):
        if cased(old) in word:
            renamed = word.replace(cased(old), cased(new))
            return renamed
    low = old.replace("_","").lower()
    return word


def _capitalise(word: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in word.split("_"))
