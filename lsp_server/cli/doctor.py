"""`qwen-lsp doctor`: what will be used and why, what is wrong and how to mend it."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lsp_server.cli.diagnosis import Diagnosis, FileReport, Lane, Trial, describe
from lsp_server.cli.examine import examine
from lsp_server.cli.session import find_root, read_settings
from lsp_server.cli.terminal import make_printable, open_output, print_json, print_prose
from lsp_server.errors import UserError

_EPILOG = """\
Looks at this terminal's environment and the user's own settings file; an editor's settings and the
key in its own store are not seen from here, unless the editor gives them on standard input. Asks
the configured endpoint one tiny question, and servers on this machine what models they hold. With
FILE, tells also whether its text may be sent.
Exit code 0 when all is well, 1 when something is configured but broken.

example: qwen-lsp doctor src/app.py"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file to ask about, and the form of the answer."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument(
        "file", metavar="FILE", nargs="?", type=Path, help="may its text be sent, and why not"
    )
    parser.add_argument("--json", action="store_true", help="all that was found as JSON")
    parser.add_argument(
        "--settings-from-stdin",
        action="store_true",
        help="take an editor's initializationOptions, as JSON, into account",
    )


def run(arguments: argparse.Namespace) -> int:
    """Look, and tell."""
    file = Path(os.path.abspath(arguments.file)) if arguments.file else None
    if file is not None and not file.is_file():
        raise UserError(f"There is no file {make_printable(str(arguments.file))}.")
    options = read_options(sys.stdin) if arguments.settings_from_stdin else None
    found = asyncio.run(examine(find_root(file or Path.cwd()), file, read_settings(options)))
    if arguments.json:
        print_json(describe(found))
    else:
        show(found, open_output())
    return 1 if found.problems else 0


def read_options(stream: TextIO) -> Mapping[str, Any]:
    """The tree of settings that an editor gives, where its key may stand as well.

    Not on the command line, which every user of the machine can read. Raises `UserError`.
    """
    try:
        options = json.load(stream)
    except ValueError:
        options = None
    if not isinstance(options, dict):
        raise UserError("Standard input has to hold the settings as one JSON object.")
    return options


def show(found: Diagnosis, console: Console) -> None:
    """The findings a line each, then what is wrong, then what could be better."""
    console.print(f"qwen-lsp {found.version}, Python {found.python}", style="bold")
    console.print()
    findings = [(topic, make_printable(finding)) for topic, finding in _list_findings(found)]
    if console.is_terminal:
        _show_table(findings, console)
    else:
        for topic, finding in findings:
            print_prose(console, f"{topic}: {finding}")
    for mark, style, sentences in (
        ("✗", "red", found.problems),
        ("→", "yellow", found.advice),
    ):
        if sentences:
            console.print()
        for sentence in sentences:
            print_prose(console, Text.assemble((mark, style), f" {make_printable(sentence)}"))
    if not found.problems:
        console.print()
        print_prose(console, "Nothing is broken.")


def _show_table(findings: Sequence[tuple[str, str]], console: Console) -> None:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="bright_black")
    table.add_column(overflow="fold")
    for finding in findings:
        table.add_row(*finding)
    console.print(table)


def _list_findings(found: Diagnosis) -> Iterator[tuple[str, str]]:
    engine, network, trial = found.engine, found.network, found.trial
    yield "engine", f"{engine.provider}: {engine.reason}"
    if engine.base_url:
        yield "endpoint", engine.base_url
        key = engine.key
        yield "key", f"{key.hint}, from {key.source}" if key else "none"
        if trial:
            first = (
                "" if trial.first_token_ms is None else f", first token {trial.first_token_ms:g} ms"
            )
            yield (
                "completion",
                f"{trial.model}, {_FORMS[trial.form]}{first}, {trial.total_ms:g} ms in all",
            )
        yield "proxy", f"{network.proxy or 'none'} ({network.proxy_reason})"
        extra = f", and {network.extra_certificates}" if network.extra_certificates else ""
        yield "certificates", f"the system's store{extra}"
        for lane in found.lanes:
            yield f"{lane.name} lane", _describe_lane(lane)
    reading = found.embedded
    part = "" if reading.is_whole else " so far"
    yield "embedded", f"{reading.files} files read{part}, {reading.tokens} tokens"
    for origin, names in found.grammars.items():
        yield "grammars", f"{len(names)} by {origin}: {', '.join(names)}"
    yield "settings", f"{found.config.path}{'' if found.config.exists else ' (not there)'}"
    if found.file:
        file = found.file
        sent = "may be sent to a model" if file.may_be_sent else f"stays here: {file.reason}"
        yield "file", f"{file.path} ({file.language}) {sent}"
        if file.may_be_sent:
            yield "secrets", _describe_secrets(file)
        if file.why_no_context:
            yield "context", file.why_no_context
        if not file.completion:
            yield "ghost text", f"switched off for {file.language}"


def _describe_secrets(file: FileReport) -> str:
    """How many are replaced, and of what kinds; never what they are."""
    if file.secrets is None:
        return "not looked for (qwen.privacy.redactSecrets is off)"
    count = sum(file.secrets.values())
    if not count:
        return "none found"
    kinds = ", ".join(f"{kind} {number}" for kind, number in sorted(file.secrets.items()))
    return f"{count} replaced before its text is sent ({kinds})"


def _describe_trial(trial: Trial) -> str:
    parts = [trial.model, _FORMS[trial.form]]
    if trial.first_token_ms is not None:
        parts.append(f"first token after {trial.first_token_ms:g} ms")
    return f"{', '.join(parts)}, all after {trial.total_ms:g} ms"


_FORMS = {
    "fim": "fill in the middle",
    "infill": "fill in the middle (by the server's own path)",
    "partial": "partial mode",
}


def _describe_lane(lane: Lane) -> str:
    if not lane.chain:
        return "no model of it is served"
    if lane.served is None:
        return " → ".join(lane.chain)
    return " → ".join(
        f"{model} ✓" if model in lane.served else f"{model} ✗" for model in lane.chain
    )
