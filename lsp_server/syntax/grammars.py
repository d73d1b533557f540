"""Languages: their grammars, file names, comment markers and kinds of block. All by language id.

Grammars come from the official `tree-sitter-*` wheels, and for the long tail from the optional
package `tree-sitter-languages`, whose own Python code no longer works with current tree-sitter
but whose compiled grammars do.
"""

from __future__ import annotations

import ctypes
import importlib
import sys
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path, PurePath
from typing import Any, Literal, Protocol

import tree_sitter

BlockStyle = Literal["indent", "braces", "end"]
Origin = Literal["wheel", "tree-sitter-languages"]


@dataclass(frozen=True, slots=True)
class Grammar:
    """What is known of one language.

    `module` and `function` name the wheel's loader, `symbol` is the part after `tree_sitter_` in
    the bundle. `block_comment` is (opening, closing), `blocks` says what encloses a block of
    code: an indentation, braces, or a keyword such as `end`.
    """

    module: str | None = None
    symbol: str | None = None
    function: str = "language"
    comment: str | None = None
    block_comment: tuple[str, str] | None = None
    blocks: BlockStyle | None = None


def index_words(words: dict[str, str]) -> dict[str, str]:
    """{"x": "a b"} -> {"a": "x", "b": "x"}."""
    return {word: key for key, value in words.items() for word in value.split()}


class Bundle(Protocol):
    """A compiled library with one function for each grammar; `ctypes.CDLL` is one."""

    def __getitem__(self, name: str, /) -> Any: ...


XML_COMMENT = ("<!--", "-->")


def c_like(module: str | None, symbol: str | None = None, function: str = "language") -> Grammar:
    """A language with C's comments and braces."""
    return Grammar(module, symbol, function, "//", ("/*", "*/"), "braces")


# The identifiers are those of the LSP specification; those of the editors' own extensions where
# it has none.
GRAMMARS: dict[str, Grammar] = {
    "c": c_like("tree_sitter_c", "c"),
    "cpp": c_like("tree_sitter_cpp", "cpp"),
    "csharp": c_like("tree_sitter_c_sharp", "c_sharp"),
    "css": Grammar("tree_sitter_css", "css", block_comment=("/*", "*/"), blocks="braces"),
    "dockerfile": Grammar(None, "dockerfile", comment="#"),
    "dot": c_like(None, "dot"),
    "elixir": Grammar(None, "elixir", comment="#", blocks="end"),
    "elm": Grammar(None, "elm", comment="--", block_comment=("{-", "-}"), blocks="indent"),
    "emacs-lisp": Grammar(None, "elisp", comment=";"),
    "erb": Grammar(None, "embedded_template", block_comment=("<%#", "%>")),
    "erlang": Grammar(None, "erlang", comment="%", blocks="end"),
    "fortran": Grammar(None, "fortran", comment="!", blocks="end"),
    "go": c_like("tree_sitter_go", "go"),
    "go.mod": Grammar(None, "gomod", comment="//"),
    "hack": c_like(None, "hack"),
    "haskell": Grammar(None, "haskell", comment="--", block_comment=("{-", "-}"), blocks="indent"),
    "html": Grammar("tree_sitter_html", "html", block_comment=XML_COMMENT),
    "java": c_like("tree_sitter_java", "java"),
    "javascript": c_like("tree_sitter_javascript", "javascript"),
    "json": Grammar("tree_sitter_json", "json", blocks="braces"),
    "jsonc": c_like("tree_sitter_json", "json"),
    "kotlin": c_like("tree_sitter_kotlin", "kotlin"),
    "lisp": Grammar(None, "commonlisp", comment=";", block_comment=("#|", "|#")),
    "lua": Grammar(
        "tree_sitter_lua", "lua", comment="--", block_comment=("--[[", "]]"), blocks="end"
    ),
    "makefile": Grammar(None, "make", comment="#"),
    # The bundle's scanner ends the process on deeply nested lists; only the wheel will do.
    "markdown": Grammar("tree_sitter_markdown", None, block_comment=XML_COMMENT),
    "objective-c": c_like(None, "objc"),
    "ocaml": Grammar(None, "ocaml", block_comment=("(*", "*)")),
    "perl": Grammar(None, "perl", comment="#", blocks="braces"),
    "php": c_like("tree_sitter_php", "php", "language_php"),
    "python": Grammar("tree_sitter_python", "python", comment="#", blocks="indent"),
    "ql": c_like(None, "ql"),
    "r": Grammar(None, "r", comment="#", blocks="braces"),
    "restructuredtext": Grammar(None, "rst", comment=".."),
    "ruby": Grammar(
        "tree_sitter_ruby", "ruby", comment="#", block_comment=("=begin", "=end"), blocks="end"
    ),
    "rust": c_like("tree_sitter_rust", "rust"),
    "scala": c_like("tree_sitter_scala", "scala"),
    "shellscript": Grammar("tree_sitter_bash", "bash", comment="#", blocks="end"),
    "sql": Grammar(None, "sql", comment="--", block_comment=("/*", "*/")),
    "swift": c_like("tree_sitter_swift"),
    "terraform": Grammar(None, "hcl", comment="#", block_comment=("/*", "*/"), blocks="braces"),
    "toml": Grammar("tree_sitter_toml", "toml", comment="#"),
    "typescript": c_like("tree_sitter_typescript", "typescript", "language_typescript"),
    "typescriptreact": c_like("tree_sitter_typescript", "tsx", "language_tsx"),
    "yaml": Grammar("tree_sitter_yaml", "yaml", comment="#", blocks="indent"),
    # Without a grammar, yet written in comments and named by file.
    "bat": Grammar(comment="REM"),
    "clojure": Grammar(comment=";"),
    "cmake": Grammar(comment="#", block_comment=("#[[", "]]"), blocks="end"),
    "dart": c_like(None),
    "fsharp": Grammar(comment="//", block_comment=("(*", "*)"), blocks="indent"),
    "graphql": Grammar(comment="#", blocks="braces"),
    "groovy": c_like(None),
    "ini": Grammar(comment=";"),
    # The bundle has a grammar, but its scanner ends the process over many open strings.
    "julia": Grammar(comment="#", block_comment=("#=", "=#"), blocks="end"),
    "latex": Grammar(comment="%"),
    "less": c_like(None),
    "nix": Grammar(comment="#", block_comment=("/*", "*/"), blocks="braces"),
    "powershell": Grammar(comment="#", block_comment=("<#", "#>"), blocks="braces"),
    "properties": Grammar(comment="#"),
    "proto3": c_like(None),
    "scss": c_like(None),
    "svelte": Grammar(block_comment=XML_COMMENT),
    "vb": Grammar(comment="'", blocks="end"),
    "vue": Grammar(block_comment=XML_COMMENT),
    "xml": Grammar(block_comment=XML_COMMENT),
    "zig": Grammar(comment="//", blocks="braces"),
}

# Other names that editors send; Neovim and Emacs use their own file types as language ids.
ALIASES = index_words(
    {
        "bat": "dosbatch",
        "cpp": "c++ cuda cuda-cpp",
        "csharp": "c_sharp cs",
        "dockerfile": "docker",
        "emacs-lisp": "elisp",
        "erb": "eruby",
        "fortran": "fortran-modern fortran_free-form",
        "go.mod": "gomod",
        "javascript": "javascript.jsx javascriptreact",
        "json": "jsonl",
        "jsonc": "json5",
        "latex": "tex",
        "lisp": "commonlisp",
        "makefile": "make",
        "objective-c": "objc",
        "powershell": "ps1",
        "properties": "jproperties",
        "proto3": "proto",
        "python": "bazel starlark",
        "restructuredtext": "rst",
        "shellscript": "bash ksh sh zsh",
        "terraform": "hcl terraform-vars",
        "typescriptreact": "typescript.tsx",
        "yaml": "azure-pipelines dockercompose github-actions-workflow yaml.docker-compose yml",
    }
)

EXTENSIONS = index_words(
    {
        "bat": "bat cmd",
        "c": "c h",
        "clojure": "clj cljc cljs",
        "cmake": "cmake",
        "cpp": "cc cpp cu cxx hh hpp hxx ino",
        "csharp": "cs",
        "css": "css",
        "dart": "dart",
        "dockerfile": "dockerfile",
        "dot": "dot gv",
        "elixir": "ex exs",
        "elm": "elm",
        "emacs-lisp": "el",
        "erb": "erb",
        "erlang": "erl hrl",
        "fortran": "f03 f08 f90 f95",
        "fsharp": "fs fsx",
        "go": "go",
        "graphql": "gql graphql",
        "groovy": "gradle groovy",
        "hack": "hack",
        "haskell": "hs",
        "html": "htm html",
        "ini": "cfg conf ini",
        "java": "java",
        "javascript": "cjs js mjs",
        "javascriptreact": "jsx",
        "json": "json jsonl",
        "jsonc": "json5 jsonc",
        "julia": "jl",
        "kotlin": "kt kts",
        "latex": "tex",
        "less": "less",
        "lisp": "lisp",
        "lua": "lua",
        "makefile": "mk",
        "markdown": "markdown md",
        "nix": "nix",
        "objective-c": "m",
        "ocaml": "ml",
        "perl": "pl pm",
        "php": "php",
        "powershell": "ps1 psm1",
        "properties": "properties",
        "proto3": "proto",
        "python": "bzl py pyi pyw",
        "ql": "ql qll",
        "r": "r",
        "restructuredtext": "rst",
        "ruby": "gemspec rake rb",
        "rust": "rs",
        "scala": "sbt scala",
        "scss": "scss",
        "shellscript": "bash sh zsh",
        "sql": "sql",
        "svelte": "svelte",
        "swift": "swift",
        "terraform": "hcl tf tfvars",
        "toml": "toml",
        "typescript": "cts mts ts",
        "typescriptreact": "tsx",
        "vb": "vb",
        "vue": "vue",
        "xml": "svg xml xsd",
        "yaml": "yaml yml",
        "zig": "zig",
    }
)

FILE_NAMES = index_words(
    {
        "cmake": "cmakelists.txt",
        "dockerfile": "containerfile dockerfile",
        "go.mod": "go.mod",
        "groovy": "jenkinsfile",
        "jsonc": "jsconfig.json tsconfig.json",
        "makefile": "gnumakefile makefile",
        "python": "build.bazel",
        "ruby": "gemfile rakefile vagrantfile",
        "shellscript": ".bash_profile .bashrc .profile .zshrc",
        "toml": "cargo.lock pipfile poetry.lock uv.lock",
    }
)

# PyCapsule keeps the pointer it is given and no copy, so the name has to outlive every capsule.
CAPSULE_NAME = b"tree_sitter.Language"


@cache
def load_language(language_id: str) -> tree_sitter.Language | None:
    """The grammar for a language, the wheel's before the bundle's; None where there is none."""
    grammar = find_grammar(language_id)
    return _load_wheel(grammar) or _load_bundled(grammar)


def available() -> list[tuple[str, Origin]]:
    """(language id, origin) of every grammar that loads here. Loads them all, so it is slow."""
    found: list[tuple[str, Origin]] = []
    for language_id, grammar in sorted(GRAMMARS.items()):
        if _load_wheel(grammar) is not None:
            found.append((language_id, "wheel"))
        elif _load_bundled(grammar) is not None:
            found.append((language_id, "tree-sitter-languages"))
    return found


def find_language(language_id: str) -> str:
    """The table's own name for a language id or one of its aliases; an unknown id as it is."""
    name = language_id.lower()
    return ALIASES.get(name, name)


def find_grammar(language_id: str) -> Grammar:
    """The table's row for a language id or one of its aliases; an empty one for an unknown."""
    return GRAMMARS.get(find_language(language_id), Grammar())


def comment_prefix(language_id: str) -> str | None:
    """What begins a comment that ends with its line; None if unknown or there is none."""
    return find_grammar(language_id).comment


def block_comment(language_id: str) -> tuple[str, str] | None:
    """What opens and what closes a comment of several lines."""
    return find_grammar(language_id).block_comment


def block_style(language_id: str) -> BlockStyle | None:
    """What encloses a block of code in the language."""
    return find_grammar(language_id).blocks


@lru_cache(maxsize=2_000)
def language_of_path(path: str | PurePath) -> str:
    """The language id for a file, by its name and then its extension; "plaintext" if unknown."""
    name = PurePath(path).name.lower()
    # "Dockerfile.dev" and "Makefile.am" are named by their beginning.
    beginning = name.partition(".")[0]
    return (
        FILE_NAMES.get(name)
        or EXTENSIONS.get(PurePath(name).suffix[1:])
        or (beginning if beginning in ("dockerfile", "makefile") else "plaintext")
    )


def language_from_bundle(bundle: Bundle, symbol: str) -> tree_sitter.Language | None:
    """The grammar that a compiled library calls `tree_sitter_<symbol>`."""
    try:
        function = bundle[f"tree_sitter_{symbol}"]
        function.restype = ctypes.c_void_p
        pointer = function()
        prototype = ctypes.PYFUNCTYPE(
            ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p
        )
        new_capsule = prototype(("PyCapsule_New", ctypes.pythonapi))
        return tree_sitter.Language(new_capsule(pointer, CAPSULE_NAME, None))
    except (AttributeError, ValueError):
        # No such symbol, a null pointer, or an ABI that this tree-sitter does not read.
        return None


def find_bundle() -> Path | None:
    """The compiled grammars of `tree-sitter-languages`, if that package is installed."""
    # Finding a top-level package does not run it, and this one's code would fail.
    try:
        spec = find_spec("tree_sitter_languages")
    except (ImportError, ValueError):
        return None
    if spec is None or not spec.submodule_search_locations:
        return None
    file_name = "languages.dll" if sys.platform == "win32" else "languages.so"
    path = Path(spec.submodule_search_locations[0], file_name)
    return path if path.is_file() else None


def _load_wheel(grammar: Grammar) -> tree_sitter.Language | None:
    if grammar.module is None:
        return None
    try:
        # Late, because each grammar is up to 5 MB and few are needed.
        module = importlib.import_module(grammar.module)
        return tree_sitter.Language(getattr(module, grammar.function)())
    except (ImportError, AttributeError, ValueError):
        return None


def _load_bundled(grammar: Grammar) -> tree_sitter.Language | None:
    bundle = _open_bundle()
    if grammar.symbol is None or bundle is None:
        return None
    return language_from_bundle(bundle, grammar.symbol)


@cache
def _open_bundle() -> ctypes.CDLL | None:
    path = find_bundle()
    if path is None:
        return None
    try:
        return ctypes.CDLL(str(path))
    except OSError:
        return None
