"""Calls that wait for somebody's decision: the client waits a while, and may come back for an approved one later."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from oktsec_lint.core.errors import JournalError
from oktsec_lint.core.held import State, Terms
from oktsec_lint.protocol.gate import Hold
from oktsec_lint.runtime.holding import begin, outcome
from oktsec_lint.runtime.quarantine import Quarantine

from .session import Session

_WINDOW = 50.0
"""Seconds that a client is kept waiting: most give up after 60."""
_GLANCE = 1.0


class Holding:
    """Takes calls to the store, and decisions back to their gates."""

    def __init__(
        self, store: Quarantine, terms: Terms, say: Callable[[str], None], glance: Callable[[], Awaitable[None]] | None
    ) -> None:
        """`glance` returns when a decision may have been made; without it the store is looked at every second."""
        self._store = store
        self._terms = terms
        self._say = say
        self._glance = glance or _second
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def waiting(self) -> int:
        """Calls that nobody has decided about yet."""
        return len(self._tasks)

    def hold(self, session: Session, hold: Hold) -> None:
        """Waits for a decision in the background."""
        task = asyncio.get_running_loop().create_task(self._wait(session, hold))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _wait(self, session: Session, hold: Hold) -> None:
        try:
            approved, by = await self._decided(session, hold)
        except JournalError as error:
            self._say(str(error))
            approved, by = False, "the quarantine cannot be reached"
        session.release(hold.message_id, approved=approved, by=by)

    async def _decided(self, session: Session, hold: Hold) -> tuple[bool, str]:
        call = begin(self._store, hold, self._terms.expiry, time.time())
        if call is None:
            return False, "too many calls wait for a decision"
        if call.state is State.USED:
            return True, call.id
        self._say(f"a call waits for a decision: `oktsec-lint quarantine show {call.id}`")
        until = time.monotonic() + _WINDOW
        while session.holds(hold.message_id) and time.monotonic() < until:
            decided = outcome(self._store, call.id, time.time())
            if decided is not None:
                return decided, call.id
            await self._glance()
        return False, f"{call.id} waits for somebody's approval; make the same call again once it has it"


async def _second() -> None:
    await asyncio.sleep(_GLANCE)
