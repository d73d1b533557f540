from __future__ import annotations

import ctypes
import importlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import tree_sitter
import tree_sitter_json

from lsp_server.syntax import grammars
from lsp_server.syntax.grammars import (
    ALIASES,
    EXTENSIONS,
    FILE_NAMES,
    GRAMMARS,
    available,
    block_comment,
    block_style,
    comment_prefix,
    find_bundle,
    language_from_bundle,
    language_of_path,
    load_language,
)

# What the package's own dependencies bring; further wheels are used where they are installed.
WHEELS = (
    "c cpp csharp css go html java javascript json jsonc lua php python ruby rust shellscript "
    "toml typescript typescriptreact yaml"
).split()


@pytest.fixture
def fresh_cache() -> Iterator[None]:
    """Grammars are looked for anew in the test and after it."""
    clear_caches()
    yield
    clear_caches()


def clear_caches() -> None:
    load_language.cache_clear()
    grammars._open_bundle.cache_clear()
    importlib.invalidate_caches()


def parse(language: tree_sitter.Language | None, source: bytes) -> str:
    assert language is not None
    return str(tree_sitter.Parser(language).parse(source).root_node)


@pytest.mark.parametrize("language_id", WHEELS)
def test_wheels_load(language_id: str) -> None:
    language = load_language(language_id)
    assert parse(language, b"\n").startswith("(")
    assert load_language(language_id) is language
    assert (language_id, "wheel") in available()


@pytest.mark.parametrize(
    ("alias", "source", "root"),
    [
        ("sh", b"ls", "(program"),
        ("bash", b"ls", "(program"),
        ("zsh", b"ls", "(program"),
        ("cs", b"using A;", "(compilation_unit"),
        ("javascriptreact", b"<a/>", "(program"),
        ("typescript.tsx", b"<a/>", "(program (expression_statement (jsx"),
        ("Python", b"x", "(module"),
    ],
)
def test_aliases_load(alias: str, source: bytes, root: str) -> None:
    assert parse(load_language(alias), source).startswith(root)


@pytest.mark.parametrize("language_id", ["", "plaintext", "no-such-language", "../json"])
def test_unknown_languages_are_none(language_id: str) -> None:
    assert load_language(language_id) is None
    assert comment_prefix(language_id) is None


def test_a_missing_wheel_is_none(monkeypatch: pytest.MonkeyPatch, fresh_cache: None) -> None:
    def refuse(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(grammars, "find_spec", lambda name: None)
    monkeypatch.setattr(importlib, "import_module", refuse)
    assert load_language("python") is None
    assert available() == []


# --- the optional bundle: a library of compiled grammars, here played by the JSON wheel's ---


class StandIn(dict[str, Callable[[], int | None]]):
    """Answers as `ctypes.CDLL` does: functions by name, AttributeError for an unknown one."""

    def __missing__(self, name: str) -> Callable[[], int | None]:
        raise AttributeError(name)


def stand_in(symbol: str) -> StandIn:
    get_pointer = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
        ("PyCapsule_GetPointer", ctypes.pythonapi)
    )
    pointer = get_pointer(tree_sitter_json.language(), b"tree_sitter.Language")
    function_type = ctypes.CFUNCTYPE(ctypes.c_void_p)
    return StandIn(
        {symbol: function_type(lambda: pointer), "tree_sitter_null": function_type(lambda: None)}
    )


def test_a_symbol_of_the_bundle_is_a_language() -> None:
    language = language_from_bundle(stand_in("tree_sitter_make"), "make")
    assert parse(language, b'{"a": 1}').startswith("(document (object (pair")


@pytest.mark.parametrize("symbol", ["null", "unknown"])
def test_a_bad_symbol_is_none(symbol: str) -> None:
    assert language_from_bundle(stand_in("tree_sitter_make"), symbol) is None


def test_the_bundle_serves_what_has_no_wheel(
    monkeypatch: pytest.MonkeyPatch, fresh_cache: None
) -> None:
    monkeypatch.setattr(grammars, "find_bundle", lambda: Path("bundle"))
    monkeypatch.setattr(ctypes, "CDLL", lambda path: stand_in("tree_sitter_make"))
    assert parse(load_language("make"), b"[1]").startswith("(document (array")
    assert ("makefile", "tree-sitter-languages") in available()
    assert ("python", "wheel") in available()


def test_a_broken_bundle_is_none(
    monkeypatch: pytest.MonkeyPatch, fresh_cache: None, tmp_path: Path
) -> None:
    package = tmp_path / "tree_sitter_languages"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('its own code is not run')")
    monkeypatch.syspath_prepend(tmp_path)
    assert find_bundle() is None
    for name in ("languages.so", "languages.dll"):
        (package / name).write_bytes(b"not a library")
    path = find_bundle()
    assert path is not None
    assert path.parent == package
    assert load_language("dockerfile") is None


def test_the_real_bundle_where_it_is_installed(fresh_cache: None) -> None:
    bundled = [name for name, origin in available() if origin == "tree-sitter-languages"]
    expected = [name for name, row in GRAMMARS.items() if row.symbol and not row.module]
    assert set(bundled) >= (set(expected) if find_bundle() else set())


# --- the tables ---


@pytest.mark.parametrize(
    ("path", "language_id"),
    [
        ("a.py", "python"),
        ("src/a.pyi", "python"),
        ("A.PY", "python"),
        ("a.tsx", "typescriptreact"),
        ("a.jsx", "javascriptreact"),
        ("a.mjs", "javascript"),
        ("a.cc", "cpp"),
        ("a.h", "c"),
        ("a.cs", "csharp"),
        ("deploy.sh", "shellscript"),
        ("Makefile", "makefile"),
        ("makefile.am", "makefile"),
        ("build/Dockerfile", "dockerfile"),
        ("Dockerfile.dev", "dockerfile"),
        ("dockerfile.py", "python"),
        ("go.mod", "go.mod"),
        ("CMakeLists.txt", "cmake"),
        ("notes.txt", "plaintext"),
        ("tsconfig.json", "jsonc"),
        (".bashrc", "shellscript"),
        (".gitignore", "plaintext"),
        (".py", "plaintext"),
        ("a.", "plaintext"),
        ("a", "plaintext"),
        ("", "plaintext"),
    ],
)
def test_language_of_path(path: str, language_id: str) -> None:
    assert language_of_path(path) == language_id
    assert language_of_path(Path(path)) == language_id


@pytest.mark.parametrize(
    ("language_id", "line", "block", "style"),
    [
        ("python", "#", None, "indent"),
        ("typescriptreact", "//", ("/*", "*/"), "braces"),
        ("javascriptreact", "//", ("/*", "*/"), "braces"),
        ("sh", "#", None, "end"),
        ("html", None, ("<!--", "-->"), None),
        ("css", None, ("/*", "*/"), "braces"),
        ("lua", "--", ("--[[", "]]"), "end"),
        ("json", None, None, "braces"),
        ("plaintext", None, None, None),
    ],
)
def test_markers(
    language_id: str, line: str | None, block: tuple[str, str] | None, style: str | None
) -> None:
    assert comment_prefix(language_id) == line
    assert block_comment(language_id) == block
    assert block_style(language_id) == style


def test_the_tables_agree() -> None:
    named = {*ALIASES.values(), *EXTENSIONS.values(), *FILE_NAMES.values()}
    assert named - set(GRAMMARS) - set(ALIASES) == set()
    assert set(GRAMMARS) & set(ALIASES) == set()
