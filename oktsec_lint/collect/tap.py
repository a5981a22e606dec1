"""The bytes of HTTP answers as they came, before the SDK parses them.

The SDK carries the conversation (sessions, streams, reconnects), but its parser keeps only the last of repeated keys,
drops a message with a lone surrogate and turns an HTTP status into a guess. So every response body passes through here
on its way to the SDK, and our own strict parser reads this copy.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from functools import partial
from typing import TypeAlias

import httpx2

from oktsec_lint.core.display import quoted
from oktsec_lint.protocol.dialogue import Closed, Dropped, Event, Heard, Refused
from oktsec_lint.protocol.http_status import said
from oktsec_lint.protocol.listing import Limits
from oktsec_lint.protocol.sse import EventStream
from oktsec_lint.protocol.wire import MAX_BYTES, decode, encode

_Emit: TypeAlias = Callable[[Event], None]

_QUESTION = "oktsec.question"


class Tap:
    """The hooks for one `httpx2.AsyncClient`; what they see goes to `emit`."""

    def __init__(self, emit: _Emit, limits: Limits) -> None:
        self._emit = emit
        self._limits = limits
        self._bytes = 0
        self._messages = 0

    async def sent(self, request: httpx2.Request) -> None:
        """Notes on a request which question it carries. A redirected one has the note, and its body no more."""
        if _QUESTION not in request.extensions:
            request.extensions = {**request.extensions, _QUESTION: _question(request)}

    async def received(self, response: httpx2.Response) -> None:
        """Puts the copy into place. Raises httpx2.DecodingError for a body that was compressed against our wish."""
        if 300 <= response.status_code < 400:  # noqa: PLR2004 - the SDK follows or explains redirects
            return
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise httpx2.DecodingError("it answers compressed, although it was asked not to", request=response.request)
        reader = self._reader(response)
        if reader is not None and isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _Copied(response.stream, reader, self._count)

    def _reader(self, response: httpx2.Response) -> _Reader | None:
        question, status = response.request.extensions.get(_QUESTION, 0), response.status_code
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        failed = status >= 400  # noqa: PLR2004 - the least HTTP status that is an error
        if kind == "application/json" and (question or not failed):
            return _Body(partial(self._failure if failed else self._answer, question, status), self._emit)
        if kind == "text/event-stream" and not failed:
            return _Events(self._message, self._emit)
        if question and status != 202:  # noqa: PLR2004 - Accepted: the SDK says what is wrong with that
            what = quoted(kind) if kind else "no content type"
            self._refuse(question, status, said(status) if failed else f"HTTP {status} with {what}")
        return None

    def _refuse(self, question: int, status: int, reason: str) -> None:
        self._emit(Refused(question, status, reason, time.monotonic()))

    def _failure(self, question: int, status: int, body: bytes) -> None:
        """The body of an HTTP error: a JSON-RPC error where the server is so kind, else nothing but its status."""
        message = decode(body).value
        if isinstance(message, dict) and isinstance(message.get("error"), dict):
            self._emit(Heard(encode({**message, "id": question}), time.monotonic()))
        self._refuse(question, status, said(status))

    def _answer(self, question: int, status: int, body: bytes) -> None:
        """A body is all the answer there will be: a question that it does not answer stays without one."""
        self._message(body)
        self._refuse(question, status, "the body of its answer is no answer to the question")

    def _message(self, line: bytes) -> None:
        self._messages += 1
        if self._messages > self._limits.messages:
            self._emit(Closed(f"it sent more than {self._limits.messages:,} messages", time.monotonic()))
        self._emit(Heard(line, time.monotonic()))

    def _count(self, chunk: bytes) -> None:
        self._bytes += len(chunk)
        if self._bytes > self._limits.total_bytes:
            reason = f"it sent more than {self._limits.total_bytes >> 20} MiB"
            self._emit(Closed(reason, time.monotonic()))
            raise httpx2.ReadError(reason)


class _Reader:
    """What becomes of one body: fed chunk by chunk, then ended."""

    def feed(self, chunk: bytes) -> None:
        raise NotImplementedError

    def end(self) -> None:
        """The body is complete."""


class _Body(_Reader):
    """One message in one body."""

    def __init__(self, message: Callable[[bytes], None], emit: _Emit) -> None:
        self._message = message
        self._emit = emit
        self._body: bytearray | None = bytearray()

    def feed(self, chunk: bytes) -> None:
        if self._body is None:
            return
        self._body += chunk
        if len(self._body) > MAX_BYTES:
            self._body = None
            self._emit(Dropped(time.monotonic()))

    def end(self) -> None:
        if self._body is not None:
            body, self._body = bytes(self._body), None
            self._message(body)


class _Events(_Reader):
    """Server-sent events: the data of each `message` event is one message."""

    def __init__(self, message: Callable[[bytes], None], emit: _Emit) -> None:
        self._message = message
        self._emit = emit
        self._stream = EventStream()

    def feed(self, chunk: bytes) -> None:
        for event in self._stream.feed(chunk):
            if event.data is None:
                self._emit(Dropped(time.monotonic()))
            elif event.data and event.kind == "message":
                self._message(event.data)


class _Copied(httpx2.AsyncByteStream):
    """A response body that is read by two: the SDK, and a reader of ours."""

    def __init__(self, stream: httpx2.AsyncByteStream, reader: _Reader, count: Callable[[bytes], None]) -> None:
        self._stream = stream
        self._reader = reader
        self._count = count

    async def __aiter__(self) -> AsyncIterator[bytes]:
        stream = self._stream.__aiter__()
        try:
            async for chunk in stream:
                self._count(chunk)
                self._reader.feed(chunk)
                yield chunk
            self._reader.end()
        finally:
            if isinstance(stream, AsyncGenerator):
                await stream.aclose()

    async def aclose(self) -> None:
        await self._stream.aclose()


def _question(request: httpx2.Request) -> int:
    """The id of the question that a request carries; 0 when it carries none, or an answer of ours."""
    if request.method != "POST":
        return 0
    message = json.loads(request.content)
    question = message.get("id", 0) if "method" in message else 0
    return question if isinstance(question, int) else 0
