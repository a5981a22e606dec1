"""Agents that may call everything, because their allowlist is empty or missing, or because no agent is declared.

Upstream reads `allowed_tools: []` and a missing key as "every tool". This check never changes that meaning; it only
says what it amounts to with the servers at hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest

from oktsec_lint.core.access import ToolId, ToolIndex
from oktsec_lint.core.capabilities import Capability, capabilities_of, is_dangerous, is_read_only
from oktsec_lint.core.config import DENY_ALL, Agent, Config
from oktsec_lint.core.display import quoted
from oktsec_lint.core.findings import Hit, Severity
from oktsec_lint.core.model import Inventory, Kind, Place, Subject

OPEN_AGENT, NO_AGENTS = "COV-004", "COV-010"
_NAMED = 5
"""Dangerous tools that a message names."""
_PASTED = 20
"""Tools that a suggested allowlist holds."""
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./")

Powers = Mapping[ToolId, frozenset[Capability]]


def check(inventory: Inventory, config: Config) -> Iterator[Hit]:
    """COV-004 and COV-010."""
    if not config.agents:
        yield from _no_agents(inventory, config)
        return
    open_agents = [agent for agent in config.agents if agent.unrestricted and not agent.suspended]
    if open_agents:
        powers = _powers(inventory)
        danger, fix = _worst(powers), _allowlist(powers, ToolIndex(inventory))
        yield from (_open_agent(agent, danger, fix) for agent in open_agents)


def _no_agents(inventory: Inventory, config: Config) -> Iterator[Hit]:
    if config.path and config.servers and not config.format:
        powers = _powers(inventory)
        entries = _read_only(powers, ToolIndex(inventory))
        yield Hit(
            NO_AGENTS,
            f"no agents are declared, so every caller may call every tool{_among(_worst(powers))}",
            Subject("", Kind.CONFIG, "agents"),
            place=Place(config.path, ""),
            help="Name each agent and what it needs, such as "
            f"`agents: {{my-agent: {{allowed_tools: {_flow(entries) or '[read_file]'}}}}}`.",
        )


def _open_agent(agent: Agent, danger: list[str], fix: str) -> Hit:
    cause = "its `allowed_tools` is empty, which allows everything" if agent.allowlist_place else "it has no allowlist"
    place = agent.allowlist_place or agent.place
    return Hit(
        OPEN_AGENT,
        f"agent {quoted(agent.name)} may call every tool of every server, because {cause}{_among(danger)}",
        Subject("", Kind.CONFIG, f"agents.{agent.name}"),
        place.pointer,
        place,
        severity=Severity.HIGH if danger else None,
        help=fix,
    )


def _powers(inventory: Inventory) -> Powers:
    """What each callable tool can do; what one server lists twice counts together."""
    powers: dict[ToolId, frozenset[Capability]] = {}
    for server, tool in inventory.tools():
        if tool.name not in ("", DENY_ALL):
            item = ToolId(server.name, tool.name)
            powers[item] = powers.get(item, frozenset()) | capabilities_of(tool)
    return powers


def _worst(powers: Powers) -> list[str]:
    """The dangerous tools as text: one of each kind of danger, the worst first, then the next of each."""
    groups: dict[Capability, list[ToolId]] = {capability: [] for capability in Capability}
    for item, able in powers.items():
        if is_dangerous(able):
            groups[next(capability for capability in Capability if capability in able)].append(item)
    rounds = zip_longest(*groups.values())
    return [f"{quoted(item.tool)} ({_label(powers[item])})" for turn in rounds for item in turn if item]


def _label(able: frozenset[Capability]) -> str:
    return ", ".join(capability for capability in Capability if capability in able - {Capability.READ})


def _among(danger: list[str]) -> str:
    if not danger:
        return ""
    others = " and others" if len(danger) > _NAMED else ""
    return f": among them {', '.join(danger[:_NAMED])}{others}"


def _allowlist(powers: Powers, index: ToolIndex) -> str:
    entries = _read_only(powers, index)
    if not entries:
        return f"List the tools it needs under `allowed_tools`; to allow none, write `allowed_tools: [{DENY_ALL}]`."
    more = f" ({len(entries) - _PASTED} more only read)" if len(entries) > _PASTED else ""
    return (
        f"List the tools it needs; those that only read are `allowed_tools: {_flow(entries)}`{more}. "
        "If it needs everything, list everything: a tool that is added later is then not allowed unseen."
    )


def _flow(entries: list[str]) -> str:
    """A YAML flow sequence, cut to what a person still reads; empty for nothing."""
    return f"[{', '.join(entries[:_PASTED])}]" if entries else ""


def _read_only(powers: Powers, index: ToolIndex) -> list[str]:
    """Entries for the tools that only read. One whose name is not plain text is never suggested for pasting."""
    entries = (index.entry_for(item) for item, able in powers.items() if is_read_only(able))
    return [entry for entry in entries if _PLAIN.issuperset(entry) and entry[0].isalnum()]
