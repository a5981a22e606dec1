"""One connection to one server, as the gateway sees it: messages as bytes, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from oktsec_lint.core.model import EMPTY
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.protocol.wire import MAX_BYTES


class Limits(NamedTuple):
    """How much and for how long one server is listened to."""

    message: int = MAX_BYTES
    """Bytes of one message."""
    answer: int = 64 << 20
    """Bytes that may come over HTTP because of one request, unpacked, its answer and all before it."""
    growth: int = 100
    """How many times larger than it came a compressed answer may be."""
    connect: float = 5.0
    """Seconds until a connection stands."""
    idle: float = 300.0
    """Seconds without a byte after which a request has no answer."""
    total: float = 1800.0
    """Seconds after which a request has no answer, whatever comes."""
    goodbye: float = 2.0
    """Seconds for the end of a session over HTTP. A process has its own, see `launch.process`."""


class Ears(Protocol):
    """Who hears of a link: called in the loop's thread, never after `close`, and must not raise.

    A request that was sent over HTTP has one end: its answer is heard, it fails, it is cancelled, or the link ends.
    """

    def heard(self, line: bytes | None, about: str) -> None:
        """One message, as it came; None for one beyond the limit, which was thrown away.

        `about` is the request on whose stream it came, empty for every other stream. Nothing says that the message has
        anything to do with that request.
        """

    def failed(self, about: str, reason: str, status: int) -> None:
        """The request will have no answer. `status` is that of HTTP, 0 where there was none.

        `about` is empty for a message that wants none and did not arrive.
        """

    def ended(self, reason: str) -> None:
        """The link is gone, and every open request with it: `session` when the server does not know ours any more."""


class Link(Protocol):
    """One connection to one server. Its owner must `close` it, also when `open` failed."""

    async def open(self) -> None:
        """Starts the process; over HTTP, looks at the entry. Raises UpstreamError."""

    async def send(self, line: bytes, *, about: str = "", headers: Mapping[str, str] = EMPTY) -> None:
        """Puts one JSON-RPC message (without a line end) on its way. `about` is the JSON text of its id when it is a
        request; `headers` are for HTTP."""

    async def cancel(self, about: str) -> None:
        """Over HTTP, closes the stream of that request, which is how it is cancelled since 2026-07-28."""

    async def listen(self) -> None:
        """Over HTTP, keeps a stream open on which a server of the older revisions says what nobody asked for."""

    async def close(self) -> None:
        """Ends the session and the process. Returns when it is over, which is soon."""
