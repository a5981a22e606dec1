"""No command is obeyed before its record is there, nor before the commands before it."""

from __future__ import annotations

import asyncio

from oktsec_lint.core.record import Decision
from oktsec_lint.protocol.gate import Command, Event, Forward, Side
from oktsec_lint.runtime.gateway.recorded import Entry, Recorded, settled


def forward(name: str) -> Forward:
    return Forward(Side.SERVER, name.encode(), Event(Side.CLIENT, Decision.FORWARDED, "tools/call", name))


class Played:
    """Commands as they are obeyed, and the futures that some of them wait for."""

    def __init__(self) -> None:
        self.obeyed: list[tuple[bytes, str, str | None]] = []
        self.late = 0
        self.entries: dict[str, Entry] = {}
        self.recorded = Recorded(lambda event: self.entries[event.tool], self._obey, self._came_late)

    def _obey(self, command: Command, about: str, journal: str | None) -> None:
        assert isinstance(command, Forward)
        self.obeyed.append((command.line, about, journal))

    def _came_late(self) -> None:
        self.late += 1


def test_what_is_recorded_at_once_is_obeyed_at_once() -> None:
    played = Played()
    played.entries = {"a": "w-1", "b": None}
    played.recorded.take([forward("a"), forward("b")], "7")
    assert played.obeyed == [(b"a", "7", "w-1"), (b"b", "7", None)]
    assert played.late == 0


def test_what_takes_its_time_keeps_its_place() -> None:
    async def play() -> Played:
        played = Played()
        slow: dict[str, asyncio.Future[str | None]] = {name: asyncio.Future() for name in "acd"}
        played.entries = {**slow, "b": "w-2"}
        played.recorded.take([forward("a"), forward("b")], "1")
        played.recorded.take([forward("c"), forward("d")], "2")
        slow["c"].set_result("w-3")
        await asyncio.sleep(0)
        assert played.obeyed == []
        slow["a"].set_result("w-1")
        await asyncio.sleep(0)
        assert played.obeyed == [(b"a", "1", "w-1"), (b"b", "1", "w-2"), (b"c", "2", "w-3")]
        slow["d"].cancel()
        await asyncio.sleep(0)
        assert await settled("w-9") == "w-9"
        return played

    played = asyncio.run(play())
    assert played.obeyed[-1] == (b"d", "2", None)
    assert played.late
