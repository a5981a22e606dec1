"""How public names are spelled, and what may be one."""

from __future__ import annotations

import re
from typing import TypeAlias

from oktsec_lint.core.access import names_of
from oktsec_lint.core.display import quoted

_LONGEST = 128
"""Characters of a name (MCP 2025-11-25, server/tools)."""
_PRINTABLE = re.compile(r"[!-~]+")
_PREFIX = re.compile(r"[A-Za-z0-9_.-]+")
"""Names of servers that can stand in a tool's name, by the same page."""
_STEPS = ("..", "//")
"""What a client that makes paths of names is led astray with."""

Owner: TypeAlias = tuple[str, str]
"""A server, and what it calls the thing."""


def qualified(owner: Owner) -> str:
    """The name that always resolves."""
    return names_of(*owner)[1]


def flaw(name: str) -> str:
    """What is wrong with a name that a server chose; empty when nothing is."""
    if not name:
        return "it has no name"
    if len(name) > _LONGEST:
        return f"its name has more than {_LONGEST} characters"
    if not _PRINTABLE.fullmatch(name):
        return "its name holds a space, or something else that is not printable ASCII"
    step = next((step for step in _STEPS if step in name), "")
    return f"its name holds {quoted(step)}" if step else ""


def misfit(owner: Owner) -> str:
    """Why a flawless name cannot have its server's before it; empty when it can."""
    server = owner[0]
    if not _PREFIX.fullmatch(server) or _STEPS[0] in server:
        allowed = "letters, digits, dashes, underscores and single dots"
        return f"{quoted(server)} cannot stand before its name: rename the server, with {allowed}"
    length = len(qualified(owner))
    if length > _LONGEST:
        return f"{length} of {_LONGEST} characters with its server's name before it: rename the server, shorter"
    return ""
