"""Asking a web server."""

from __future__ import annotations

from http.client import HTTPConnection
from typing import Final
from urllib.parse import urlsplit

CLIENT_TIMEOUT_S: Final = 10.0


def fetch(url: str) -> str:
    """Wait for a server's answer."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=CLIENT_TIMEOUT_S)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().read().decode()
    finally:
        connection.close()
