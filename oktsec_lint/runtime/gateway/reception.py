"""Clients of both eras at one endpoint: who they are, which session a request belongs to, and when it is over."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable

from oktsec_lint.core.lock.canonical import canonical
from oktsec_lint.core.model import JsonValue
from oktsec_lint.protocol.gate.message import members
from oktsec_lint.protocol.gateway.eras import Client, JsonObject, client_in
from oktsec_lint.protocol.gateway.openings import agreed, initialized
from oktsec_lint.protocol.gateway.post import Posted, Rejected
from oktsec_lint.protocol.gateway.seals import Seal
from oktsec_lint.protocol.wire import id_text

from . import subscribing
from .clients import Guest, Listening, Visitors
from .holding import Holding
from .house import House
from .party import Party
from .stream import Stream
from .switchboard import STATE, Asked, answer

_SESSION = "session"
_IDLE = 1800.0
"""Seconds after which a client that asks nothing and listens to nothing is forgotten; its session can be taken up
again, as its id says who it is."""
_PARKED = 600.0
_SAID, _PARKED_STATE = 6, 8
"""Members of a session id and of a parked request's state; the last one is the worker."""
_MOST = 10_000
"""Clients whose sessions are kept; beyond that the one that was silent longest is forgotten."""


class Reception:
    """All clients of one gateway process."""

    def __init__(self, house: House, seal: Seal, holding: Holding | None, worker: int = 0) -> None:
        self.house = house
        self._seal = seal
        self._holding = holding
        self._worker = worker
        self._guests: dict[str, Guest] = {}
        self._visitors: dict[tuple[str, str], Visitors] = {}
        self._left: dict[str, None] = {}
        """Sessions that their clients have ended, the newest last."""
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def counts(self) -> tuple[int, int]:
        """Clients of the older and of the newer era."""
        return len(self._guests), len(self._visitors)

    def take_over(self, house: House) -> None:
        """From now on another configuration decides. Clients of the older era are told that their lists may be new."""
        self.house = house
        visitors, self._visitors = self._visitors, {}
        for guest in self._guests.values():
            guest.party = None
            for kind in ("tools", "prompts", "resources"):
                guest.changed(kind)
        for item in visitors.values():
            for listening in item.listening:
                listening.stream.end()

    def hang_up(self) -> None:
        """Ends every stream that would go on without end, so that only answers are waited for."""
        for guest in self._guests.values():
            if guest.standing is not None:
                guest.standing.end()
        for item in self._visitors.values():
            for listening in item.listening:
                listening.stream.end()

    def tidy(self, now: float) -> None:
        """Lets go of who has been silent for long, and has servers started again that have ended."""
        for party in [item.party for item in self._guests.values()] + [item.party for item in self._visitors.values()]:
            if party is not None:
                party.heal(now)
        for guest in list(self._guests.values()):
            if now - guest.used > _IDLE and guest.standing is None and not guest.running:
                self._forget(guest)
        for key, item in list(self._visitors.items()):
            for name, parked in list(item.parked.items()):
                if now - parked.since > _PARKED:
                    del item.parked[name]
                    parked.session.cancel(parked.exchange, "its client has not come back")
            if item.party is not None and now - item.party.used > _IDLE and not (item.listening or item.parked):
                del self._visitors[key]
                self._later(item.party)

    def guest(self, posted_session: str, agent: str) -> Guest | None:
        """The client of a session id; None for one that is not this agent's, or that is over."""
        guest = self._guests.get(posted_session)
        if guest is not None:
            guest.used = time.monotonic()
            return guest if guest.agent == agent else None
        said = self._seal.open(_SESSION, posted_session)
        if not isinstance(said, list) or said[0] != agent or posted_session in self._left:
            return None
        _, revision, capabilities, info, *_ = said
        client = Client(str(revision), members(capabilities), members(info))
        return self._keep(Guest(posted_session, agent, client, self._holding))

    def home(self, session: str, state: JsonValue = None) -> int | None:
        """The worker at which a session of the older era lives, or an unfinished request of the newer one waits."""
        said = self._seal.open(_SESSION, session) if session else None
        parked = self._seal.open(STATE, state) if isinstance(state, str) else None
        for value, length in ((said, _SAID), (parked, _PARKED_STATE)):
            if isinstance(value, list) and len(value) == length and isinstance(value[-1], int):
                return value[-1]
        return None

    async def initialize(self, posted: Posted, agent: str) -> tuple[JsonObject, str]:
        """The answer to an `initialize`, and the new session's id."""
        params = members(posted.message.get("params"))
        revision = agreed(params.get("protocolVersion"))
        capabilities, info = members(params.get("capabilities")), members(params.get("clientInfo"))
        name = self._seal.close(_SESSION, [agent, revision, capabilities, info, secrets.token_hex(8), self._worker])
        guest = self._keep(Guest(name, agent, Client(revision, capabilities, info), self._holding))
        said = await self._party(guest).said()
        return {"result": initialized(revision, said)}, name

    async def end(self, guest: Guest) -> None:
        """A client ends its session."""
        self._left[guest.name] = None
        if len(self._left) > _MOST:
            del self._left[next(iter(self._left))]
        self._forget(guest)

    async def of_guest(
        self, posted: Posted, message: JsonObject, guest: Guest, stream: Stream
    ) -> JsonObject | Rejected:
        """The answer to a request of the older era."""
        asked = Asked(posted, message, self._party(guest), guest.client, stream, guest, None, self._seal)
        text = id_text(message.get("id"))
        current = asyncio.current_task()
        if current is not None:
            guest.running[text] = current
        try:
            return await answer(asked)
        finally:
            guest.running.pop(text, None)

    async def of_visitor(self, posted: Posted, agent: str, stream: Stream) -> JsonObject | Rejected:
        """The answer to a request of the newer era."""
        message = posted.message
        client = client_in(members(message.get("params")))
        visitors, party = self._visit(agent, client)
        asked = Asked(posted, message, party, client, stream, None, visitors, self._seal)
        if asked.method == "subscriptions/listen":
            return await self._listening(asked, visitors)
        return await answer(asked)

    def notified(self, message: JsonObject, guest: Guest) -> None:
        """A client of the older era says something that wants no answer."""
        params = members(message.get("params"))
        if message["method"] == "notifications/cancelled":
            task = guest.running.get(id_text(params.get("requestId")))
            if task is not None:
                task.cancel()
        elif message["method"] == "notifications/roots/list_changed" and guest.party is not None:
            for session in guest.party.open_sessions:
                session.tell("notifications/roots/list_changed", params or None)

    async def _listening(self, asked: Asked, visitors: Visitors) -> JsonObject | Rejected:
        wanted = members(asked.params.get("notifications"))
        listening = Listening(asked.message.get("id"), asked.stream, wanted)
        visitors.listening.append(listening)
        try:
            return await subscribing.listen(asked, listening)
        finally:
            visitors.listening.remove(listening)

    def _visit(self, agent: str, client: Client) -> tuple[Visitors, Party]:
        key = agent, canonical(dict(client.capabilities))
        visitors = self._visitors.get(key)
        if visitors is None:
            visitors = self._visitors[key] = Visitors(self._holding)
            visitors.worker = self._worker
        if visitors.party is None:
            visitors.party = self._opened(agent, client, visitors, visitors.changed)
        return visitors, visitors.party

    def _party(self, guest: Guest) -> Party:
        if guest.party is None or guest.party.house is not self.house:
            guest.party = self._opened(guest.agent, guest.client, guest, guest.changed)
        return guest.party

    def _opened(self, agent: str, client: Client, audience: Guest | Visitors, changed: Callable[[str], None]) -> Party:
        party = Party(self.house, agent, client, audience)
        party.changed = changed
        return party

    def _keep(self, guest: Guest) -> Guest:
        if len(self._guests) >= _MOST:
            self._forget(min(self._guests.values(), key=lambda item: item.used))
        self._guests[guest.name] = guest
        return guest

    def _forget(self, guest: Guest) -> None:
        self._guests.pop(guest.name, None)
        guest.end()
        if guest.party is not None:
            self._later(guest.party)

    def _later(self, party: Party) -> None:
        task = asyncio.get_running_loop().create_task(party.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
