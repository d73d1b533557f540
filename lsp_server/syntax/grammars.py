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
from functools import cache
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


class Bundle(Protocol):
    """A compiled library with one function for each grammar; `ctypes.CDLL` is one."""

    def __getitem__(self, name: str, /) -> Any: ...


C_COMMENT = ("/*", "*/")
XML_COMMENT = ("<!--", "-->")

# The identifiers are those of the LSP specification; those of the editors' own extensions where
# it has none.
GRAMMARS: dict[str, Grammar] = {
    "c": Grammar("tree_sitter_c", "c", comment="//", block_comment=C_COMMENT, blocks="braces"),
    "cpp": Grammar(
        "tree_sitter_cpp", "cpp", comment="//", block_comment=C_COMMENT, blocks="braces"
    ),
    "csharp": Grammar(
        "tree_sitter_c_sharp", "c_sharp", comment="//", block_comment=C_COMMENT, blocks="braces"
    ),
    "css": Grammar("tree_sitter_css", "css", block_comment=C_COMMENT, blocks="braces"),
    "dockerfile": Grammar(symbol="dockerfile", comment="#"),
    "dot": Grammar(symbol="dot", comment="//", block_comment=C_COMMENT, blocks="braces"),
    "elixir": Grammar(symbol="elixir", comment="#", blocks="end"),
    "elm": Grammar(symbol="elm", comment="--", block_comment=("{-", "-}"), blocks="indent"),
    "erb": Grammar(symbol="embedded_template", block_comment=("<%#", "%>")),
    "erlang": Grammar(symbol="erlang", comment="%", blocks="end"),
    "fortran": Grammar(symbol="fortran", comment="!", blocks="end"),
    "go": Grammar("tree_sitter_go", "go", comment="//", block_comment=C_COMMENT, blocks="braces"),
    "go.mod": Grammar(symbol="gomod", comment="//", blocks="braces"),
    "hack": Grammar(symbol="hack", comment="//", block_comment=C_COMMENT, blocks="braces"),
    "haskell": Grammar(
        symbol="haskell", comment="--", block_comment=("{-", "-}"), blocks="indent"
    ),
    "html": Grammar("tree_sitter_html", "html", block_comment=XML_COMMENT),
    "java": Grammar(
        "tree_sitter_java", "java", comment="//", block_comment=C_COMMENT, blocks="braces"
    ),
    "javascript": Grammar(
        "tree_sitter_javascript",
        "javascript",
        comment="//",
        block_comment=C_COMMENT,
        blocks="braces",
    ),
    "json": Grammar("tree_sitter_json", "json", blocks="braces"),
    "jsonc": Grammar(
        "tree_sitter_json", "json", comment="//", block_comment=C_COMMENT, blocks="braces"
    ),
    "julia": Grammar(symbol="julia", comment="#", block_comment=("#=", "=#"), blocks="end"),
    "kotlin": Grammar(
        "tree_sitter_kotlin", "kotlin", comment="//", block_comment=C_COMMENT, blocks="braces"
    ),
    "lisp": Grammar(symbol="commonlisp", comment=";", block_comment=("#|", "|#")),
    "emacs-lisp": Grammar(symbol="elisp", comment=";"),
    "lua": Grammar(
        "tree_sitter_lua", "lua", comment="--", block_comment=("--[[", "]]"), blocks="end"
    ),
    "makefile": Grammar(symbol="make", comment="#"),
    "markdown": Grammar("tree_sitter_markdown", "markdown", block_comment=XML_COMMENT),
    "objective-c": Grammar(symbol="objc", comment="//", block_comment=C_COMMENT, blocks="braces"),
    "ocaml": Grammar(symbol="ocaml", block_comment=("(*", "*)")),
    "perl": Grammar(symbol="perl", comment="#", blocks="braces"),
    "php": Grammar(
        "tree_sitter_php",
        "php",
        function="language_php",
        comment="//",
        block_comment=C_COMMENT,
        blocks="braces",
    ),
    "python": Grammar("tree_sitter_python", "python", comment="#", blocks="indent"),
    "ql": Grammar(symbol="ql", comment="//", block_comment=C_COMMENT, blocks="braces"),
    "r": Grammar(symbol="r", comment="#", blocks="braces"),
    "restructuredtext": Grammar(symbol="rst", comment=".."),
    "ruby": Grammar(
        "tree_sitter_ruby", "ruby", comment="#", block_comment=("=begin", "=end"), blocks="end"
    ),
    "rust": Grammar(
        "tree_sitter_rust", "rust", comment="//", block_comment=C_COMMENT, blocks="braces"
    ),
    "scala": Grammar(
        "tree_sitter_scala", "scala", comment="//", block_comment=C_COMMENT, blocks="braces"
    ),
    "shellscript": Grammar("tree_sitter_bash", "bash", comment="#", blocks="end"),
    "sql": Grammar(symbol="sql", comment="--", block_comment=C_COMMENT),
    "swift": Grammar(
        "tree_sitter_swift", comment="//", block_comment=C_COMMENT, blocks="braces"
    ),
    "terraform": Grammar(symbol="hcl", comment="#", block_comment=C_COMMENT, blocks="braces"),
    "toml": Grammar("tree_sitter_toml", "toml", comment="#"),
    "typescript": Grammar(
        "tree_sitter_typescript",
        "typescript",
        function="language_typescript",
        comment="//",
        block_comment=C_COMMENT,
        blocks="braces",
    ),
    "typescriptreact": Grammar(
        "tree_sitter_typescript",
        "tsx",
        function="language_tsx",
        comment="//",
        block_comment=C_COMMENT,
        blocks="braces",
    ),
    "yaml": Grammar("tree_sitter_yaml", "yaml", comment="#", blocks="indent"),
    # Without a grammar, but written about in prompts and named by file.
    "bat": Grammar(comment="REM"),
    "clojure": Grammar(comment=";"),
    "cmake": Grammar(comment="#", block_comment=("#[[", "]]"), blocks="end"),
    "dart": Grammar(comment="//", block_comment=C_COMMENT, blocks="braces"),
    "fsharp": Grammar(comment="//", block_comment=("(*", "*)"), blocks="indent"),
    "graphql": Grammar(comment="#", blocks="braces"),
    "groovy": Grammar(comment="//", block_comment=C_COMMENT, blocks="braces"),
    "ini": Grammar(comment=";"),
    "latex": Grammar(comment="%"),
    "less": Grammar(comment="//", block_comment=C_COMMENT, blocks="braces"),
    "nix": Grammar(comment="#", block_comment=C_COMMENT, blocks="braces"),
    "powershell": Grammar(comment="#", block_comment=("<#", "#>"), blocks="braces"),
    "properties": Grammar(comment="#"),
    "proto3": Grammar(comment="//", block_comment=C_COMMENT, blocks="braces"),
    "scss": Grammar(comment="//", block_comment=C_COMMENT, blocks="braces"),
    "svelte": Grammar(block_comment=XML_COMMENT),
    "vb": Grammar(comment="'", blocks="end"),
    "vue": Grammar(block_comment=XML_COMMENT),
    "xml": Grammar(block_comment=XML_COMMENT),
    "zig": Grammar(comment="//", blocks="braces"),
}

# Other names that editors send; Neovim and Emacs use their own file types as language ids.
ALIASES = {
    "bash": "shellscript",
    "bazel": "python",
    "c++": "cpp",
    "c_sharp": "csharp",
    "commonlisp": "lisp",
    "cs": "csharp",
    "cuda": "cpp",
    "cuda-cpp": "cpp",
    "docker": "dockerfile",
    "dosbatch": "bat",
    "elisp": "emacs-lisp",
    "eruby": "erb",
    "fortran-modern": "fortran",
    "fortran_free-form": "fortran",
    "gomod": "go.mod",
    "hcl": "terraform",
    "javascript.jsx": "javascript",
    "javascriptreact": "javascript",
    "jproperties": "properties",
    "json5": "jsonc",
    "jsonl": "json",
    "ksh": "shellscript",
    "make": "makefile",
    "objc": "objective-c",
    "ps1": "powershell",
    "proto": "proto3",
    "rst": "restructuredtext",
    "sh": "shellscript",
    "starlark": "python",
    "terraform-vars": "terraform",
    "tex": "latex",
    "typescript.tsx": "typescriptreact",
    "zsh": "shellscript",
}

EXTENSIONS = {
    "bash": "shellscript",
    "bat": "bat",
    "bzl": "python",
    "c": "c",
    "cc": "cpp",
    "cjs": "javascript",
    "clj": "clojure",
    "cljs": "clojure",
    "cmake": "cmake",
    "cmd": "bat",
    "conf": "ini",
    "cpp": "cpp",
    "cs": "csharp",
    "css": "css",
    "cts": "typescript",
    "cu": "cpp",
    "cxx": "cpp",
    "dart": "dart",
    "dockerfile": "dockerfile",
    "dot": "dot",
    "el": "emacs-lisp",
    "elm": "elm",
    "erb": "erb",
    "erl": "erlang",
    "ex": "elixir",
    "exs": "elixir",
    "f03": "fortran",
    "f08": "fortran",
    "f90": "fortran",
    "f95": "fortran",
    "fs": "fsharp",
    "fsx": "fsharp",
    "go": "go",
    "gql": "graphql",
    "gradle": "groovy",
    "graphql": "graphql",
    "groovy": "groovy",
    "gv": "dot",
    "h": "c",
    "hack": "hack",
    "hcl": "terraform",
    "hh": "cpp",
    "hpp": "cpp",
    "hrl": "erlang",
    "hs": "haskell",
    "htm": "html",
    "html": "html",
    "hxx": "cpp",
    "ini": "ini",
    "ino": "cpp",
    "java": "java",
    "jl": "julia",
    "js": "javascript",
    "json": "json",
    "json5": "jsonc",
    "jsonc": "jsonc",
    "jsonl": "json",
    "jsx": "javascriptreact",
    "kt": "kotlin",
    "kts": "kotlin",
    "less": "less",
    "lisp": "lisp",
    "lua": "lua",
    "m": "objective-c",
    "markdown": "markdown",
    "md": "markdown",
    "mjs": "javascript",
    "mk": "makefile",
    "ml": "ocaml",
    "mts": "typescript",
    "nix": "nix",
    "php": "php",
    "pl": "perl",
    "pm": "perl",
    "properties": "properties",
    "proto": "proto3",
    "ps1": "powershell",
    "psm1": "powershell",
    "py": "python",
    "pyi": "python",
    "pyw": "python",
    "ql": "ql",
    "r": "r",
    "rake": "ruby",
    "rb": "ruby",
    "rs": "rust",
    "rst": "restructuredtext",
    "sbt": "scala",
    "scala": "scala",
    "scss": "scss",
    "sh": "shellscript",
    "sql": "sql",
    "svelte": "svelte",
    "svg": "xml",
    "swift": "swift",
    "tex": "latex",
    "tf": "terraform",
    "tfvars": "terraform",
    "toml": "toml",
    "ts": "typescript",
    "tsx": "typescriptreact",
    "vb": "vb",
    "vue": "vue",
    "xml": "xml",
    "xsd": "xml",
    "yaml": "yaml",
    "yml": "yaml",
    "zig": "zig",
    "zsh": "shellscript",
}

FILE_NAMES = {
    ".bash_profile": "shellscript",
    ".bashrc": "shellscript",
    ".profile": "shellscript",
    ".zshrc": "shellscript",
    "build": "python",
    "build.bazel": "python",
    "cargo.lock": "toml",
    "cmakelists.txt": "cmake",
    "containerfile": "dockerfile",
    "dockerfile": "dockerfile",
    "gemfile": "ruby",
    "gnumakefile": "makefile",
    "go.mod": "go.mod",
    "jenkinsfile": "groovy",
    "makefile": "makefile",
    "pipfile": "toml",
    "poetry.lock": "toml",
    "rakefile": "ruby",
    "tsconfig.json": "jsonc",
    "uv.lock": "toml",
    "vagrantfile": "ruby",
    "workspace": "python",
}

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


def find_grammar(language_id: str) -> Grammar:
    """The table's row for a language id or one of its aliases; an empty one for an unknown."""
    name = language_id.lower()
    return GRAMMARS.get(ALIASES.get(name, name), Grammar())


def comment_prefix(language_id: str) -> str | None:
    """What begins a comment that ends with its line; None if unknown or there is none."""
    return find_grammar(language_id).comment


def block_comment(language_id: str) -> tuple[str, str] | None:
    """What opens and what closes a comment of several lines."""
    return find_grammar(language_id).block_comment


def block_style(language_id: str) -> BlockStyle | None:
    """What encloses a block of code in the language."""
    return find_grammar(language_id).blocks


def language_of_path(path: str | PurePath) -> str:
    """The language id for a file, by its name and then its extension; "plaintext" if unknown."""
    name = PurePath(path).name.lower()
    stem, _, extension = name.rpartition(".")
    language = FILE_NAMES.get(name) or EXTENSIONS.get(extension if stem or extension else "")
    if language is None and name.split(".")[0] in ("dockerfile", "makefile"):
        return name.split(".")[0]
    return language or "plaintext"


def language_from_bundle(bundle: Bundle, symbol: str) -> tree_sitter.Language | None:
    """The grammar that a compiled library calls `tree_sitter_<symbol>`."""
    try:
        function = bundle[f"tree_sitter_{symbol}"]
        function.restype = ctypes.c_void_p
        pointer = function()
        new_capsule = ctypes.pythonapi.PyCapsule_New
        new_capsule.restype = ctypes.py_object
        new_capsule.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
        return tree_sitter.Language(new_capsule(pointer, CAPSULE_NAME, None))
    except (AttributeError, ValueError):
        # No such symbol, a null pointer, or an ABI that this tree-sitter does not read.
        return None


def find_bundle() -> Path | None:
    """The compiled grammars of `tree-sitter-languages`, if that package is installed."""
    # Finding a top-level package does not run it, and this one's code would fail.
    spec = find_spec("tree_sitter_languages")
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
