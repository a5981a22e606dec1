"""Names that more than one server answers to.

A gateway shows a tool under its own name while no other server offers that name, and renames every copy to
`server_tool` when one does. So adding a server can rename another server's tools, and the new names can collide again:
`a` + `b_c` and `a_b` + `c` both become `a_b_c`. Upstream then keeps one of them, in random order.
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
    """Placed at the server that came last: adding it is what renamed the others."""
    first, last = owners[0], owners[-1]
    confused = _caller_of_two(owners, access)
    reach = f"; agent {quoted(confused)} may call more than one and cannot tell them apart" if confused else ""
    return Hit(
        CLASH,
        f"{listed([item.server for item in owners])} each offer a tool named {quoted(name)}{reach}",
        _subject(last),
        severity=Severity.MEDIUM if confused else None,
        help=f"Behind a gateway they are renamed to {listed([names_of(*item)[1] for item in owners])}: write "
        f"{quoted(names_of(*first)[2])} or {quoted(names_of(*last)[2])} in allowlists and policies, "
        "or stop offering the one that is not needed.",
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
        f"{quoted(name)} means both {_owned(item)} and {_owned(prefixed)}{_consequence(name, item, prefixed, index)}",
        _subject(item),
        help=f"Rename server {quoted(prefixed.server)} or {quoted(item.server)} in `mcp_servers`. Until then write "
        f"{quoted(ours)} and {quoted(theirs)} in allowlists and policies, never {quoted(name)}.",
    )


def _consequence(name: str, item: ToolId, prefixed: ToolId, index: ToolIndex) -> str:
    if name == names_of(*prefixed)[2]:
        return " in an allowlist"
    waiting = [one for one in (item, prefixed) if _exposed(one, index) != name]
    if waiting:
        return f"; both get that name as soon as another server offers {quoted(waiting[0].tool)}"
    return "; a gateway shows only one of them"


def _exposed(item: ToolId, index: ToolIndex) -> str:
    """The name a gateway shows: the tool's own while it is the only one of that name."""
    alone = sum(other.tool == item.tool for other in index.meant_by(item.tool)) == 1
    return item.tool if alone else names_of(*item)[1]


def _owned(item: ToolId) -> str:
    return f"{quoted(item.tool)} of {quoted(item.server)}"


def _subject(item: ToolId) -> Subject:
    return Subject(item.server, Kind.TOOL, item.tool)
