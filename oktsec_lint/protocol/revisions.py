"""The revisions of MCP and what each era puts on the wire.

Two eras: up to 2025-11-25 a connection is opened by `initialize`; since 2026-07-28 nothing is opened, and every request
says in `_meta` which revision it speaks and what its client can do. See "Versioning" and "Lifecycle" on
https://modelcontextprotocol.io/specification.
"""

from __future__ import annotations

from oktsec_lint.core.model import JsonValue, Kind
from oktsec_lint.core.values import NamedTuple

LEGACY = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
"""Revisions reached through `initialize`, oldest first."""

MODERN = ("2026-07-28",)
"""Revisions that carry their envelope in every request, oldest first."""

BATCHING = "2025-03-26"
"""The only revision in which an array of messages is legal."""

HEADER_MISMATCH, MISSING_CAPABILITY, UNSUPPORTED_VERSION = -32020, -32021, -32022
METHOD_NOT_FOUND, INVALID_PARAMS = -32601, -32602

_META = "io.modelcontextprotocol/"
PROTOCOL_VERSION, CLIENT_CAPABILITIES = _META + "protocolVersion", _META + "clientCapabilities"
"""What the `_meta` of every modern request has to hold."""

SERVER_INFO = _META + "serverInfo"
"""Where a modern result names its server."""

CLIENT_INFO: dict[str, JsonValue] = {"name": "oktsec-lint", "version": "1"}
"""Who asks. The version is fixed: a server that words its tools by it would otherwise seem to change with us."""

NOTHING: dict[str, JsonValue] = {}
"""The capabilities of the barest client."""

EVERYTHING: dict[str, JsonValue] = {
    "roots": {"listChanged": True},
    "sampling": {"tools": {}, "context": {}},
    "elicitation": {"form": {}, "url": {}},
    "tasks": {
        "list": {},
        "cancel": {},
        "requests": {"sampling": {"createMessage": {}}, "elicitation": {"create": {}}},
    },
    "extensions": {"io.modelcontextprotocol/ui": {"mimeTypes": ["text/html;profile=mcp-app"]}},
}
"""The capabilities of the most able client: what a server offers only to such a client is listed as well."""


class ListMethod(NamedTuple):
    """One way of asking what there is."""

    kind: Kind
    method: str
    member: str
    """The member of the result that holds the definitions."""
    capability: str
    """The server capability that announces it."""


LIST_METHODS = (
    ListMethod(Kind.TOOL, "tools/list", "tools", "tools"),
    ListMethod(Kind.PROMPT, "prompts/list", "prompts", "prompts"),
    ListMethod(Kind.RESOURCE, "resources/list", "resources", "resources"),
    ListMethod(Kind.TEMPLATE, "resources/templates/list", "resourceTemplates", "resources"),
)


def initialize_params(revision: str, capabilities: dict[str, JsonValue]) -> dict[str, JsonValue]:
    return {"protocolVersion": revision, "capabilities": capabilities, "clientInfo": CLIENT_INFO}


def envelope(revision: str, capabilities: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """The `_meta` of a modern request."""
    return {
        PROTOCOL_VERSION: revision,
        CLIENT_CAPABILITIES: capabilities,
        _META + "clientInfo": CLIENT_INFO,
    }


def newest_common(offered: JsonValue, spoken: tuple[str, ...]) -> str:
    """The newest of `spoken` revisions in a list that a server sent; empty when there is none."""
    listed = offered if isinstance(offered, list) else []
    return next((revision for revision in reversed(spoken) if revision in listed), "")
