"""Whom a key is for: `dashscope` with its region, or the address of an endpoint."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from urllib.parse import urlsplit

from lsp_server.errors import UserError
from lsp_server.provider.base import Endpoint, origin_of
from lsp_server.provider.discover import Environment, discover, is_dashscope
from lsp_server.settings import Settings

REGIONS = ("beijing", "singapore", "us", "hongkong")


@dataclass(frozen=True, slots=True)
class Target:
    """One address, or DashScope with a region; a region of None stands for all of them."""

    url: str | None = None
    region: str | None = None

    @property
    def is_dashscope(self) -> bool:
        """Whether DASHSCOPE_API_KEY would serve it as well."""
        return self.url is None or is_dashscope(self.url)

    @property
    def name(self) -> str:
        """What the user calls it."""
        if self.url is not None:
            return origin_of(self.url)
        return f"DashScope ({self.region})" if self.region else "DashScope"


def add_target_arguments(parser: argparse.ArgumentParser, *, epilog: str, region_help: str) -> None:
    """Whom a key is for."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = epilog
    parser.add_argument(
        "target",
        metavar="dashscope|URL",
        nargs="?",
        default="dashscope",
        help="DashScope (usual), or the address of an endpoint",
    )
    parser.add_argument("--region", choices=REGIONS, help=region_help)


def parse_target(text: str, region: str | None) -> Target:
    """`dashscope` or an address; raises `UserError`, without the text, which may be a key."""
    if text.lower() == "dashscope":
        return Target(None, region)
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname)
        # Reading the port is what finds a wrong one.
        is_address = is_address and (parts.port is None or parts.port > 0)
    except ValueError:
        is_address = False
    if not is_address:
        raise UserError(
            "Name `dashscope` or an address such as https://models.example.org/v1; the key itself "
            "is asked for, and never stands on the command line."
        )
    if parts.username is not None or parts.password is not None:
        raise UserError("An address holds no user and no password; give it without them.")
    if parts.scheme == "http" and not Endpoint("openai", text).is_loopback:
        raise UserError(
            f"{origin_of(text)} is not encrypted, and a key is sent over plain http on this "
            "machine alone; use an https address, or a tunnel to 127.0.0.1."
        )
    return Target(text)


async def choose_origins(target: Target, key: str) -> tuple[str, ...]:
    """The origins to keep `key` for: where it is looked for, and where it is sent."""
    if target.url is not None:
        return (origin_of(target.url),)
    region = target.region or REGIONS[0]
    # Keys of the coding plan are looked for at their region and sent to a host of their own.
    found = [await _find_origin(region, a_key) for a_key in (_PLAIN_KEY, key)]
    return tuple(dict.fromkeys(found))


async def list_origins(target: Target) -> tuple[str, ...]:
    """Every origin that a key for `target` may be kept for."""
    if target.url is not None:
        return (origin_of(target.url),)
    regions = (target.region,) if target.region else REGIONS
    found = [
        await _find_origin(region, key) for key in (_PLAIN_KEY, _PLAN_KEY) for region in regions
    ]
    return tuple(dict.fromkeys(found))


_PLAIN_KEY, _PLAN_KEY = "sk-", "sk-sp-"


async def _find_origin(region: str, key: str) -> str:
    """Where DashScope takes such a key. Nothing is asked: provider and key are both given."""
    settings = Settings(provider="dashscope", region=region)
    discovery = await discover(settings, Environment(dashscope_key=key), lambda _origin: None)
    assert discovery.endpoint is not None
    return discovery.endpoint.origin
