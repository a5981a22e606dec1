"""What a gate tells its driver to do, and what it wants remembered about it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias

from oktsec_lint.core.calls import Call
from oktsec_lint.core.model import JsonValue
from oktsec_lint.core.policy import Level
from oktsec_lint.core.record import Decision
from oktsec_lint.core.values import NamedTuple


class Side(StrEnum):
    """Who is at one end of the gate."""

    CLIENT = "client"
    SERVER = "server"

    @property
    def other(self) -> Side:
        return Side.SERVER if self is Side.CLIENT else Side.CLIENT


class Event(NamedTuple):
    """One decision, for the journal. Holds no content: texts only as digests."""

    direction: Side
    """Who sent the message."""
    decision: Decision
    method: str = ""
    """Of the request, for its answer too."""
    tool: str = ""
    message_id: str = ""
    """JSON text of the id; empty for none."""
    level: Level = Level.CLEAN
    rules: tuple[str, ...] = ()
    field: str = ""
    """JSON pointer, in the message, of what decided."""
    reason: str = ""
    arguments: str = ""
    """Digest of a call's arguments."""
    response: str = ""
    """Digest of a result."""
    started: float = 0.0
    """The driver's clock when the message came."""
    is_request: bool = False


class Forward(NamedTuple):
    """Write this line (without its line end) to one side."""

    to: Side
    line: bytes
    event: Event | None = None
    """None for what the gate says itself."""
    more: tuple[Event, ...] = ()
    """Of the other messages, when the line is a batch."""
    value: Mapping[str, JsonValue] | None = None
    """The message in the line, where the gate has it at hand: its driver need not read it again."""


class Answer(NamedTuple):
    """Tell one side that its request was refused. The driver adds the journal's id to `data` and writes it."""

    to: Side
    message_id: JsonValue
    code: int
    message: str
    data: dict[str, JsonValue]
    event: Event


class Hold(NamedTuple):
    """The gate keeps this call until the driver says with `Gate.release` what was decided about it."""

    message_id: str
    """JSON text of the id: what `release` wants."""
    event: Event
    call: Call
    """What is to be decided about: who calls which tool with which arguments."""


class Drop(NamedTuple):
    """Forward nothing, tell nobody, remember it."""

    event: Event


class Close(NamedTuple):
    """Tell one side, once it has everything that was written to it, that no more will come."""

    to: Side


Command: TypeAlias = Forward | Answer | Hold | Drop | Close


def drop(event: Event) -> Drop:
    """Forwards nothing, and remembers just that."""
    return Drop(event._replace(decision=Decision.DROPPED))
