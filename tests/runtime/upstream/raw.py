"""An HTTP server that does what a test says, byte for byte, on the loop of the test."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple

Message = dict[str, Any]


class Request(NamedTuple):
    """What came."""

    method: str
    path: str
    headers: dict[str, str]
    """By lower-case name."""
    body: bytes

    @property
    def message(self) -> Message:
        message: Message = json.loads(self.body)
        return message


class Peer:
    """One connection, from the server's side."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def raw(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def reply(self, status: int, body: bytes = b"", kind: str = "application/json", **headers: str) -> None:
        await self.begin(status, kind, Content_Length=str(len(body)), **headers)
        await self.raw(body)

    async def begin(self, status: int, kind: str = "text/event-stream", **headers: str) -> None:
        """A head alone; a body without a length ends with the connection."""
        lines = [f"HTTP/1.1 {status} Said", *([f"Content-Type: {kind}"] if kind else [])]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        await self.raw("\r\n".join((*lines, "", "")).encode())

    async def event(self, message: Message, more: str = "") -> None:
        await self.raw(f"{more}data: {json.dumps(message)}\n\n".encode())

    async def gone(self) -> None:
        """Waits until the other side has hung up."""
        with suppress(ConnectionError):
            while await self.reader.read(1 << 16):
                pass

    def hang_up(self, *, rudely: bool = False) -> None:
        if rudely:
            self.writer.transport.abort()
        self.writer.close()


Script = Callable[[Request, Peer], Awaitable[None]]


class Server:
    """Every request that came, in order."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self.url = ""
        self.requests: list[Request] = []
        self.connections = 0
        self.served: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self.served.add(task)
        peer = Peer(reader, writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while not writer.is_closing():
                request = await _received(reader)
                self.requests.append(request)
                await self._script(request, peer)
        peer.hang_up()
        self.served.discard(task)

    def of(self, method: str) -> list[Request]:
        return [request for request in self.requests if request.method == method]


@asynccontextmanager
async def serving(script: Script, context: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    server = Server(script)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=context)
    scheme = "http" if context is None else "https"
    server.url = f"{scheme}://127.0.0.1:{listener.sockets[0].getsockname()[1]}/mcp"
    try:
        yield server
    finally:
        listener.close()
        for task in list(server.served):
            task.cancel()
        await asyncio.gather(*server.served, return_exceptions=True)


async def _received(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    method, path, _ = first.split(" ")
    return Request(method, path, headers, await reader.readexactly(int(headers.get("content-length", 0))))


def result(request: Request, **value: Any) -> Message:
    return {"jsonrpc": "2.0", "id": request.message["id"], "result": value}


def answering(request: Request, **value: Any) -> bytes:
    """The honest answer as a body."""
    return json.dumps(result(request, **value)).encode()
