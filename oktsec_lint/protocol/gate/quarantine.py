"""Calls that wait for somebody's decision, and what was decided about them."""

from __future__ import annotations

from oktsec_lint.core.calls import Call
from oktsec_lint.core.record import Decision
from oktsec_lint.core.values import NamedTuple

from .commands import Event, Hold
from .judging import Judging
from .message import Message, text_in
from .ruling import Ruling

_MOST = 100
"""Calls of one connection that are held at once; the next one is refused."""
_LONGEST = 1 << 18
"""Bytes of a call that somebody might still read; a longer one is refused."""


class Grant(NamedTuple):
    """Somebody has approved a call. It is good for that call, once."""

    ruling: Ruling
    """Why it was held."""
    by: str
    """What the journal is to name."""

    @property
    def admitted(self) -> bool:
        """Whether the call's share was used up when it came; else it is asked for now."""
        return not self.ruling.unadmitted

    def covers(self, ruling: Ruling) -> bool:
        """Whether nothing but what was approved speaks against the call now."""
        return not ruling.blocked or (ruling.approvable and set(ruling.rules) <= set(self.ruling.rules))

    @property
    def passing(self) -> Ruling:
        """The ruling on the approved call."""
        return self.ruling._replace(blocked=False, approvable=False, reason=_because("approved", self.by))


class _Held(NamedTuple):
    message: Message
    ruling: Ruling


class Quarantine:
    """The held calls of one connection, by the JSON text of their id."""

    def __init__(self, judging: Judging) -> None:
        self._judging = judging
        self._held: dict[str, _Held] = {}
        self._granted: dict[str, Grant] = {}

    def __contains__(self, message_id: str) -> bool:
        return message_id in self._held

    def __bool__(self) -> bool:
        return bool(self._held)

    def hold(self, message: Message, ruling: Ruling, event: Event) -> Hold | None:
        """Keeps a call that may be approved; None for one that is refused."""
        if not ruling.approvable:
            return None
        if len(self._held) >= _MOST or len(message.line) > _LONGEST:
            self._judging.setup.ended(message.id_text)
            return None
        self._held[message.id_text] = _Held(message, ruling)
        setup, params = self._judging.setup, message.params
        call = Call(setup.agent, setup.agent_name, setup.server, text_in(params["name"]), params.get("arguments"))
        return Hold(message.id_text, event._replace(decision=Decision.HELD), call)

    def approve(self, message_id: str, now: float, by: str) -> Message | None:
        """The call as if it came now, with a grant for it; None when it is not held."""
        held = self._held.pop(message_id, None)
        if held is None:
            return None
        self._granted[message_id] = Grant(held.ruling, by)
        return held.message._replace(now=now)

    def reject(self, message_id: str, now: float, by: str) -> tuple[Message, Ruling] | None:
        """The call and why it is refused; None when it is not held."""
        held = self._held.get(message_id)
        if held is None:
            return None
        self.forget(message_id)
        return held.message._replace(now=now), held.ruling._replace(reason=_because("not approved", by))

    def grant(self, message_id: str) -> Grant | None:
        """The grant for a call, used up."""
        return self._granted.pop(message_id, None)

    def forget(self, message_id: str) -> None:
        """A call is cancelled, or its client gone: whatever is decided comes too late."""
        if self._held.pop(message_id, None) or self._granted.pop(message_id, None):
            self._judging.setup.ended(message_id)

    def drain(self) -> list[Message]:
        """Everything that is held, and nothing of it is held any more."""
        messages = [held.message for held in self._held.values()]
        for message in messages:
            self.forget(message.id_text)
        return messages


def _because(decided: str, by: str) -> str:
    return f"{decided}: {by}" if by else decided
