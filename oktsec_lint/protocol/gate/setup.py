"""What a gate is told before its first message."""

from __future__ import annotations

from collections.abc import Callable

from oktsec_lint.core.calls import Call, CallPolicy, Denial
from oktsec_lint.core.config import Agent
from oktsec_lint.core.judge import Judge
from oktsec_lint.core.values import NamedTuple


class Setup(NamedTuple):
    """Who stands on both sides, and by what they are judged."""

    judge: Judge
    calls: CallPolicy
    server: str
    agent_name: str
    admission: Callable[[Call, str, float], Denial | None]
    """Asked once for each call, with the JSON text of its id and the driver's clock: why the books do not admit it.
    It may be asked once more, for the call as an approved one, when it is held by a limit that an approval lifts."""
    ended: Callable[[str], None]
    """Told the id of a call that was admitted once it waits no more; also of some that were not."""
    agent: Agent | None = None
    """None when the configuration does not name it."""
    enforce: bool = False
    closed_world: bool = False
    """`default_policy: deny`: methods that no revision of MCP has are refused, and who is not declared sees nothing."""
    holds: bool = False
    """Whether an enforcing gate holds calls that somebody may approve, instead of refusing them."""
    withholds_results: bool = True
    """Whether an enforcing gate refuses results for what they say; else it only notes that it would have."""
