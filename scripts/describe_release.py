"""What a release consists of: software bills of materials (CycloneDX) and a list of licences.

`python -m scripts.describe_release FOLDER` writes them beside the packages: one bill for the
language server with the versions of `requirements.lock` as they are installed on this system, one
for the VS Code extension, and `LICENCES.md` for both. It fails where a licence does not go with
Apache-2.0.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

from lsp_server import __version__
from scripts.licences import find_foreign, make_table, read_components

_ROOT = Path(__file__).parents[1]


def main() -> int:
    """Write the files; the exit status says whether all licences are compatible."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    bills = {
        "qwen-lsp.cdx.json": describe_server(),
        "qwen-lsp-vscode.cdx.json": describe_extension(),
    }
    components = []
    for name, bill in bills.items():
        (folder / name).write_text(json.dumps(bill, indent=1) + "\n", "utf-8")
        components += read_components(bill)
    (folder / "LICENCES.md").write_text(make_table(components), "utf-8")
    foreign = find_foreign(components)
    for component in foreign:
        print(f"{component.name} {component.version}: {component.licence} may not go along")
    return 1 if foreign else 0


def describe_server() -> dict[str, Any]:
    """The bill of the Python packages, by installing them into an environment of their own."""
    with tempfile.TemporaryDirectory() as folder:
        # Without pip, which would be taken for a part.
        venv.create(folder, with_pip=False)
        python = next(
            path
            for path in (Path(folder, "bin/python"), Path(folder, "Scripts/python.exe"))
            if path.exists()
        )
        pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
        _run([*pip, "--require-hashes", "--requirement", "requirements.lock"])
        command = [sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible"]
        bill: dict[str, Any] = json.loads(
            _run([*command, "--pyproject", "pyproject.toml", str(python)])
        )
    # The version stands in the code, where the library does not look for it.
    bill["metadata"]["component"]["version"] = __version__
    return bill


def describe_extension() -> dict[str, Any]:
    """The bill of the npm packages that are bundled into the extension: its `dependencies`."""
    workspace = ["--workspace", "vscode-client", "--omit", "dev", "--package-lock-only"]
    bill: dict[str, Any] = json.loads(
        _run(["npm", "sbom", "--sbom-format", "cyclonedx", *workspace])
    )
    return bill


def _run(command: list[str]) -> str:
    return subprocess.run(command, cwd=_ROOT, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main())
