"""Live listing: starts or reaches every configured server, asks it what it offers, and leaves nothing behind.

Bytes, processes and clocks live here; what is said on the wire and what it means is decided in `protocol/`. The SDK is
imported for HTTP servers only, and its types never leave this room. Nothing here judges, and no server can raise an
exception out of it: whatever it does becomes its status, its reason and its faults.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from queue import Empty, SimpleQueue
from typing import TypeAlias

from oktsec_lint.core.config import ServerSpec, Transport
from oktsec_lint.core.model import Kind, Server
from oktsec_lint.launch.adoption import adopting
from oktsec_lint.launch.entry import UnusableError, endpoint_of, launch_of

from .gathering import server_of, unscanned
from .options import Options, Visit
from .stop import Stop, termination_raises

__all__ = ["Options", "Progress", "collect"]

Progress: TypeAlias = Callable[[str, str], None]
"""Called in the caller's thread with a server's name and what is happening to it."""

_TICK = 0.5


def collect(specs: Sequence[ServerSpec], options: Options, progress: Progress | None = None) -> tuple[Server, ...]:
    """Every server as it presents itself, in the order given; all at once, `options.jobs` at a time.

    KeyboardInterrupt (and SIGTERM and its like, as SystemExit) ends every started process and is raised on.
    """
    local = any(spec.transport is Transport.STDIO for spec in specs)
    with termination_raises(), adopting() if local else nullcontext():
        return _Crew(specs, options, progress or _quiet).run()


class _Crew:
    """The threads that visit servers, and the one that waits for them."""

    def __init__(self, specs: Sequence[ServerSpec], options: Options, progress: Progress) -> None:
        self._specs = specs
        self._options = options
        self._progress = progress
        self._stop = Stop()
        self._todo: SimpleQueue[int] = SimpleQueue()
        self._news: SimpleQueue[tuple[int, str | Server | None]] = SimpleQueue()
        """A server's index with a word about it, with the server itself, or with None when the visit broke down."""

    def run(self) -> tuple[Server, ...]:
        for index in range(len(self._specs)):
            self._todo.put(index)
        workers = [threading.Thread(target=self._work) for _ in range(min(self._options.jobs, len(self._specs)))]
        try:
            for worker in workers:
                worker.start()
            found = self._await_all()
        finally:
            self._stop.set()
            try:
                _join(workers)
            finally:  # the first Ctrl-C may come as late as this; there is no second (see `stop`)
                _join(workers)
        return tuple(found[index] for index in range(len(self._specs)))

    def _await_all(self) -> dict[int, Server]:
        found: dict[int, Server] = {}
        while len(found) < len(self._specs):
            try:
                index, news = self._news.get(timeout=_TICK)
            except Empty:  # the pause lets Ctrl-C through where a lock cannot be interrupted (Windows)
                continue
            if news is None:
                raise RuntimeError(f"the visit to {self._specs[index].name} broke down")
            if isinstance(news, Server):
                found[index] = news
            self._progress(self._specs[index].name, news if isinstance(news, str) else _summary(news))
        return found

    def _work(self) -> None:
        while not self._stop.is_set:
            try:
                index = self._todo.get_nowait()
            except Empty:
                return
            server: Server | None = None
            try:
                self._news.put((index, "starting"))
                server = self._visit(self._specs[index], partial(self._news.put, (index, "listing")))
            finally:
                self._news.put((index, server))

    def _visit(self, spec: ServerSpec, opened: Callable[[], None]) -> Server:
        try:
            if spec.transport is Transport.STDIO:
                from . import stdio

                launch = launch_of(spec, self._options.environ)
                return server_of(spec, *stdio.listings(launch, self._begin(opened)), launch.mask)
            from . import http

            endpoint = endpoint_of(spec, self._options.environ)
            return server_of(spec, *http.listings(endpoint, self._begin(opened)), endpoint.mask)
        except UnusableError as error:
            return unscanned(spec, str(error))

    def _begin(self, opened: Callable[[], None]) -> Visit:
        """A visit whose time runs from now: importing the SDK is not the server's fault."""
        timeout = self._options.timeout
        return Visit(self._options.limits, timeout, time.monotonic() + timeout, self._stop, opened)


def _join(workers: Sequence[threading.Thread]) -> None:
    for worker in workers:
        if worker.ident is not None:
            worker.join()


def _summary(server: Server) -> str:
    tools = sum(not item.variant for item in server.of_kind(Kind.TOOL))
    return f"{server.status}, {tools} tool{'s' * (tools != 1)}"


def _quiet(_server: str, _what: str) -> None:
    """Nobody watches."""
