"""One client as the servers see it: its sessions with them, and everything it may use under public names."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from oktsec_lint.core.errors import UpstreamError
from oktsec_lint.core.model import Definition, JsonValue, Kind
from oktsec_lint.protocol.gateway.directory import Directory, Offered, Target
from oktsec_lint.protocol.gateway.eras import Client
from oktsec_lint.protocol.gateway.openings import Said

from .backend import Backend, State
from .house import House
from .listing import Offer, offered
from .session import Audience, Session

_SLOW = 5.0
"""Seconds that everybody waits for the lists of a server; what comes later is told as a change."""
_FRESH = 300.0
"""Seconds after which a list is asked for again where its server announces no changes."""
_IN_USE = 300.0
"""Seconds after its last request for which a client's servers are started again as they end."""


_KINDS = "tools", "prompts", "resources"


class _Part:
    """What the party has of one server."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.session: Session | None = None
        self.offer: Offer | None = None
        """None when it has to be listed again."""
        self.listed = 0.0
        self.known: Offer | None = None
        """What was last listed, for requests that come while the server is down."""
        self.turn = asyncio.Lock()
        self.refreshing: asyncio.Task[None] | None = None
        self.late = False
        """Whether somebody was answered without it: nobody waits for it again, until it has been listed."""
        self.told: set[str] = set()
        """Kinds of lists that the client was told of since it was listed: it need not hear of each change."""

    @property
    def wanted(self) -> bool:
        """Whether something was asked of it that it could not answer yet."""
        return self.late or (self.session is not None and bool(self.session.gone))


class Party:
    """Opens sessions when something is wanted of a server. Belongs to one configuration (`House`)."""

    def __init__(self, house: House, agent: str, client: Client, audience: Audience) -> None:
        self.house = house
        self.agent = agent
        self.client = client
        self.used = time.monotonic()
        self.changed: Callable[[str], None] = lambda _kind: None
        """Told the kind of a list that has changed."""
        self.tasks: dict[str, str] = {}
        """Which server a task is with."""
        self._audience = audience
        self._parts = {backend.name: _Part(backend) for backend in house.backends}
        self._directory: tuple[tuple[Offer | None, ...], Directory] | None = None

    @property
    def open_sessions(self) -> list[Session]:
        """Those that can be asked."""
        return [part.session for part in self._parts.values() if part.session is not None and not part.session.gone]

    async def session(self, server: str) -> Session:
        """The session with one server. Raises UpstreamError."""
        part = self._parts[server]
        self.used = time.monotonic()
        if part.session is None or part.session.gone:
            async with part.turn:
                if part.session is None or part.session.gone:
                    await self._reopen(part)
        if part.session is None:
            raise UpstreamError(f"{server} has gone")
        return part.session

    async def said(self) -> tuple[Said, ...]:
        """What the servers that can be reached say of themselves."""
        await self._everybody()
        return tuple(Said(item.server, item.revision, item.capabilities, item.instructions) for item in self._shown())

    async def directory(self) -> Directory:
        """Everything the client may use, by its public names."""
        if any(self._is_stale(part) for part in self._parts.values()):
            await self._everybody()
        return self._known()

    async def target(self, kind: Kind, name: str) -> Target | None:
        """What a public name stands for. No call waits for the list of a server that it is not for."""
        if any(part.known is None and not part.late for part in self._parts.values()):
            await self._everybody()
        return self._known().target(kind, name) or (await self.directory()).target(kind, name)

    def _known(self) -> Directory:
        offers = tuple(part.known for part in self._parts.values())
        if self._directory is None or self._directory[0] != offers:
            self._directory = offers, self._made()
        return self._directory[1]

    def mirrored(self, server: str, tool: str) -> JsonValue:
        """The input schema of a tool whose arguments are repeated in headers; None for every other one."""
        known = self._parts[server].known
        return known.mirrored.get(tool) if known is not None else None

    async def close(self) -> None:
        """Ends every session."""
        self.used = -_IN_USE
        for part in self._parts.values():
            if part.refreshing is not None:
                part.refreshing.cancel()
        parts = [part for part in self._parts.values() if part.session is not None]
        await asyncio.gather(*(part.backend.close(part.session) for part in parts if part.session is not None))

    def _made(self) -> Directory:
        offers = [Offered(name, self._visible(part)) for name, part in self._parts.items()]
        directory = Directory(offers, self.house.lock)
        self.house.report(directory.excluded)
        for part in self._parts.values():
            self.house.report(part.known.excluded if part.known is not None else ())
        return directory

    def _visible(self, part: _Part) -> tuple[Definition, ...]:
        """What is offered; nothing of a server none of whose tools a restricted agent may call."""
        definitions = part.known.definitions if part.known is not None else ()
        restricted = self.house.restricts(self.agent)
        if restricted and not any(item.kind is Kind.TOOL for item in definitions):
            return ()
        return definitions

    def _shown(self) -> list[Session]:
        hidden = {name for name, part in self._parts.items() if part.known is not None and not self._visible(part)}
        return [
            session
            for session in self.open_sessions
            if session.server not in hidden or not self.house.restricts(self.agent)
        ]

    def _is_stale(self, part: _Part) -> bool:
        if part.offer is None:
            return True
        return time.monotonic() - part.listed > _FRESH or part.session is None or bool(part.session.gone)

    def heal(self, now: float) -> None:
        """Tries again to reach what could not be reached or has ended, while the client is in use."""
        if now - self.used < _IN_USE:
            for part in self._parts.values():
                if part.wanted and not part.backend.waits:
                    self._begun(part)

    async def _everybody(self) -> None:
        """A server that takes its time is missing until it has answered; nobody waits for it twice."""
        running = {self._begun(part): part for part in self._parts.values() if self._is_stale(part)}
        waited = [task for task, part in running.items() if not part.late]
        if not waited:
            return
        done, _ = await asyncio.wait(waited, timeout=_SLOW)
        for task in done:
            if not task.cancelled():
                task.result()  # a defect of ours is none of the server's
        for task in set(waited) - done:
            part = running[task]
            part.late = True
            part.backend.note(State.DEGRADED, "it takes long to say what it offers")

    def _begun(self, part: _Part) -> asyncio.Task[None]:
        if part.refreshing is None or part.refreshing.done():
            part.refreshing = asyncio.get_running_loop().create_task(self._refresh(part))
            part.refreshing.add_done_callback(lambda _: self._refreshed(part))
        return part.refreshing

    def _refreshed(self, part: _Part) -> None:
        """What could not be listed is late, and is told of when it comes."""
        if part.offer is None:
            part.late = True
        elif part.late:
            part.late = False
            for kind in _KINDS:
                self.changed(kind)

    async def _refresh(self, part: _Part) -> None:
        """A server that cannot be asked is missing, and nothing else is."""
        try:
            session = await self.session(part.backend.name)
        except UpstreamError:
            part.offer = None
            return
        async with part.turn:
            if not self._is_stale(part):
                return
            offer = await offered(session, self.client._replace(revision=session.revision))
            if session.gone:
                part.offer = None
                return
            gaps = "; ".join(offer.gaps)
            part.backend.note(State.DEGRADED if gaps else State.READY, gaps)
            before = part.known
            part.offer, part.listed = offer, time.monotonic()
            part.told.clear()
            if before is None or before.definitions != offer.definitions:
                part.known = offer

    async def _reopen(self, part: _Part) -> None:
        old, part.session, part.offer = part.session, None, None
        if old is not None:
            await part.backend.close(old, old.gone)
        backend = part.backend
        session = await backend.open(
            lambda: self.house.session(backend.name, self.agent, self.client, self._audience), modern=self.client.modern
        )
        session.changed = lambda kind: self._forget(part, kind)
        part.session = session

    def _forget(self, part: _Part, kind: str) -> None:
        part.offer = None
        if kind not in part.told:
            part.told.add(kind)
            self.changed(kind)
