"""One message on its way through the gate."""

from __future__ import annotations

from oktsec_lint.core.lock.canonical import digest
from oktsec_lint.core.model import JsonValue
from oktsec_lint.core.record import Decision
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.protocol.wire import encode

from .commands import Event, Side
from .ruling import Ruling

_ANSWER = frozenset({"result", "error"})


class Message(NamedTuple):
    """What came, from whom, and when."""

    side: Side
    value: dict[str, JsonValue]
    line: bytes
    """As it came, without its line end."""
    now: float
    """The driver's clock in seconds."""
    id_text: str = ""
    """JSON text of the id, in which `7` and `"7"` differ; empty for none."""

    @property
    def params(self) -> dict[str, JsonValue]:
        return members(self.value.get("params"))

    @property
    def from_server(self) -> bool:
        return self.side is Side.SERVER

    @property
    def usable_id(self) -> str | int | None:
        """The id, where it is one."""
        own = self.value.get("id")
        return own if isinstance(own, str | int) and not isinstance(own, bool) else None

    @property
    def asks(self) -> bool:
        """Whether its sender, rather than the other side, has to be told that it is no message: where it may be a
        request. Of a client that is everything but an answer."""
        answers = not self.value.keys().isdisjoint(_ANSWER)
        names = "method" in self.value
        return names or not answers if self.side is Side.CLIENT else names and not answers


def event_of(message: Message, ruling: Ruling, decision: Decision, method: str, tool: str, *, is_answer: bool) -> Event:
    """What is remembered of a message. `method` and `tool` are those of the request, for its answer too."""
    is_call = method == "tools/call" and not is_answer
    return Event(
        message.side,
        decision,
        method,
        tool,
        message.id_text,
        ruling.level,
        ruling.rules,
        ruling.field,
        ruling.reason,
        digest(message.params.get("arguments")) if is_call else "",
        digest(message.value["result"]) if "result" in message.value and is_answer else "",
        message.now,
        "method" in message.value and "id" in message.value,
    )


class Pending(NamedTuple):
    """A request that waits for its answer."""

    method: str
    event: Event
    first: bool = True
    """For lists: whether it asked for the first page."""


def taken(side: Side, value: JsonValue, line: bytes, now: float) -> Message:
    """The message in a decoded line; one without members when it is no object."""
    message = members(value)
    number = message.get("id")
    if type(number) is int:
        return Message(side, message, line, now, str(number))
    return Message(side, message, line, now, encode(number).decode() if "id" in message else "")


def members(value: JsonValue) -> dict[str, JsonValue]:
    """An object's members; none for anything else."""
    return value if isinstance(value, dict) else {}


def text_in(value: JsonValue) -> str:
    """A text; empty for anything else."""
    return value if isinstance(value, str) else ""
