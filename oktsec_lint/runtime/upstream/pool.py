"""The connections of one gateway to all its HTTP servers: kept, verified, never to an address off limits."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from oktsec_lint.core.addresses import is_off_limits_address

if TYPE_CHECKING:
    import aiohttp

_KEPT = 4.0
"""Seconds that an idle connection is kept: less than the five after which the usual servers (uvicorn, Node) hang up,
because a request on a connection that is just being closed is lost."""


class OffLimitsError(OSError):
    """An address that nothing is sent to."""


class Pool:
    """One HTTP session, made when it is needed. It keeps no cookies, follows nothing, reads no proxy variables."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """To be asked for inside the event loop."""
        if self._session is None:
            import aiohttp

            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEPT, socket_factory=_socket),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                skip_auto_headers=("User-Agent", "Accept-Encoding"),
            )
        return self._session

    async def close(self) -> None:
        """Hangs up on everybody."""
        if self._session is not None:
            await self._session.close()


def _socket(address: tuple[Any, ...]) -> socket.socket:
    """The socket for one address that a name led to, made when it is about to be used: nothing can change between."""
    family, kind, protocol, _, place = address
    if is_off_limits_address(str(place[0])):
        raise OffLimitsError("off limits")
    return socket.socket(family, kind, protocol)
