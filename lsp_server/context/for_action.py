"""What the project knows of the code that an action is about: what it uses, and who uses it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from lsp_server.context.base import Snippet, Subject
from lsp_server.context.filemap import FileMap, count_shared_folders, parts_of
from lsp_server.context.frame import Count
from lsp_server.context.pack import Choice, build_snippets, count_snippets
from lsp_server.context.piece import Origin, Piece, cut_excerpts, make_heads
from lsp_server.context.scene import NAME, names_in, names_of, split_text
from lsp_server.index.base import Lookup, Symbol

_MIN_NAME = 3
_MAX_NAMES = 120
_MAX_IMPORTS, _MAX_FILES = 60, 12
_DEFINITIONS, _MEMBERS = 96, 24
# A definition of up to so many lines is shown whole, of a longer one its head.
_WHOLE_LINES = 24
# The same name may be defined in many places: so many are shown, the nearest.
_SAME_NAME = 2
_WINDOWS, _USES, _USES_IN_FILE = 12, 4, 2
# The fence around a file's pieces with its heading, and the line that a gap takes.
_FILE_TOKENS, _GAP_TOKENS = 16, 2
_TYPES = frozenset({"class", "interface", "struct", "enum", "trait", "type"})
# Names that many things have, and of which an index cannot tell whose is meant.
_OWNED = frozenset({"method", "field", "variable", "constant"})
# What is called, reached through something else, or by its capital a type: other names in a piece
# of code are mostly its own.
_REACHED = re.compile(r"[^\W\d]\w*(?=\s*[(!]|::)|(?<=[.>:])[^\W\d]\w*|\b[A-Z]\w*")
_QUOTED = re.compile(r"""[`'"\u2018\u201c]([^`'"\u2018-\u201d\n]{1,80})[`'"\u2019\u201d]""")
_TELLING = re.compile(r"[A-Z_0-9]")


def gather_for_action(
    path: str,
    subject: Subject,
    lookup: Lookup,
    files: FileMap,
    count: Count,
    tokens: int,
    allows: Callable[[str], bool],
) -> tuple[Snippet, ...]:
    """What a model should know of the project besides the file at `path`, in at most so many
    tokens: the same for the same index.

    Only of files that `allows` lets pass is anything taken.
    """
    allowed: dict[str, bool] = {}
    shown = _lines_shown(path, subject)
    chosen: list[Choice] = []
    room = tokens
    for piece in _list_pieces(path, subject, lookup, files):
        if not allowed.setdefault(piece.path, allows(piece.path)):
            continue
        if _name_line(piece) in shown.get(piece.path, ()):
            continue
        cost = count(piece.lines) + _GAP_TOKENS
        if all(piece.path != choice.piece.path for choice in chosen):
            cost += _FILE_TOKENS + count([piece.path])
        if cost <= room:
            room -= cost
            chosen.append(Choice(piece, len(chosen) + 1, cost))
    # The lines that name what encloses a definition have not been counted.
    while chosen and count_snippets(build_snippets(chosen), count) > tokens:
        chosen.pop()
    return build_snippets(chosen)


def _lines_shown(path: str, subject: Subject) -> Mapping[str, set[str]]:
    shown: dict[str, set[str]] = {}
    for name, text in ((path, subject.code), *subject.shown):
        shown.setdefault(name, set()).update(map(_strip, text.split("\n")))
    return shown


def _list_pieces(path: str, subject: Subject, lookup: Lookup, files: FileMap) -> Iterator[Piece]:
    """All that may be of use, the best first; nothing comes twice."""
    mentioned = _names_mentioned(subject.messages)
    used = dict.fromkeys([*mentioned, *_find_names(NAME, subject.code)][:_MAX_NAMES])
    reached = dict.fromkeys([*mentioned, *_find_names(_REACHED, subject.code)][:_MAX_NAMES])
    imported = list(_find_imported(path, used, reached, lookup, files))
    known = {symbol.name for symbol in imported}
    wanted = [name for name in reached if name not in known and len(name) >= _MIN_NAME]
    defined = _find_defined(path, wanted, lookup, _SAME_NAME)
    origins: dict[Symbol, Origin] = dict.fromkeys(imported, "imported")
    origins |= dict.fromkeys([symbol for symbol in defined if symbol not in origins], "defined")
    order = {name: place for place, name in enumerate(used)}
    symbols = sorted(
        origins,
        key=lambda one: (
            one.name not in mentioned, origins[one] != "imported", order.get(one.name, len(order))
        ),
    )  # fmt: skip
    for symbol in symbols:
        yield _make_piece(lookup, symbol, origins[symbol])
    yield from _find_uses(path, subject.code, lookup, files)
    for symbol in symbols:
        if symbol.kind in _TYPES and _count_lines(symbol) > _WHOLE_LINES:
            members = lookup.members([symbol.name], _MEMBERS)
            yield from make_heads((one for one in members if one.path == symbol.path), "member")
    for symbol in _find_types(path, symbols, used, lookup):
        yield _make_piece(lookup, symbol, "member")


def _names_mentioned(messages: Iterable[str]) -> dict[str, None]:
    """The names in diagnostics: what is quoted, and what no word of prose looks like."""
    names: dict[str, None] = {}
    for message in messages:
        quoted = " ".join(_QUOTED.findall(message))
        words = [word for word in NAME.findall(message) if _TELLING.search(word)]
        names |= dict.fromkeys([*NAME.findall(quoted), *words])
    return {name: None for name in names if len(name) >= _MIN_NAME}


def _find_names(pattern: re.Pattern[str], code: str) -> list[str]:
    """What matches in the code, as it comes."""
    found = (match.group() for line in code.split("\n") for match in pattern.finditer(line[:400]))
    return list(dict.fromkeys(found))


def _find_imported(
    path: str,
    used: Mapping[str, None],
    reached: Mapping[str, None],
    lookup: Lookup,
    files: FileMap,
) -> Iterator[Symbol]:
    """The definitions of used names that the file imports, from the files that are meant."""
    wanted: dict[str, set[str]] = {}
    for each in lookup.imports(path)[:_MAX_IMPORTS]:
        origins = each.origins or each.names
        # What is imported by name is used under the name that it got here.
        bound = zip(each.names, origins, strict=False)
        names = {origin for name, origin in bound if name in used or name == "*"}
        if not names and each.names:
            continue
        if not names.isdisjoint(("*", "", "default")) or not each.names:
            names |= reached.keys()
        for target in files.resolve(each.module, path, origins):
            # A name may be that of a file, whose own definitions are then reached through it.
            is_module = parts_of(target)[-1] in names
            wanted.setdefault(target, set()).update(names | reached.keys() if is_module else names)
        if len(wanted) >= _MAX_FILES:
            break
    for target, names in wanted.items():
        outline = lookup.outline(target)
        yield from (one for one in outline if one.name in names and not one.container)


def _find_defined(path: str, names: Sequence[str], lookup: Lookup, most: int) -> list[Symbol]:
    """The definitions of these names anywhere, of each the nearest, and no more than `most`."""
    found = lookup.define(names, _DEFINITIONS)
    counts = Counter(symbol.name for symbol in found)
    own = {symbol.name for symbol in found if symbol.path == path}
    taken: Counter[str] = Counter()
    symbols = []
    for symbol in sorted(
        found, key=lambda one: (-count_shared_folders(one.path, path), one.path, one.line)
    ):
        is_vague = symbol.kind in _OWNED and counts[symbol.name] > _SAME_NAME
        # The file's own are meant before those of others.
        if is_vague or (symbol.name in own and symbol.path != path):
            continue
        taken[symbol.name] += 1
        if taken[symbol.name] <= most:
            symbols.append(symbol)
    return symbols


def _find_types(
    path: str, symbols: Sequence[Symbol], used: Mapping[str, None], lookup: Lookup
) -> list[Symbol]:
    """The types in the heads of what is used, which the code itself does not name."""
    names = dict.fromkeys(
        name
        for symbol in symbols
        for name in sorted(names_of(split_text(symbol.signature)))
        if name[:1].isupper() and name not in used
    )
    found = _find_defined(path, [*names][:_MAX_NAMES], lookup, 1)
    return [symbol for symbol in found if symbol.kind in _TYPES]


def _find_uses(path: str, code: str, lookup: Lookup, files: FileMap) -> Iterator[Piece]:
    """Excerpts of other files that name what the code defines, those of its tests first."""
    lines = set(map(_strip, code.split("\n")))
    pairs = files.counterparts(path)
    own = {
        symbol.name
        for symbol in lookup.outline(path)
        if len(symbol.name) >= _MIN_NAME
        and symbol.kind not in ("field", "variable")
        and _first_line(split_text(symbol.signature)) in lines
    }
    # What others define as well may be theirs that they name; a header declares what is ours.
    others = lookup.define(sorted(own), _DEFINITIONS)
    own -= {one.name for one in others if one.path != path and one.path not in pairs}
    if not own:
        return
    windows = lookup.search(sorted(own), _WINDOWS, without=path)
    taken: Counter[str] = Counter()
    for window in sorted(windows, key=lambda one: one.path not in pairs):
        origin: Origin = "counterpart" if window.path in pairs else "user"
        excerpts = cut_excerpts(window.path, window.line, split_text(window.text), origin)
        use = next((one for one in excerpts if not own.isdisjoint(_names_below_import(one))), None)
        if use is None or taken[window.path] == _USES_IN_FILE:
            continue
        taken[window.path] += 1
        yield use
        if taken.total() == _USES:
            return


def _names_below_import(piece: Piece) -> set[str]:
    """The names in an excerpt; that something is imported is no use of it."""
    lines = (line for line in piece.lines if not re.match(r"\s*(?:from|import|use|#)\b", line))
    return names_of(lines)


def _make_piece(lookup: Lookup, symbol: Symbol, origin: Origin) -> Piece:
    """The definition whole where it is short, else its head."""
    if not symbol.container and _count_lines(symbol) <= _WHOLE_LINES:
        lines = tuple(lookup.lines(symbol.path, symbol.line, symbol.end_line))
        if lines:
            names = frozenset(name for line in lines for name in names_in(line))
            return Piece(symbol.path, symbol.line, lines, origin, names)
    (head,) = make_heads([symbol], origin)
    return head


def _name_line(piece: Piece) -> str:
    """The first line that is no decorator: that by which a definition is known again."""
    return _first_line(map(str.strip, piece.lines))


def _count_lines(symbol: Symbol) -> int:
    return symbol.end_line - symbol.line + 1


def _first_line(lines: Iterable[str]) -> str:
    return _strip(next((line for line in lines if line[:1] != "@" and line[:2] != "#["), ""))


def _strip(line: str) -> str:
    """A line without what a definition's head goes on with in the source alone."""
    return line.strip().rstrip("{:;= ")
