"""One request to a server, and everything that comes of it until its answer."""

from __future__ import annotations

import asyncio

from oktsec_lint.core.model import JsonValue
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.protocol.gateway.eras import JsonObject

from .stream import Stream


class Needed(NamedTuple):
    """A server of the older era asks its client something before it answers."""

    requests: dict[str, JsonObject]
    """By the JSON text of their ids."""


class Exchange:
    """A request that waits. `stream` is where its client hears what comes before the answer."""

    def __init__(self, method: str, stream: Stream | None) -> None:
        self.method = method
        self.stream = stream
        self.sent = 0.0
        """When the gate let it go to the server, by the monotonic clock; 0 before."""
        self.token: JsonValue = None
        """The client's own progress token; None for none."""
        self.asking: dict[str, JsonObject] = {}
        """What the server has asked and its client has not been told yet."""
        self._outcome: asyncio.Future[JsonObject | Needed] = asyncio.get_running_loop().create_future()

    def answer(self, message: JsonObject) -> None:
        """The answer is there; a second one comes too late."""
        if self._outcome.done():
            self._outcome = asyncio.get_running_loop().create_future()
        self._outcome.set_result(message)

    def ask(self, key: str, request: JsonObject) -> None:
        """The server needs something first."""
        self.asking[key] = request
        if not self._outcome.done():
            self._outcome.set_result(Needed(self.asking))

    async def outcome(self) -> JsonObject | Needed:
        """The answer, or what is needed for it; may be asked for again after that was given."""
        found = await self._outcome
        if isinstance(found, Needed):
            self._outcome = asyncio.get_running_loop().create_future()
            found, self.asking = Needed(self.asking), {}
        return found
