"""Secrets of the region come back to where a reply has their placeholders, and nowhere else.

The model has seen placeholders only (`provider.redacting`). Written over the user's code they
would destroy it, and a secret that a reply spreads, or takes from another file, is one that an
instruction hidden in the code has asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lsp_server.actions.base import Refusal, Region, region_lines
from lsp_server.buffer import Snapshot
from lsp_server.privacy.secrets import PLACEHOLDER, redact


def find_region_secrets(snapshot: Snapshot, region: Region) -> Mapping[str, str]:
    """The region's secrets by their placeholders, as the region shows them and as the file does."""
    text = "\n".join(region_lines(snapshot, region))
    start = sum(map(len, snapshot.lines[: region.first]))
    end = start + sum(map(len, snapshot.lines[region.first : region.last]))
    in_region = redact(text, snapshot.language).findings
    in_file = redact(snapshot.text, snapshot.language).findings
    found = [*in_region, *(one for one in in_file if start <= one.start and one.end <= end)]
    return {finding.placeholder: finding.secret for finding in found}


def why_misplaced(
    old: Sequence[str], new: Sequence[str], secrets: Mapping[str, str]
) -> Refusal | None:
    """What is wrong with a region's new lines, in which `secrets` have come back."""
    before, after = "\n".join(old), "\n".join(new)
    for match in PLACEHOLDER.finditer(after):
        if match.group() not in before:
            return Refusal(
                f"{match.group()} stands for a secret that is not in the region; leave it out."
            )
    for placeholder, secret in secrets.items():
        if after.count(secret) > before.count(secret):
            return Refusal(
                f"{placeholder} stands for a secret and may be moved or taken out, not repeated."
            )
    return None
