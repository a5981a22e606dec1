"""One server over HTTP: streamable HTTP of every revision, else the older HTTP with SSE.

Each message is a task of its own, because its answer, on a stream of its own, may take as long as it likes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from contextlib import suppress

from oktsec_lint.core.config import ServerSpec
from oktsec_lint.core.errors import UpstreamError
from oktsec_lint.core.model import EMPTY
from oktsec_lint.launch.entry import UnusableError, endpoint_of
from oktsec_lint.protocol.http_status import NOTHING_HERE, OLDER
from oktsec_lint.protocol.revisions import MODERN

from .answers import key_of
from .carrier import Carrier
from .exchange import Exchange, Session, listen
from .hearing import Hearing
from .link import Ears, Limits
from .older import Older
from .pool import Pool
from .trouble import BROKEN, NoAnswerError, SessionOverError, why

_ENDLESS = "subscriptions/listen"
_OPENING, _OPENED = b'"initialize"', b"notifications/initialized"
"""What stands in the messages that open a session. In another it does no harm."""


class HttpLink:
    """A `Link` over HTTP."""

    def __init__(self, spec: ServerSpec, environ: Mapping[str, str], ears: Ears, limits: Limits, pool: Pool) -> None:
        self._spec, self._environ, self._pool = spec, environ, pool
        self._hearing = Hearing(ears)
        self._limits = limits
        self._carrier: Carrier | None = None
        self._session = Session()
        self._older: Older | None = None
        self._requests: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._listening = False

    async def open(self) -> None:
        """Reaches nobody yet. Raises UpstreamError."""
        try:
            endpoint = endpoint_of(self._spec, self._environ)
        except UnusableError as error:
            raise UpstreamError(str(error)) from None
        self._carrier = Carrier(endpoint, self._pool, self._limits)

    async def send(self, line: bytes, *, about: str = "", headers: Mapping[str, str] = EMPTY) -> None:
        """Hands the message over to a task. What says that a session is open is waited for, a while, because
        nothing else may overtake it."""
        if self._hearing.over:
            self._hearing.refuse(about)
            return
        task = self._start(self._deliver(line, about, headers), about)
        if about:
            self._requests[key_of(about)] = task
        elif _OPENED in line:
            await asyncio.wait({task}, timeout=self._limits.connect)

    async def cancel(self, about: str) -> None:
        """Closes the stream of the request, of which nothing is heard any more."""
        task = self._requests.pop(key_of(about), None)
        if task is not None:
            task.cancel()
        if self._older is not None:
            self._older.forget(key_of(about))

    async def listen(self) -> None:
        """Keeps the stream open until the link is closed; a server that has none is left alone."""
        if not (self._listening or self._hearing.over or self._older):
            self._listening = True
            self._start(self._listen())

    async def close(self) -> None:
        """Hangs up, and ends the session where there is one."""
        known = not self._hearing.over
        self._hearing.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._older is not None:
            self._older.close()
        if known and self._carrier is not None and self._session.id:
            with suppress(*BROKEN):
                async with asyncio.timeout(self._limits.goodbye):
                    await self._carrier.delete(self._session.headers)

    async def _deliver(self, line: bytes, about: str, headers: Mapping[str, str]) -> None:
        """One message and whatever comes of it; every way out but the answer is told."""
        exchange = self._exchange(line, about, {name.lower(): value for name, value in headers.items()})
        clock = asyncio.timeout(self._limits.total)
        try:
            async with clock:
                await self._carry(exchange, line, about, headers, clock)
        except SessionOverError:
            self._hearing.failed(about, "it does not know the session any more", NOTHING_HERE)
            self._hearing.ended("session")
        except NoAnswerError as error:
            self._fail(exchange, about, str(error), error.status)
        except BROKEN as error:
            late = clock.expired()
            self._fail(exchange, about, f"no answer within {self._limits.total:g} seconds" if late else why(error))
        except ValueError:
            self._fail(exchange, about, "a header for it holds what no header may hold")

    def _exchange(self, line: bytes, about: str, named: Mapping[str, str]) -> Exchange:
        revision = named.get("mcp-protocol-version", "")
        self._session.revision = revision or self._session.revision
        modern = revision in MODERN
        opens = bool(about) and _OPENING in line and not modern and not self._session.id
        endless = named.get("mcp-method") == _ENDLESS
        return Exchange(about, self._hearing, self._limits, opens=opens, modern=modern, endless=endless)

    async def _carry(
        self, exchange: Exchange, line: bytes, about: str, headers: Mapping[str, str], clock: asyncio.Timeout
    ) -> None:
        if exchange.endless:
            clock.reschedule(None)
        if self._older is not None:
            await self._older.deliver(line, about, headers)
            return
        try:
            await exchange.run(self._reach(), self._session, line, headers, clock)
        except NoAnswerError as error:
            if not exchange.opens or exchange.told or error.status not in OLDER:
                raise
            older = Older(self._reach(), self._hearing, self._limits)
            if not await older.open(self._start):
                raise
            self._older = older
            await older.deliver(line, about, headers)

    def _fail(self, exchange: Exchange, about: str, reason: str, status: int = 0) -> None:
        """Of a request that has its answer, no trouble behind it matters."""
        if not (about and exchange.answered):
            self._hearing.failed(about, reason, status)

    async def _listen(self) -> None:
        try:
            await listen(self._reach(), self._session, self._hearing, self._limits)
        except SessionOverError:
            self._hearing.ended("session")

    def _reach(self) -> Carrier:
        if self._carrier is None:
            raise RuntimeError("a link is opened before it is used")
        return self._carrier

    def _start(self, work: Coroutine[None, None, None], about: str = "") -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._finished(done, about))
        return task

    def _finished(self, task: asyncio.Task[None], about: str) -> None:
        """A defect of ours must not leave a client waiting; whoever runs the loop hears of it."""
        self._tasks.discard(task)
        if about and self._requests.get(key_of(about)) is task:
            del self._requests[key_of(about)]
        if not task.cancelled() and (defect := task.exception()) is not None:
            self._hearing.failed(about, "the gateway itself broke down over it")
            context = {"message": "a link broke down", "exception": defect, "task": task}
            task.get_loop().call_exception_handler(context)
