"""Requests to the MCP endpoint, as its tests make them up."""

from __future__ import annotations

import json

from oktsec_lint.core.model import JsonValue
from oktsec_lint.protocol.gateway.post import Posted, Rejected, read_post

MODERN = "2026-07-28"
VERSION, CAPABILITIES = "io.modelcontextprotocol/protocolVersion", "io.modelcontextprotocol/clientCapabilities"
META: dict[str, JsonValue] = {VERSION: MODERN, CAPABILITIES: {}}
USUAL = (("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream"))


def request(method: str, **params: JsonValue) -> dict[str, JsonValue]:
    return {"jsonrpc": "2.0", "id": 7, "method": method, "params": params}


def modern(method: str, **params: JsonValue) -> dict[str, JsonValue]:
    return request(method, **params, _meta=META)


def routed(method: str, *more: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """The headers that every modern request has, and more."""
    return (("MCP-Protocol-Version", MODERN), ("Mcp-Method", method), *more)


def post(message: JsonValue | bytes, *headers: tuple[str, str]) -> Posted | Rejected:
    return read_post((*USUAL, *headers), message if isinstance(message, bytes) else json.dumps(message).encode())


def taken(message: JsonValue | bytes, *headers: tuple[str, str]) -> Posted:
    answer = post(message, *headers)
    assert isinstance(answer, Posted), answer
    return answer


def refused(message: JsonValue | bytes, *headers: tuple[str, str]) -> Rejected:
    answer = post(message, *headers)
    assert isinstance(answer, Rejected), answer
    return answer
