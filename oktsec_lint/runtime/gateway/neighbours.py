"""The other workers behind the same port: a request of a session that lives at one of them is carried there.

A connection reaches whichever worker the kernel chooses, but a session's servers and open questions are at one. Each
worker answers the others on a Unix socket in a folder that only their user may enter.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

PEER = "x-oktsec-peer"
"""Where the request came from, between workers only: in a client's own request it means nothing."""
_HOP = frozenset("connection keep-alive transfer-encoding te trailer upgrade content-length proxy-connection".split())
"""Headers that belong to one connection (RFC 9110 section 7.6.1), or are made anew."""
_PATIENT = aiohttp.ClientTimeout(total=None, sock_connect=2.0)


class Neighbours:
    """The workers of one gateway, seen from one of them."""

    def __init__(self, folder: Path, number: int, size: int) -> None:
        self.number = number
        self._folder = folder
        self._size = size
        self._sessions: dict[int, aiohttp.ClientSession] = {}

    @property
    def address(self) -> Path:
        """The socket on which this worker answers the others."""
        return self._at(self.number)

    def is_other(self, home: int | None) -> bool:
        """Whether this number is that of another worker."""
        return home is not None and home != self.number and 0 <= home < self._size

    async def relay(
        self, home: int, request: web.BaseRequest, headers: Iterable[tuple[str, str]], body: bytes
    ) -> web.StreamResponse | None:
        """That worker's response; None when it is not there, and so has not seen the request."""
        forwarded = CIMultiDict((name, value) for name, value in headers if name.lower() not in {*_HOP, PEER})
        forwarded[PEER] = request.remote or ""
        url = URL.build(scheme="http", host="worker", path=request.path, query_string=request.query_string)
        try:
            answer = await self._session(home).request(
                request.method, url, data=body or None, headers=forwarded, allow_redirects=False, timeout=_PATIENT
            )
        except aiohttp.ClientConnectorError:
            return None
        except aiohttp.ClientError:
            return web.Response(status=502, text="the worker of this session has just gone; ask again\n")
        async with answer:
            return await _passed_on(answer, request)

    async def close(self) -> None:
        """Hangs up."""
        for session in self._sessions.values():
            await session.close()

    def _session(self, home: int) -> aiohttp.ClientSession:
        session = self._sessions.get(home)
        if session is None:
            connector = aiohttp.UnixConnector(str(self._at(home)), limit=0)
            session = aiohttp.ClientSession(
                connector=connector,
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            )
            self._sessions[home] = session
        return session

    def _at(self, number: int) -> Path:
        return self._folder / f"{number}.sock"


async def _passed_on(answer: aiohttp.ClientResponse, request: web.BaseRequest) -> web.StreamResponse:
    headers = CIMultiDict((name, value) for name, value in answer.headers.items() if name.lower() not in _HOP)
    response = web.StreamResponse(status=answer.status, headers=headers)
    if answer.content_length is not None:
        response.content_length = answer.content_length
    await response.prepare(request)
    async for part in answer.content.iter_any():
        await response.write(part)
    await response.write_eof()
    return response
