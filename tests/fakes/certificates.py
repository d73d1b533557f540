"""Certificates made for the test: an authority of its own, and what it or nobody has signed."""

from __future__ import annotations

import ssl
from datetime import datetime, timedelta, timezone
from pathlib import Path

import trustme

HOST = "127.0.0.1"


class Authority:
    """A company's own certificate authority, which no machine trusts by itself."""

    def __init__(self) -> None:
        self._authority = trustme.CA(organization_name="Office")

    def write(self, folder: Path) -> str:
        """The path of a file with the authority's certificate, for SSL_CERT_FILE."""
        path = folder / "office.pem"
        self._authority.cert_pem.write_to_path(path)
        return str(path)

    def serve_as(self, *hosts: str, days: int = 30) -> ssl.SSLContext:
        """A server's context for these hosts, good for so many days; below zero it has expired."""
        until = datetime.now(timezone.utc) + timedelta(days=days)
        signed = self._authority.issue_cert(
            *hosts, not_before=until - timedelta(days=60), not_after=until
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        signed.configure_cert(context)
        return context
