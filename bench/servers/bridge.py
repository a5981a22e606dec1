"""A Streamable HTTP front for a stdio server, both eras: what the official conformance suite can talk to.

usage: bridge.py CMD [ARG]...

Prints its port when it listens. Every session of the handshake era gets a server process of its own, all requests of
the stateless era share one. It adds nothing and judges nothing: what HTTP demands (sessions, headers, status codes) is
decided here, everything else by the server. Several clients share a process, so every request gets an id of ours on
its way in and its own back on its way out.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import socket
import sys
import uuid
from collections.abc import AsyncIterator, Mapping
from typing import Any

import uvicorn
from mcp.shared.inbound import (
    ERROR_CODE_HTTP_STATUS,
    InboundLadderRejection,
    classify_inbound_request,
    validate_mcp_param_headers,
)
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

Message = dict[str, Any]
MODERN = ("2026-07-28",)
SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId"
LIMIT = 1 << 26


class Waiting:
    """One HTTP request whose answer is on its way, or a stream that is open for whatever comes."""

    def __init__(self, message: Message) -> None:
        self.message = message
        self.queue: asyncio.Queue[Message | None] = asyncio.Queue()

    @property
    def token(self) -> Any:
        return ((self.message.get("params") or {}).get("_meta") or {}).get("progressToken")


class Child:
    """One server process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.waiting: dict[int, Waiting] = {}
        self.stream = Waiting({})
        self.schemas: dict[str, Any] = {}
        self.numbers = itertools.count(1000)
        self.reader = asyncio.create_task(self.read())

    @classmethod
    async def start(cls, command: list[str]) -> Child:
        pipe = asyncio.subprocess.PIPE
        return cls(await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, limit=LIMIT))

    def send(self, message: Message) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message).encode() + b"\n")

    def ask(self, message: Message) -> tuple[int, Waiting]:
        number = next(self.numbers)
        waiting = self.waiting[number] = Waiting(message)
        self.send({**message, "id": number})
        return number, waiting

    def tell(self, message: Message) -> None:
        """A notification, or the client's answer to the server."""
        params = message.get("params")
        if message.get("method") == "notifications/cancelled" and isinstance(params, dict):
            theirs = params.get("requestId")
            ours = [number for number, waiting in self.waiting.items() if waiting.message["id"] == theirs]
            message = {**message, "params": {**params, "requestId": ours[-1] if ours else theirs}}
        self.send(message)

    async def read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            message = json.loads(line)
            if "method" not in message:
                self.answered(message)
            else:
                self.told(message)
        for waiting in (*self.waiting.values(), self.stream):
            waiting.queue.put_nowait(None)

    def answered(self, message: Message) -> None:
        waiting = self.waiting.pop(message.get("id"), None)  # type: ignore[arg-type]
        if waiting is None:
            return
        for tool in (message.get("result") or {}).get("tools", ()):
            self.schemas[tool["name"]] = tool["inputSchema"]
        waiting.queue.put_nowait({**message, "id": waiting.message["id"]})

    def told(self, message: Message) -> None:
        """A notification or a request of the server's goes to whom it belongs, if that can be known."""
        params = message.get("params") or {}
        number = params.get("_meta", {}).get(SUBSCRIPTION)
        token = params.get("progressToken") if message["method"] == "notifications/progress" else None
        calls = [item for item in self.waiting.values() if item.message["method"] != "subscriptions/listen"]
        if number in self.waiting:
            waiting = self.waiting[number]
            meta = {**params["_meta"], SUBSCRIPTION: waiting.message["id"]}
            message = {**message, "params": {**params, "_meta": meta}}
        else:
            named = [item for item in calls if token is not None and item.token == token]
            waiting = (named or calls or [self.stream])[-1]
        waiting.queue.put_nowait(message)

    async def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            await asyncio.wait_for(self.process.wait(), 5)
        except TimeoutError:
            self.process.kill()
        await self.reader


class Bridge:
    """All sessions, and the one process of the stateless era."""

    def __init__(self, command: list[str]) -> None:
        self.command = command
        self.sessions: dict[str, Child] = {}
        self.shared: Child | None = None
        self.starting = asyncio.Lock()

    async def post(self, request: Request) -> Response:
        if not _is_local(request.headers):
            return Response(status_code=403)
        try:
            body = json.loads(await request.body())
        except ValueError:
            return _refused(None, -32700, "Parse error")
        session = request.headers.get("mcp-session-id", "")
        opens = body.get("method") == "initialize"
        if request.headers.get("mcp-protocol-version") in MODERN or not (session or opens):
            return await self.modern(request, body)
        if opens:
            session = uuid.uuid4().hex
            self.sessions[session] = await Child.start(self.command)
        if session not in self.sessions:
            return Response(status_code=404)
        child = self.sessions[session]
        if "method" not in body or "id" not in body:
            child.tell(body)
            return Response(status_code=202)
        headers = {"mcp-session-id": session} if opens else {}
        number, waiting = child.ask(body)
        return StreamingResponse(_events(child, number, waiting), 200, headers, "text/event-stream")

    async def modern(self, request: Request, body: Message) -> Response:
        async with self.starting:
            self.shared = child = self.shared or await Child.start(self.command)
        if "id" not in body:
            child.tell(body)
            return Response(status_code=202)
        found = classify_inbound_request(body, headers=request.headers)
        params = body.get("params") or {}
        if not isinstance(found, InboundLadderRejection) and body["method"] == "tools/call":
            schema = child.schemas.get(params.get("name"), {})
            found = validate_mcp_param_headers(schema, params.get("arguments") or {}, request.headers) or found
        if isinstance(found, InboundLadderRejection):
            return _refused(body["id"], found.code, found.message, found.data)
        number, waiting = child.ask(body)
        first = await waiting.queue.get()
        if first is not None and "error" in first:
            return JSONResponse(first, ERROR_CODE_HTTP_STATUS.get(first["error"]["code"], 200))
        return StreamingResponse(_events(child, number, waiting, first), 200, media_type="text/event-stream")

    async def get(self, request: Request) -> Response:
        child = self.sessions.get(request.headers.get("mcp-session-id", ""))
        if child is None:
            return Response(status_code=405)
        return StreamingResponse(_events(child, -1, child.stream), 200, media_type="text/event-stream")

    async def delete(self, request: Request) -> Response:
        child = self.sessions.pop(request.headers.get("mcp-session-id", ""), None)
        if child is None:
            return Response(status_code=405)
        await child.end()
        return Response(status_code=200)

    async def end(self) -> None:
        for child in (*self.sessions.values(), *([self.shared] if self.shared else [])):
            await child.end()

    def app(self) -> Starlette:
        @contextlib.asynccontextmanager
        async def living(_: Starlette) -> AsyncIterator[None]:
            yield
            await self.end()

        ways = {"POST": self.post, "GET": self.get, "DELETE": self.delete}
        return Starlette(routes=[Route("/mcp", way, methods=[name]) for name, way in ways.items()], lifespan=living)


async def _events(child: Child, number: int, waiting: Waiting, first: Message | None = None) -> AsyncIterator[bytes]:
    """Server-sent events up to the answer. A client that leaves early has cancelled what it asked."""
    try:
        message = first if first is not None else await waiting.queue.get()
        while message is not None:
            yield b"event: message\ndata: " + json.dumps(message).encode() + b"\n\n"
            message = await waiting.queue.get() if "method" in message else None
    finally:
        if child.waiting.pop(number, None) is not None:
            child.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": number}})


def _is_local(headers: Mapping[str, str]) -> bool:
    """Whether no other site's name stands where ours has to, so that a rebound name reaches nothing."""
    origin = headers.get("origin", "").split("//")[-1]
    return all(name.split(":")[0] in {"", "localhost", "127.0.0.1"} for name in (headers.get("host", ""), origin))


def _refused(number: Any, code: int, text: str, data: Any = None) -> Response:
    error = {"code": code, "message": text} | ({"data": data} if data is not None else {})
    return JSONResponse({"jsonrpc": "2.0", "id": number, "error": error}, ERROR_CODE_HTTP_STATUS.get(code, 400))


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    app = Bridge(sys.argv[1:]).app()
    uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1)).run(sockets=[listener])


if __name__ == "__main__":
    main()
