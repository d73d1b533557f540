"""Projects to measure the embedded engine on, and the holes dug into them."""

from __future__ import annotations

import importlib.util
import io
import random
import shutil
import sysconfig
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

# How much of the file the server hands to the engine.
LINES_ABOVE, LINES_BELOW = 2000, 500

# Shares of the line that are typed: at its start, a quarter, half of it.
CUTS = (0.0, 0.25, 0.5)

_YOUNG = 60
_SHORTEST, _LONGEST = 8, 300

# Tables of data and what is generated from tables: easy to continue, and nobody types them.
_DATA = ("_emoji_codes", "_cell_widths", "_spinners", "_unicode_data")


@dataclass(frozen=True, slots=True)
class Project:
    """Files to take for one repository."""

    name: str
    root: Path
    extension: str


@dataclass(frozen=True, slots=True)
class Hole:
    """A line that is hidden, with what is left of the file around it."""

    path: str
    above: str  # with the last line end
    line: str
    below: str  # with the first line end
    truth: tuple[str, ...]  # the line and those hidden with it

    def at(self, cut: float) -> tuple[str, str]:
        """What is typed of the line when this share of it is, and what is to come."""
        indent = len(self.line) - len(self.line.lstrip())
        column = indent + round((len(self.line.rstrip()) - indent) * cut)
        return self.line[:column], self.line[column:].rstrip()


def reported_projects() -> list[Project]:
    """Those the figures are told for; nothing is fitted on them."""
    candidates = [
        Project("asyncio", _library("asyncio"), ".py"),
        Project("email", _library("email"), ".py"),
        Project("rich", _package("rich"), ".py"),
        Project("aiohttp", _package("aiohttp"), ".py"),
        Project("npm", _npm("lib"), ".js"),
        Project("msal-common", _modules("@azure/msal-common/src"), ".ts"),
    ]
    return [project for project in candidates if project.root.is_dir()]


def large_project() -> Project:
    """One of about two million tokens, to see that time stays bounded."""
    return Project("openai", _package("openai"), ".py")


def fitted_projects() -> list[Project]:
    """Those the engine's figures are fitted on."""
    library = ("unittest", "http", "xml", "importlib", "multiprocessing")
    packages = ("attr", "pydantic", "pygls", "pip/_internal", "_pytest", "anyio")
    scripts = ("@npmcli/arborist", "tar", "@sigstore")
    candidates = [
        *(Project(name, _library(name), ".py") for name in library),
        *(Project(name, _package(name), ".py") for name in packages),
        *(Project(name, _npm(f"node_modules/{name}"), ".js") for name in scripts),
    ]
    return [project for project in candidates if project.root.is_dir()]


def read_project(project: Project) -> dict[str, str]:
    """The project's own files, by path relative to the folder it is in."""
    files = {}
    for path in sorted(project.root.rglob(f"*{project.extension}")):
        parts = path.relative_to(project.root).parts
        if {"test", "tests", "commonjs"}.intersection(parts) or path.name.endswith(".d.ts"):
            continue
        if any(part.removesuffix(".py") in _DATA for part in parts):
            continue
        text = path.read_text("utf-8", errors="replace").replace("\r\n", "\n")
        files[path.relative_to(project.root.parent).as_posix()] = text
    return files


def dig_holes(files: Mapping[str, str], count: int, *, seed: int) -> Iterator[Hole]:
    """Hide single lines of code, in a fixed order."""
    return _dig(files, count, seed, hides_block=False)


def dig_blocks(files: Mapping[str, str], count: int, *, seed: int) -> Iterator[Hole]:
    """Hide lines with all that follows them in their block, as it is when code is being written."""
    return _dig(files, count, seed, hides_block=True)


def dig_young(files: Mapping[str, str], count: int, *, seed: int) -> Iterator[Hole]:
    """Hide all from a line on, in the first lines of files, as it is when a file is begun."""
    for hole in _dig(files, 10**6, seed, hides_block=False):
        if hole.above.count("\n") <= _YOUNG:
            yield replace(hole, below="", truth=(*hole.truth, *_lines(hole.below)))
            count -= 1
            if not count:
                return


def _dig(files: Mapping[str, str], count: int, seed: int, *, hides_block: bool) -> Iterator[Hole]:
    places = [(path, number) for path in files for number in _code_lines(path, files[path])]
    random.Random(seed).shuffle(places)
    for path, number in places[:count]:
        lines = files[path].split("\n")
        end = _block_end(lines, number) if hides_block else number + 1
        yield Hole(
            path,
            "".join(f"{line}\n" for line in lines[max(0, number - LINES_ABOVE) : number]),
            lines[number],
            "".join(f"\n{line}" for line in lines[end : end + LINES_BELOW]),
            tuple(line.rstrip() for line in lines[number:end]),
        )


def _lines(below: str) -> Iterator[str]:
    return (line.rstrip() for line in below.split("\n")[1:])


def _block_end(lines: list[str], number: int) -> int:
    indent = _indent(lines[number])
    for below in range(number + 1, len(lines)):
        if lines[below].strip() and _indent(lines[below]) < indent:
            return below
    return len(lines)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _code_lines(path: str, text: str) -> list[int]:
    """Lines that hold code, and not only a word or a bracket."""
    prose = _python_prose(text) if path.endswith(".py") else _script_prose(text)
    return [
        number
        for number, line in enumerate(text.split("\n"))
        if number not in prose and len(line.strip()) >= _SHORTEST and len(line) <= _LONGEST
    ]


def _python_prose(text: str) -> set[int]:
    """Lines of comments, docstrings and strings over several lines."""
    lines = text.split("\n")
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return set(range(len(lines)))
    prose: set[int] = set()
    for token in tokens:
        first, last = token.start[0] - 1, token.end[0] - 1
        alone = lines[first].lstrip().startswith(("#", '"', "'", 'r"'))
        statement = token.line.strip() == token.string.strip()
        if token.type == tokenize.COMMENT and alone:
            prose.add(first)
        if token.type == tokenize.STRING and (last > first or statement):
            prose.update(range(first, last + 1))
    return prose


def _script_prose(text: str) -> set[int]:
    prose = set()
    in_comment = False
    for number, line in enumerate(text.split("\n")):
        line = line.strip()
        if in_comment or line.startswith(("//", "/*")):
            prose.add(number)
        in_comment = (in_comment or line.startswith("/*")) and "*/" not in line
    return prose


def _library(name: str) -> Path:
    return Path(sysconfig.get_paths()["stdlib"]) / name


def _package(name: str) -> Path:
    package, _, inside = name.partition("/")
    spec = importlib.util.find_spec(package)
    root = Path(spec.origin).parent if spec and spec.origin else Path("/absent")
    return root / inside


def _npm(name: str) -> Path:
    program = shutil.which("npm")
    return Path(program).resolve().parents[1] / name if program else Path("/absent")


def _modules(name: str) -> Path:
    return Path(__file__).parents[1] / "node_modules" / name
