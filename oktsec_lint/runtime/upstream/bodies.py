"""The body of an HTTP answer as it may be read: unpacked where it is compressed, and never more than is allowed."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterator

import aiohttp

from oktsec_lint.core.display import quoted
from oktsec_lint.protocol.sse import Event, EventStream

from .link import Limits
from .trouble import NoAnswerError

_PIECE = 1 << 16
_SLACK = 1 << 20
"""Bytes that may come out of a compressed body before its growth is looked at."""
_WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


class Reader:
    """Reads every body that comes because of one request, and counts."""

    def __init__(self, limits: Limits, most: int | None) -> None:
        """`most` is the bytes of all bodies together; None for a stream that is meant to go on."""
        self._limits = limits
        self._most = most
        self._read = 0

    async def chunks(self, response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        """Raises NoAnswerError, and what a connection raises."""
        unpack = _unpacker(response, self._limits)
        async for chunk in response.content.iter_any():
            for piece in unpack.pieces(chunk) if unpack else (chunk,):
                self._read += len(piece)
                if self._most is not None and self._read > self._most:
                    raise NoAnswerError(f"it sent more than {self._most:,} bytes for one request", response.status)
                yield piece

    async def whole(self, response: aiohttp.ClientResponse) -> bytes | None:
        """The body as one message; None when it is longer than one may be."""
        body = bytearray()
        async for chunk in self.chunks(response):
            body += chunk
            if len(body) > self._limits.message:
                response.close()
                return None
        return bytes(body)

    async def events(self, response: aiohttp.ClientResponse, stream: EventStream) -> AsyncIterator[Event]:
        """The body as events."""
        async for chunk in self.chunks(response):
            for event in stream.feed(chunk):
                yield event

    async def messages(self, response: aiohttp.ClientResponse, stream: EventStream) -> AsyncIterator[bytes | None]:
        """The messages among the events; None for one beyond the limit."""
        async for event in self.events(response, stream):
            if event.kind == "message" and event.data != b"":
                yield event.data


class _Unpacker:
    """A compressed body, piece by piece."""

    def __init__(self, window: int, growth: int) -> None:
        self._inflate = zlib.decompressobj(window)
        self._growth = growth
        self._came = self._made = 0

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        self._came += len(chunk)
        rest, full = chunk, True
        while rest or full:
            try:
                piece = self._inflate.decompress(rest, _PIECE)
            except zlib.error:
                raise NoAnswerError("its answer is not compressed as it says") from None
            rest, full = self._inflate.unconsumed_tail, len(piece) == _PIECE
            self._made += len(piece)
            if self._made > _SLACK + self._growth * self._came:
                raise NoAnswerError(f"its compressed answer is more than {self._growth} times what came")
            if piece:
                yield piece


def _unpacker(response: aiohttp.ClientResponse, limits: Limits) -> _Unpacker | None:
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding in {"identity", ""}:
        return None
    if coding not in _WINDOWS:
        raise NoAnswerError(
            f"its answer is compressed in {quoted(coding)}, which it was not asked for", response.status
        )
    return _Unpacker(_WINDOWS[coding], limits.growth)
