"""How much of a hidden line is in the prompt that reaches the endpoint?

`python -m benchmarks.recall`. Lines are cut out of whole packages, on disk and in the buffer, and
the server is asked for ghost text in their places, with 1,536 tokens a prompt. Counted are the
line's identifiers that the prompt holds, and of those that stand nowhere else in the file. Each
place is asked for twice: at first what was gathered for another place near by may serve, or the
window alone where the machine is busy; the second time it is what belongs to the place. For
measure: the whole package, and a plain window of 4,500 characters with 3,000 of the windows that
share most words. The weights of the ranking come from other packages than these.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import statistics
import sysconfig
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.holes import Hole, Package, cut_package, words_of
from lsp_server.buffer import Buffer, Encoding, Position
from lsp_server.context.client import ContextClient
from lsp_server.context.vocabulary import Vocabulary
from lsp_server.index.reader import Reader
from lsp_server.index.schema import database_path
from lsp_server.privacy.gate import Gate
from lsp_server.syntax.grammars import language_of_path
from tests.fakes import FakeEndpoint
from tests.fakes.editor import Editor

_TOKENS = 1536
_HOLES = 60
_MODEL = "qwen2.5-coder-7b-instruct"
_INSTALLED = Path(sysconfig.get_paths()["purelib"])
_NODE = Path(__file__).parents[1] / "node_modules"
_PACKAGES: tuple[tuple[str, Path, tuple[str, ...]], ...] = (
    ("rich", _INSTALLED / "rich", (".py",)),
    ("urllib3", _INSTALLED / "urllib3", (".py",)),
    ("pip", _INSTALLED / "pip", (".py",)),
    ("pydantic", _INSTALLED / "pydantic", (".py",)),
    ("pygments", _INSTALLED / "pygments", (".py",)),
    ("markdown_it", _INSTALLED / "markdown_it", (".py",)),
    ("msal-node", _NODE / "@azure" / "msal-node" / "src", (".ts",)),
    ("msal-common", _NODE / "@azure" / "msal-common" / "src", (".ts",)),
    ("undici", _NODE / "undici" / "lib", (".js",)),
    ("markdown-it", _NODE / "markdown-it" / "lib", (".mjs",)),
)
# After so many seconds the context of a place has been gathered, however it was served at first.
_SETTLED_S = 0.15
_CONTROL = re.compile(r"<\|[a-z_]+\|>")
# Keys typed in a burst, after each of which the server is asked.
_BURSTS, _KEYS = 4, 24


@dataclass(slots=True)
class Tally:
    """What was counted in one package; times in milliseconds."""

    names: int = 0
    absent: int = 0
    found: int = 0
    found_absent: int = 0
    first: int = 0
    first_absent: int = 0
    plain: int = 0
    plain_absent: int = 0
    most: int = 0
    most_absent: int = 0
    tokens: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    held: list[float] = field(default_factory=list)
    kept: list[float] = field(default_factory=list)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--holes", type=int, default=_HOLES, help="about so many lines a package")
    holes = parser.parse_args().holes
    table = Table(title=f"Recall at {_TOKENS:,} tokens", title_justify="left")
    for name in ("package", "prompt", "absent", "plain", "absent", "package holds", "tokens"):
        table.add_column(name, justify="left" if name == "package" else "right")
    tallies: list[Tally] = []
    vocabulary = Vocabulary()
    for name, root, suffixes in _PACKAGES:
        if not root.is_dir():
            # The means are not those of other runs then.
            print(f"{name} is left out: `npm ci` brings the packages of Node.")
            continue
        package = cut_package(name, root, suffixes, holes)
        tally = asyncio.run(measure(package, vocabulary))
        tallies.append(tally)
        table.add_row(f"{name}, {len(package.holes)} lines", *_shares(tally))
    table.add_section()
    table.add_row("mean", *_mean_shares(tallies))
    console = Console(width=100)
    console.print(table)
    console.print(_figures(tallies))


async def measure(package: Package, vocabulary: Vocabulary) -> Tally:
    """Ask for every hole of a package."""
    tally = Tally()
    count_plain(package, tally)
    with tempfile.TemporaryDirectory() as folder:
        root, cache = Path(folder) / package.name, Path(folder) / "cache"
        for path, text in package.texts.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, "utf-8")
        async with FakeEndpoint(kind="openai") as endpoint:
            endpoint.reply("")
            options = {
                "provider": "openai",
                "baseUrl": endpoint.base_url,
                "apiKey": "sk-test",
                "completion": {"model": _MODEL, "mode": "fim", "embedded": "off"},
            }
            environment = {"XDG_CACHE_HOME": str(cache)}
            async with Editor(root=root, options=options, environment=environment) as editor:
                await editor.initialize()
                await editor.wait_for_note("qwen/status", lambda note: note["engine"] == "openai")
                await wait_for_index(root, cache)
                for hole in package.holes:
                    before = len(endpoint.generations)
                    await ask(editor, root, hole, package.texts[hole.path])
                    prompt = endpoint.generations[before].json["prompt"]
                    words = words_of(prompt)
                    tally.first += len(hole.names & words)
                    tally.first_absent += len(hole.absent & words)
                    prompt = endpoint.generations[-1].json["prompt"]
                    words = words_of(prompt)
                    tally.found += len(hole.names & words)
                    tally.found_absent += len(hole.absent & words)
                    tally.tokens.append(count_tokens(prompt, vocabulary))
                for hole in package.holes[:_BURSTS]:
                    before = len(endpoint.generations)
                    await type_burst(editor, root, hole, package.texts[hole.path])
                    prompts = [one.json["prompt"] for one in endpoint.generations[before:]]
                    tally.kept += [
                        _common(one, other) / len(other) for one, other in pairwise(prompts)
                    ]
        await time_gathering(package, root, cache, tally)
    return tally


def count_tokens(prompt: str, vocabulary: Vocabulary) -> int:
    """The tokens of a prompt, of which a control token is one."""
    texts = _CONTROL.split(prompt)
    return sum(map(vocabulary.count, texts)) + len(texts) - 1


async def ask(editor: Editor, root: Path, hole: Hole, text: str) -> None:
    """Open the file with an empty line in the hole's place, ask there twice, and close it."""
    uri = (root / hole.path).as_uri()
    indent, buffer = put_line(hole, text)
    editor.open(uri, buffer, language_of_path(hole.path))
    await editor.inline(uri, hole.line, len(indent))
    await asyncio.sleep(_SETTLED_S)
    await editor.inline(uri, hole.line, len(indent))
    editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})


async def type_burst(editor: Editor, root: Path, hole: Hole, text: str) -> None:
    """Type the hidden line key by key, and ask after each."""
    uri = (root / hole.path).as_uri()
    indent, buffer = put_line(hole, text)
    editor.open(uri, buffer, language_of_path(hole.path))
    for number, key in enumerate(hole.text.strip()[:_KEYS]):
        place = {"line": hole.line, "character": len(indent) + number}
        editor.change(uri, number + 2, [{"range": {"start": place, "end": place}, "text": key}])
        await editor.inline(uri, hole.line, len(indent) + number + 1)
    editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})


def put_line(hole: Hole, text: str) -> tuple[str, str]:
    """The hole's indentation, and the text with that alone in its line."""
    lines = text.split("\n")
    indent = hole.text[: len(hole.text) - len(hole.text.lstrip())]
    return indent, "\n".join([*lines[: hole.line], indent, *lines[hole.line :]])


async def wait_for_index(root: Path, cache: Path) -> None:
    """Until the index has no more files than a second ago."""
    reader = Reader(database_path(root, Gate(()).ignore_files, cache / "qwen-lsp" / "index"))
    count = -1
    while count != len(reader.files()) or count == 0:
        count = len(reader.files())
        await asyncio.sleep(1.0)
    reader.close()


async def time_gathering(package: Package, root: Path, cache: Path, tally: Tally) -> None:
    """Milliseconds from the question to the context, for a place never asked for before, and of
    this thread's processor while it waits: so long no other message is answered."""
    client = ContextClient()
    await client.start(Gate((root,)), cache / "qwen-lsp" / "index")
    try:
        for index, hole in enumerate(package.holes):
            path = root / hole.path
            indent, text = put_line(hole, package.texts[hole.path])
            language = language_of_path(hole.path)
            snapshot = Buffer(path.as_uri(), 1, language, text, Encoding.UTF32).snapshot()
            position = Position(hole.line, len(indent))
            started, worked = time.perf_counter(), time.thread_time()
            await client.gather(snapshot, position, hole.path, "", _TOKENS, seconds=20.0)
            client.forget(snapshot.uri)
            # The first waits for the vocabulary to be loaded.
            if index:
                tally.times.append(1000 * (time.perf_counter() - started))
                tally.held.append(1000 * (time.thread_time() - worked))
    finally:
        await client.close()


def count_plain(package: Package, tally: Tally) -> None:
    """The whole package, and a plain window with the windows that share most words with it."""
    everything = {path: words_of(text) for path, text in package.texts.items()}
    known = set[str]().union(*everything.values())
    windows = [
        (path, words_of(window), window)
        for path, text in package.texts.items()
        for window in _cut_windows(text.split("\n"))
    ]
    for hole in package.holes:
        lines = package.texts[hole.path].split("\n")
        before, after = "\n".join(lines[: hole.line]), "\n".join(lines[hole.line :])
        near = words_of("\n".join(lines[max(0, hole.line - 30) : hole.line + 10]))
        similar = sorted(
            (window for window in windows if window[0] != hole.path),
            key=lambda window: -len(window[1] & near) / max(1, len(window[1] | near)),
        )
        extra = "\n".join(window for _, _, window in similar[:6])[:3000]
        words = words_of(f"{before[-3400:]} {after[:1100]} {extra}")
        tally.names += len(hole.names)
        tally.absent += len(hole.absent)
        tally.plain += len(hole.names & words)
        tally.plain_absent += len(hole.absent & words)
        tally.most += len(hole.names & known)
        tally.most_absent += len(hole.absent & known)


def _cut_windows(lines: Sequence[str]) -> Iterable[str]:
    return ("\n".join(lines[start : start + 50]) for start in range(0, len(lines), 25))


def _common(one: str, other: str) -> int:
    """How many bytes two prompts share from the start."""
    left, right = one.encode(), other.encode()
    count = 0
    for first, second in zip(left, right, strict=False):
        if first != second:
            break
        count += 1
    return count


def _shares(tally: Tally) -> list[str]:
    return [*map("{:.2f}".format, _values(tally)[:4]), _most(_values(tally)), _tokens([tally])]


def _mean_shares(tallies: Sequence[Tally]) -> list[str]:
    means = [statistics.mean(column) for column in zip(*map(_values, tallies), strict=True)]
    return [*map("{:.2f}".format, means[:4]), _most(means), _tokens(tallies)]


def _values(tally: Tally) -> list[float]:
    pairs = (
        (tally.found, tally.names),
        (tally.found_absent, tally.absent),
        (tally.plain, tally.names),
        (tally.plain_absent, tally.absent),
        (tally.most, tally.names),
        (tally.most_absent, tally.absent),
    )
    return [part / max(1, whole) for part, whole in pairs]


def _most(values: Sequence[float]) -> str:
    return f"{values[4]:.2f}, {values[5]:.2f}"


def _tokens(tallies: Sequence[Tally]) -> str:
    tokens = [number for tally in tallies for number in tally.tokens]
    return f"{statistics.mean(tokens):.0f}, most {max(tokens)}"


def _figures(tallies: Sequence[Tally]) -> str:
    times = [value for tally in tallies for value in tally.times]
    held = max(value for tally in tallies for value in tally.held)
    kept = [value for tally in tallies for value in tally.kept]
    quantiles = statistics.quantiles(times, n=100, method="inclusive")
    first = statistics.mean(tally.first / max(1, tally.names) for tally in tallies)
    first_absent = statistics.mean(tally.first_absent / max(1, tally.absent) for tally in tallies)
    return (
        "goals: prompt 0.95, absent 0.60; "
        f"when first asked: {first:.2f}, {first_absent:.2f}\n"
        f"gathered in p50 {quantiles[49]:.1f} ms, p95 {quantiles[94]:.1f} ms (goal 15 ms); "
        f"the event loop was held {held:.1f} ms at most (goal 25 ms)\n"
        f"a burst of keys keeps {statistics.median(kept):.0%} of a prompt's bytes, median "
        f"of {len(kept)} (goal 90 %)"
    )


if __name__ == "__main__":
    main()
