"""DEF-009, DEF-010: a tool that borrows another one's name or description.

`lookalike` finds names with a slip in them. Here the borrowed part is whole: a well-known name, or another server's,
with a word of praise around it, or a description taken over word by word under a new name.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache

from oktsec_lint.core.config import Config
from oktsec_lint.core.display import quoted
from oktsec_lint.core.findings import Evidence, Hit
from oktsec_lint.core.known_names import KNOWN
from oktsec_lint.core.model import Definition, Inventory, Server
from oktsec_lint.core.words import words_of

FLATTERY, COPY = "DEF-009", "DEF-010"
_PRAISE = frozenset(
    """best better ultimate premium elite official genuine authentic original trusted verified certified enhanced
    superior improved perfect revolutionary exclusive real safe secure pro plus""".split()
)
_BOASTING = frozenset("best better ultimate premium elite superior official perfect revolutionary exclusive".split())
_VERBS = frozenset(
    """get search create read write list find fetch send run execute update delete query download upload translate
    convert generate navigate open add call make retrieve browse""".split()
)
_BOASTS = frozenset({("best", "tool"), ("ultimate", "tool"), ("premium", "tool"), ("number", "one")})
_LEAST_SHARED = 40
"""Characters that a description needs before two servers do not share it by chance."""
_LONGEST = 96


def check(inventory: Inventory, _config: Config) -> Iterator[Hit]:
    """One hit for each flattering name and one for each copy, at the tool that is listed later."""
    tools = [(server, tool) for server, tool in inventory.tools() if 0 < len(tool.name) <= _LONGEST]
    others: dict[str, set[str]] = {}
    if len(inventory.servers) > 1:
        for server, tool in tools:
            others.setdefault("_".join(words_of(tool.name)), set()).add(server.name)
        yield from _copies(tools)
    for server, tool in tools:
        yield from _flattery(server, tool, others)


def _flattery(server: Server, tool: Definition, others: dict[str, set[str]]) -> Iterator[Hit]:
    imitated = _unpraised(tool.name)
    if imitated is None:
        return
    if imitated in _known() or others.get(imitated, set()) - {server.name} or not imitated:
        whose = f"is {quoted(imitated)} with a word of praise" if imitated else "praises itself"
        yield Hit(
            FLATTERY,
            f"the tool name {quoted(tool.name)} {whose}",
            server.subject_of(tool),
            "/name",
            tool.place.child("/name") if tool.place else None,
            (Evidence(0, len(tool.name), tool.name, tool.name),),
        )


@lru_cache(maxsize=8192)
def _unpraised(name: str) -> str | None:
    """The name without the word of praise at its start or end; empty when nothing but the praise
    matters (`best_tool_for_x`, `premium_get_x`), None without praise."""
    words = words_of(name)
    if words[:2] in _BOASTS or (len(words) > 1 and words[0] in _BOASTING and words[1] in _VERBS):
        return ""
    if len(words) > 1 and words[0] in _PRAISE:
        return "_".join(words[1:])
    return "_".join(words[:-1]) if len(words) > 1 and words[-1] in _PRAISE else None


@cache
def _known() -> frozenset[str]:
    return frozenset("_".join(words_of(name)) for name in KNOWN)


def _copies(tools: list[tuple[Server, Definition]]) -> Iterator[Hit]:
    first: dict[str, tuple[str, str]] = {}
    for server, tool in tools:
        text = tool.body.get("description") if isinstance(tool.body, dict) else None
        if not isinstance(text, str) or len(text) < _LEAST_SHARED:
            continue
        owner, name = first.setdefault(" ".join(text.split()), (server.name, tool.name))
        if owner != server.name and name != tool.name:
            yield Hit(
                COPY,
                f"{quoted(tool.name)} has the description of {quoted(name)} of the server {quoted(owner)}",
                server.subject_of(tool),
                "/description",
                tool.place.child("/description") if tool.place else None,
                (Evidence(0, len(text), text[:200], text[:200]),),
            )
