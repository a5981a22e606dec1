"""One HTTP server, interviewed to the end over the SDK's transports: streamable HTTP, else the older HTTP with SSE.

The SDK is a pump here. What the server said is read by `protocol/` from the bytes that `tap` copies; of the SDK's own
messages only those count that it makes up itself, such as its refusal to follow a redirect. Importing this module
imports the SDK, which takes most of a second: nobody does it without an HTTP server to ask.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import TYPE_CHECKING, ParamSpec, TypeAlias, TypeVar

import anyio
import httpx2
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.message import ClientMessageMetadata, SessionMessage
from mcp_types import JSONRPCError, JSONRPCResponse, jsonrpc_message_adapter

from oktsec_lint.launch.entry import Endpoint
from oktsec_lint.protocol.dialogue import Closed, Event, Heard, Opened, Refused, Send, Silence, Steps, Wait
from oktsec_lint.protocol.gateway.routing import routing_headers
from oktsec_lint.protocol.http_status import OLDER
from oktsec_lint.protocol.interview import BAREST, THOROUGH, THOROUGH_LEGACY, Listing, Plan, interview
from oktsec_lint.protocol.wire import MAX_BYTES

from .options import Visit
from .tap import Tap
from .trouble import CONNECT_SECONDS, why

if TYPE_CHECKING:
    from mcp.shared._stream_protocols import ReadStream, WriteStream

_Incoming: TypeAlias = "ReadStream[SessionMessage | Exception]"
_Outgoing: TypeAlias = "WriteStream[SessionMessage]"
_Transport: TypeAlias = "Callable[[Endpoint, float, Tap], AbstractAsyncContextManager[tuple[_Incoming, _Outgoing]]]"

_P = ParamSpec("_P")
_T = TypeVar("_T")

_GOODBYE = 1.0
_PROBE = 5.0
"""Seconds for the first question: such a server runs already, and to ask it in two eras at once would be a race."""


def listings(endpoint: Endpoint, visit: Visit) -> tuple[Listing, Listing | None]:
    """What the server offers to the most able client, and (legacy servers) to the barest."""
    sdk = logging.getLogger("mcp")
    sdk.addHandler(logging.NullHandler())
    sdk.propagate = False
    probe = max(visit.limits.probe, min(_PROBE, visit.timeout / 2))
    return anyio.run(_visit, endpoint, visit._replace(limits=visit.limits._replace(probe=probe)))


async def _visit(endpoint: Endpoint, visit: Visit) -> tuple[Listing, Listing | None]:
    asyncio.get_running_loop().set_default_executor(_Abandoned())
    transport = _streamable
    first = await _interview(endpoint, visit, transport, THOROUGH)
    if first.failure is not None and first.failure.status in OLDER:
        transport = _older
        tried = await _interview(endpoint, visit, transport, THOROUGH_LEGACY)
        first = tried if tried.failure is None or tried.heard else first
    if first.modern or first.failure is not None:
        return first, None
    return first, await _interview(endpoint, visit, transport, BAREST)


async def _interview(endpoint: Endpoint, visit: Visit, transport: _Transport, plan: Plan) -> Listing:
    """One interview over one connection."""
    left = max(0.1, visit.deadline - time.monotonic())
    talk = _Dialogue(interview(plan, visit.limits, time.monotonic()), visit)
    reason = visit.overdue
    with anyio.CancelScope(deadline=visit.deadline + _GOODBYE) as scope, visit.stop.calling(_canceller(scope)):
        try:
            async with transport(endpoint, left, Tap(talk.put, visit.limits)) as (incoming, outgoing):
                async with anyio.create_task_group() as group:
                    group.start_soon(_forward, incoming, talk)
                    await talk.run(outgoing)
                    group.cancel_scope.cancel()
                scope.deadline = min(scope.deadline, time.monotonic() + _GOODBYE)
        except* (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError, OverflowError) as errors:
            reason = why(errors)
        except* (anyio.BrokenResourceError, anyio.ClosedResourceError):
            reason = "it closed the connection"
    return talk.ending("it was interrupted" if visit.stop.is_set else reason)


class _Abandoned(ThreadPoolExecutor):
    """Daemon threads that nobody waits for: a name that does not resolve blocks one for as long as it likes."""

    def submit(self, call: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        future: Future[_T] = Future()

        def run() -> None:
            try:
                future.set_result(call(*args, **kwargs))
            except (OSError, ValueError) as error:
                future.set_exception(error)

        future.set_running_or_notify_cancel()
        threading.Thread(target=run, daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - inherited
        """There is nothing to wait for."""


def _canceller(scope: anyio.CancelScope) -> Callable[[], None]:
    """What other threads call to end an interview; the loop may have ended by then."""
    loop = asyncio.get_running_loop()

    def cancel() -> None:
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(scope.cancel)

    return cancel


class _Dialogue:
    """An interview on an event loop."""

    def __init__(self, steps: Steps[Listing], visit: Visit) -> None:
        self._steps = steps
        self._command = next(steps)
        self._visit = visit
        self._inbox: deque[Event] = deque()
        self._arrived = anyio.Event()
        self._closed = ""
        self._listing: Listing | None = None

    def put(self, event: Event) -> None:
        self._inbox.append(event)
        self._arrived.set()

    async def run(self, outgoing: _Outgoing) -> None:
        """Converses to the end."""
        while self._listing is None:
            event: Event = Closed(self._closed, time.monotonic())
            match self._command:
                case Send():
                    await self._send(self._command, outgoing)
                case Wait(until) if not self._closed:
                    event = await self._next(
                        self._visit.deadline if until is None else min(until, self._visit.deadline)
                    )
                case Opened():
                    self._visit.opened()
            self._advance(event)

    def ending(self, reason: str) -> Listing:
        """The listing; a conversation that is not over is ended for this reason."""
        while self._listing is None:
            self._advance(Closed(reason, time.monotonic()))
        return self._listing

    def _advance(self, event: Event) -> None:
        if isinstance(event, Closed):
            self._closed = event.reason
        try:
            self._command = self._steps.send(event)
        except StopIteration as end:
            self._listing = end.value

    async def _send(self, command: Send, outgoing: _Outgoing) -> None:
        """Sends what the SDK can carry; a question that it cannot is one without an answer."""
        message, question = _session_message(command), command.message.get("id")
        if message is not None:
            await outgoing.send(message)
        elif "method" in command.message and isinstance(question, int):
            reason = "it cannot be asked, because the question would repeat text that is not valid Unicode"
            self.put(Refused(question, 0, reason, time.monotonic()))

    async def _next(self, limit: float) -> Event:
        with anyio.CancelScope(deadline=limit):
            while not self._inbox:
                self._arrived = anyio.Event()
                await self._arrived.wait()
        now = time.monotonic()
        if now >= self._visit.deadline:
            return Closed(self._visit.overdue, now)
        return self._inbox.popleft() if self._inbox else Silence(now)


async def _forward(incoming: _Incoming, talk: _Dialogue) -> None:
    """Brings what only the SDK knows. Answers that the tap has copied before find no question any more."""
    async for item in incoming:
        message = item.message if isinstance(item, SessionMessage) else None
        if isinstance(message, JSONRPCResponse):
            talk.put(Heard(message.model_dump_json(by_alias=True, exclude_unset=True).encode(), time.monotonic()))
        elif isinstance(message, JSONRPCError) and isinstance(message.id, int):
            talk.put(Refused(message.id, 0, _sentence(message.error.message), time.monotonic()))
    talk.put(Closed("it closed the connection", time.monotonic()))


def _sentence(text: str) -> str:
    """The SDK explains itself with dumps of its models."""
    return "its answer is no MCP message" if "validation error" in text else text.partition("\n")[0]


def _session_message(command: Send) -> SessionMessage | None:
    """None for what JSON as the SDK writes it cannot hold: an id such as 1.5, half of a surrogate pair."""
    headers = routing_headers(command.message, command.revision)
    try:
        message = jsonrpc_message_adapter.validate_python(command.message, by_name=False)
        message.model_dump_json(by_alias=True, exclude_unset=True)
    except ValueError:
        return None
    return SessionMessage(message, ClientMessageMetadata(headers=headers))


def _client(endpoint: Endpoint, timeout: float, tap: Tap, headers: dict[str, str] | None = None) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        headers={"User-Agent": "oktsec-lint", "Accept-Encoding": "identity", **endpoint.headers, **(headers or {})},
        timeout=httpx2.Timeout(timeout, connect=min(CONNECT_SECONDS, timeout)),
        event_hooks={"request": [tap.sent], "response": [tap.received]},
    )


@asynccontextmanager
async def _streamable(endpoint: Endpoint, timeout: float, tap: Tap) -> AsyncIterator[tuple[_Incoming, _Outgoing]]:
    """Streamable HTTP, both eras."""
    async with (
        _client(endpoint, timeout, tap) as client,
        streamable_http_client(endpoint.url, http_client=client, max_sse_event_size=MAX_BYTES) as streams,
    ):
        yield streams


@asynccontextmanager
async def _older(endpoint: Endpoint, timeout: float, tap: Tap) -> AsyncIterator[tuple[_Incoming, _Outgoing]]:
    """HTTP with SSE, as of 2024-11-05."""

    def client(
        headers: dict[str, str] | None = None,
        timeout: httpx2.Timeout | None = None,  # noqa: ARG001 - the SDK's signature; ours is the server's own
        auth: httpx2.Auth | None = None,  # noqa: ARG001
    ) -> httpx2.AsyncClient:
        return _client(endpoint, seconds, tap, headers)

    seconds = timeout
    async with sse_client(endpoint.url, httpx_client_factory=client) as streams:
        yield streams
