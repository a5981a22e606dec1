"""What one HTTP response carries to a client: messages in order, and then no more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from oktsec_lint.protocol.gateway.eras import JsonObject

_MOST = 1000
"""Messages that may wait for a client that does not read; then its stream ends, as nothing may be left out of it."""


class Stream:
    """Written by whoever has something for the client, read by the response. An answer that comes alone needs none."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.begin: Callable[[], object] = _ignored
        """Called at the first message."""
        self._waiting: asyncio.Queue[JsonObject | None] = asyncio.Queue()
        self._begun = False

    @property
    def ended(self) -> bool:
        """Whether nothing can be put in any more."""
        return self.over.is_set()

    def put(self, message: JsonObject) -> bool:
        """Whether the message will be read, unless the client leaves first."""
        if self.ended or self._waiting.qsize() >= _MOST:
            self.end()
            return False
        self._waiting.put_nowait(message)
        if not self._begun:
            self._begun = True
            self.begin()
        return True

    def end(self) -> None:
        """No more will come."""
        if not self.ended:
            self.over.set()
            self._waiting.put_nowait(None)

    async def next(self) -> JsonObject | None:
        """The next message; None when there is none and will be none."""
        return await self._waiting.get()


def _ignored() -> None:
    """Nobody waits for the first message."""
