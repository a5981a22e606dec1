"""Commands of a gate in their order, each once it is in the journal: no message goes on before its record."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import TypeAlias

from oktsec_lint.protocol.gate import Close, Command, Event

Entry: TypeAlias = "str | asyncio.Future[str | None] | None"
"""A record's id, None where nothing may pass without one; or what will be that, from a journal that takes its time."""


async def settled(entry: Entry) -> str | None:
    """The record's id, once it is known."""
    return await entry if isinstance(entry, asyncio.Future) else entry


class Recorded:
    """The commands of one session. Where every record is written at once, nothing ever waits here."""

    def __init__(
        self,
        record: Callable[[Event], Entry],
        obey: Callable[[Command, str, str | None], None],
        late: Callable[[], None],
    ) -> None:
        """`obey` gets a command, what it was about, and its record's id. `late` is called when some were obeyed after
        `take` had returned."""
        self._record = record
        self._obey = obey
        self._late = late
        self._waiting: deque[tuple[Command, str, Entry]] = deque()

    def take(self, commands: Iterable[Command], about: str) -> None:
        """Obeys commands now, or when they and all before them are recorded."""
        for command in commands:
            if isinstance(command, Close):
                continue
            entry = self._record(command.event) if command.event is not None else ""
            self._waiting.append((command, about, entry))
            if isinstance(entry, asyncio.Future):
                entry.add_done_callback(self._arrived)
        self._work()

    def _arrived(self, _: object) -> None:
        self._work()
        self._late()

    def _work(self) -> None:
        while self._waiting:
            command, about, entry = self._waiting[0]
            if isinstance(entry, asyncio.Future):
                if not entry.done():
                    return
                entry = None if entry.cancelled() else entry.result()
            self._waiting.popleft()
            self._obey(command, about, entry)
