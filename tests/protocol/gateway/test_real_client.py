"""What the official SDK's client posts, in both eras, against a peer that reads it as the gateway does."""

from __future__ import annotations

from typing import Any

import anyio
import httpx2
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

from oktsec_lint.protocol.gateway.post import Posted, param_mismatch, read_post

NAME = "é cho"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "region": {"type": "string", "x-mcp-header": "Region"},
        "n": {"type": "integer", "x-mcp-header": "N"},
    },
}
OPENED = {"capabilities": {"tools": {}}, "serverInfo": {"name": "x", "version": "1"}}
FRESH = {"resultType": "complete", "ttlMs": 0, "cacheScope": "private"}
RESULTS: dict[str, dict[str, Any]] = {
    "initialize": {**OPENED, "protocolVersion": "2025-11-25"},
    "server/discover": {**OPENED, **FRESH, "supportedVersions": ["2026-07-28"]},
    "tools/list": {**FRESH, "tools": [{"name": NAME, "inputSchema": SCHEMA}]},
    "tools/call": {"resultType": "complete", "content": []},
}


class Peer:
    """Answers what it can read, and remembers it."""

    def __init__(self, *, modern: bool) -> None:
        self._modern = modern
        self.read: list[tuple[str, str]] = []

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        if request.method != "POST":
            return httpx2.Response(405)
        posted = read_post(
            [(name.decode(), value.decode("latin-1")) for name, value in request.headers.raw], request.content
        )
        assert isinstance(posted, Posted), posted
        method = str(posted.message["method"])
        assert method != "tools/call" or param_mismatch(posted, SCHEMA) is None
        self.read.append((method, posted.revision))
        if posted.modern and not self._modern:
            return httpx2.Response(400)
        if "id" not in posted.message:
            return httpx2.Response(202)
        return httpx2.Response(200, json={"jsonrpc": "2.0", "id": posted.message["id"], "result": RESULTS[method]})


async def _converse(peer: Peer) -> None:
    transport = httpx2.MockTransport(peer.answer)
    async with (
        httpx2.AsyncClient(transport=transport) as http,
        Client(streamable_http_client("http://peer/mcp", http_client=http)) as client,
    ):
        await client.list_tools()
        await client.call_tool(NAME, {"region": " ü", "n": 5})
        await client.call_tool(NAME, {})


@pytest.mark.parametrize(
    ("modern", "revision"), [(True, "2026-07-28"), (False, "2025-11-25")], ids=["modern", "legacy"]
)
def test_the_official_client_is_understood(modern: bool, revision: str) -> None:  # noqa: FBT001 - a parameter
    peer = Peer(modern=modern)
    anyio.run(_converse, peer)
    calls = [(method, revision) for method in ("tools/list", "tools/call", "tools/call")]
    opening = [] if modern else [("initialize", ""), ("notifications/initialized", revision)]
    assert peer.read == [("server/discover", "2026-07-28"), *opening, *calls]
