"""Allowlists against what the servers offer: tools nobody reaches, entries that allow nothing or more than one tool.

Calls no entry dead whose server was not listed completely, and says nothing about reach while some agent may call
everything: advice that may be wrong would be followed.
"""

from __future__ import annotations

from collections.abc import Iterator

from oktsec_lint.core.access import Access, ToolId
from oktsec_lint.core.config import DENY_ALL, Agent, AllowEntry, Config
from oktsec_lint.core.display import listed, quoted
from oktsec_lint.core.findings import Confidence, Edit, Hit, Severity
from oktsec_lint.core.model import Inventory, Kind, Server, Status, Subject
from oktsec_lint.core.naming import Mistake, Names, Unmatched

UNREACHABLE, DEAD, AMBIGUOUS = "COV-001", "COV-002", "COV-003"


def check(inventory: Inventory, config: Config) -> Iterator[Hit]:
    """COV-001 to COV-003."""
    if not config.agents:
        return
    names = Names(inventory, config)
    yield from _unreachable(inventory, config, names)
    for agent in config.agents:
        for entry in agent.allowed_tools:
            yield from _entry(agent, entry, names)


def _unreachable(inventory: Inventory, config: Config, names: Names) -> Iterator[Hit]:
    """One hit a tool; one for the whole server when nothing of it can be reached."""
    if all(agent.unrestricted for agent in config.agents):
        return
    access = Access(config.agents)
    lost: dict[str, list[ToolId]] = {}
    reached: set[str] = set()
    for item in names.index.tools:
        if access.reachable(*item):
            reached.add(item.server)
        else:
            lost.setdefault(item.server, []).append(item)
    holders = tuple(agent.name for agent in config.agents if not agent.suspended)
    for server in inventory.servers:
        tools = lost.get(server.name, [])
        if tools and server.name not in reached:
            yield _useless(server, tools)
        else:
            yield from (_unreached(item, names.index.entry_for(item), holders) for item in tools)


def _useless(server: Server, tools: list[ToolId]) -> Hit:
    offered = "tool" if server.status is Status.COMPLETE else "listed tool"
    return Hit(
        UNREACHABLE,
        f"no agent can call any {offered} of {quoted(server.name)}: {listed([item.tool for item in tools])}",
        server.subject(),
        severity=Severity.LOW,
        help=f"Delete {quoted(server.name)} from `mcp_servers`, so that it is not started for nothing; "
        "or add the tools an agent needs to its `allowed_tools`.",
    )


def _unreached(item: ToolId, entry: str, agents: tuple[str, ...]) -> Hit:
    holder = f"`agents.<name>.allowed_tools` of {listed(agents)}" if agents else "an agent's `allowed_tools`"
    fix = f"If an agent needs it, add {quoted(entry)} to {holder}; if none does, leave it: it is withheld."
    return Hit(
        UNREACHABLE,
        f"no agent can call {quoted(item.tool)} of {quoted(item.server)}",
        Subject(item.server, Kind.TOOL, item.tool),
        help="Rename the tool: the name is reserved and no entry can allow it." if item.tool == DENY_ALL else fix,
    )


def _entry(agent: Agent, entry: AllowEntry, names: Names) -> Iterator[Hit]:
    """The deny-all word is none of this check's business: where it stands wrong the configuration's reader says so."""
    if entry.name == DENY_ALL:
        return
    unmatched = names.unmatched(entry.name)
    if unmatched is not None:
        yield _dead(agent, entry, unmatched)
    meant = names.index.meant_by(entry.name)
    if len(meant) > 1:
        yield _ambiguous(agent, entry, meant, names)


def _dead(agent: Agent, entry: AllowEntry, unmatched: Unmatched) -> Hit:
    fix = _replacement(agent, entry, unmatched)
    if unmatched.sure:
        message = f"{quoted(entry.name)} {unmatched.why}, so this entry allows nothing"
        return _hit(DEAD, agent, entry, message, fix)._replace(edit=_edit(entry, unmatched))
    hit = _hit(DEAD, agent, entry, f"{quoted(entry.name)} {unmatched.why}", fix)
    return hit._replace(severity=Severity.LOW, confidence=Confidence.LOW)


def _edit(entry: AllowEntry, unmatched: Unmatched) -> Edit | None:
    """The name that was meant, where only one can be; an entry that resembles nothing goes. What a wildcard was meant
    for is for its writer to say."""
    if unmatched.mistake is Mistake.WILDCARD or len(unmatched.instead) > 1:
        return None
    new = unmatched.instead[0] if unmatched.instead else None
    return Edit(entry.place, entry.name, new, last=DENY_ALL, grants=True)


def _replacement(agent: Agent, entry: AllowEntry, unmatched: Unmatched) -> str:
    key = f"`agents.{agent.name}.allowed_tools`"
    if unmatched.mistake is Mistake.WILDCARD:
        if set(entry.name) <= {"*"}:
            return f"List the tools by name; to allow every tool, which is not advised, write {key} as `[]`."
        if unmatched.instead:
            return f"Write the names out: {listed(unmatched.instead, 20)}."
        return f"Delete it from {key}: list the tools that are allowed, all others are denied."
    if unmatched.instead:
        return f"{unmatched.question} Otherwise delete this entry."
    return f"Delete this entry from {key}, or add the server that offers the tool to `mcp_servers`."


def _ambiguous(agent: Agent, entry: AllowEntry, meant: tuple[ToolId, ...], names: Names) -> Hit:
    either = " or ".join(quoted(names.index.entry_for(item)) for item in meant[:5])
    return _hit(
        AMBIGUOUS,
        agent,
        entry,
        f"{quoted(entry.name)} allows {len(meant)} tools: {listed([f'{item.server}/{item.tool}' for item in meant])}",
        f"Replace it with the one you mean, {either}; or with all of them, to say that all are meant.",
    )


def _hit(rule: str, agent: Agent, entry: AllowEntry, message: str, fix: str) -> Hit:
    subject = Subject("", Kind.CONFIG, f"agents.{agent.name}.allowed_tools")
    return Hit(rule, message, subject, entry.place.pointer, entry.place, help=fix)
