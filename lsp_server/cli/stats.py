"""`qwen-lsp stats`: usage by day and model."""

from __future__ import annotations

import argparse
import datetime
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from lsp_server.cli.terminal import make_printable, open_output, print_json, print_prose
from lsp_server.models.ledger import ledger_path
from lsp_server.models.ledger_tally import (
    Kept,
    Tally,
    add_tallies,
    cost_per_character,
    read_tallies,
)

_EPILOG = """\
Kept on this machine alone, and sent nowhere. Money is counted where the catalogue has the
endpoint's prices, each currency by itself. Accepted: suggestions taken, whole or in part. Kept: the
part of the accepted characters that still stood after 30 seconds, and after 5 minutes. What is
older than 180 days is forgotten.

example: qwen-lsp stats --days 7"""

_DAYS = 30
_COLUMNS = (
    "day",
    "model",
    "requests",
    "input",
    "cached",
    "output",
    "cost",
    "shown",
    "accepted",
    "kept",
    "cost/character",
)
# Left out first where the terminal is narrow.
_DISPENSABLE = ("cached", "cost/character", "output", "input", "kept")
_SIGNS = {"CNY": "¥", "USD": "$"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How far back, and the form of the answer."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument(
        "--days",
        metavar="N",
        type=_read_days,
        default=_DAYS,
        help=f"how many days back, this one included (default: {_DAYS})",
    )
    parser.add_argument("--json", action="store_true", help="by day and model as one JSON document")


def run(arguments: argparse.Namespace) -> int:
    """Add up, and print."""
    path, today = ledger_path(), datetime.datetime.now().astimezone().date()
    since = today - datetime.timedelta(days=arguments.days - 1)
    tallies = read_tallies(path, since)
    if arguments.json:
        print_json(describe(tallies, since, path))
    else:
        show(tallies, since, path, open_output())
    return 0


def describe(tallies: Sequence[Tally], since: datetime.date, path: Path) -> dict[str, object]:
    """`{"file", "since", "usage": [{"day", "provider", "model", …}], "total": {…}}`.

    Money is an object of amounts by currency; a rate is None where it has no base; a model is None
    for the embedded engine.
    """
    return {
        "file": str(path),
        "since": since.isoformat(),
        "usage": [
            {
                "day": tally.day,
                "provider": tally.provider,
                "model": tally.model or None,
                **_describe_figures([tally]),
            }
            for tally in tallies
        ],
        "total": _describe_figures(tallies),
    }


def show(tallies: Sequence[Tally], since: datetime.date, path: Path, console: Console) -> None:
    """The same as a table; a narrow terminal gets fewer columns."""
    if not tallies:
        print_prose(console, f"Nothing has been used since {since}.")
        return
    hidden = 0
    table = _make_table(tallies, _COLUMNS)
    while _width(table, console) > console.width and hidden < len(_DISPENSABLE):
        hidden += 1
        names = [name for name in _COLUMNS if name not in _DISPENSABLE[:hidden]]
        table = _make_table(tallies, names)
    # Cut cells cannot be read; a line that goes on below can.
    table.width = _width(table, console)
    console.print(table, crop=False, soft_wrap=True)
    console.print()
    total = add_tallies(tallies)
    if total.unpriced:
        print_prose(
            console,
            "Without a known price, as servers of your own are: "
            f"{total.unpriced:,} of {total.requests:,} requests.",
        )
    if hidden:
        names = list(_DISPENSABLE[:hidden])
        print_prose(
            console, f"A wider terminal, or a pipe, shows more columns: {', '.join(names)}."
        )
    print_prose(console, make_printable(f"Since {since}, from {path}."))


def _read_days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 3650:
        raise argparse.ArgumentTypeError("takes a whole number from 1 to 3650")
    return int(text)


def _describe_figures(tallies: Sequence[Tally]) -> dict[str, object]:
    total = add_tallies(tallies)
    return {
        "requests": total.requests,
        "inputTokens": total.input,
        "outputTokens": total.output,
        "cachedTokens": total.cached,
        "cost": {currency: round(amount, 9) for currency, amount in total.cost.items()},
        "unpricedRequests": total.unpriced,
        "shown": total.shown,
        "shownCharacters": total.shown_characters,
        "accepted": total.accepted,
        "partlyAccepted": total.partly_accepted,
        "acceptedCharacters": total.accepted_characters,
        "acceptanceRate": _round(total.acceptance),
        "keptAfter30s": _describe_kept(total.kept_30s),
        "keptAfter5min": _describe_kept(total.kept_5min),
        "costPerAcceptedCharacter": {
            currency: float(f"{amount:.4g}")
            for currency, amount in cost_per_character(tallies).items()
        },
    }


def _describe_kept(kept: Kept) -> dict[str, object]:
    return {
        "suggestions": kept.suggestions,
        "characters": kept.characters,
        "ofCharacters": kept.of_characters,
        "rate": _round(kept.share),
    }


def _make_table(tallies: Sequence[Tally], columns: Sequence[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for name in columns:
        is_text = name in {"day", "model"}
        table.add_column(name, no_wrap=True, justify="left" if is_text else "right")
    day = ""
    for number, tally in enumerate(tallies, 1):
        row = {
            "day": tally.day if tally.day != day else "",
            "model": make_printable(tally.model or tally.provider),
            **_describe_row([tally]),
        }
        day = tally.day
        cells = [row[name] for name in columns]
        table.add_row(*cells, end_section=number == len(tallies))
    total = {"day": "total", "model": "", **_describe_row(tallies)}
    table.add_row(*(total[name] for name in columns), style="bold")
    return table


def _describe_row(tallies: Sequence[Tally]) -> dict[str, str]:
    total = add_tallies(tallies)
    kept = [_percent(each.share) for each in (total.kept_30s, total.kept_5min)]
    accepted = f"{total.accepted:,} ({_percent(total.acceptance)})" if total.accepted else ""
    return {
        "requests": _count(total.requests),
        "input": _count(total.input),
        "cached": _count(total.cached),
        "output": _count(total.output),
        "cost": _money(total.cost),
        "shown": _count(total.shown),
        "accepted": accepted,
        "kept": " / ".join(kept) if any(each != "-" for each in kept) else "",
        "cost/character": _money(cost_per_character(tallies)),
    }


def _money(amounts: Mapping[str, float]) -> str:
    """Two significant digits at least, and never as a power of ten."""
    return " + ".join(
        f"{_SIGNS.get(currency, f'{currency} ')}"
        + (f"{amount:,.2f}" if amount >= 1 else format(Decimal(f"{amount:.2g}"), "f"))
        for currency, amount in amounts.items()
    )


def _count(number: int) -> str:
    return f"{number:,}" if number else ""


def _percent(share: float | None) -> str:
    # A dash, since none looked at is not the same as none kept.
    return "-" if share is None else f"{share:.0%}"


def _round(share: float | None) -> float | None:
    return None if share is None else round(share, 4)


def _width(table: Table, console: Console) -> int:
    return Measurement.get(console, console.options.update_width(1000), table).maximum
