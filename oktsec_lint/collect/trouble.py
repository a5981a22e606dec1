"""Network trouble as a sentence about the server. Never a header, never a traceback."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator

import httpx2

CONNECT_SECONDS = 5.0
"""How long a connection may take to stand."""


def why(errors: BaseExceptionGroup[BaseException]) -> str:
    """The first error of a group, as what follows "this server was not scanned:"."""
    error = next(_leaves(errors))
    match error:
        case httpx2.HTTPStatusError():
            return f"HTTP {error.response.status_code}"
        case httpx2.ConnectError():
            return f"no connection: {_cause(error)}"
        case httpx2.UnsupportedProtocol() | httpx2.InvalidURL():
            return f"its `url` cannot be used: {error}"
        case OverflowError():
            return f"a port cannot be used: {error}"
        case ValueError():  # the SDK's are dumps of its models
            return "what it sent cannot be read"
    return _FIXED.get(type(error)) or str(error) or type(error).__name__


_FIXED: dict[type[BaseException], str] = {
    httpx2.ConnectTimeout: f"no connection within {CONNECT_SECONDS:g} seconds",
    httpx2.ReadTimeout: "it stopped answering",
    httpx2.WriteTimeout: "it stopped reading",
    httpx2.PoolTimeout: "it keeps every connection busy",
    httpx2.LocalProtocolError: "the request for it is not valid HTTP",
}


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error


def _cause(error: BaseException) -> str:
    """What the operating system or TLS said first."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = next(_leaves(cause))
    match error:
        case ssl.SSLCertVerificationError():
            return f"its certificate is not trusted, {error.verify_message}"
        case ssl.SSLError():
            return f"TLS failed, {error.reason}"
        case OSError(errno=int(number)) if number > 0:
            return os.strerror(number)
    return getattr(error, "strerror", None) or str(error)
