"""HTTP with SSE, as of 2024-11-05: one stream on which everything comes, and an address it names to send to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import TypeAlias

import aiohttp
from yarl import URL

from oktsec_lint.protocol.sse import EventStream

from .answers import answered, key_of
from .bodies import Reader
from .carrier import EVENTS, Carrier, kind_of
from .hearing import Hearing
from .link import Limits
from .trouble import BROKEN, NoAnswerError, refused

_Start: TypeAlias = Callable[[Coroutine[None, None, None]], object]


class Older:
    """One connection to such a server."""

    def __init__(self, carrier: Carrier, hearing: Hearing, limits: Limits) -> None:
        self._carrier = carrier
        self._hearing = hearing
        self._limits = limits
        self._address: asyncio.Future[URL | None] = asyncio.get_running_loop().create_future()
        self._open: dict[str, asyncio.TimerHandle] = {}

    async def open(self, start: _Start) -> bool:
        """Whether there is such a server. Its stream is read by a task that `start` runs."""
        start(self._hear())
        return await self._address is not None

    async def deliver(self, line: bytes, about: str, headers: Mapping[str, str]) -> None:
        """Sends one message; its answer comes on the stream. Raises NoAnswerError, and what a connection raises."""
        if about:
            loop = asyncio.get_running_loop()
            self._open[key_of(about)] = loop.call_later(self._limits.total, self._overdue, about)
        try:
            async with self._carrier.post(line, headers, await self._address) as response:
                if response.status >= 300:  # noqa: PLR2004 - the least that is no success
                    raise refused(response.status)
        except (*BROKEN, NoAnswerError, asyncio.CancelledError):
            self.forget(key_of(about))
            raise

    def forget(self, key: str) -> None:
        """Nobody waits for this answer any more."""
        timer = self._open.pop(key, None)
        if timer is not None:
            timer.cancel()

    def close(self) -> None:
        for key in list(self._open):
            self.forget(key)

    async def _hear(self) -> None:
        try:
            async with asyncio.timeout(self._limits.connect) as clock, self._carrier.get({}, patient=True) as response:
                if response.status == 200 and kind_of(response) == EVENTS:  # noqa: PLR2004 - OK
                    await self._events(response, clock)
        except (*BROKEN, NoAnswerError):
            pass
        if not self._address.done():
            self._address.set_result(None)
        elif self._address.result() is not None:
            self._hearing.ended("its stream of events ended")

    async def _events(self, response: aiohttp.ClientResponse, clock: asyncio.Timeout) -> None:
        """The first event names the address, which has to be at the same origin."""
        reader, stream = Reader(self._limits, None), EventStream(self._limits.message)
        async for event in reader.events(response, stream):
            if event.kind == "endpoint" and event.data is not None and not self._address.done():
                clock.reschedule(None)
                address = _same_origin(self._carrier.url, event.data)
                self._address.set_result(address)
                if address is None:
                    return
            elif event.kind == "message" and event.data != b"":
                self._heard(event.data)

    def _heard(self, message: bytes | None) -> None:
        for key in answered(message) if message is not None else ():
            self.forget(key)
        self._hearing.heard(message, "")

    def _overdue(self, about: str) -> None:
        self.forget(key_of(about))
        self._hearing.failed(about, f"no answer within {self._limits.total:g} seconds")


def _same_origin(base: URL, named: bytes) -> URL | None:
    try:
        address = base.join(URL(named.decode()))
        return address if address.origin() == base.origin() else None
    except ValueError:
        return None
