"""How the gateway talks to one server: bytes there and back over a pipe or over HTTP. Nothing is judged here.

`make_link` gives a `Link` for an entry of `mcp_servers`. aiohttp is imported by the first one that speaks HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping

from oktsec_lint.core.config import ServerSpec, Transport

from .link import Ears, Limits, Link
from .pool import Pool

__all__ = ["Ears", "Limits", "Link", "Pool", "make_link"]


def make_link(spec: ServerSpec, environ: Mapping[str, str], ears: Ears, limits: Limits, pool: Pool) -> Link:
    """A link that is not open yet. `environ` is where `${VAR}` is looked up, and of which a process inherits a little;
    `pool` holds the connections of every HTTP server of one gateway."""
    if spec.transport is Transport.STDIO:
        from .stdio import StdioLink

        return StdioLink(spec, environ, ears, limits)
    from .http import HttpLink

    return HttpLink(spec, environ, ears, limits, pool)
