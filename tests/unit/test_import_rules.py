"""Who may import whom: data has one way through, and each library has its place."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "lsp_server"

# From the top down: what stands in a row imports only from the rows below it, and nothing beside it
# but what is its own. So there are no cycles, and no stage of the core knows the server.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("__main__",),
    ("cli",),
    ("server",),
    ("handlers",),
    ("protocol", "action_host"),
    ("session",),
    ("acceptance", "connection", "workspace"),
    ("completion", "actions"),
    ("embedded", "provider", "postprocess", "configuration"),
    ("models",),
    ("prompt",),
    ("context", "edit"),
    ("index",),
    ("privacy", "syntax"),
    ("buffer", "common", "indentation", "overlap", "uris", "worker"),
    ("settings", "errors", "log", "notices", "status", "framing", "watchdog", "__version__"),
)

# Libraries, with the only modules that import them.
PLACES: Mapping[str, tuple[str, ...]] = {
    "pygls": ("server", "protocol", "handlers", "cli.demo_editor"),
    "lsprotocol": ("server", "protocol", "handlers", "cli.demo_editor"),
    "openai": ("provider.openai_compatible",),
    "httpx2": ("provider",),
    "httpcore2": ("provider.spare",),
    "truststore": ("provider.http",),
    "keyring": ("provider.keys",),
    "tree_sitter": ("syntax",),
    "tiktoken": ("context.vocabulary",),
    "tree_sitter_languages": ("syntax",),
    "sqlite3": ("index", "models"),
    "pathspec": ("privacy",),
    "watchfiles": ("index.builder",),
    "platformdirs": ("configuration", "models", "index", "cli"),
    "rich": ("cli",),
    "websockets": ("server",),
    "socket": ("cli", "provider"),
    "multiprocessing": (),
    "pickle": (),
    "ctypes": ("syntax.grammars",),
}

# What starts another program: our own processes, and the checks that the user has
# named in their own settings.
STARTERS = ("worker.owner", "actions.checks")
STARTS = frozenset(
    "create_subprocess_exec create_subprocess_shell Popen system popen startfile fork "
    "execv execve execvp posix_spawn".split()
)

# What the start of the server does without: each takes longer than a keystroke should.
LATE = (
    "openai",
    "httpx2",
    "httpcore2",
    "truststore",
    "keyring",
    "rich",
    "tree_sitter_languages",
    "sqlite3",
    "watchfiles",
    "tiktoken",
)


def modules() -> dict[str, ast.Module]:
    """Each module's tree by its name within the package; the demo's sample project is data."""
    found = {}
    for file in sorted(ROOT.rglob("*.py")):
        parts = file.relative_to(ROOT).with_suffix("").parts
        if parts[0] == "demo_project":
            continue
        name = ".".join(part for part in parts if part != "__init__")
        found[name] = ast.parse(file.read_text("utf-8"), str(file))
    return found


MODULES = modules()


def imported(tree: ast.AST) -> Iterator[str]:
    """The full names of what a module imports when it runs, wherever in it.

    What only the type checker sees ties nothing together, and is left out.
    """
    if isinstance(tree, ast.If) and ast.unparse(tree.test) == "TYPE_CHECKING":
        return
    for node in ast.iter_child_nodes(tree):
        yield from imported(node)
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module
            if node.module == "lsp_server":
                yield from (f"lsp_server.{alias.name}" for alias in node.names)
            else:
                yield node.module


def unit(name: str) -> str:
    """The row's entry that a module of ours belongs to."""
    return name.partition(".")[0]


def layer(name: str) -> int:
    found = [number for number, row in enumerate(LAYERS) if name in row]
    assert found, f"{name} has no row in LAYERS yet"
    return found[0]


def own_imports(name: str) -> set[str]:
    return {
        unit(each.removeprefix("lsp_server."))
        for each in imported(MODULES[name])
        if each.startswith("lsp_server.")
    }


def test_each_module_has_its_row() -> None:
    units = {unit(name) for name in MODULES if name}
    assert units == {name for row in LAYERS for name in row} - {"__version__"}


@pytest.mark.parametrize("name", [name for name in MODULES if name])
def test_imports_go_down(name: str) -> None:
    own = layer(unit(name))
    wrong = {each for each in own_imports(name) - {unit(name)} if layer(each) <= own}
    assert not wrong, f"{name} imports from beside or above it"


def test_the_package_itself_imports_nothing_of_its_own() -> None:
    assert own_imports("") == set()


@pytest.mark.parametrize("library", PLACES)
def test_each_library_has_its_place(library: str) -> None:
    importers = {
        name
        for name, tree in MODULES.items()
        if any(each == library or each.startswith(f"{library}.") for each in imported(tree))
    }
    places = PLACES[library]
    elsewhere = {
        name
        for name in importers
        if not any(name == place or name.startswith(f"{place}.") for place in places)
    }
    assert not elsewhere


@pytest.mark.parametrize("name", MODULES)
def test_nothing_else_starts_a_program(name: str) -> None:
    names = {node.attr for node in ast.walk(MODULES[name]) if isinstance(node, ast.Attribute)}
    assert not names & STARTS or name in STARTERS
    assert not {"subprocess", "pty"} & set(imported(MODULES[name]))


@pytest.mark.parametrize("name", MODULES)
def test_no_text_is_run(name: str) -> None:
    called = {
        node.func.id
        for node in ast.walk(MODULES[name])
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not called & {"eval", "exec", "compile", "__import__"}


def test_the_start_is_light() -> None:
    code = "import sys, lsp_server.server; print(*sys.modules)"
    started = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT.parent
    )
    loaded = set(started.stdout.split())
    assert "pygls" in loaded
    assert loaded.isdisjoint(LATE)
