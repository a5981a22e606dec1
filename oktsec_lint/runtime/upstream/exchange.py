"""One message over streamable HTTP, and everything that comes because of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import aiohttp

from oktsec_lint.core.display import quoted
from oktsec_lint.protocol.http_status import NOTHING_HERE
from oktsec_lint.protocol.sse import EventStream

from .answers import answered, is_error, key_of
from .bodies import Reader
from .carrier import EVENTS, JSON, Carrier, kind_of
from .hearing import Hearing
from .link import Limits
from .trouble import BROKEN, NoAnswerError, SessionOverError, refused

_ACCEPTED, _REDIRECTING, _FAILING = 202, 300, 400
_AFTERWARDS = 2.0
"""Seconds that a stream may stay open behind the answer: its end keeps the connection."""
_PAUSE, _LEAST, _MOST = 1.0, 0.05, 30.0
"""Seconds before a broken stream is taken up again where the server names none, and its bounds where it does."""
_TRIES = 3
_LONGEST = 1024
"""Characters of a session's id."""


class Session:
    """What a server of the older revisions wants to see in every request."""

    def __init__(self) -> None:
        self.id = ""
        self.revision = ""

    @property
    def mark(self) -> dict[str, str]:
        return {"Mcp-Session-Id": self.id} if self.id else {}

    @property
    def headers(self) -> dict[str, str]:
        """For the requests that carry no message."""
        return {**self.mark, "MCP-Protocol-Version": self.revision} if self.revision else self.mark

    def begin(self, answer: Mapping[str, str]) -> None:
        """Takes the id from the answer to `initialize`. Raises NoAnswerError for one that no header may hold."""
        given = answer.get("Mcp-Session-Id", "")
        if len(given) > _LONGEST or not all("!" <= char <= "~" for char in given):
            raise NoAnswerError("its session id holds what no session id may hold")
        self.id = given


class Resumption:
    """Where a stream of events was left, and when to come back."""

    def __init__(self) -> None:
        self.last_id = ""
        self.pause = _PAUSE

    def note(self, stream: EventStream) -> None:
        self.last_id = stream.last_id or self.last_id
        if stream.retry is not None:
            self.pause = min(max(stream.retry / 1000, _LEAST), _MOST)

    @property
    def headers(self) -> dict[str, str]:
        return {"Last-Event-ID": self.last_id} if self.last_id else {}


class Exchange:
    """One message that was sent, until nothing more comes of it."""

    def __init__(
        self, about: str, hearing: Hearing, limits: Limits, *, opens: bool, modern: bool, endless: bool
    ) -> None:
        """`opens` is for an `initialize`; `endless` for a request whose stream is meant to go on."""
        self._about, self._key = about, key_of(about)
        self._hearing = hearing
        self._limits = limits
        self.opens, self.endless = opens, endless
        self._modern = modern
        self._reader = Reader(limits, None if endless else limits.answer)
        self._left = Resumption()
        self._clock: asyncio.Timeout | None = None
        self.answered = not about
        self.told = False
        """Whether anything was heard because of it."""

    async def run(
        self, carrier: Carrier, session: Session, line: bytes, headers: Mapping[str, str], clock: asyncio.Timeout
    ) -> None:
        """Raises NoAnswerError, SessionOverError, and what a connection raises."""
        self._clock = clock
        try:
            async with carrier.post(line, {**headers, **session.mark}, patient=self.endless) as response:
                await self._take(response, session)
        except BROKEN as error:
            if not self._resumable(error):
                raise
        tries = 0
        while not self.answered:
            if not self._resumable(None):
                raise NoAnswerError("its stream ended without the answer", 200)
            await asyncio.sleep(self._left.pause)
            tries = await self._resume(carrier, session, tries)

    def _resumable(self, error: Exception | None) -> bool:
        """Only the older revisions resume, and only a stream that names its events. Silence is no broken stream."""
        silent = isinstance(error, aiohttp.ServerTimeoutError)
        return bool(self._left.last_id) and not (self._modern or self.endless or silent)

    async def _resume(self, carrier: Carrier, session: Session, tries: int) -> int:
        """Takes the stream up where it broke; the failures in a row."""
        try:
            async with carrier.get({**session.headers, **self._left.headers}) as response:
                _still_there(response, session)
                if response.status != 200 or kind_of(response) != EVENTS:  # noqa: PLR2004 - OK
                    raise NoAnswerError("its stream broke and cannot be resumed", response.status)
                await self._events(response)
        except BROKEN as error:
            if tries + 1 == _TRIES or isinstance(error, aiohttp.ServerTimeoutError):
                raise
            return tries + 1
        return 0

    async def _take(self, response: aiohttp.ClientResponse, session: Session) -> None:
        _still_there(response, session)
        status, kind = response.status, kind_of(response)
        if status >= _REDIRECTING:
            await self._refused(response)
            return
        if self.opens:
            session.begin(response.headers)
        if status != _ACCEPTED and kind == JSON:
            await self._body(response)
        elif status != _ACCEPTED and kind == EVENTS:
            await self._events(response)
        elif not self.answered:
            what = quoted(kind) if kind else "no content type"
            raise NoAnswerError(f"HTTP {status} with {what}" if status != _ACCEPTED else "HTTP 202, no answer", status)

    async def _refused(self, response: aiohttp.ClientResponse) -> None:
        """A JSON-RPC error says more than a status, but it is rarely one about this very request."""
        if response.status >= _FAILING and kind_of(response) == JSON:
            body = await self._reader.whole(response)
            if body is not None and is_error(body):
                self._hear(body)
                if self.answered and self._key:
                    return
        raise refused(response.status)

    async def _body(self, response: aiohttp.ClientResponse) -> None:
        body = await self._reader.whole(response)
        if body is None or body.strip():
            self._hear(body)
        if body is None and not self.answered:
            raise NoAnswerError(f"its answer is longer than {self._limits.message:,} bytes", response.status)
        if not self.answered:
            raise NoAnswerError("the body of its answer is no answer to the request", response.status)

    async def _events(self, response: aiohttp.ClientResponse) -> None:
        stream = EventStream(self._limits.message)
        try:
            async for message in self._reader.messages(response, stream):
                self._hear(message)
        finally:
            self._left.note(stream)

    def _hear(self, message: bytes | None) -> None:
        self.told = True
        if not self.answered and message is not None and self._key in answered(message):
            self.answered = True
            if self._clock is not None:
                self._clock.reschedule(asyncio.get_running_loop().time() + _AFTERWARDS)
        self._hearing.heard(message, self._about)


def _still_there(response: aiohttp.ClientResponse, session: Session) -> None:
    if response.status == NOTHING_HERE and session.id:
        raise SessionOverError


async def listen(carrier: Carrier, session: Session, hearing: Hearing, limits: Limits) -> None:
    """Hears what nobody asked for, until the server says that it has no such stream. Raises SessionOverError."""
    left, reader, failures = Resumption(), Reader(limits, None), 0
    while True:
        stream = EventStream(limits.message)
        try:
            async with carrier.get({**session.headers, **left.headers}, patient=True) as response:
                _still_there(response, session)
                if response.status < 500 and (response.status != 200 or kind_of(response) != EVENTS):  # noqa: PLR2004
                    return
                failures += 1
                async for message in reader.messages(response, stream):
                    failures = 0
                    hearing.heard(message, "")
        except (*BROKEN, NoAnswerError):
            failures += 1
        left.note(stream)
        await asyncio.sleep(min(left.pause * 2 ** min(failures, 5), _MOST))
