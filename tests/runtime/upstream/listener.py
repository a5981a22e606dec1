"""A link with an ear that remembers, on an event loop of its own."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from oktsec_lint.core.config import ServerSpec
from oktsec_lint.runtime.upstream import Limits, Link, Pool, make_link

Message = dict[str, Any]
T = TypeVar("T")

PATIENCE = 30.0
"""Seconds after which a test has failed; nothing waits for so long."""
LEGACY, MODERN = "2025-11-25", "2026-07-28"
LIMITS = Limits()
META = "io.modelcontextprotocol/"


class Ear:
    """Remembers everything, and lets a test wait for it."""

    def __init__(self) -> None:
        self.lines: list[tuple[bytes | None, str]] = []
        self.failures: list[tuple[str, str, int]] = []
        self.ends: list[str] = []
        self._news = asyncio.Event()

    def heard(self, line: bytes | None, about: str) -> None:
        self.lines.append((line, about))
        self._news.set()

    def failed(self, about: str, reason: str, status: int) -> None:
        self.failures.append((about, reason, status))
        self._news.set()

    def ended(self, reason: str) -> None:
        self.ends.append(reason)
        self._news.set()

    async def until(self, seen: Callable[[], T]) -> T:
        """What `seen` gives as soon as it is true."""
        async with asyncio.timeout(PATIENCE):
            while not (found := seen()):
                self._news.clear()
                await self._news.wait()
        return found

    async def failure(self) -> tuple[str, str, int]:
        return (await self.until(lambda: self.failures))[0]

    async def end(self) -> str:
        return (await self.until(lambda: self.ends))[0]

    @property
    def messages(self) -> list[Message]:
        return [json.loads(line) for line, _ in self.lines if line and line.startswith(b"{")]

    async def answer(self, number: Any) -> Message:
        """The answer to a request."""

        def found() -> list[Message]:
            return [item for item in self.messages if item.get("id") == number and "method" not in item]

        return ((await self.until(lambda: found() or self.ends or self.failures) and found()) or [{}])[0]


class Talk:
    """A link, its ear, and a client's words."""

    def __init__(self, link: Link, ear: Ear, pool: Pool) -> None:
        self.link, self.ear, self.pool = link, ear, pool
        self.headers: dict[str, str] = {}

    async def send(self, method: str, number: Any = None, **params: Any) -> None:
        message: Message = {"jsonrpc": "2.0", "method": method, "params": params}
        if number is not None:
            message["id"] = number
        about = "" if number is None else json.dumps(number)
        headers = {**self.headers, "Mcp-Method": method} if self.headers.get("MCP-Protocol-Version") == MODERN else {}
        await self.link.send(json.dumps(message).encode(), about=about, headers=headers or self.headers)

    async def ask(self, method: str, number: Any, **params: Any) -> Message:
        await self.send(method, number, **params)
        return await self.ear.answer(number)

    async def open_legacy(self) -> Message:
        answer = await self.ask(
            "initialize", 0, protocolVersion=LEGACY, capabilities={}, clientInfo={"name": "test", "version": "1"}
        )
        self.headers = {"MCP-Protocol-Version": LEGACY}
        await self.send("notifications/initialized")
        return answer

    async def ask_modern(self, method: str, number: Any, **params: Any) -> Message:
        self.headers = {"MCP-Protocol-Version": MODERN}
        meta = {META + "protocolVersion": MODERN, META + "clientCapabilities": {}}
        return await self.ask(method, number, _meta=meta, **params)


@asynccontextmanager
async def talking(spec: ServerSpec, limits: Limits = LIMITS, **environ: str) -> AsyncIterator[Talk]:
    pool, ear = Pool(), Ear()
    link = make_link(spec, {**os.environ, **environ}, ear, limits, pool)
    try:
        await link.open()
        yield Talk(link, ear, pool)
    finally:
        await link.close()
        await pool.close()


def run(test: Callable[[], Awaitable[T]]) -> T:
    async def whole() -> T:
        async with asyncio.timeout(2 * PATIENCE):
            return await test()

    return asyncio.run(whole())
