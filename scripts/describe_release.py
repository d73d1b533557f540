"""What a release consists of: software bills of materials (CycloneDX) and a list of licences.

`python -m scripts.describe_release FOLDER` writes them beside the packages: one bill for the
language server with the versions of `requirements.lock` as they are installed on this system, one
for the VS Code extension, and `LICENCES.md` for both. It fails where a licence does not go with
Apache-2.0.
"""

from __future__ import annotations

import argparse
import json
import re
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
    """The bill of the npm packages that are bundled into the extension.

    To npm they are development dependencies like the tools, so that only the bundler can tell them.
    """
    bundled = find_bundled()
    sbom = ["npm", "sbom", "--sbom-format", "cyclonedx", "--workspace", "vscode-client"]
    bill: dict[str, Any] = json.loads(_run([*sbom, "--package-lock-only"]))
    own = next(one for one in bill["components"] if one["name"] == "vscode-client")
    parts = [one for one in bill["components"] if one["bom-ref"] in bundled]
    missing = bundled - {one["bom-ref"] for one in parts}
    if missing:
        raise LookupError(f"npm sbom does not list {', '.join(sorted(missing))}")
    kept = bundled | {own["bom-ref"]}
    return {
        **{name: bill[name] for name in ("bomFormat", "specVersion", "version")},
        "metadata": {"component": {**own, "name": "qwen-lsp", "type": "application"}},
        "components": [{**one, "scope": "required", "properties": []} for one in parts],
        "dependencies": [
            {"ref": one["ref"], "dependsOn": [ref for ref in one["dependsOn"] if ref in kept]}
            for one in bill["dependencies"]
            if one["ref"] in kept
        ],
    }


def find_bundled() -> set[str]:
    """`name@version` of each npm package with a file in the extension's bundle."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        entry = "vscode-client/src/extension.ts"
        bundle = ["--bundle", "--external:vscode", "--platform=node", "--log-level=error"]
        output = [f"--metafile={report}", f"--outfile={Path(folder, 'extension.js')}"]
        _run(["npx", "--no-install", "esbuild", entry, *bundle, *output])
        files = json.loads(report.read_text("utf-8"))["inputs"]
    matches = (re.match(r".*node_modules/(?:@[^/]+/)?[^/]+", file) for file in files)
    folders = {match.group() for match in matches if match}
    manifests = [json.loads((_ROOT / each / "package.json").read_text("utf-8")) for each in folders]
    return {f"{one['name']}@{one['version']}" for one in manifests}


def _run(command: list[str]) -> str:
    """What a command prints, run in the project's folder."""
    return subprocess.run(command, cwd=_ROOT, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main())
