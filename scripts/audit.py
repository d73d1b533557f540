"""Known weaknesses in what a release is made from, by pip-audit and `npm audit`.

`python -m scripts.audit`: 0 where none is known, 1 where some are, 2 where they could not be looked
up: it takes the network, and not every package index answers such questions.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[1]
_PYTHON = (
    *(sys.executable, "-m", "pip_audit", "--requirement", "requirements.lock", "--disable-pip"),
    *("--progress-spinner", "off", "--format", "json"),
)
_NODE = ("npm", "audit", "--json")


def main() -> int:
    """Look both up and say what is known."""
    reports = {
        "Python": find_python_weaknesses(_read_json(_PYTHON)),
        "npm": find_node_weaknesses(_read_json(_NODE)),
    }
    for kind, weaknesses in reports.items():
        print(describe(kind, weaknesses))
    if any(reports.values()):
        return 1
    return 2 if None in reports.values() else 0


def find_python_weaknesses(report: Mapping[str, Any]) -> list[str] | None:
    """A line for each in a report of pip-audit; None where a package could not be looked up."""
    listed = report.get("dependencies", [])
    found = [
        f"{one['name']} {one['version']}: {weakness['id']}, mended in "
        f"{', '.join(weakness['fix_versions']) or 'no version yet'}"
        for one in listed
        for weakness in one.get("vulns", [])
    ]
    is_whole = bool(listed) and not any("skip_reason" in one for one in listed)
    return found if found or is_whole else None


def find_node_weaknesses(report: Mapping[str, Any]) -> list[str] | None:
    """A line for each package in a report of `npm audit`; None where it could not look them up."""
    if "vulnerabilities" not in report:
        return None
    return [
        f"{name} {one['range']}: {one['severity']}"
        for name, one in report["vulnerabilities"].items()
    ]


def describe(kind: str, weaknesses: Sequence[str] | None) -> str:
    """What is known, in words."""
    if weaknesses is None:
        return f"{kind}: weaknesses cannot be looked up from here; try where the network is open."
    if not weaknesses:
        return f"{kind}: no known weakness."
    return "\n  ".join([f"{kind}: known weaknesses:", *weaknesses])


def _read_json(command: Sequence[str]) -> dict[str, Any]:
    """What a command prints as JSON, whatever its exit status; empty where it prints none."""
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    try:
        tree = json.loads(done.stdout)
    except ValueError:
        return {}
    return tree if isinstance(tree, dict) else {}


if __name__ == "__main__":
    sys.exit(main())
