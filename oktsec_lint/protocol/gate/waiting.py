"""Which requests wait for their answers, in both directions."""

from __future__ import annotations

from collections.abc import Callable

from .commands import Event, Side
from .message import Pending


class Waiting:
    """Requests by who sent them and the JSON text of their id, so that `7` is not `"7"`."""

    def __init__(self, ended: Callable[[str], None]) -> None:
        """`ended` is told the id of each call of the client that waits no more, whatever the reason."""
        self._pending: dict[tuple[Side, str], Pending] = {}
        self._ended = ended

    def __contains__(self, asked: tuple[Side, str]) -> bool:
        return asked in self._pending

    def begin(self, event: Event, *, first: bool) -> None:
        """A request goes on its way; `first` is whether it asks for the first page, if for any."""
        self._pending[event.direction, event.message_id] = Pending(event.method, event, first)

    def take(self, side: Side, message_id: str) -> Pending | None:
        """The request, which waits no more; None when there is none."""
        asked = self._pending.pop((side, message_id), None)
        if asked is not None and side is Side.CLIENT and asked.method == "tools/call":
            self._ended(message_id)
        return asked

    def of(self, side: Side) -> list[str]:
        """The ids of what one side waits for, oldest first."""
        return [message_id for sender, message_id in self._pending if sender is side]
