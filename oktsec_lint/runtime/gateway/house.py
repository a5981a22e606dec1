"""Everything that one loaded configuration decides by. A reload makes another; this stays with what runs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from itertools import count

from oktsec_lint.core.calls import CallPolicy
from oktsec_lint.core.config import Config
from oktsec_lint.core.display import quoted
from oktsec_lint.core.held import Terms
from oktsec_lint.core.judge import Judge
from oktsec_lint.core.lock import Lock
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.protocol.gate import Event, Gate, Setup
from oktsec_lint.protocol.gateway.directory import Excluded
from oktsec_lint.protocol.gateway.entrance import Entrance
from oktsec_lint.protocol.gateway.eras import Client
from oktsec_lint.runtime.shared import AnyBooks

from .backend import Backend
from .session import Audience, Entry, Session
from .spans import Spans, Untraced
from .tallies import Tallies


class Ground(NamedTuple):
    """What a house is built on."""

    config: Config
    judge: Judge
    entrance: Entrance
    record: Callable[[Event, str, str], Entry]
    """Remembers an event of a server and an agent: its id in the journal, None where nothing may pass without one."""
    say: Callable[[str], None]
    """Tells the operator a sentence."""
    refused: Callable[[str], None]
    """Remembers why somebody was not let in."""
    enforce: bool = False
    terms: Terms = Terms(enabled=False)
    tallies: Tallies | None = None
    """Where this process counts; None where nobody will ask."""
    spans: Spans = Untraced()


class House:
    """Judges for every agent, servers for all of them."""

    def __init__(self, ground: Ground, backends: Sequence[Backend], policy: CallPolicy, books: AnyBooks) -> None:
        config = ground.config
        self.ground = ground
        self.backends = tuple(backends)
        self.policy = policy
        self.books = books
        self.tallies = ground.tallies or Tallies()
        self.closed_world = config.default_policy == "deny"
        standing = ground.judge.standing
        self.lock: Lock | None = standing.lock if standing is not None else None
        self.answering = 0
        """Requests of clients that are being answered by this house."""
        self.closing = ExitStack()
        """What to let go of with the house."""
        self._said: set[Excluded] = set()
        self._gates = count(1)

    def restricts(self, agent: str) -> bool:
        """Whether an agent may call some tools only; one that nobody declared, whether it may call none."""
        known = self.ground.config.agent(agent)
        return self.closed_world if known is None else not known.unrestricted or known.suspended

    def session(self, server: str, agent: str, client: Client, audience: Audience) -> Session:
        """A session behind a gate of its own, without a link."""
        ground, number = self.ground, next(self._gates)
        setup = Setup(
            ground.judge,
            self.policy,
            server,
            agent,
            lambda call, text, now: self.books.admit(call, f"{number}:{text}", now),
            lambda text: self.books.end(f"{number}:{text}"),
            ground.config.agent(agent),
            ground.enforce,
            self.closed_world,
            ground.terms.enabled,
            ground.config.gateway.scan_responses,
        )
        session = Session(server, Gate(setup), lambda event: ground.record(event, agent, server), audience, client)
        session.tallies, session.spans = self.tallies, ground.spans
        return session

    def report(self, excluded: Iterable[Excluded]) -> None:
        """Says once what is not offered, or not under the name it could have had."""
        for item in excluded:
            if item not in self._said:
                self._said.add(item)
                self.ground.say(f"{item.server}: {item.kind} {quoted(item.name)}: {item.reason}")

    async def shut(self, patience: float) -> None:
        """Ends every session, once what is being answered is answered or so many seconds have passed."""
        until = time.monotonic() + patience
        while self.answering and time.monotonic() < until:
            await asyncio.sleep(0.05)
        await asyncio.gather(*(backend.shut() for backend in self.backends))
        self.closing.close()
