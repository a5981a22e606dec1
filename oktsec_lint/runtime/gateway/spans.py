"""Where a trace begins and goes on: what a gateway calls when it may be traced. `tracing` does it, this does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from oktsec_lint.core.model import EMPTY
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.protocol.gateway.eras import JsonObject


class Carried(NamedTuple):
    """A request to a server with its place in the trace."""

    params: JsonObject
    headers: Mapping[str, str] = EMPTY
    """For HTTP."""


class Spans(Protocol):
    """Spans are named after methods. They hold no content and no name that a caller chose."""

    def asked(
        self, method: str, era: str, headers: Mapping[str, str], params: JsonObject
    ) -> AbstractContextManager[Callable[[str], None]]:
        """Around the answer to a client's request; what it gives wants to know how the request ended."""

    def carried(self, server: str, method: str, params: JsonObject) -> AbstractContextManager[Carried]:
        """Around a server's answer."""


class Untraced:
    """Nobody traces: what a client says of its trace goes to the server as it is."""

    def asked(
        self,
        method: str,  # noqa: ARG002 - Spans
        era: str,  # noqa: ARG002 - Spans
        headers: Mapping[str, str],  # noqa: ARG002 - Spans
        params: JsonObject,  # noqa: ARG002 - Spans
    ) -> AbstractContextManager[Callable[[str], None]]:
        """Around nothing."""
        return _NOTHING

    def carried(self, server: str, method: str, params: JsonObject) -> AbstractContextManager[Carried]:  # noqa: ARG002
        """The params as they are."""
        return nullcontext(Carried(params))


_NOTHING: AbstractContextManager[Callable[[str], None]] = nullcontext(lambda _outcome: None)
