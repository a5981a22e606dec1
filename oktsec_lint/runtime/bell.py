"""Rung when a held call may have been decided: at once where gateways tell each other, else every second."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .redis.channel import Channel

_ROUND = 1.0
"""Seconds after which it is time to look anyway: word may be lost, or there is nobody to hear it from."""
_PAUSE = 0.5
"""Seconds that the thread listens before it looks whether it is still wanted, or waits before it listens again."""


class Bell:
    """For coroutines of any number of loops. Without a channel it only knows the time."""

    def __init__(self, channel: Channel | None) -> None:
        """The channel is the bell's own: `close` closes it."""
        self._channel = channel
        self._turn = threading.Lock()
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(channel,), name="decisions", daemon=True)
        if channel is not None:
            self._thread.start()

    async def glance(self) -> None:
        """Returns when it is time to look whether something was decided."""
        rung = asyncio.Event()
        waits = (asyncio.get_running_loop(), rung)
        with self._turn:
            self._waiting.append(waits)
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(rung.wait(), _ROUND)
        finally:
            with self._turn:
                self._waiting.remove(waits)

    def close(self) -> None:
        """Hears no more; a second call does nothing."""
        self._closing.set()
        if self._channel is not None:
            self._thread.join()

    def _work(self, channel: Channel) -> None:
        while not self._closing.is_set():
            if channel.heard(_PAUSE) is not None:
                self._ring()
            elif not channel.listens:
                self._closing.wait(_PAUSE)
        channel.close()

    def _ring(self) -> None:
        with self._turn:
            for loop, rung in self._waiting:
                with suppress(RuntimeError):  # a loop that has ended waits for nothing
                    loop.call_soon_threadsafe(rung.set)
