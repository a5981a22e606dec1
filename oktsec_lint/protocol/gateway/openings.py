"""What the gateway says of itself: what all servers can do together, and what each of them says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from oktsec_lint import __version__
from oktsec_lint.core.model import EMPTY, JsonValue
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.protocol.revisions import LEGACY, MODERN

from .eras import JsonObject

INFO: JsonObject = {"name": "oktsec-lint", "title": "oktsec-lint gateway", "version": __version__}
_OURS: Mapping[str, JsonObject] = {
    "tools": {"listChanged": True},
    "prompts": {"listChanged": True},
    "resources": {"listChanged": True},
}
"""Announced for whatever a server has: the gateway tells of changes even where its server does not."""


class Said(NamedTuple):
    """What one server says of itself, as the gate has let it pass."""

    server: str
    revision: str
    capabilities: Mapping[str, JsonValue] = EMPTY
    instructions: str = ""


def capabilities(servers: Iterable[Said], *, modern: bool) -> JsonObject:
    """What the servers can do together. Tasks of the older era and extensions are what any of them has."""
    found: JsonObject = {}
    for said in servers:
        for name, value in said.capabilities.items():
            known = found.get(name)
            ours = _OURS.get(name, {})
            more = value if isinstance(value, dict) else {}
            found[name] = {**(known if isinstance(known, dict) else {}), **more, **ours}
    if modern:
        found.pop("tasks", None)
    return found


def instructions(servers: Iterable[Said]) -> str:
    """Every server's instructions, under its name where there are several."""
    texts = [(said.server, said.instructions) for said in servers if said.instructions]
    if len(texts) == 1:
        return texts[0][1]
    return "\n\n".join(f"{server}: {text}" for server, text in texts)


def agreed(wanted: JsonValue) -> str:
    """The revision for a client that wants this one: the same, or the newest of its era."""
    return wanted if isinstance(wanted, str) and wanted in LEGACY else LEGACY[-1]


def initialized(revision: str, servers: tuple[Said, ...]) -> JsonObject:
    """The result of `initialize`."""
    result: JsonObject = {
        "protocolVersion": revision,
        "capabilities": capabilities(servers, modern=False),
        "serverInfo": INFO,
    }
    text = instructions(servers)
    return {**result, "instructions": text} if text else result


def discovered(servers: tuple[Said, ...]) -> JsonObject:
    """The result of `server/discover`."""
    versions: list[JsonValue] = list(MODERN)
    result: JsonObject = {"supportedVersions": versions, "capabilities": capabilities(servers, modern=True)}
    text = instructions(servers)
    return {**result, "instructions": text} if text else result
