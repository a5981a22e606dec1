"""Under which names a gateway answers, and whose pages may speak to it.

A browser sends every page's requests wherever a name leads, also to this machine. What it cannot do is lie: `Host` is
the name that the page has, `Origin` the page's own. A name that was bent towards us (DNS rebinding) is none of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from oktsec_lint.core.addresses import is_address, is_loopback

_AUTHORITY = re.compile(
    r"(?:\[(?P<v6>[0-9A-Fa-f:.]{2,45})\]|(?P<name>[A-Za-z0-9._-]{1,253}))(?::(?P<port>[0-9]{1,5}))?"
)
_EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, not bound to
_HTTP = "80"
_LOCALHOST = "localhost"


class Names:
    """What a gateway that listens at an address is called."""

    def __init__(self, bound: str, port: int, *, hosts: Iterable[str] = (), origins: Iterable[str] = ()) -> None:
        """`bound` is the address that the socket has, without brackets. `hosts` are further values of `Host`, as a
        client sends them (`gw.example.org`, `gw.example.org:8443`); `origins` further ones of `Origin`."""
        self._bound = bound.lower()
        self._port = str(port)
        self._hosts = frozenset(host.lower() for host in hosts)
        self._origins = frozenset(origin.lower().rstrip("/") for origin in origins)
        self._local = is_loopback(bound) or self._bound in _EVERYWHERE
        self._usual = frozenset(f"{host}:{port}" for host in (_LOCALHOST, "127.0.0.1", "[::1]")) if self._local else ()

    def answers_for(self, host: str) -> bool:
        """Whether a value of `Host` is one of ours.

        Where the gateway listens on every address, any address is: only a name can be bent.
        """
        if host in self._usual or host.lower() in self._hosts:
            return True
        found = _AUTHORITY.fullmatch(host)
        if found is None or (found["port"] or _HTTP) != self._port:
            return False
        address = (found["v6"] or found["name"]).lower()
        if self._local:
            local = address == _LOCALHOST or is_loopback(address)
            return local or (self._bound in _EVERYWHERE and is_address(address))
        return address == self._bound

    def may_ask(self, origin: str, host: str) -> bool:
        """Whether pages of `origin` may ask a gateway that they call `host`: its own, and those that are allowed."""
        page, name = origin.lower(), host.lower()
        named = name in self._hosts and page == f"https://{name}"
        return named or page == f"http://{name}" or page in self._origins

    def is_allowed(self, origin: str) -> bool:
        """Whether an origin is one of those that were allowed by name."""
        return origin.lower() in self._origins
