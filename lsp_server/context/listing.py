"""Names at a few tokens each: what stands in which file, where there is no room for its lines.

A listing is a comment, like a file's own summary: `# RATES, convert; Price: rounded` are two names
of the module and a member of a type in it. Nothing is listed under a file that does not define it,
or use it in a line of code.
"""

from __future__ import annotations

import heapq
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache

from lsp_server.context.piece import Piece
from lsp_server.context.scene import code_names_in, code_names_of
from lsp_server.privacy.secrets import redact
from lsp_server.syntax.grammars import block_comment, comment_prefix, language_of_path

# No budget has room for more.
_MAX_NAMES = 200
# Longer ones are keys rather than names.
_MAX_LENGTH = 40
# The comment's marks and the line's end, and a path with the control tokens around it.
_LINE_TOKENS, _PATH_TOKENS = 3, 4
# What a file costs at first is borne by so many names, as far as is known beforehand.
_SHARED_BY = 4
_MARK = "#"
# So many lines above and below tell whether a name is a secret, as many as an excerpt has.
_AROUND = 2
# A file with longer lines looks minified. What has no room in a line begins the next one, so that
# each has so many characters at least.
_WIDTH, _LEAST_WIDTH = 160, 160 - _MAX_LENGTH - 2

Count = Callable[[Sequence[str]], int]


@dataclass(frozen=True, slots=True)
class _Home:
    """Where a name stands: the piece, and what encloses its definition there, if it is one."""

    piece: Piece
    container: str
    is_defined: bool


def list_names(
    pieces: Sequence[Piece],
    expected: Mapping[str, float],
    brought: Set[str],
    paths: Set[str],
    count: Count,
    tokens: int,
) -> list[tuple[Piece, int]]:
    """Listings of the likeliest names that are not `brought`, one a file, and what each takes; for
    at most so many tokens together.

    `pieces` say where names stand, `paths` which files are in the prompt anyway.
    """
    missing = (name for name in expected if name not in brought and len(name) <= _MAX_LENGTH)
    likely = heapq.nsmallest(_MAX_NAMES, missing, key=lambda name: (-expected[name], name))
    homes = _find_homes(pieces, likely, paths)
    opening = {
        path: _open_file(path, paths, count)
        for path in {home.piece.path for home in homes.values()}
    }
    costs = {name: count([f" {name},"]) for name in homes}
    ranked = sorted(
        (-expected[name] / (costs[name] + opening[home.piece.path] / _SHARED_BY), name)
        for name, home in homes.items()
    )
    listed: dict[str, dict[str, list[str]]] = {}
    spent: dict[str, int] = {}
    sizes: dict[str, int] = {}
    for _, name in ranked:
        home = homes[name]
        path, container = home.piece.path, home.container
        size = sizes.get(path, 0)
        grown = size + len(f"{name}, ")
        cost = costs[name]
        if path not in listed:
            cost += opening[path]
        if container and container not in listed.get(path, ()):
            cost += count([f" {container}:"])
            grown += len(f"{container}: ")
        cost += _LINE_TOKENS * (grown // _LEAST_WIDTH - size // _LEAST_WIDTH)
        if cost > tokens or not _may_stand_alone(name, home):
            continue
        tokens -= cost
        listed.setdefault(path, {}).setdefault(container, []).append(name)
        spent[path] = spent.get(path, 0) + cost
        sizes[path] = grown
    return [(_write(path, names), spent[path]) for path, names in listed.items()]


def _find_homes(pieces: Sequence[Piece], names: Sequence[str], paths: Set[str]) -> dict[str, _Home]:
    """Where each name is defined, or else where it is used, rather in one of `paths`."""
    left = set(names)
    homes: dict[str, _Home] = {}
    for piece in pieces:
        if piece.name in left:
            left.remove(piece.name)
            homes[piece.name] = _Home(piece, piece.container, is_defined=True)
    for piece in _sort_present_first(pieces, paths):
        found = piece.names & left
        if found:
            left -= found
            homes.update(dict.fromkeys(found, _Home(piece, "", is_defined=False)))
    return homes


def _sort_present_first(pieces: Sequence[Piece], paths: Set[str]) -> Iterator[Piece]:
    yield from (piece for piece in pieces if piece.path in paths)
    yield from (piece for piece in pieces if piece.path not in paths)


def _open_file(path: str, paths: Set[str], count: Count) -> int:
    return _LINE_TOKENS if path in paths else _LINE_TOKENS + _PATH_TOKENS + count([path])


def _may_stand_alone(name: str, home: _Home) -> bool:
    """Whether a name is no secret, which nobody would know as one without its line."""
    if home.is_defined:
        return True
    lines = home.piece.lines
    number = next((n for n, line in enumerate(lines) if name in code_names_in(line)), None)
    if number is None:
        return False
    start = max(0, number - _AROUND)
    return name in _names_without_secrets(
        lines[start : number + _AROUND + 1], language_of_path(home.piece.path)
    )


@lru_cache(maxsize=20_000)
def _names_without_secrets(lines: tuple[str, ...], language: str) -> frozenset[str]:
    clean = redact("\n".join(lines), language).text
    return frozenset(code_names_of(clean.split("\n")))


def _write(path: str, listed: Mapping[str, Sequence[str]]) -> Piece:
    groups = [
        f"{container}: {', '.join(names)}" if container else ", ".join(names)
        for container, names in sorted(listed.items())
    ]
    names = frozenset(name for group in listed.values() for name in group)
    lines = tuple(_comment("; ".join(groups), language_of_path(path)))
    return Piece(path, 0, lines, "names", names | (listed.keys() - {""}))


def _comment(text: str, language: str) -> Iterator[str]:
    opening, closing = f"{comment_prefix(language) or _MARK} ", ""
    if comment_prefix(language) is None and (block := block_comment(language)):
        opening, closing = f"{block[0]} ", f" {block[1]}"
    for line in textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False):
        yield f"{opening}{line}{closing}"
