"""Which agent may call which tool: the one reading of `allowed_tools`.

A tool has three names: its own (`read_file`, upstream's only one), and two that say whose it is,
`filesystem_read_file` (as upstream's documentation writes it) and `filesystem/read_file`. An entry allows a tool when
it is exactly one of them; nothing here ever guesses. `Access` and `ToolIndex` read their input once, because a whole
configuration asks for every agent x server x tool.
"""

from __future__ import annotations

from collections.abc import Iterable

from .config import DENY_ALL, Agent
from .model import Inventory
from .values import NamedTuple


class ToolId(NamedTuple):
    """One tool of one server. A name that a server lists twice is one tool: nobody can tell the two apart."""

    server: str
    tool: str


def names_of(server: str, tool: str) -> tuple[str, str, str]:
    """Everything the configuration may call this tool: bare, `server_tool`, `server/tool`."""
    return tool, f"{server}_{tool}", f"{server}/{tool}"


def may_call(agent: Agent, server: str, tool: str) -> bool:
    """Whether policy lets `agent` call `tool` of `server`, before any content is looked at."""
    return bool(Access((agent,)).callers(server, tool))


class Access:
    """Every allowlist of a configuration, ready to be asked about any tool."""

    def __init__(self, agents: Iterable[Agent]) -> None:
        self._lists = tuple((agent, _allowed_names(agent)) for agent in agents if _may_call_something(agent))
        self._everything = any(allowed is None for _, allowed in self._lists)
        self._anybody = frozenset(name for _, allowed in self._lists for name in allowed or ())

    def callers(self, server: str, tool: str) -> tuple[Agent, ...]:
        """The agents that may call this tool, in configuration order."""
        if tool == DENY_ALL:
            return ()
        names = names_of(server, tool)
        return tuple(agent for agent, allowed in self._lists if allowed is None or not allowed.isdisjoint(names))

    def reachable(self, server: str, tool: str) -> bool:
        """Whether any agent may call this tool."""
        return tool != DENY_ALL and (self._everything or not self._anybody.isdisjoint(names_of(server, tool)))


def _may_call_something(agent: Agent) -> bool:
    return not agent.suspended and not agent.denies_all


def _allowed_names(agent: Agent) -> frozenset[str] | None:
    """None is every tool."""
    return None if agent.unrestricted else frozenset(entry.name for entry in agent.allowed_tools)


class ToolIndex:
    """Every listed tool under each of its three names. Tools without a name cannot be called and are left out."""

    def __init__(self, inventory: Inventory) -> None:
        self.tools: tuple[ToolId, ...] = tuple(
            dict.fromkeys(ToolId(server.name, tool.name) for server, tool in inventory.tools() if tool.name)
        )
        """In listing order, each once."""
        self.names: dict[str, tuple[ToolId, ...]] = {}
        """A name to every tool it means, in listing order."""
        for item in self.tools:
            for name in names_of(*item):
                self.names[name] = (*self.names.get(name, ()), item)

    def meant_by(self, name: str) -> tuple[ToolId, ...]:
        """Every tool that `name` means; more than one when it is ambiguous, none when it means nothing."""
        return self.names.get(name, ())

    def entry_for(self, item: ToolId) -> str:
        """The shortest name that means this tool and no other; `server/tool` when even that is taken."""
        bare, flat, full = names_of(*item)
        return next((name for name in (bare, full, flat) if self.meant_by(name) == (item,)), full)
