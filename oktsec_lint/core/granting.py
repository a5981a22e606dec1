"""What an agent may be allowed to begin with: the tools that only read, as far as anybody can tell, and nothing else.

A proposal for a person to read. It takes a server's word that a tool only reads where nothing about the tool speaks
against it, and never for a tool that something was found in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .access import ToolId
from .capabilities import Capability, capabilities_of, is_read_only
from .model import Definition, Inventory, Subject
from .policy import Level, Verdict
from .values import NamedTuple

_CHANGING = frozenset({Capability.EXECUTION, Capability.DELETION, Capability.CREDENTIALS, Capability.WRITE})
_UNTOLD = "nothing says that it only reads"


class Grant(NamedTuple):
    """One tool, and why it is not allowed; empty for one that is."""

    tool: ToolId
    why: str = ""


def grants(inventory: Inventory, verdict: Callable[[Subject], Verdict]) -> Iterator[Grant]:
    """Every tool that can be called, in listing order."""
    for server, tool in inventory.tools():
        if tool.name and not tool.variant:
            yield Grant(ToolId(server.name, tool.name), _objection(tool, verdict(server.subject_of(tool))))


def _objection(tool: Definition, verdict: Verdict) -> str:
    if verdict.level is not Level.CLEAN:
        return f"found in it: {', '.join(dict.fromkeys(reason.rule for reason in verdict.reasons))}"
    capabilities = capabilities_of(tool)
    if is_read_only(capabilities):
        return ""
    changing = [str(item) for item in Capability if item in capabilities and item in _CHANGING]
    if not changing and _says_read_only(tool):
        return ""
    return ", ".join(changing or [str(item) for item in Capability if item in capabilities]) or _UNTOLD


def _says_read_only(tool: Definition) -> bool:
    hints = tool.body.get("annotations") if isinstance(tool.body, dict) else None
    return isinstance(hints, dict) and hints.get("readOnlyHint") is True
