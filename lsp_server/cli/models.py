"""`qwen-lsp models`: the catalogue."""

from __future__ import annotations

import argparse
import datetime
from collections.abc import Sequence
from itertools import zip_longest

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from lsp_server.cli.terminal import open_output, print_json, print_prose
from lsp_server.models.catalogue import Catalogue, Model, load_catalogue

_EPILOG = """\
Prices are for a million tokens, input / output, by the size of the prompt. FIM: the model fills in
the middle there; partial: it goes on from the text before the cursor. Memory is what the fp16
weights need. Past the day in the last column the vendor no longer serves the model; the open
weights live on in local servers.

example: qwen-lsp models --json"""

_COLUMNS = ("model", "lanes", "context", "price", "hosted", "local", "memory", "until")
# Left out first where the terminal is narrow; the lanes stand below the table as well.
_DISPENSABLE = ("lanes", "memory", "context")
_SIGNS = {"CNY": "¥", "USD": "$"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The form of the answer."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("--json", action="store_true", help="models and lanes as one JSON document")


def run(arguments: argparse.Namespace) -> int:
    """Print the catalogue."""
    catalogue, today = load_catalogue(), datetime.date.today()
    if arguments.json:
        print_json(describe(catalogue, today))
    else:
        show(catalogue, today, open_output())
    return 0


def describe(catalogue: Catalogue, today: datetime.date) -> dict[str, object]:
    """`{"models": [{"id", "lanes", …}], "lanes": {"fast": [id, …], …}}`; None: not published."""
    return {
        "models": [
            {
                "id": model.id,
                "lanes": list(_lanes(catalogue, model)),
                "context": model.context,
                "maxInput": model.max_input,
                "maxOutput": model.max_output,
                "currency": model.currency,
                "prices": [
                    {"upTo": tier.up_to, "input": tier.input, "output": tier.output}
                    for tier in model.prices
                ],
                "hosted": model.hosted,
                "local": model.local,
                "fim": model.fim,
                "memoryGiB": model.memory_gib,
                "retires": model.retires.isoformat() if model.retires else None,
                "retired": _is_retired(model, today),
            }
            for model in catalogue.models.values()
        ],
        "lanes": {lane: list(chain) for lane, chain in catalogue.lanes.items()},
    }


def show(catalogue: Catalogue, today: datetime.date, console: Console) -> None:
    """The same as a table, retired models last, and the lanes as chains below it.

    Folded cells cannot be read, so a narrow terminal gets fewer columns.
    """
    hidden = 0
    table = _make_table(catalogue, today, _COLUMNS)
    while _width(table, console) > console.width and hidden < len(_DISPENSABLE):
        hidden += 1
        columns = [name for name in _COLUMNS if name not in _DISPENSABLE[:hidden]]
        table = _make_table(catalogue, today, columns)
    width = max(_width(table, console), console.width)
    console.print(table, width=width, crop=False, soft_wrap=True)
    console.print()
    for lane, chain in catalogue.lanes.items():
        print_prose(console, f"{lane} lane: {' → '.join(chain)}")
    if hidden:
        names = ", ".join(_DISPENSABLE[:hidden])
        print_prose(console, f"A wider terminal, or a pipe, shows more columns: {names}.")


def _make_table(catalogue: Catalogue, today: datetime.date, columns: Sequence[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for name in columns:
        table.add_column(name, no_wrap=True)
    models = sorted(catalogue.models.values(), key=lambda model: _is_retired(model, today))
    for model, following in zip_longest(models, models[1:]):
        retired = _is_retired(model, today)
        row = _describe_row(catalogue, model)
        table.add_row(
            *(row[name] for name in columns),
            style="bright_black" if retired else None,
            end_section=following is not None and _is_retired(following, today) > retired,
        )
    return table


def _describe_row(catalogue: Catalogue, model: Model) -> dict[str, str]:
    return {
        "model": model.id,
        "lanes": "\n".join(_lanes(catalogue, model)),
        "context": _thousands(model.context) if model.context else "",
        "price": _describe_prices(model),
        "hosted": _describe_form(model, takes_fim=model.fim == "hosted") if model.hosted else "",
        "local": _describe_form(model, takes_fim=model.fim is not None) if model.local else "",
        "memory": f"{model.memory_gib} GiB" if model.memory_gib else "",
        "until": str(model.retires or ""),
    }


def _width(table: Table, console: Console) -> int:
    return Measurement.get(console, console.options.update_width(1000), table).maximum


def _describe_form(model: Model, *, takes_fim: bool) -> str:
    if takes_fim:
        return "FIM"
    return "chat" if model.thinks else "partial"


def _lanes(catalogue: Catalogue, model: Model) -> tuple[str, ...]:
    return tuple(lane for lane, chain in catalogue.lanes.items() if model.id in chain)


def _describe_prices(model: Model) -> str:
    sign = _SIGNS.get(model.currency or "", model.currency)
    lines = [f"{sign}{tier.input:g} / {tier.output:g}" for tier in model.prices]
    if len(lines) > 1:
        sizes = [_thousands(tier.up_to) for tier in model.prices]
        lines = [f"{line} ≤{size}" for line, size in zip(lines, sizes, strict=True)]
    return "\n".join(lines)


def _thousands(tokens: int) -> str:
    """131072 -> 128K, 1000000 -> 1M."""
    return f"{tokens // 1_000_000}M" if tokens >= 1_000_000 else f"{tokens // 1024}K"


def _is_retired(model: Model, today: datetime.date) -> bool:
    return model.retires is not None and model.retires <= today
