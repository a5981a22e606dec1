"""The three pipes of a process on an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from oktsec_lint.launch.last_words import LastWords
from oktsec_lint.protocol.framing import Lines

from .hearing import Hearing


class Messages(asyncio.Protocol):
    """Standard output: a message a line."""

    def __init__(self, hearing: Hearing, limit: int, over: Callable[[], None]) -> None:
        """`over` is called at its end."""
        self._hearing = hearing
        self._lines = Lines(limit)
        self._over = over

    def data_received(self, data: bytes) -> None:
        for line in self._lines.feed(data):
            self._heard(line)

    def connection_lost(self, _error: Exception | None) -> None:
        for line in self._lines.rest():
            self._heard(line)
        self._over()

    def _heard(self, line: bytes | None) -> None:
        if line is None or line.strip():
            self._hearing.heard(line, "")


class Words(asyncio.Protocol):
    """Standard error: read so that it never fills up, and kept a little."""

    def __init__(self, words: LastWords, over: Callable[[], None]) -> None:
        self._words = words
        self._over = over

    def data_received(self, data: bytes) -> None:
        self._words.add(data)

    def connection_lost(self, _error: Exception | None) -> None:
        self._over()


class Inlet(asyncio.Protocol):
    """Standard input. Who does not read makes others wait, but nothing is kept for it without a bound."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._room = asyncio.Event()
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)
        self._room.set()

    def connection_lost(self, _error: Exception | None) -> None:
        self._transport = None
        self._room.set()

    def pause_writing(self) -> None:
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()

    async def put(self, data: bytes) -> bool:
        """Writes it as soon as there is room; False when there was none for `patience` seconds."""
        try:
            async with asyncio.timeout(None if self._room.is_set() else self._patience):
                while not self._room.is_set():
                    await self._room.wait()
        except TimeoutError:
            return False
        if self._transport is not None:
            self._transport.write(data)
        return True

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Throws away what was not read."""
        if self._transport is not None:
            self._transport.abort()
