"""How exact and how quick the engine with no model is: python -m benchmarks.embedded"""

import ast
import io
import random
import re
import sys
import time
import tokenize
from dataclasses import dataclass
from pathlib import Path

from lsp_server.embedded.cursor import encode_cursor
from lsp_server.embedded.engine import Engine
from lsp_server.embedded.ranking import rank

HOLES = 500
CUTS = (0.0, 0.25, 0.5)
LEFT_LINES, RIGHT_LINES = 2000, 500


@dataclass(frozen=True)
class Hole:
    path: str
    before: str  # all lines above
    line: str
    after: str


def stdlib(name):
    return Path(ast.__file__).parent / name


def site(name):
    import importlib.util

    spec = importlib.util.find_spec(name.split("/")[0])
    root = Path(spec.origin).parent
    return root / name.split("/", 1)[1] if "/" in name else root


NPM = Path("/usr/lib/node_modules/npm")
REPORT = {
    "asyncio": (stdlib("asyncio"), ".py"),
    "email": (stdlib("email"), ".py"),
    "rich": (site("rich"), ".py"),
    "aiohttp": (site("aiohttp"), ".py"),
    "npm": (NPM / "lib", ".js"),
}
FIT = {
    "unittest": (stdlib("unittest"), ".py"),
    "http": (stdlib("http"), ".py"),
    "xml": (stdlib("xml"), ".py"),
    "importlib": (stdlib("importlib"), ".py"),
    "multiprocessing": (stdlib("multiprocessing"), ".py"),
    "attr": (site("attr"), ".py"),
    "pydantic": (site("pydantic"), ".py"),
    "pygls": (site("pygls"), ".py"),
    "pip": (site("pip/_internal"), ".py"),
    "pytest": (site("_pytest"), ".py"),
    "anyio": (site("anyio"), ".py"),
    "arborist": (NPM / "node_modules/@npmcli/arborist", ".js"),
    "tar": (NPM / "node_modules/tar", ".js"),
    "sigstore": (NPM / "node_modules/@sigstore", ".js"),
}


def read_files(root: Path, suffix: str) -> dict[str, str]:
    files = {}
    for p in sorted(root.rglob("*" + suffix)):
        if {"test", "tests", "__pycache__", "commonjs"} & set(p.parts[len(root.parts) :]):
            continue
        if p.stem in {"_emoji_codes", "_cell_widths", "_spinners"} or "_unicode_data" in p.parts:
            continue
        try:
            files[str(p.relative_to(root.parent))] = p.read_text("utf-8").replace("\r\n", "\n")
        except UnicodeDecodeError:
            pass
    return files


def code_lines(path: str, text: str) -> list[int]:
    """Numbers of the lines that hold code and nothing else."""
    lines = text.split("\n")
    skipped = set()
    if path.endswith(".py"):
        try:
            tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
        except (tokenize.TokenError, SyntaxError, IndentationError):
            return []
        for i, t in enumerate(tokens):
            if t.type == tokenize.COMMENT and lines[t.start[0] - 1].lstrip().startswith("#"):
                skipped.add(t.start[0] - 1)
            if t.type == tokenize.STRING and (
                t.start[0] != t.end[0]
                or tokens[i - 1].type
                in (tokenize.NEWLINE, tokenize.INDENT, tokenize.NL, tokenize.DEDENT)
                and tokens[i + 1].type == tokenize.NEWLINE
            ):
                skipped.update(range(t.start[0] - 1, t.end[0]))
    else:
        inside = False
        for n, line in enumerate(lines):
            s = line.strip()
            if inside or s.startswith(("//", "/*", "*")):
                skipped.add(n)
            if s.startswith("/*"):
                inside = True
            if "*/" in s:
                inside = False
    return [
        n
        for n, line in enumerate(lines)
        if n not in skipped and len(line.strip()) >= 8 and len(line) <= 300
    ]


def block_end(lines, n):
    indent = len(lines[n]) - len(lines[n].lstrip())
    for m in range(n + 1, len(lines)):
        if lines[m].strip() and len(lines[m]) - len(lines[m].lstrip()) < indent:
            return m
    return len(lines)


def dig_holes(files: dict[str, str], seed: int, count: int = HOLES, block=False) -> list[Hole]:
    spots = [(p, n) for p, t in files.items() for n in code_lines(p, t)]
    random.Random(seed).shuffle(spots)
    holes = []
    for p, n in spots[:count]:
        lines = files[p].split("\n")
        holes.append(
            Hole(
                p,
                "".join(x + "\n" for x in lines[max(0, n - LEFT_LINES) : n]),
                lines[n],
                "".join(
                    "\n" + x
                    for x in lines[(block_end(lines, n) if block else n + 1) :][:RIGHT_LINES]
                ),
            )
        )
    return holes


def build(files):
    engine = Engine()
    for p, t in files.items():
        engine.put(p, t)
    return engine


def run(name, root, suffix, count):
    files = read_files(root, suffix)
    t0 = time.perf_counter()
    engine = build(files)
    took = time.perf_counter() - t0
    row = [name, *engine.size, f"{took:.2f}s"]
    times = []
    shown = []
    for cut in CUTS:
        right = 0
        for hole in dig_holes(files, 1, count):
            s = hole.line.strip()
            at = len(hole.line) - len(hole.line.lstrip()) + round(len(s) * cut)
            want = hole.line[at:].rstrip()
            t0 = time.perf_counter()
            cursor = encode_cursor(
                engine._vocabulary, hole.path, hole.before + hole.line[:at], hole.after
            )
            got = [(r.share, r.text) for r in rank(engine.ballots(hole.path, cursor))]
            times.append(time.perf_counter() - t0)
            ok = bool(got) and got[0][1] == want
            right += ok
            if got:
                shown.append((got[0][0], ok))
        row.append(f"{100 * right / count:.1f}")
    shown.sort(reverse=True)
    n = len(times)
    for q in (0.1, 0.2, 0.25, 0.3, 0.4):
        k = int(n * q)
        row.append(f"{100 * sum(o for _, o in shown[:k]) / k:.0f}")
    times.sort()
    row += [f"{1000 * times[n // 2]:.1f}", f"{1000 * times[int(n * 0.95)]:.1f}"]
    print(*row, sep="\t", flush=True)


if __name__ == "__main__":
    for name, (root, suffix) in REPORT.items():
        run(name, root, suffix, 100 if "--quick" in sys.argv else HOLES)
