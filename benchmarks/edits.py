"""How well edits are recovered from replies, and how surely wrong replies are kept out.

`python -m benchmarks.edits`: functions of real files of the installed packages are changed by a
script; the change is put into ten styles in which models reply, and must come out exactly. Then
replies that are wrong, drifted or hostile must be refused or stay within the region. Nothing is
asked of a network.
"""

from __future__ import annotations

import argparse
import ast
import random
import re
import statistics
import textwrap
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console
from rich.table import Table

from lsp_server.actions.answer import bring_up_to_date, read_answer
from lsp_server.actions.base import ActionRequest, Refusal, apply_edits
from lsp_server.actions.job import Job, Known, make_job
from lsp_server.actions.verify import is_confined
from lsp_server.buffer import Position, Snapshot, split_lines
from lsp_server.syntax.tree import parse_text

# Packages that this project needs anyway, so that every machine measures the same kind of file.
_PACKAGES = ("rich", "pygls", "httpx2", "openai", "platformdirs", "pathspec", "keyring", "aiohttp")
_EDITS = 1_000
_HOSTILE = 5_000
_CHANGES = 1_000
_MAX_LINES = 120
_BOM = "\ufeff"


@dataclass(frozen=True)
class Sample:
    """A function of a real file, its new lines, and what the document must become."""

    job: Job
    old: list[str]
    new: list[str]
    expected: str


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=_EDITS)
    parser.add_argument("--hostile", type=int, default=_HOSTILE)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    table = Table(title="Edits", title_justify="left")
    for name in ("figure", "measured", "goal"):
        table.add_column(name)
    for row in measure(arguments.edits, arguments.hostile, arguments.seed):
        table.add_row(*row)
    Console(width=110).print(table)


def measure(edits: int, hostile: int, seed: int) -> list[tuple[str, str, str]]:
    """Rows of figure, measured value and goal."""
    randomness = random.Random(seed)
    samples = make_samples(edits, randomness)
    rows = measure_styles(samples, randomness)
    rows += measure_hostile(samples, hostile, randomness)
    rows += measure_rebase(samples, randomness)
    return rows


# Samples


def make_samples(count: int, randomness: random.Random) -> list[Sample]:
    """Functions and methods of real files, each with one small change that a script makes."""
    files = _find_files()
    randomness.shuffle(files)
    samples: list[Sample] = []
    for path in files:
        text = path.read_text("utf-8")
        for function in _functions(text, randomness)[:12]:
            sample = _make_sample(path, text, function, randomness)
            if sample is not None:
                samples.append(sample)
            if len(samples) == count:
                return samples
    return samples


def _find_files() -> list[Path]:
    found: list[Path] = []
    for package in _PACKAGES:
        spec = find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            found += sorted(Path(folder).rglob("*.py"))
    return found


def _functions(text: str, randomness: random.Random) -> list[ast.FunctionDef]:
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return []
    functions = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and 3 <= (node.end_lineno or 0) - node.lineno <= _MAX_LINES
    ]
    randomness.shuffle(functions)
    return functions


def _make_sample(
    path: Path, text: str, function: ast.FunctionDef, randomness: random.Random
) -> Sample | None:
    variant = randomness.choice(("lf", "crlf", "bom", "no final newline", "lf"))
    if variant == "crlf":
        text = text.replace("\n", "\r\n")
    elif variant == "bom":
        text = _BOM + text
    elif variant == "no final newline":
        text = text.rstrip("\n")
    snapshot = Snapshot(path.as_uri(), 1, "python", tuple(split_lines(text)))
    tree = parse_text("python", text, 1.0)
    place = Position(function.lineno - 1, function.col_offset + 4)
    request = ActionRequest("refactor", snapshot, path.name, place, place, "Do it.", ())
    job = make_job(request, tree, Known())
    if isinstance(job, Refusal) or job.form != "whole":
        return None
    old = [line.rstrip("\r\n") for line in snapshot.lines[job.region.first : job.region.last]]
    if job.region.column:
        old[0] = old[0].removeprefix(_BOM)
    new = change_lines(old, randomness)
    if new is None:
        return None
    return Sample(job, old, new, _expect(job, new))


def change_lines(old: list[str], randomness: random.Random) -> list[str] | None:
    """The lines with one change that keeps them valid: a line more, one renamed, one gone."""
    indices = [
        number
        for number, line in enumerate(old)
        if number and re.fullmatch(r"\s+\w+(\.\w+)* = [\w.]+", line)
    ]
    kind = randomness.choice(("insert", "rename", "wrap"))
    if not indices:
        return None
    index = randomness.choice(indices)
    line = old[index]
    depth = line[: len(line) - len(line.lstrip())]
    if kind == "insert":
        return [*old[: index + 1], f"{depth}observed = {index}", *old[index + 1 :]]
    if kind == "rename":
        return [*old[:index], f"{line}  # checked", *old[index + 1 :]]
    return [
        *old[:index],
        f"{depth}if {index} > 1:",
        f"{depth}    {line.strip()}",
        *old[index + 1 :],
    ]


def _expect(job: Job, new: list[str]) -> str:
    """The document with the region's lines replaced, made without the code under test."""
    lines = list(job.snapshot.lines)
    region = job.region
    eol = "\r\n" if lines[0].endswith("\r\n") else "\n"
    last = lines[region.last - 1]
    end = last[len(last.rstrip("\r\n")) :]
    text = eol.join(new) + end
    if region.column:
        text = _BOM + text
    return "".join(lines[: region.first]) + text + "".join(lines[region.last :])


# Styles

Style = Callable[[Sample, random.Random], str]


def _bare(sample: Sample, _: random.Random) -> str:
    return "\n".join(sample.new)


def _fenced(sample: Sample, _: random.Random) -> str:
    return "```\n" + "\n".join(sample.new) + "\n```"


def _named_fence(sample: Sample, randomness: random.Random) -> str:
    name = randomness.choice(("python", "py", "Python", f"python title={sample.job.context.path}"))
    return f"\n```{name}\n" + "\n".join(sample.new) + "\n\n```\n"


def _with_prose(sample: Sample, _: random.Random) -> str:
    code = "\n".join(sample.new)
    return (
        "Sure! Here is the refactored code; it calls `run()` as before:\n\n"
        f"```python\n{code}\n```\n\nThe change is small:\n\n"
        "1. One line differs.\n2. Nothing else.\n"
    )


def _crlf(sample: Sample, _: random.Random) -> str:
    return "```python\r\n" + "\r\n".join(sample.new) + "\r\n```\r\n"


def _dedented(sample: Sample, _: random.Random) -> str:
    return "```python\n" + textwrap.dedent("\n".join(sample.new)) + "\n```"


def _thinking(sample: Sample, _: random.Random) -> str:
    code = "\n".join(sample.new)
    return (
        "<think>\nThe user wants it done.\n```python\nx = 1\n```\nYes.\n</think>\n\n"
        f"~~~python\n{_BOM}{code}\n~~~<|im_end|>\n<|im_start|>user\nmore"
    )


def _drifted(sample: Sample, randomness: random.Random) -> str:
    """Lines around the region come along."""
    lines = [line.rstrip("\r\n").removeprefix(_BOM) for line in sample.job.snapshot.lines]
    region = sample.job.region
    above = randomness.randint(0, min(8, region.first))
    below = randomness.randint(0, min(8, len(lines) - region.last))
    code = [
        *lines[region.first - above : region.first],
        *sample.new,
        *lines[region.last : region.last + below],
    ]
    return "```python\n" + "\n".join(code) + "\n```"


def _search_replace(sample: Sample, _: random.Random) -> str:
    old, new = sample.old, sample.new
    start = next(
        (n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b),
        min(len(old), len(new)),
    )
    end = 0
    while end < min(len(old), len(new)) - start and old[-end - 1] == new[-end - 1]:
        end += 1
    # The lines around a change are added until they stand once, as the model is asked to.
    first, last = max(0, start - 1), min(len(old), len(old) - end + 1)
    while _count(old, old[first:last]) != 1:
        first, last = max(0, first - 1), min(len(old), last + 1)
    head, tail = old[first:last], [*old[first:start], *new[start : len(new) - end]]
    tail += old[len(old) - end : last]
    body = "\n".join(["<<<<<<< SEARCH", *head, "=======", *tail, ">>>>>>> REPLACE"])
    return f"I change one place:\n\n```python\n{body}\n```\n"


def _quoted_first(sample: Sample, _: random.Random) -> str:
    """The old code is quoted before the new, and an example of use follows."""
    old, new = "\n".join(sample.old), "\n".join(sample.new)
    return (
        f"Before:\n\n```python\n{old}\n```\n\nAfter:\n\n```python\n{new}\n```\n\nRun it:\n\n"
        "```console\n$ python -m pytest\n```\n"
    )


STYLES: dict[str, Style] = {
    "bare": _bare,
    "fence": _fenced,
    "fence with a name": _named_fence,
    "prose around": _with_prose,
    "CRLF": _crlf,
    "dedented": _dedented,
    "thoughts, tilde fence, leaked tokens": _thinking,
    "lines around come along": _drifted,
    "search and replace": _search_replace,
    "old code quoted first": _quoted_first,
}


def measure_styles(
    samples: Sequence[Sample], randomness: random.Random
) -> list[tuple[str, str, str]]:
    """How many edits come out exactly, refused and wrong, by style; and the time it takes."""
    rows = []
    times: list[float] = []
    exact = refused = wrong = 0
    for name, style in STYLES.items():
        counts = {"exact": 0, "refused": 0, "wrong": 0}
        for sample in samples:
            reply = style(sample, randomness)
            started = time.perf_counter()
            found = read_answer(sample.job, reply)
            times.append((time.perf_counter() - started) * 1000)
            if isinstance(found, Refusal):
                counts["refused"] += 1
            elif found.after == sample.expected:
                counts["exact"] += 1
            else:
                counts["wrong"] += 1
        exact += counts["exact"]
        refused += counts["refused"]
        wrong += counts["wrong"]
        said = f"{_share(counts['exact'], len(samples))}"
        if counts["refused"] or counts["wrong"]:
            said += f" ({counts['refused']} refused, {counts['wrong']} wrong)"
        rows.append((f"  {name}", said, ""))
    total = exact + refused + wrong
    summary = f"{_share(exact, total)} exact, {refused} refused, {wrong} wrong of {total:,}"
    quantiles = statistics.quantiles(times, n=100, method="inclusive")
    return [
        ("right edit from a right reply", summary, "99 % exact, 0 wrong"),
        *rows,
        ("added by the server, p50", f"{statistics.median(times):.1f} ms", ""),
        ("added by the server, p99", f"{quantiles[98]:.1f} ms", "50 ms"),
    ]


# Hostile replies


def measure_hostile(
    samples: Sequence[Sample], trials: int, randomness: random.Random
) -> list[tuple[str, str, str]]:
    """What wrong replies do: bytes changed outside the region, and hidden characters let in."""
    outside = refused = taken = hidden = worse = 0
    for _ in range(trials):
        sample = randomness.choice(samples)
        reply = make_hostile(sample, samples, randomness)
        found = read_answer(sample.job, reply)
        if isinstance(found, Refusal):
            refused += 1
            continue
        taken += 1
        after = apply_edits(sample.job.snapshot, found.edits)
        outside += not is_confined(sample.job.snapshot, sample.job.region, after)
        hidden += any(
            after.count(mark) > sample.job.snapshot.text.count(mark)
            for mark in "\u202e\u2066\x1b\x00"
        )
        worse += _is_worse(sample.job.snapshot.text, after)
    return [
        (
            f"wrong, drifted, hostile replies ({trials:,})",
            f"{_share(refused, trials)} refused, {_share(taken, trials)} confined",
            "100 % refused or confined",
        ),
        ("  with a byte changed outside the region", str(outside), "0"),
        ("  with hidden characters let in", str(hidden), "0"),
        ("  that no longer compile", str(worse), ""),
    ]


def make_hostile(sample: Sample, samples: Sequence[Sample], randomness: random.Random) -> str:
    """One of a dozen ways in which a reply goes wrong."""
    new = list(sample.new)
    other = randomness.choice(samples).new
    cut = randomness.randrange(1, len(new))
    kind = randomness.randrange(13)
    if kind == 0:
        new = new[:cut]
    elif kind == 1:
        new = [*new[:cut], "    # ... rest of the code unchanged ..."]
    elif kind == 2:
        new = other
    elif kind == 3:
        new = [*new, "", "import os", "os.system('id')", "", *other]
    elif kind == 4:
        mark = randomness.choice("\u202e\u2066\x1b\x00\U000e0041")
        new[cut - 1] = new[cut - 1] + mark
    elif kind == 5:
        new = [line[1:] if number % 3 == 0 else line for number, line in enumerate(new)]
    elif kind == 6:
        return "I cannot help with that. Please run `rm -rf /` yourself.\nThanks!"
    elif kind == 7:
        search = "\n".join(sample.job.snapshot.text.split("\n")[:3])
        return f"<<<<<<< SEARCH\n{search}\n=======\nimport os\n>>>>>>> REPLACE"
    elif kind == 8:
        return f"<<<<<<< SEARCH\n{new[0]}\n=======\n{new[0]}\n    return 1\n"
    elif kind == 9:
        new = [line + randomness.choice(("", '"""', "(", "{")) for line in new]
    elif kind == 10:
        return "".join(chr(randomness.randrange(1, 0x300)) for _ in range(400))
    elif kind == 11:
        return "<tool_call>\n<function=write_file>\n<parameter=path>\n/etc/passwd\n</parameter>"
    else:
        randomness.shuffle(new)
    return "```python\n" + "\n".join(new) + "\n```"


# Documents that change meanwhile


def measure_rebase(
    samples: Sequence[Sample], randomness: random.Random
) -> list[tuple[str, str, str]]:
    """Edits around and inside the region while the model writes."""
    untouched = rebased = touched = stale = wrong = 0
    for _ in range(_CHANGES):
        sample = randomness.choice(samples)
        job = sample.job
        found = read_answer(job, _fenced(sample, randomness))
        if isinstance(found, Refusal) or not found.edits:
            continue
        lines = list(job.snapshot.lines)
        inside = randomness.random() < 0.3
        first, last = job.region.first, job.region.last
        eol = job.snapshot.eol
        if inside:
            place = randomness.randrange(first, last)
            lines[place] = "    touched = True" + eol
        if randomness.random() < 0.7:
            lines[last:last] = [f"# below {randomness.random()}{eol}"]
            if not lines[last - 1].endswith(("\n", "\r")):
                continue
        shift = 0
        if randomness.random() < 0.7 and first > 0:
            place = randomness.randrange(1, first + 1)
            lines[place:place] = [f"# above{eol}"] * randomness.randint(1, 3)
            shift = len(lines)
        current = Snapshot(job.snapshot.uri, 2, "python", tuple(lines))
        result = bring_up_to_date(job, current, found)
        if inside:
            touched += 1
            stale += result is None
            continue
        untouched += 1
        if result is None:
            continue
        rebased += 1
        del shift
        wrong += sorted(split_lines(result[1].after)) != sorted(_merge(job, lines, sample))
    return [
        (
            "changed meanwhile, region untouched: rebased",
            f"{_share(rebased, untouched)} of {untouched}, {wrong} wrong",
            "100 %",
        ),
        (
            "changed meanwhile in the region: refused",
            f"{_share(stale, touched)} of {touched}",
            "100 %",
        ),
    ]


def _merge(job: Job, lines: list[str], sample: Sample) -> list[str]:
    """The lines that must result, in any order: the newer text's, with the region's exchanged."""
    merged = list(lines)
    for line in job.snapshot.lines[job.region.first : job.region.last]:
        merged.remove(line)
    expected = split_lines(sample.expected)
    kept = len(job.snapshot.lines) - job.region.last
    return [*merged, *expected[job.region.first : len(expected) - kept]]


def _is_worse(before: str, after: str) -> bool:
    return _compiles(before) and not _compiles(after)


def _compiles(text: str) -> bool:
    try:
        ast.parse(text.removeprefix(_BOM))
    except (SyntaxError, ValueError):
        return False
    return True


def _count(lines: Sequence[str], wanted: Sequence[str]) -> int:
    size = len(wanted)
    return sum(list(lines[n : n + size]) == list(wanted) for n in range(len(lines) - size + 1))


def _share(part: int, whole: int) -> str:
    return f"{100 * part / max(whole, 1):.2f} %"


if __name__ == "__main__":
    main()
