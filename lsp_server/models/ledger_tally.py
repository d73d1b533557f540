"""The ledger added up by day and model, for `qwen-lsp stats`."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from lsp_server.errors import UserError
from lsp_server.models.ledger_file import NewerError, is_damage, open_to_read


@dataclass(frozen=True, slots=True)
class Kept:
    """What still stood after a while: suggestions of which anything did, characters, and how many
    characters had been accepted in all suggestions looked at then."""

    suggestions: int = 0
    characters: int = 0
    of_characters: int = 0

    @property
    def share(self) -> float | None:
        """The part of the accepted characters that still stood, from 0 to 1."""
        return self.characters / self.of_characters if self.of_characters else None


@dataclass(frozen=True, slots=True)
class Tally:
    """Usage of one model on one day, or the sum of several.

    `day` is YYYY-MM-DD; `model` is empty for the embedded engine. `cost` is money by currency;
    `unpriced` counts the requests whose price nobody knows.
    """

    day: str = ""
    provider: str = ""
    model: str = ""
    requests: int = 0
    input: int = 0
    output: int = 0
    cached: int = 0
    cost: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    unpriced: int = 0
    shown: int = 0
    shown_characters: int = 0
    accepted: int = 0
    partly_accepted: int = 0
    accepted_characters: int = 0
    kept_30s: Kept = Kept()
    kept_5min: Kept = Kept()

    @property
    def acceptance(self) -> float | None:
        """The part of the suggestions shown that was taken, whole or in part, from 0 to 1."""
        return self.accepted / self.shown if self.shown else None


def read_tallies(path: Path, since: datetime.date) -> list[Tally]:
    """Usage by day and model since a day, newest day first, what was used most first.

    Raises `UserError` where the file cannot be read; one that is not there is empty.
    """
    if not path.exists():
        return []
    try:
        with contextlib.closing(open_to_read(path)) as connection:
            tallies = [*_read_requests(connection, since), *_read_suggestions(connection, since)]
    except NewerError:
        raise UserError(
            f"{path} was written by a newer qwen-lsp; update this one to read it."
        ) from None
    except sqlite3.Error as error:
        if is_damage(error):
            raise UserError(
                f"{path} is damaged; the server sets it aside and begins anew when it next runs."
            ) from None
        raise UserError(f"{path} cannot be read ({error}).") from None
    found: dict[tuple[str, str, str], Tally] = {}
    for tally in tallies:
        key = (tally.day, tally.provider, tally.model)
        found[key] = add_tallies((found[key], tally)) if key in found else tally
    newest = sorted(found.values(), key=lambda tally: (-tally.requests, -tally.shown, tally.model))
    return sorted(newest, key=lambda tally: tally.day, reverse=True)


def add_tallies(tallies: Iterable[Tally]) -> Tally:
    """The sum; what is not the same in all of them (day, provider, model) is left empty."""
    total: Tally | None = None
    for tally in tallies:
        total = tally if total is None else _add(total, tally)
    return total or Tally()


def cost_per_character(tallies: Sequence[Tally]) -> dict[str, float]:
    """Money for each accepted character, by currency; without those of which none was accepted.

    A currency's money is shared among the characters of those models that it was paid for.
    """
    found = {}
    for currency in dict.fromkeys(currency for tally in tallies for currency in tally.cost):
        paid = [tally for tally in tallies if currency in tally.cost]
        characters = sum(tally.accepted_characters for tally in paid)
        if characters:
            found[currency] = sum(tally.cost[currency] for tally in paid) / characters
    return found


def _add(first: Tally, second: Tally) -> Tally:
    values: dict[str, object] = {}
    for each in dataclasses.fields(Tally):
        one, other = getattr(first, each.name), getattr(second, each.name)
        if isinstance(one, str):
            values[each.name] = one if one == other else ""
        elif isinstance(one, Kept):
            values[each.name] = Kept(
                one.suggestions + other.suggestions,
                one.characters + other.characters,
                one.of_characters + other.of_characters,
            )
        elif isinstance(one, Mapping):
            currencies = dict.fromkeys((*one, *other))
            values[each.name] = {
                currency: one.get(currency, 0.0) + other.get(currency, 0.0)
                for currency in currencies
            }
        else:
            values[each.name] = one + other
    return Tally(**values)  # type: ignore[arg-type]


def _read_requests(connection: sqlite3.Connection, since: datetime.date) -> list[Tally]:
    found = connection.execute(
        "SELECT day, provider, model, currency, COUNT(*), SUM(input), SUM(output), SUM(cached), "
        "SUM(cost), SUM(cost IS NULL) FROM requests WHERE day >= ? "
        "GROUP BY day, provider, model, currency",
        (since.isoformat(),),
    )
    return [
        Tally(
            day,
            provider,
            model,
            requests=requests,
            input=taken,
            output=given,
            cached=cached,
            cost={currency: cost} if currency and cost is not None else {},
            unpriced=unpriced,
        )
        for day, provider, model, currency, requests, taken, given, cached, cost, unpriced in found
    ]


def _read_suggestions(connection: sqlite3.Connection, since: datetime.date) -> list[Tally]:
    def kept(column: str) -> str:
        known = f"{column} IS NOT NULL"
        return f"SUM({column} > 0), SUM({column}), SUM(CASE WHEN {known} THEN accepted END)"

    found = connection.execute(
        "SELECT day, provider, model, COUNT(*), SUM(characters), SUM(accepted > 0), "
        "SUM(accepted > 0 AND accepted < characters), SUM(accepted), "
        f"{kept('kept_30s')}, {kept('kept_5min')} "
        "FROM suggestions WHERE day >= ? GROUP BY day, provider, model",
        (since.isoformat(),),
    )
    tallies = []
    for day, provider, model, *counts in found:
        shown, characters, taken, partly, taken_characters, *keeps = (one or 0 for one in counts)
        tallies.append(
            Tally(
                day,
                provider,
                model,
                shown=shown,
                shown_characters=characters,
                accepted=taken,
                partly_accepted=partly,
                accepted_characters=taken_characters,
                kept_30s=Kept(*keeps[:3]),
                kept_5min=Kept(*keeps[3:]),
            )
        )
    return tallies
