"""What is asked, what is answered, and what is remembered in between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from oktsec_lint.core.config import Agent
from oktsec_lint.core.model import JsonValue
from oktsec_lint.core.values import NamedTuple

from .windows import Window

Key: TypeAlias = tuple[str, ...]
"""What a memory is about: the agent, then the kind of limit and the name it stands under in the configuration. Never a
name that a caller chose, so there are only as many as the configuration has limits."""


_NO_WINDOWS: Mapping[Key, Window] = {}
_NO_TIMES: Mapping[Key, float] = {}
_NO_COUNTS: Mapping[Key, int] = {}


class Call(NamedTuple):
    """One `tools/call`."""

    agent: Agent | None
    """The declared agent that calls; None when nobody declared it."""
    agent_name: str
    """What the caller is called, declared or not."""
    server: str
    tool: str
    """As the request spells it."""
    arguments: JsonValue = None
    """As the request holds them; None when it has none."""
    approved: bool = False
    """Whether somebody has approved it where an amount needs that."""


class Denial(NamedTuple):
    """Why a call may not be made."""

    rule: str
    """What follows `blocked by oktsec: ` on the wire, such as `tool_policy:max_amount`. Made visible and cut."""
    reason: str
    """A sentence for people. It holds names from the configuration and no value of an argument."""
    pointer: str = ""
    """JSON pointer, in the request's `params`, of what is wrong; empty when it is the call as such."""
    approvable: bool = False
    """Whether the call may be made once somebody has approved it (`Call.approved`)."""


class CallState(NamedTuple):
    """Everything that earlier calls have used up. Its size is bounded by the configuration, not by the traffic."""

    windows: Mapping[Key, Window] = _NO_WINDOWS
    """What was used of each rate and of each daily sum."""
    last: Mapping[Key, float] = _NO_TIMES
    """When something that others wait for was admitted last, in seconds."""
    running: Mapping[Key, int] = _NO_COUNTS
    """How many calls have a slot and have not ended."""
