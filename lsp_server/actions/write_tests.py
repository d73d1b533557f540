"""Write tests: into the file where the project keeps them, with the framework that it uses.

Both are learnt from the neighbours: the tests that are there already.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from lsp_server.actions.base import ActionRequest
from lsp_server.context.filemap import count_shared_folders

# Names of test files by language, the most usual first; {} is the name of the file under test.
_NAMES: dict[str, tuple[str, ...]] = {
    "python": ("test_{}", "{}_test", "tests_{}"),
    "javascript": ("{}.test", "{}.spec", "{}-test", "{}_test"),
    "go": ("{}_test",),
    "java": ("{}Test", "{}Tests", "Test{}", "{}IT"),
    "kotlin": ("{}Test", "{}Tests"),
    "scala": ("{}Spec", "{}Test", "{}Suite"),
    "groovy": ("{}Spec", "{}Test"),
    "ruby": ("{}_spec", "{}_test", "test_{}"),
    "php": ("{}Test",),
    "csharp": ("{}Tests", "{}Test"),
    "c": ("test_{}", "{}_test", "{}_tests"),
    "cpp": ("test_{}", "{}_test", "{}_tests", "{}Test"),
    "rust": ("{}_test", "test_{}", "{}"),
    "swift": ("{}Tests",),
    "dart": ("{}_test",),
    "elixir": ("{}_test",),
    "lua": ("{}_spec", "test_{}"),
    "perl": ("{}",),
    "r": ("test-{}",),
    "julia": ("test_{}",),
}
_ALIKE = {
    "typescript": "javascript", "javascriptreact": "javascript", "typescriptreact": "javascript",
}  # fmt: skip
_TEST_SUFFIX = {"perl": ".t", "elixir": ".exs"}
# Where tests go in a project that has none: beside the source, in a folder of their own, or in
# the tree of tests that mirrors that of the sources.
_BESIDE = frozenset({"go", "javascript"})
_FOLDER = {"ruby": "spec", "perl": "t", "elixir": "test", "dart": "test", "lua": "spec"}
_FRAMEWORKS: dict[str, tuple[tuple[str, str], ...]] = {
    "python": (("pytest", r"\bpytest\b|^(?:async )?def test_"), ("unittest", r"\bunittest\b")),
    "javascript": (
        ("Vitest", r"\bvitest\b"),
        ("node:test", r"node:test"),
        ("Playwright", r"@playwright/test"),
        ("Mocha with Chai", r"\bchai\b"),
        ("Jest", r"\bjest\b|\bexpect\(|\bdescribe\("),
    ),
    "go": (("testing with testify", r"stretchr/testify"), ("the package testing", r"\btesting\b")),
    "java": (
        ("JUnit 5", r"org\.junit\.jupiter"),
        ("JUnit 4", r"org\.junit"),
        ("TestNG", r"testng"),
    ),
    "kotlin": (
        ("Kotest", r"io\.kotest"),
        ("kotlin.test", r"kotlin\.test"),
        ("JUnit 5", r"jupiter"),
    ),
    "ruby": (("RSpec", r"\bRSpec\b|\bdescribe\b"), ("Minitest", r"(?i)minitest")),
    "php": (("Pest", r"^(?:it|test)\("), ("PHPUnit", r"PHPUnit")),
    "csharp": (("xUnit", r"\bXunit\b"), ("NUnit", r"\bNUnit\b"), ("MSTest", r"VisualStudio\.Test")),
    "cpp": (("GoogleTest", r"gtest/"), ("Catch2", r"catch"), ("doctest", r"doctest")),
    "rust": (("the built-in test harness", r"#\[test\]"),),
}
_DEFAULT_FRAMEWORK = {
    "python": "pytest", "javascript": "node:test", "go": "the package testing", "java": "JUnit 5",
    "kotlin": "kotlin.test", "scala": "ScalaTest", "ruby": "RSpec", "php": "PHPUnit",
    "csharp": "xUnit", "c": "assert.h", "cpp": "GoogleTest", "rust": "the built-in test harness",
    "swift": "XCTest", "dart": "package:test", "elixir": "ExUnit", "lua": "busted",
    "perl": "Test::More", "r": "testthat", "julia": "the standard library's Test",
    "groovy": "Spock",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counterpart:
    """Where tests belong: the file relative to the workspace, whether it is there, and another
    test file that shows how the project writes them."""

    path: str
    exists: bool
    example: str | None = None


def find_counterpart(path: str, language: str, files: Sequence[str]) -> Counterpart | None:
    """The counterpart of a source file among the workspace's files, all relative to its root.

    None where the file is a test itself, or the language has no known convention.
    """
    own = _ALIKE.get(language, language)
    patterns = _NAMES.get(own)
    if patterns is None or is_test(path, language):
        return None
    source = PurePosixPath(path)
    tests = [file for file in files if _is_alike(file, source, own) and is_test(file, language)]
    example = max(tests, key=lambda test: (count_shared_folders(test, path), test), default=None)
    stems = {pattern.format(source.stem) for pattern in patterns}
    counterparts = [test for test in tests if PurePosixPath(test).stem in stems]
    if counterparts:
        best = max(counterparts, key=lambda test: (count_shared_folders(test, path), test))
        return Counterpart(best, True, next((test for test in tests if test != best), None))
    suffix = _TEST_SUFFIX.get(own, source.suffix)
    pattern = _usual_pattern(tests, patterns) or patterns[0]
    folder = _usual_folder(source, tests, files, own)
    return Counterpart((folder / (pattern.format(source.stem) + suffix)).as_posix(), False, example)


def is_test(path: str, language: str) -> bool:
    """Whether a file is a test by its name or, where names do not tell, by its folder."""
    own = _ALIKE.get(language, language)
    stem = PurePosixPath(path).stem
    folders = PurePosixPath(path).parts[:-1]
    for pattern in _NAMES.get(own, ()):
        before, after = pattern.split("{}")
        if (
            (before or after)
            and stem.startswith(before)
            and stem.endswith(after)
            and len(stem) > len(before + after)
        ):
            return True
    if own in ("rust", "perl"):
        return "tests" in folders or "t" in folders
    return own == "javascript" and "__tests__" in folders


def find_framework(language: str, texts: Sequence[str]) -> str:
    """The test framework that the texts speak of, the language's usual one where they do not."""
    own = _ALIKE.get(language, language)
    for text in texts:
        for name, pattern in _FRAMEWORKS.get(own, ()):
            if re.search(pattern, text, re.MULTILINE):
                return name
    return _DEFAULT_FRAMEWORK.get(own, "the language's usual test framework")


def describe_task(request: ActionRequest, place: Counterpart, framework: str, what: str) -> str:
    """The task in words. `what` names the code under test."""
    wish = f" {request.instruction}" if request.instruction else ""
    keep = (
        "Keep every test and import that is there, and add to them"
        if place.exists
        else "Write the whole file, with the imports it needs"
    )
    return (
        f"Write tests for {what} in {request.path}, with {framework}, in the file {place.path}. "
        f"{keep}, in the style of the project's other tests. Test what the code promises: usual "
        "cases, edges, errors. Test through its public names; import them as the project does."
        f"{wish}"
    )


def _is_alike(file: str, source: PurePosixPath, language: str) -> bool:
    suffix = PurePosixPath(file).suffix
    if language == "javascript":
        return suffix in {".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".cts"}
    return suffix == _TEST_SUFFIX.get(language, source.suffix)


def _usual_pattern(tests: Sequence[str], patterns: Sequence[str]) -> str | None:
    counts: Counter[str] = Counter()
    for test in tests:
        stem = PurePosixPath(test).stem
        for pattern in patterns:
            before, after = pattern.split("{}")
            if (before or after) and stem.startswith(before) and stem.endswith(after):
                counts[pattern] += 1
                break
    return counts.most_common(1)[0][0] if counts else None


def _usual_folder(
    source: PurePosixPath, tests: Sequence[str], files: Sequence[str], language: str
) -> PurePosixPath:
    """The folder for a new test, by where the project's tests stand to their sources."""
    folders: Counter[PurePosixPath] = Counter()
    sources = {PurePosixPath(file).stem: PurePosixPath(file) for file in files if file not in tests}
    for test in tests:
        place = PurePosixPath(test)
        tested = sources.get(_tested_stem(place.stem, language))
        if tested is not None:
            folders[_transfer(source.parent, tested.parent, place.parent)] += 1
        else:
            folders[place.parent] += 1
    if folders:
        return folders.most_common(1)[0][0]
    if language in _BESIDE:
        return source.parent
    parts = source.parent.parts
    if "main" in parts:
        # Maven's and Gradle's layout.
        return PurePosixPath(*("test" if part == "main" else part for part in parts))
    return PurePosixPath(_FOLDER.get(language, "tests"))


def _tested_stem(stem: str, language: str) -> str:
    for pattern in _NAMES.get(language, ()):
        before, after = pattern.split("{}")
        if (before or after) and stem.startswith(before) and stem.endswith(after):
            return stem[len(before) : len(stem) - len(after)]
    return stem


def _transfer(folder: PurePosixPath, tested: PurePosixPath, test: PurePosixPath) -> PurePosixPath:
    """Where `folder`'s tests go, if those of `tested` are in `test`."""
    if test == tested:
        return folder
    if test.parent == tested and len(test.parts) == len(tested.parts) + 1:
        return folder / test.name
    # A tree of tests that mirrors that of the sources: what both paths end with is the mirror.
    common = 0
    while (
        common < min(len(test.parts), len(tested.parts))
        and test.parts[-common - 1] == tested.parts[-common - 1]
    ):
        common += 1
    root = PurePosixPath(*test.parts[: len(test.parts) - common])
    base = tested.parts[: len(tested.parts) - common]
    if common and folder.parts[: len(base)] == base:
        return root / PurePosixPath(*folder.parts[len(base) :])
    return test
