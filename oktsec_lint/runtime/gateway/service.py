"""One gateway process from its first socket to its last answer: reload, drain, and the pages for operators."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import TypeAlias

from aiohttp import web

from oktsec_lint.core.errors import OktsecError
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.protocol.gateway.seals import Seal

from .backend import Backend, State
from .holding import Holding
from .house import House
from .listener import Listener
from .neighbours import Neighbours
from .reception import Reception
from .say import Say
from .tallies import Board, Key, Tallies

_DRAIN = 30.0
"""Seconds that requests get to be answered once the gateway was told to end."""
_GLANCE = 1.0
"""Seconds between two looks at the files."""
_KEPT = 75.0
"""Seconds that a connection may take for the headers of a request, or be idle between two: more than the minute of the
usual load balancers, which must hang up first."""
_MOST_CONNECTIONS = 10_000
_HEADERS = 32 << 10
"""Bytes of one header, and of the request line."""
_TEXT = "text/plain; version=0.0.4; charset=utf-8"


Stamp: TypeAlias = "tuple[int, int] | None"
"""When a file was written, and which one it is; None for none."""


class Place(NamedTuple):
    """Where a gateway listens, and what makes it look at its files again."""

    socket: socket.socket
    """Bound (`bound`)."""
    path: str
    watched: Mapping[Path, Stamp]
    """What makes it look at its files again, as they were before they were read (`stamped`)."""
    neighbours: Neighbours | None = None
    """The other workers on the same port."""
    board: Board | None = None
    """Where workers leave their numbers."""
    alive: int | None = None
    """A pipe that ends with whoever started this worker."""


class Service:
    """Serves until it is told to end."""

    def __init__(
        self,
        house: House,
        rebuild: Callable[[], House],
        place: Place,
        key: bytes,
        holding: Holding | None,
        say: Say,
    ) -> None:
        """`rebuild` reads the files again; it raises OktsecError where they do not load. `key` signs session ids."""
        neighbours = place.neighbours
        self._reception = Reception(house, Seal(key), holding, neighbours.number if neighbours is not None else 0)
        self._holding = holding
        self._rebuild = rebuild
        self._place = place
        self._say = say
        self._over = asyncio.Event()
        self._reload = asyncio.Event()
        self._woken = asyncio.Event()
        self._closing: set[asyncio.Task[None]] = set()
        self._draining = False

    async def run(self, ready: Callable[[], None]) -> None:
        """Listens; `ready` is called as soon as it does."""
        neighbours = self._place.neighbours
        listener = Listener(self._reception, self._place.path, self._page, neighbours)
        async with AsyncExitStack() as stack:
            runner = await _runner(listener.handle, stack)
            if neighbours is not None:
                stack.push_async_callback(neighbours.close)
                inner = await _runner(listener.handle_relayed, stack)
                with suppress(FileNotFoundError):
                    neighbours.address.unlink()  # of one that died
                await web.UnixSite(inner, neighbours.address).start()
            site = web.SockSite(runner, self._place.socket)
            await site.start()
            self._heed_signals()
            self._leave_numbers()
            ready()
            await self._until_over()
            self._draining = True
            await site.stop()
            await self._drain()
            self._leave_numbers()

    async def _until_over(self) -> None:
        stamp = self._place.watched
        while not self._over.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(_GLANCE):
                    await self._woken.wait()
            self._woken.clear()
            self._reception.tidy(time.monotonic())
            self._leave_numbers()
            now = stamped(self._place.watched)
            if self._reload.is_set() or now != stamp:
                stamp = now
                self._reload.clear()
                await self._take_over()

    async def _take_over(self) -> None:
        """The new configuration for everything that comes from now on; what does not load changes nothing."""
        try:
            house = await asyncio.to_thread(self._rebuild)
        except OktsecError as error:
            self._tallies.counts["oktsec_reloads", "failed"] += 1
            self._say(f"the configuration was not reloaded, the one before stays in force: {error}")
            return
        self._tallies.counts["oktsec_reloads", "loaded"] += 1
        old = self._reception.house
        self._reception.take_over(house)
        self._say("the configuration was reloaded", news=True)
        task = asyncio.get_running_loop().create_task(old.shut(_DRAIN))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _drain(self) -> None:
        self._reception.hang_up()
        await asyncio.gather(self._reception.house.shut(_DRAIN), *self._closing)

    def _heed_signals(self) -> None:
        """Where the loop cannot hear them, as on Windows, an end is an end."""
        loop = asyncio.get_running_loop()
        heard = {"SIGTERM": self._over, "SIGINT": self._over, "SIGHUP": self._reload}
        for name, why in heard.items():
            with suppress(NotImplementedError):
                if hasattr(signal, name):
                    loop.add_signal_handler(getattr(signal, name), self._wake, why)
        if self._place.alive is not None:
            loop.add_reader(self._place.alive, self._orphaned)

    def _wake(self, why: asyncio.Event) -> None:
        why.set()
        self._woken.set()

    def _orphaned(self) -> None:
        if self._place.alive is not None:
            asyncio.get_running_loop().remove_reader(self._place.alive)
        self._wake(self._over)

    @property
    def _tallies(self) -> Tallies:
        return self._reception.house.tallies

    def _leave_numbers(self) -> None:
        if self._place.board is not None:
            self._place.board.put(self._tallies, self._gauges())

    def _gauges(self) -> Counter[Key]:
        """How things stand."""
        house = self._reception.house
        older, newer = self._reception.counts
        found: Counter[Key] = Counter()
        found["oktsec_workers",] = 1
        found["oktsec_requests_running",] = house.answering
        found["oktsec_clients", "legacy"], found["oktsec_clients", "modern"] = older, newer
        found["oktsec_held_calls",] = self._holding.waiting if self._holding is not None else 0
        for backend in house.backends:
            found["oktsec_server_sessions", backend.name] = len(backend.sessions)
            for state in State:
                found["oktsec_server_state", backend.name, state] = int(backend.condition.state is state)
        return found

    async def _metrics(self) -> web.Response:
        expose = await asyncio.to_thread(_exposing)
        total, gauges = Tallies(), self._gauges()
        total.add(self._tallies)
        if self._place.board is not None:
            total.add(self._place.board.others(gauges))
        return web.Response(body=expose(total, gauges), headers={"Content-Type": _TEXT, "Cache-Control": "no-store"})

    async def _page(self, path: str) -> web.Response | None:
        if path == "/health":
            return _json({"status": "ok"})
        if path == "/ready":
            return self._ready()
        if path == "/metrics":
            return await self._metrics()
        return None

    def _ready(self) -> web.Response:
        house = self._reception.house
        servers = {item.name: _shown(item) for item in house.backends}
        down = [name for name, item in servers.items() if item["state"] in {State.DEGRADED, State.DOWN}]
        status = "draining" if self._draining else "degraded" if down else "ok"
        return _json({"status": status, "servers": servers}, 503 if self._draining else 200)


class _Bounded(web.Server):
    """Hangs up at once on whoever comes when too many are there."""

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        if len(self.connections) > _MOST_CONNECTIONS:
            transport.abort()


async def _runner(
    answer: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]], stack: AsyncExitStack
) -> web.ServerRunner:
    server = _Bounded(
        answer,
        auto_decompress=False,
        max_line_size=_HEADERS,
        max_field_size=_HEADERS,
        handler_cancellation=True,
        keepalive_timeout=_KEPT,
        access_log=None,
    )
    runner = web.ServerRunner(server, shutdown_timeout=1.0)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    return runner


def _exposing() -> Callable[[Tallies, Counter[Key]], bytes]:
    """Imports what a gateway that nobody scrapes does not need; in a thread, as that takes a moment."""
    from .exposition import exposed

    return exposed


def _shown(backend: Backend) -> dict[str, str]:
    found = {"state": str(backend.condition.state)}
    return {**found, "reason": backend.condition.reason} if backend.condition.reason else found


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(
        status=status, text=json.dumps(value), content_type="application/json", headers={"Cache-Control": "no-store"}
    )


def bound(address: str, port: int, *, shared: bool = False) -> socket.socket:
    """A socket at an address; port 0 is any that is free. `shared` lets other processes listen there too
    (`SO_REUSEPORT`). Raises OSError where the address cannot be had."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        made.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_REUSEPORT", 15), 1)
    try:
        made.bind((address, port))
    except OSError:
        made.close()
        raise
    return made


def stamped(paths: Iterable[Path]) -> Mapping[Path, Stamp]:
    """What changes when a file does, for each."""
    return {path: _file_stamp(path) for path in paths}


def _file_stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino
