"""What a gate is told before its first message."""

from __future__ import annotations

from oktsec_lint.core.calls import CallPolicy
from oktsec_lint.core.config import Agent
from oktsec_lint.core.judge import Judge
from oktsec_lint.core.values import NamedTuple


class Setup(NamedTuple):
    """Who stands on both sides, and by what they are judged."""

    judge: Judge
    calls: CallPolicy
    server: str
    agent_name: str
    agent: Agent | None = None
    """None when the configuration does not name it."""
    enforce: bool = False
    closed_world: bool = False
    """Whether methods that no revision of MCP has are refused (`default_policy: deny`)."""
