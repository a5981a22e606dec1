"""What the HTTP status of an MCP server means to the person who configured it."""

from __future__ import annotations

NOTHING_HERE = 404
OLDER = frozenset({400, 404, 405, 406, 410, 415, 501})
"""What servers that know only HTTP with SSE answer to the POST of an `initialize`."""

_HINTS = {
    401: "it wants credentials (see `headers`)",
    403: "these credentials do not suffice",
    404: "there is nothing at this URL",
    407: "the proxy wants credentials",
    429: "it was asked too often",
}


def said(status: int) -> str:
    """The status, and what it asks for."""
    hint = _HINTS.get(status)
    return f"HTTP {status}, {hint}" if hint else f"HTTP {status}"
