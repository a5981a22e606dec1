"""Whoever waits for a decision looks at once when he is told, and every second when nobody tells him."""

from __future__ import annotations

import asyncio
import time

import pytest

from oktsec_lint.runtime import bell as belfry
from oktsec_lint.runtime.addresses import Server
from oktsec_lint.runtime.bell import Bell
from oktsec_lint.runtime.redis.channel import Channel
from tests.databases import redis


def test_without_a_channel_it_is_time_every_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(belfry, "_ROUND", 0.01)
    bell = Bell(None)
    asyncio.run(bell.glance())
    bell.close()
    bell.close()


@pytest.mark.slow
def test_word_reaches_everybody_who_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(belfry, "_ROUND", 3600.0)

    async def waits(bell: Bell) -> None:
        """First for the bell to hear at all, which rings it too."""
        await asyncio.wait_for(bell.glance(), 30)
        for number in range(20):
            glances = [asyncio.ensure_future(bell.glance()) for _ in range(3)]
            await asyncio.sleep(0)
            await asyncio.to_thread(ours.announce, str(number))
            await asyncio.wait_for(asyncio.gather(*glances), 30)

    with redis() as server:
        ours = Channel(Server(server.url))
        bell = Bell(Channel(Server(server.url)))
        asyncio.run(waits(bell))
        bell.close()
        ours.close()


@pytest.mark.slow
def test_a_redis_that_comes_back_is_heard_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with redis() as server:
        ours, bell = Channel(Server(server.url)), Bell(Channel(Server(server.url)))
        asyncio.run(bell.glance())
        server.stop()
        ours.announce("lost")
        before = time.monotonic()
        asyncio.run(bell.glance())
        assert time.monotonic() - before < 10
        server.start()
        monkeypatch.setattr(belfry, "_ROUND", 3600.0)
        asyncio.run(asyncio.wait_for(bell.glance(), 30))  # to hear again is to have missed something
        bell.close()
        ours.close()
