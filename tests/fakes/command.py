"""Running `qwen-lsp` as a user does, in a process of its own."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fakes.editor import clean_environment

_PATIENCE_S = 60.0


@dataclass(frozen=True)
class Finished:
    """What a command left behind."""

    code: int | None
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def told(self) -> str:
        """Standard error but for what was waited for, which is said on a slow machine alone."""
        lines = self.err.splitlines(keepends=True)
        return "".join(line for line in lines if not line.endswith(" …\n"))


async def run_command(
    *arguments: str | Path,
    environment: Mapping[str, str] | None = None,
    given: str = "",
    folder: Path | None = None,
) -> Finished:
    """Run `qwen-lsp` with `given` on its standard input, in `folder`, and wait for its end.

    It sees no key, proxy or settings of this machine but what `environment` says.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-W", "error", "-m", "lsp_server"),
        *map(str, arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=clean_environment(environment),
        cwd=folder,
    )
    out, err = await asyncio.wait_for(process.communicate(given.encode()), _PATIENCE_S)
    return Finished(process.returncode, out.decode(), err.decode())


def write_config(folder: Path, text: str) -> dict[str, str]:
    """Put a `config.toml` with `text` where the environment that is given back points."""
    own = folder / "config" / "qwen-lsp"
    own.mkdir(parents=True)
    (own / "config.toml").write_text(text, "utf-8")
    return {"XDG_CONFIG_HOME": str(folder / "config")}
