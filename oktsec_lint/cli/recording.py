"""Events of gates to journal records, and from there to whoever is to be told."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from oktsec_lint.core.errors import JournalError
from oktsec_lint.core.record import Decision, Record, Sender
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.protocol.gate import Event
from oktsec_lint.runtime.journal import utc
from oktsec_lint.runtime.shared import AnyJournal

from .notifying import Offer
from .terminal import complain

if TYPE_CHECKING:
    from oktsec_lint.runtime.gateway.session import Entry


class Digests(NamedTuple):
    """By what was decided."""

    policy: str
    lock: str
    rulebook: str


class Recorder:
    """Writes what gates of one process decide."""

    def __init__(self, journal: AnyJournal, digests: Digests, offer: Offer, *, enforce: bool) -> None:
        self._journal = journal
        self._digests = digests
        self._offer = offer
        self._enforce = enforce
        self._complained = False

    def __call__(self, event: Event, agent: str, server: str) -> str | None:
        """The record's id. Where it cannot be written, None when the gate enforces; an observing one goes on."""
        record = self._record(event, agent, server)
        try:
            return self._told(record, self._journal.append(record))
        except JournalError as error:
            return self._failed(record, error)

    def soon(self, event: Event, agent: str, server: str) -> Entry:
        """The same in an event loop, which goes on where a journal takes its time."""
        if not self._journal.shares:
            return self(event, agent, server)
        import asyncio

        return asyncio.ensure_future(self._appended(self._record(event, agent, server)))

    def _record(self, event: Event, agent: str, server: str) -> Record:
        return Record(
            utc(),
            agent,
            server,
            Sender(event.direction),
            event.method,
            event.tool,
            event.message_id,
            Decision(event.decision),
            event.level.label,
            event.rules,
            event.field,
            event.reason,
            event.arguments,
            event.response,
            *self._digests,
            int((time.monotonic() - event.started) * 1_000_000),
        )

    async def _appended(self, record: Record) -> str | None:
        try:
            return self._told(record, await self._journal.appended(record))
        except JournalError as error:
            return self._failed(record, error)

    def _told(self, record: Record, entry: str) -> str:
        self._offer(record, entry)
        return entry

    def _failed(self, record: Record, error: JournalError) -> str | None:
        if not self._complained:
            complain(error)
            self._complained = True
        self._offer(record, "")
        return None if self._enforce else ""
