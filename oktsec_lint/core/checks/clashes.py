"""Names that more than one server answers to.

A gateway lists a tool under its own name where the lock gives that name to its server alone, and otherwise as
`server_tool` (`core/lock/prefixes`). Those names can collide again: `a` + `b_c` and `a_b` + `c` are both `a_b_c`.
Upstream renames every copy as soon as there are two, and keeps one of two that are spelled the same, in random order.
"""

from __future__ import annotations

from collections.abc import Iterator

from oktsec_lint.core.access import Access, ToolId, ToolIndex, names_of
from oktsec_lint.core.config import Config
from oktsec_lint.core.display import listed, quoted
from oktsec_lint.core.findings import Hit, Severity
from oktsec_lint.core.model import Inventory, Kind, Subject

CLASH, SHIFT = "COV-005", "COV-006"


def check(inventory: Inventory, config: Config) -> Iterator[Hit]:
    """COV-005 and COV-006."""
    index, access = ToolIndex(inventory), Access(config.agents)
    for name, owners in index.names.items():
        if len(owners) > 1:
            bare = tuple(item for item in owners if item.tool == name)
            if len(bare) > 1:
                yield _clash(name, bare, access)
            if len(bare) < len(owners):
                yield from _shift(name, owners, index)


def _clash(name: str, owners: tuple[ToolId, ...], access: Access) -> Hit:
    """Placed at the server that came last: before it, the name meant one tool."""
    first, last = owners[0], owners[-1]
    confused = _caller_of_two(owners, access)
    reach = f"; agent {quoted(confused)} may call more than one and cannot tell them apart" if confused else ""
    return Hit(
        CLASH,
        f"{listed([item.server for item in owners])} each offer a tool named {quoted(name)}{reach}",
        _subject(last),
        severity=Severity.MEDIUM if confused else None,
        help=f"A gateway lists them as {listed([names_of(*item)[1] for item in owners])}, but one that was locked "
        f"before the others as {quoted(name)}. Write {quoted(names_of(*first)[2])} or {quoted(names_of(*last)[2])} in "
        "allowlists and policies, or stop offering the one that is not needed.",
    )


def _caller_of_two(owners: tuple[ToolId, ...], access: Access) -> str:
    """The first agent that may call more than one of the tools; empty when there is none."""
    seen: set[str] = set()
    for item in owners:
        for agent in access.callers(*item):
            if agent.name in seen:
                return agent.name
            seen.add(agent.name)
    return ""


def _shift(name: str, owners: tuple[ToolId, ...], index: ToolIndex) -> Iterator[Hit]:
    """One hit for every tool whose name is also the prefixed name of another server's tool."""
    prefixed = next(item for item in owners if item.tool != name)
    for item in owners:
        if item.server != prefixed.server:
            yield _shifted(name, item, prefixed, index)


def _shifted(name: str, item: ToolId, prefixed: ToolId, index: ToolIndex) -> Hit:
    ours, theirs = index.entry_for(item), index.entry_for(prefixed)
    return Hit(
        SHIFT,
        f"{quoted(name)} means both {_owned(item)} and {_owned(prefixed)}{_consequence(name, item, prefixed)}",
        _subject(item),
        help=f"Rename server {quoted(prefixed.server)} or {quoted(item.server)} in `mcp_servers`. Until then write "
        f"{quoted(ours)} and {quoted(theirs)} in allowlists and policies, never {quoted(name)}.",
    )


def _consequence(name: str, item: ToolId, prefixed: ToolId) -> str:
    """What a gateway makes of it, where it has such names at all."""
    if name in (names_of(*item)[2], names_of(*prefixed)[2]):
        return " in an allowlist"
    if item.tool == name:
        return f"; a gateway lists the former as {quoted(names_of(*item)[1])} only"
    return "; a gateway lists neither"


def _owned(item: ToolId) -> str:
    return f"{quoted(item.tool)} of {quoted(item.server)}"


def _subject(item: ToolId) -> Subject:
    return Subject(item.server, Kind.TOOL, item.tool)
