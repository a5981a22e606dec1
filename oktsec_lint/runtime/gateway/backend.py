"""One configured server: how it stands, and the sessions that agents have with it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from enum import StrEnum

from oktsec_lint.core.config import ServerSpec
from oktsec_lint.core.errors import UpstreamError
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.runtime.upstream import Limits, Pool, make_link

from .handshake import NotSpokenError, open_legacy, open_modern
from .say import Say
from .session import Session

_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0
"""Seconds until a server that could not be reached is tried again: doubled each time."""
_SHORT = 10.0
"""Seconds: a session that ends by itself within them counts like one that could not be opened."""


class State(StrEnum):
    """How a server stands, as `/ready` and the metrics have it."""

    IDLE = "idle"
    """Nobody has asked for it yet."""
    STARTING = "starting"
    READY = "ready"
    DEGRADED = "degraded"
    """It answers, but not everything that was asked of it."""
    DOWN = "down"


_TROUBLED = {State.DEGRADED, State.DOWN}


class Condition(NamedTuple):
    """A server's state and what is behind it."""

    state: State = State.IDLE
    reason: str = ""
    since: float = 0.0
    """Monotonic clock, seconds."""


class Backend:
    """Opens sessions with one server, and does not try again at once where that fails."""

    def __init__(self, spec: ServerSpec, environ: Mapping[str, str], pool: Pool, limits: Limits, say: Say) -> None:
        """`say` is told when the condition changes, in a sentence."""
        self.spec = spec
        self.condition = Condition()
        self.sessions: set[Session] = set()
        """Every open session."""
        self._environ = environ
        self._pool = pool
        self._limits = limits
        self._say = say
        self._unspoken: frozenset[bool] = frozenset()
        """The era that it was found not to speak, True for the newer one."""
        self._failures = 0
        self._retry = 0.0
        self._opened_at = 0.0
        self._closing: set[asyncio.Task[None]] = set()
        """Ends of sessions that are not over yet."""
        self._over = False
        """Whether no session may be opened any more."""

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def waits(self) -> bool:
        """Whether it is too early to try it again."""
        return time.monotonic() < self._retry

    def note(self, state: State, reason: str = "") -> None:
        """The condition from now on."""
        if (state, reason) != self.condition[:2]:
            troubled = state in _TROUBLED
            if troubled or self.condition.state in _TROUBLED:
                self._say(f"{self.name} is {state}" + (f": {reason}" if reason else ""), news=not troubled)
            self.condition = Condition(state, reason, time.monotonic())

    async def open(self, make: Callable[[], Session], *, modern: bool) -> Session:
        """A session, opened: in the newer era if `modern` and the server speaks it, else in the older one if it speaks
        that. `make` gives a session without a link, more than once where the server's era is found out.

        Raises UpstreamError; for a while after that, at once.
        """
        if self.waits:
            raise UpstreamError(f"{self.name} is down: {self.condition.reason}")
        if self.condition.state is not State.READY:
            self.note(State.STARTING)
        try:
            session = await self._opened(make, modern=modern)
        except UpstreamError as error:
            self._failed()
            self.note(State.DOWN, str(error))
            raise
        now = time.monotonic()
        if now - self._opened_at > _SHORT:
            self._failures = 0
        self._opened_at, self._retry = now, 0.0
        session.lost = lambda reason: self._lost(session, reason)
        self.note(State.READY)
        return session

    def _failed(self, *, spared: int = 0) -> None:
        """Once for all sessions that fail together. The first `spared` times are forgiven at once."""
        if not self.waits:
            self._failures += 1
            if self._failures > spared:
                wait = _FIRST_WAIT * 2 ** (self._failures - spared - 1)
                self._retry = time.monotonic() + min(_LONGEST_WAIT, wait)

    def _lost(self, session: Session, reason: str) -> None:
        """An open session has ended by itself."""
        if session not in self.sessions:
            return
        others = any(item.revision and not item.gone for item in self.sessions if item is not session)
        if time.monotonic() - self._opened_at < _SHORT:
            self._failed(spared=1)
        self.note(State.DEGRADED if others else State.DOWN, f"a session has ended: {reason}" if others else reason)

    async def close(self, session: Session, reason: str = "closed") -> None:
        """Ends one session, also where whoever asked for that is cancelled meanwhile."""
        self.sessions.discard(session)
        task = asyncio.get_running_loop().create_task(session.close(reason))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
        await asyncio.shield(task)

    async def shut(self) -> None:
        """Ends every session, for good; returns when those are over too that somebody else has ended."""
        self._over = True
        closing = list(self._closing)
        await asyncio.gather(*closing, *(self.close(session, "the gateway ends") for session in list(self.sessions)))

    async def _opened(self, make: Callable[[], Session], *, modern: bool) -> Session:
        """What a server does not speak is asked once, and only then is the other era tried."""
        eras = [era for era in (modern, not modern) if era not in self._unspoken]
        session = await self._linked(make)
        for era in eras[:-1]:
            if await self._speaks(session, modern=era, last=False):
                return session
            if session.gone:  # some servers end at the first word they do not know
                session = await self._linked(make)
        await self._speaks(session, modern=eras[-1], last=True)
        return session

    async def _linked(self, make: Callable[[], Session]) -> Session:
        if self._over:
            raise self._too_late()
        session = make()
        link = make_link(self.spec, self._environ, session, self._limits, self._pool)
        session.attach(link)
        self.sessions.add(session)
        try:
            await link.open()
        except (UpstreamError, asyncio.CancelledError):
            await self.close(session)
            raise
        if self._over:  # its process may have come to life after everybody else was told to end
            await self.close(session)
            raise self._too_late()
        return session

    def _too_late(self) -> UpstreamError:
        return UpstreamError(f"{self.name} is not started: the gateway ends")

    async def _speaks(self, session: Session, *, modern: bool, last: bool) -> bool:
        """Whether the session is open now. Raises UpstreamError where nothing else is left to try."""
        try:
            await (open_modern(session) if modern else open_legacy(session))
        except NotSpokenError as error:
            if not last:
                self._unspoken = frozenset({modern})
                return False
            self._unspoken = frozenset()
            await self.close(session, "it was not opened")
            raise UpstreamError(str(error)) from None
        except asyncio.CancelledError:
            await self.close(session, "it was not opened")
            raise
        return True
