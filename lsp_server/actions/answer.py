"""A model's reply -> verified edits, on the document as it was and as it is by now."""

from __future__ import annotations

from lsp_server.actions.base import Refusal, region_lines
from lsp_server.actions.fences import clean_reply, split_blocks
from lsp_server.actions.formats.search_replace import read_search_replace, uses_search_replace
from lsp_server.actions.formats.whole import read_whole
from lsp_server.actions.job import Job
from lsp_server.actions.placeholders import find_region_secrets, why_misplaced
from lsp_server.actions.rebase import rebase_region
from lsp_server.actions.verify import Verified, verify
from lsp_server.buffer import Snapshot
from lsp_server.privacy.secrets import restore as restore_secrets
from lsp_server.prompt.special import restore
from lsp_server.syntax.tree import parse_text

_PARSE_S = 0.2


def read_answer(job: Job, reply: str) -> Verified | Refusal:
    """A reply -> edits that hold, or what is wrong with it. Pure, for a thread."""
    snapshot, region = job.snapshot, job.region
    old = region_lines(snapshot, region)
    text = clean_reply(reply)
    if "¦" not in "".join(old):
        # Only what the prompt made harmless is brought back, never the user's own.
        text = restore(text)
    secrets = find_region_secrets(snapshot, region)
    text = restore_secrets(text, secrets)
    new: list[str] | Refusal
    if uses_search_replace(text):
        new = read_search_replace(text, old)
    elif job.form == "search_replace":
        new = Refusal("The reply holds no SEARCH block.")
    else:
        before = [line.rstrip("\r\n") for line in snapshot.lines[: region.first]]
        after = [line.rstrip("\r\n") for line in snapshot.lines[region.last :]]
        new = read_whole(split_blocks(text, old), text, old, before, after)
    if isinstance(new, Refusal):
        return new
    misplaced = why_misplaced(old, new, secrets)
    if misplaced is not None:
        return misplaced
    if job.creates and new and new[-1]:
        new.append("")
    tree = job.tree
    if tree is None:
        tree = parse_text(snapshot.language, snapshot.text, _PARSE_S)
    return verify(job.kind, snapshot, region, new, tree=tree, known=job.known)


def bring_up_to_date(
    job: Job, current: Snapshot, verified: Verified
) -> tuple[Snapshot, Verified] | None:
    """The edits for the document as it is now, None where their region was touched."""
    if current.lines == job.snapshot.lines:
        return current, verified
    region = rebase_region(job.snapshot, current, job.region)
    if region is None:
        return None
    tree = parse_text(current.language, current.text, _PARSE_S)
    found = verify(job.kind, current, region, list(verified.lines), tree=tree, known=job.known)
    return None if isinstance(found, Refusal) else (current, found)
