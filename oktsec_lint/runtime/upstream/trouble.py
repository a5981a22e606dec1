"""What goes wrong over HTTP, and how it is said: never with a header, never with the URL."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator, Mapping

import aiohttp

from oktsec_lint.protocol.http_status import said

from .pool import OffLimitsError

BROKEN = (aiohttp.ClientError, OSError)
"""What a connection raises."""


class NoAnswerError(Exception):
    """A request that will have no answer."""

    def __init__(self, reason: str, status: int = 0) -> None:
        super().__init__(reason)
        self.status = status


class SessionOverError(Exception):
    """The server does not know our session any more."""


def refused(status: int) -> NoAnswerError:
    """The status of an answer that is none."""
    redirect = 300 <= status < 400  # noqa: PLR2004 - the class of HTTP statuses that lead elsewhere
    return NoAnswerError(f"HTTP {status}, and no redirect is followed" if redirect else said(status), status)


def why(error: Exception) -> str:
    """One of `BROKEN`, as what follows the server's name."""
    causes = list(_causes(error))
    connecting = any(isinstance(cause, aiohttp.ClientConnectorError) for cause in causes)
    for cause in causes:
        reason = next((text for kind, text in _FIXED.items() if isinstance(cause, kind)), "") or _said(cause)
        if reason:
            return f"no connection: {reason}" if connecting else reason
    return "no connection" if connecting else "it closed the connection"


_FIXED: Mapping[type[BaseException], str] = {
    OffLimitsError: "it leads to a link-local address or a cloud's metadata service",
    aiohttp.ConnectionTimeoutError: "no connection in time",
    aiohttp.ServerTimeoutError: "it stopped answering",
    aiohttp.ClientConnectorDNSError: "its host has no address",
    aiohttp.ClientResponseError: "what it answered is no HTTP",
    aiohttp.ServerDisconnectedError: "it closed the connection",
    aiohttp.ClientPayloadError: "its answer broke off",
}


def _said(cause: BaseException) -> str:
    match cause:
        case aiohttp.ClientSSLError():  # also claims to be the error that it wraps
            return ""
        case ssl.SSLCertVerificationError():
            return f"its certificate is not trusted, {cause.verify_message}"
        case ssl.SSLError():
            return f"TLS failed, {cause.reason or 'the connection ended'}"
        case OSError(errno=int(number)) if number > 0:
            return os.strerror(number).lower()
    return ""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.exceptions[0] if isinstance(error, BaseExceptionGroup) else error.__cause__
