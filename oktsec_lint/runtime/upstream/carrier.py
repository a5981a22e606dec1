"""One HTTP server as an address with headers: requests go out, and nothing of a client's goes with them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
from aiohttp.abc import AbstractStreamWriter
from multidict import CIMultiDict
from yarl import URL

from oktsec_lint.core.addresses import is_off_limits
from oktsec_lint.core.errors import UpstreamError
from oktsec_lint.core.model import EMPTY
from oktsec_lint.launch.entry import Endpoint

from .link import Limits
from .pool import Pool

JSON, EVENTS = "application/json", "text/event-stream"
_OWN = {"User-Agent": "oktsec-lint", "Accept-Encoding": "identity"}


class Carrier:
    """Makes the requests of one link. What its entry configures stands in each of them."""

    def __init__(self, endpoint: Endpoint, pool: Pool, limits: Limits) -> None:
        """Raises UpstreamError."""
        self.url = _url(endpoint.url)
        self._pool = pool
        self._headers = CIMultiDict({**_OWN})
        self._headers.update(endpoint.headers)
        self._usual = aiohttp.ClientTimeout(total=None, sock_connect=limits.connect, sock_read=limits.idle)
        self._patient = aiohttp.ClientTimeout(total=None, sock_connect=limits.connect)

    @asynccontextmanager
    async def post(
        self, line: bytes, headers: Mapping[str, str], url: URL | None = None, *, patient: bool = False
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """One message. `patient` waits for the next byte for as long as it takes.

        A kept connection that turns out to be closed before anything was sent is replaced once; aiohttp does so for
        other methods only, and a message that may have arrived is never sent again.
        """
        own = {"Content-Type": JSON, "Accept": f"{JSON}, {EVENTS}"}
        request = (url or self.url, own, headers, self._patient if patient else self._usual)
        try:
            response = await self._request("POST", *request, _Message(line))
        except aiohttp.ClientOSError as error:
            if not isinstance(error.__cause__, _UnsentError):
                raise
            response = await self._request("POST", *request, _Message(line))
        async with response:
            yield response

    @asynccontextmanager
    async def get(self, headers: Mapping[str, str], *, patient: bool = False) -> AsyncIterator[aiohttp.ClientResponse]:
        """A stream of events."""
        timeout = self._patient if patient else self._usual
        async with await self._request("GET", self.url, {"Accept": EVENTS}, headers, timeout) as response:
            yield response

    async def delete(self, headers: Mapping[str, str]) -> None:
        async with await self._request("DELETE", self.url, EMPTY, headers, self._usual):
            pass

    async def _request(
        self,
        method: str,
        url: URL,
        own: Mapping[str, str],
        headers: Mapping[str, str],
        timeout: aiohttp.ClientTimeout,
        body: aiohttp.Payload | None = None,
    ) -> aiohttp.ClientResponse:
        all_headers = self._headers.copy()
        all_headers.update(own)
        all_headers.update(headers)
        return await self._pool.session.request(
            method, url, data=body, headers=all_headers, allow_redirects=False, timeout=timeout
        )


def kind_of(response: aiohttp.ClientResponse) -> str:
    """The media type of an answer; empty when it has none."""
    return response.headers.get("Content-Type", "").partition(";")[0].strip().lower()


class _UnsentError(OSError):
    """The connection was closed before a byte of the message was written, so that nobody can have read it."""


class _Message(aiohttp.Payload):
    """A body that is written at once, or not at all."""

    _value: bytes
    _autoclose = True

    def __init__(self, line: bytes) -> None:
        super().__init__(line, content_type=JSON)
        self._size = len(line)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return self._value.decode(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        transport = getattr(writer, "transport", None)
        if transport is None or transport.is_closing():
            raise _UnsentError
        await writer.write(self._value)

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:  # noqa: ARG002 - ours
        await self.write(writer)


def _url(text: str) -> URL:
    try:
        url = URL(text)
    except ValueError:
        url = URL()
    if url.scheme not in {"http", "https"} or not url.host:
        raise UpstreamError("its `url` is not of the form `https://host/path`")
    if is_off_limits(text):
        raise UpstreamError("its `url` leads to a link-local address or a cloud's metadata service")
    return url
