"""The way to an endpoint: its proxy, and whose certificates are trusted."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from lsp_server.cli.diagnosis import Network
from lsp_server.provider.base import Endpoint
from lsp_server.provider.http import make_tls_context


def examine_network(
    endpoint: Endpoint | None, variables: Mapping[str, str]
) -> tuple[Network, list[str]]:
    """What holds for `endpoint`, and what is wrong with it; nothing is asked."""
    proxy, reason = find_proxy(endpoint)
    file = variables.get("SSL_CERT_FILE") or None
    problem = _check_certificates(file)
    return Network(proxy, reason, file), [problem] if problem else []


def find_proxy(endpoint: Endpoint | None) -> tuple[str | None, str]:
    """The proxy in use without user and password, None where there is none; and why."""
    if endpoint is None:
        return None, "no endpoint is asked"
    if endpoint.is_loopback:
        return None, "never used for this machine"
    parts = urlsplit(endpoint.base_url)
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy:
        return None, "neither HTTPS_PROXY nor the system names one"
    if proxy_bypass(parts.hostname or ""):
        return None, "NO_PROXY, or the system, leaves this host out"
    return _hide_user(proxy), "named by HTTPS_PROXY or the system"


def _hide_user(proxy: str) -> str:
    scheme, mark, rest = proxy.rpartition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}"


def _check_certificates(file: str | None) -> str | None:
    """Read the trust store as the client does."""
    if file and not os.path.isfile(file):
        return "SSL_CERT_FILE names no file, so it counts for nothing; name a PEM file or unset it."
    try:
        make_tls_context()
    except (ssl.SSLError, OSError):
        return "SSL_CERT_FILE names a file that holds no certificates; name a PEM file or unset it."
    return None
