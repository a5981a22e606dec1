"""Which agent may call which tool: the one reading of `allowed_tools`.

A tool has three names: its own (`read_file`, upstream's only one), and two that say whose it is,
`filesystem_read_file` (as upstream's documentation writes it) and `filesystem/read_file`. An entry allows a tool when
it is exactly one of them.
"""

from __future__ import annotations

from .config import DENY_ALL, Agent


def names_of(server: str, tool: str) -> tuple[str, str, str]:
    return tool, f"{server}_{tool}", f"{server}/{tool}"


def may_call(agent: Agent, server: str, tool: str) -> bool:
    """Whether policy lets `agent` call `tool` of `server`, before any content is looked at."""
    if agent.suspended or tool == DENY_ALL or agent.denies_all:
        return False
    if agent.unrestricted:
        return True
    names = names_of(server, tool)
    return any(entry.name in names for entry in agent.allowed_tools)
