"""Settings from the client: workspace/configuration, and pushed changes."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from lsp_server.configuration import SECTION, as_tree

_log = logging.getLogger(__name__)

_PATIENCE_S = 3.0


async def await_section(answer: Any) -> object:
    """The section in the answer to `workspace/configuration`, None where none comes in time."""
    try:
        sections = await asyncio.wait_for(answer, _PATIENCE_S)
    except Exception as error:
        # Whatever the client does wrong here, the other layers still make settings.
        _log.warning("the client did not give its settings: %s", type(error).__name__)
        return None
    return sections[0] if isinstance(sections, list | tuple) and sections else None


def pushed_section(settings: object) -> object:
    """The section of a pushed `workspace/didChangeConfiguration`, None where there is none."""
    return as_tree(settings).get(SECTION)
