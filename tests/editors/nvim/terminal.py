"""A real Neovim in a real terminal: keys go in as a user types them, the screen is read back.

tmux is the terminal. What the screen does not tell (the buffer's text, a mapping) is asked of
Neovim itself through its own socket.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeAlias

from tests.fakes.editor import clean_environment

if TYPE_CHECKING:
    from tests.editors.endpoint import Endpoint

_CONFIGURATION = Path(__file__).resolve().parents[3] / "editors" / "nvim"
_PATIENCE_S = 30.0
_STEP_S = 0.05
_SIZE = ("-x", "100", "-y", "24")


class Terminal:
    """Neovim with `qwen_lsp.lua` in its configuration folder, editing one file.

    `options` are the server's `initializationOptions`, `init` is Lua for the start of `init.lua`.
    """

    def __init__(
        self, program: Path, folder: Path, *, options: Mapping[str, Any], init: str = ""
    ) -> None:
        self._program = program
        self._folder = folder
        self._socket = folder / "nvim.sock"
        self._tmux = ["tmux", "-S", str(folder / "tmux.sock"), "-f", os.devnull]
        self._environment = _make_environment(folder)
        _write_configuration(folder / "config" / "nvim", options, init)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None and self._socket.exists():
            sys.stderr.write(f"The screen at the end:\n{self.screen()}\n")
        # The server of this socket is ours alone.
        subprocess.run([*self._tmux, "kill-server"], check=False, capture_output=True)

    def open(self, path: Path) -> None:
        """Start on a file and wait until the language server has chosen its engine."""
        self.start(path)
        self.wait_for(
            lambda: self.ask("qwen.status").get("engine") not in {None, "embedded"},
            "the engine to be chosen",
        )

    def start(self, path: Path) -> None:
        """Start on a file."""
        command = [str(self._program), "--listen", str(self._socket), str(path)]
        subprocess.run(
            [*self._tmux, "new-session", "-d", *_SIZE, "-c", str(path.parent), *command],
            check=True,
            env=self._environment,
        )
        self.wait_for(lambda: self._socket.exists(), "Neovim to listen")

    def press(self, *keys: str) -> None:
        """Press keys by their tmux names, all in one burst."""
        self._tmux_run("send-keys", *keys)

    def type(self, text: str) -> None:
        """Type text as it is."""
        self._tmux_run("send-keys", "-l", text)

    def command(self, line: str) -> None:
        """Run an Ex command from Normal mode."""
        self.press("Escape")
        self.type(f":{line}")
        self.press("Enter")

    def screen(self) -> str:
        """What the user sees."""
        return self._tmux_run("capture-pane", "-p")

    def lines(self) -> list[str]:
        """The buffer's text, which holds no ghost text."""
        lines: list[str] = self.lua("vim.api.nvim_buf_get_lines(0, 0, -1, false)")
        return lines

    def messages(self) -> str:
        """All that Neovim has told the user."""
        told: str = self.lua("vim.fn.execute('messages')")
        return told

    def ask(self, command: str) -> dict[str, Any]:
        """The server's answer to one of its commands, empty while there is no server."""
        argument = (
            f"{{ command = '{command}', arguments = {{ {{ uri = vim.uri_from_bufnr(0) }} }} }}"
        )
        answer: dict[str, Any] = self.lua(
            "(function() local client = vim.lsp.get_clients({ name = 'qwen_lsp' })[1] "
            "local answer = client and client:request_sync("
            f"'workspace/executeCommand', {argument}, 5000, 0) "
            "return answer and answer.result or vim.empty_dict() end)()"
        )
        return answer

    def lua(self, expression: str) -> Any:
        """The value of a Lua expression; raises AssertionError where Neovim waits for a key."""
        quoted = f"vim.json.encode({expression})".replace("'", "''")
        try:
            done = subprocess.run(
                [self._program, "--server", self._socket, "--remote-expr", f"luaeval('{quoted}')"],
                check=True,
                capture_output=True,
                text=True,
                env=self._environment,
                timeout=_PATIENCE_S,
            )
        except subprocess.SubprocessError as error:
            raise AssertionError(f"Neovim did not answer:\n{self.screen()}") from error
        return json.loads(done.stdout)

    def wait_for_screen(self, text: str) -> None:
        """Wait until the screen shows a text."""
        self.wait_for(lambda: text in self.screen(), f"{text!r} on the screen")

    def wait_for_line(self, line: str) -> None:
        """Wait until the buffer holds a line of just this text."""
        self.wait_for(lambda: line in self.lines(), f"the line {line!r}")

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until a condition holds; raises AssertionError with the screen if it never does."""
        deadline = time.monotonic() + _PATIENCE_S
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"waited in vain for {what}:\n{self.screen()}")
            time.sleep(_STEP_S)

    def _tmux_run(self, *arguments: str) -> str:
        done = subprocess.run(
            [*self._tmux, *arguments],
            check=True,
            capture_output=True,
            text=True,
            env=self._environment,
        )
        return done.stdout


# What the fixture `start` gives: opens a file, the endpoint answering as told.
Start: TypeAlias = "Callable[..., tuple[Terminal, Endpoint]]"


def _make_environment(folder: Path) -> dict[str, str]:
    """Folders of its own, the server of this environment first, and UTF-8 on the screen."""
    folders = {
        f"XDG_{name.upper()}_HOME": str(folder / name)
        for name in ("config", "data", "state", "cache")
    }
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return clean_environment(
        {**folders, "PATH": path, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}
    )


def _write_configuration(folder: Path, options: Mapping[str, Any], init: str) -> None:
    """The folder as the README has the user make it."""
    (folder / "lsp").mkdir(parents=True)
    shutil.copy(_CONFIGURATION / "lsp" / "qwen_lsp.lua", folder / "lsp")
    encoded = json.dumps(json.dumps(options))
    (folder / "init.lua").write_text(
        f"{init}\n"
        f"vim.lsp.config('qwen_lsp', {{ init_options = vim.json.decode({encoded}) }})\n"
        "vim.lsp.enable('qwen_lsp')\n",
        encoding="utf-8",
    )
