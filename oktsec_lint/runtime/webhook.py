"""One POST to one webhook: over verified TLS, to an address that was looked at first, and never redirected.

`http.client` is imported by the first POST, in the thread that sends it. What fails is said without the URL and
without a header, because chat services put the credential into the path.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING

from oktsec_lint.core.addresses import is_off_limits, is_off_limits_address
from oktsec_lint.core.display import quoted
from oktsec_lint.core.notices import Channel
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.core.variables import Expansion

if TYPE_CHECKING:
    import http.client
    import socket
    import ssl

_CONNECT, _LEAST = 5.0, 0.01
"""Longest time for a connection, and shortest for anything, in seconds."""
_GOOD, _REDIRECT, _REFUSED, _BROKEN = 200, 300, 400, 500
_PASSING = frozenset({408, 425, 429})
"""Of the refusals, those that ask to come again."""
_FIELD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""The name of a header (RFC 9110 section 5.1)."""
_HEADERS = {"User-Agent": "oktsec-lint", "Content-Type": "application/json"}


class Endpoint(NamedTuple):
    """A channel with its variables expanded: nothing of it but the host is ever shown."""

    secure: bool
    host: str
    port: int
    target: str
    """Path and query."""
    headers: Mapping[str, str]


class Failure(NamedTuple):
    """Why a POST has not arrived."""

    reason: str
    passing: bool
    """Whether it may work later."""
    wait: float = 0.0
    """For how many seconds the receiver asks to be left alone."""


class UnusableError(Exception):
    """A channel that cannot be used in this environment; the message says why without any value."""


class _AddressError(OSError):
    """A host whose every address is one that nothing is sent to."""


def endpoint_of(channel: Channel, environ: Mapping[str, str]) -> Endpoint:
    """Raises UnusableError."""
    expand = Expansion(environ)
    url = expand(channel.url)
    headers = {name: expand(value) for name, value in channel.headers.items()}
    if expand.trouble:
        raise UnusableError(expand.trouble)
    for name, value in headers.items():
        if not (_FIELD.fullmatch(name) and value.isascii() and value.isprintable()):
            raise UnusableError(f"header {quoted(name)} or its value holds a character that no header may hold")
    given = {name.lower() for name in headers}
    usual = {name: value for name, value in _HEADERS.items() if name.lower() not in given}
    return _split(url)._replace(headers={**usual, **headers})


def post(endpoint: Endpoint, body: bytes, patience: float) -> Failure | None:
    """Sends the body and waits for the status, all in all for so many seconds; None when it was taken."""
    import http.client
    import ssl

    until = time.monotonic() + patience
    try:
        return _judged(*_exchange(endpoint, body, until))
    except ssl.SSLCertVerificationError as error:
        return Failure(f"its certificate is not trusted, {error.verify_message}", passing=False)
    except _AddressError as error:
        return Failure(str(error), passing=False)
    except (OSError, http.client.HTTPException) as error:
        if time.monotonic() >= until:
            return Failure(f"no answer within {patience:g} seconds", passing=True)
        return Failure(_trouble(error), passing=True)


def _split(url: str) -> Endpoint:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host.encode("idna")
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    secure = parts.scheme == "https"
    if parts.scheme not in ("http", "https") or not host or not (url.isascii() and url.isprintable()) or " " in url:
        raise UnusableError("its URL is not of the form `https://host/path`, in ASCII")
    if parts.username is not None:
        raise UnusableError("its URL holds a user or a password; write an `Authorization` header instead")
    if is_off_limits(url):
        raise UnusableError("its URL leads to a link-local address or a cloud's metadata service")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Endpoint(secure, host, port or (443 if secure else 80), target, {})


def _exchange(endpoint: Endpoint, body: bytes, until: float) -> tuple[int, str]:
    """The status of the answer, and its `Retry-After`."""
    import http.client

    connection: http.client.HTTPConnection
    link = _connected(endpoint, until)
    try:
        if endpoint.secure:
            connection = http.client.HTTPSConnection(endpoint.host, endpoint.port, context=_context())
            link = _context().wrap_socket(link, server_hostname=endpoint.host, do_handshake_on_connect=False)
        else:
            connection = http.client.HTTPConnection(endpoint.host, endpoint.port)
        connection.sock = link
        patience = _left(until)
        link.settimeout(patience)
        with _hanging_up(link, patience):
            connection.request("POST", endpoint.target, body, dict(endpoint.headers))
            answer = connection.getresponse()
        return answer.status, answer.headers.get("Retry-After", "")
    finally:
        link.close()


@cache
def _context() -> ssl.SSLContext:
    """Trusts what the machine trusts, and wants the host's own name."""
    import ssl

    return ssl.create_default_context()


def _left(until: float) -> float:
    return max(_LEAST, until - time.monotonic())


def _connected(endpoint: Endpoint, until: float) -> socket.socket:
    """A connection to the first address that takes one. The address that is looked at is the one that is used: a name
    cannot mean something else a moment later."""
    import socket

    found = socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    allowed = [item for item in found if not is_off_limits_address(str(item[4][0]))]
    if not allowed:
        raise _AddressError("its host leads to a link-local address or a cloud's metadata service")
    problem: OSError = _AddressError("its host has no address")
    for family, kind, protocol, _, address in allowed:
        connection = socket.socket(family, kind, protocol)
        connection.settimeout(min(_CONNECT, _left(until)))
        try:
            connection.connect(address)
        except OSError as error:
            connection.close()
            problem = error
        else:
            return connection
    raise problem


@contextmanager
def _hanging_up(connection: socket.socket, patience: float) -> Iterator[None]:
    """Ends the connection after so many seconds: a timeout of its own counts from the last byte, and a receiver may
    send one at a time."""
    import socket

    def end() -> None:
        with suppress(OSError):
            socket.socket.shutdown(connection, socket.SHUT_RDWR)

    timer = threading.Timer(patience, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _judged(status: int, retry_after: str) -> Failure | None:
    if _GOOD <= status < _REDIRECT:
        return None
    if _REDIRECT <= status < _REFUSED:
        return Failure(f"HTTP {status}, and no redirect is followed", passing=False)
    passing = status in _PASSING or status >= _BROKEN
    return Failure(f"HTTP {status}", passing, _asked_for(retry_after) if passing else 0.0)


def _asked_for(retry_after: str) -> float:
    """The seconds that a `Retry-After` means (RFC 9110 section 10.2.3), which may be a date; 0 when it means none."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0.0


def _trouble(error: Exception) -> str:
    """What the operating system or TLS said; never what the receiver did."""
    import http.client
    import ssl

    if isinstance(error, ssl.SSLError):
        return f"TLS failed, {error.reason or 'the connection ended'}"
    if isinstance(error, OSError) and error.strerror:
        return f"no connection: {error.strerror.lower()}"
    if isinstance(error, TimeoutError):
        return "no connection in time"
    return (
        "it closed the connection"
        if isinstance(error, http.client.RemoteDisconnected)
        else "what it answered is no HTTP"
    )
