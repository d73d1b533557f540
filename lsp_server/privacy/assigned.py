"""Secrets without a form of their own: a name or sheer randomness gives them away."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lsp_server.privacy.likely import (
    is_likely_secret,
    is_name_like,
    is_password,
    is_random,
    measure_entropy,
)
from lsp_server.privacy.paragraphs import by_line
from lsp_server.privacy.span import Span

# Languages whose values need no quotes.
UNQUOTED_LANGUAGES = frozenset(
    """yaml properties java-properties ini dotenv env shellscript bash sh zsh fish powershell bat
    dockerfile docker-compose dockercompose makefile conf cfg nginx plaintext text git-config
    gitconfig editorconfig systemd terraform-vars""".split()
)

# Each begins with a letter of its own, and looks back only then: so the engine can skip to it.
_PASSWORDS = (
    r"passwo?r[dt]|passwd|passphrase|pass_?code|secret|kennwort|contrase|mot_de_passe|mnemonic"
    r"|seed_?phrase|recovery_?phrase|pw(?![a-z])(?<![a-z]pw)|pwd(?:(?<![a-z]pwd)|(?=[ ]?[=:]))"
    r"|pass(?![a-z])(?:(?<![a-z]pass)|(?<=dbpass)|(?<=userpass)|(?<=rootpass)|(?<=sqlpass)"
    r"|(?<=mailpass)|(?<=adminpass)|(?<=smtppass)|(?<=ftppass)|(?<=pgpass)|(?<=mypass))"
)
_TOKENS = (
    r"token|api[_. -]?key|key(?!s|board|word|error|up|down|press|frame)|credential|auth(?![eo]r)"
    r"|bearer|signature|webhook|jwt|cookie|dsn(?![a-z])|nonce|salt|psk(?![a-z])|pin_?code"
)
# Tried on lower case, which is quicker than to ignore case.
_NAME = re.compile(rf"(?P<password>{_PASSWORDS})|(?P<token>{_TOKENS})")

# From a name to the quote that opens its value.
_TO_LITERAL = re.compile(
    r"""(?x)
    [\w.-]{0,40}
    (?: (?: \\?["'`\])] ){1,3} | \[\d*\] | [ ]?\* )?
    [ \t]*
    (?: (?: :[ \t]* | [ ]? ) [A-Za-z_][\w.\[\]|?<>]{0,30} [ ]? (?= :?= ) )?
    (?: => | := | [?|]{1,2}= | [=!]=?=? | : | [ ]?-> | , | \( | > | [ ]is[ ] | [ ]or[ ]
        | [ ](?:\|\||\?\?)[ ] | [ ](?:value[ ]?=) )?
    (?: (?<= [=:(] ) (?: [\s(] | \\\s ){0,80} | [ \t]{0,4} )
    (?: (?: const|new|await|str|bytes|String(?:::from)?|Some|Secret(?:Str|String)?(?:::new)?
        |Buffer\.from|b64decode|ConvertTo-SecureString) [ \t]*\(?[ \t]* )?
    [A-Za-z@$]{0,2}
    (?P<escape> \\? )
    (?P<quote> \"{3} | '{3} | ["'`] )
    """
)
_TO_BARE = re.compile(
    r"""(?x)
    [\w.-]{0,40}
    (?: [ \t]* (?P<operator> => | := | = | : | (?<=[ ]) is (?=[ ]) ) [ \t]* | > | [ ] (?=\S+\s*$) )
    (?P<value> [^\s"'`;,<>(){}\[\]|&\\]+ )
    (?P<after> [;,"'`&<] | \s | $ )
    """,
    re.MULTILINE,
)
_GETTER = re.compile(r"(?i)(?:get|fetch|load|read|find|look_?up|has|is|list|delete|create)_?$")
_COMMENT = re.compile(r"(?:^|\s)(?:#|//|/?\*|--|;|<!--)")
_WHOLE_LINE = re.compile(r"\s*(?:- )?[\w.-]+[ \t]*[:=][ \t]*")
# A bound keeps the search linear in hostile lines.
_LONGEST = 4_000
_LITERAL_ENDS = {
    quote: re.compile(rf"(?:\\.|(?!{quote})[^\\\n]){{0,{_LONGEST}}}")
    for quote in ('"""', "'''", '"', "'", "`")
}
_LITERAL = re.compile(r"""(?P<quote>["'`])([A-Za-z0-9+/=_.~:!@#$%^&*-]{20,400})(?P=quote)""")
# Half of the keys there are look like checksums, which say what they are.
_HEXADECIMAL = re.compile(r"""(?P<quote>["'`])([0-9a-f]{32,128}|[0-9A-F]{32,128})(?P=quote)""")
_CHECKSUM = re.compile(r"(?i)sha|md5|hash|digest|checksum|integrity|rev|commit|crc|etag|uuid|hexd")
# A long run of an encoding's letters is data, inside a literal or not.
_ENCODED = re.compile(r"(?:(?<=\\[nrt])|(?<![A-Za-z0-9+/\\]))[A-Za-z0-9+/]{40,}={0,2}")


def find_assigned(text: str, language: str = "") -> Iterator[Span]:
    """The spans of values whose names say that they are secret."""
    has_bare = language in UNQUOTED_LANGUAGES
    for paragraph, name in _find_names(text):
        name_start, name_end = paragraph + name.start, paragraph + name.end
        is_worded = name.kind == "password"
        link = _TO_LITERAL.match(text, name_end)
        if link is not None:
            start, end = link.end(), _end_of_literal(text, link)
            value = text[start:end]
            # What is asked for by a name is called so, and is no secret.
            is_plain = is_worded and not _GETTER.search(text, max(0, name_start - 12), name_start)
            if is_password(value) if is_plain else is_likely_secret(value):
                yield Span(start, end, name.kind)
            continue
        bare = _TO_BARE.match(text, name_end)
        if bare is not None:
            value = bare["value"]
            if _is_bare_secret(text, bare, has_bare=has_bare, is_worded=is_worded):
                start = bare.start("value")
                yield Span(start, start + len(value), name.kind)


@by_line
def _find_names(line: str) -> tuple[Span, ...]:
    """The names that raise the question, by what they name: a password or a token."""
    return tuple(
        Span(name.start(), name.end(), name.lastgroup or "")
        for name in _NAME.finditer(_lower(line))
    )


def find_worded_literals(text: str, near: int) -> Iterator[tuple[int, int]]:
    """Where the literals of things named passwords are, whatever they hold, on the line of the
    offset `near` or begun above it: one that is still being typed looks like no secret yet."""
    start = max(0, text.rfind("\n", 0, near))
    start = text.rfind("\n", 0, start) + 1
    for name in _NAME.finditer(_lower(text), start, near):
        link = _TO_LITERAL.match(text, name.end()) if name.lastgroup == "password" else None
        if link is not None:
            yield link.end(), _end_of_literal(text, link)


def find_random(text: str) -> Iterator[Span]:
    """The spans of literals that are too random for anything but keys."""
    for match in _LITERAL.finditer(text):
        if is_random(match.group(2)):
            yield Span(match.start(2), match.end(2), "random text")
    for match in _HEXADECIMAL.finditer(text):
        before = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        if not _CHECKSUM.search(before[-200:]) and measure_entropy(match.group(2)) >= 2.8:
            yield Span(match.start(2), match.end(2), "random text")
    for match in _ENCODED.finditer(text):
        if is_random(match.group()):
            yield Span(match.start(), match.end(), "random text")


def _lower(text: str) -> str:
    # One letter is longer in lower case, which would move all that follows.
    return text.replace("\u0130", "I").lower()


def _end_of_literal(text: str, link: re.Match[str]) -> int:
    start, quote = link.end(), link["quote"]
    if link["escape"]:
        end = text.find(f"\\{quote}", start, start + _LONGEST)
        return end if end >= 0 else start
    ending = _LITERAL_ENDS[quote].match(text, start)
    return ending.end() if ending else start


def _is_bare_secret(text: str, match: re.Match[str], *, has_bare: bool, is_worded: bool) -> bool:
    value = match["value"]
    is_secret = is_password if is_worded else is_likely_secret
    is_element = match["after"] == "<" and text[match.start("value") - 1] == ">"
    if has_bare or is_element:
        return is_secret(value)
    # In code a bare word is a name, unless it stands in a string, a comment or a shell's line.
    before = text[text.rfind("\n", 0, match.start()) + 1 : match.start("value")]
    is_quoted = any(
        before.count(quote) % 2 or before.replace(3 * quote, "").count(quote) % 2
        for quote in "\"'`"
    )
    is_shell = match["operator"] == "=" and before.endswith("=") and before[:-1].strip().isupper()
    is_comment = _COMMENT.search(before) is not None
    is_whole = match["after"] in ("\n", "\r", "") and _WHOLE_LINE.fullmatch(before)
    has_digit = any(map(str.isdigit, value))
    if is_quoted or is_shell or is_comment or is_whole or match["operator"] == "is":
        is_strange = has_digit and len(value) >= 6 and not (is_whole and is_name_like(value))
        return is_likely_secret(value) or (is_worded and is_strange and is_password(value))
    return is_random(value)
