"""Small worlds: what servers offer and what a configuration declares, as the values every source produces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest

from oktsec_lint.core.config import (
    Action,
    Agent,
    AllowEntry,
    Config,
    Gateway,
    RuleOverride,
    ServerSpec,
    ToolReference,
    Transport,
)
from oktsec_lint.core.model import Definition, Inventory, Kind, Place, Server, Status, pointer_to

PATH = "oktsec.yaml"


def _tool(body: str | Mapping[str, Any]) -> Definition:
    body = {"name": body} if isinstance(body, str) else dict(body)
    return Definition(Kind.TOOL, body.get("name", ""), body)


def _server(name: str, tools: Iterable[str | Mapping[str, Any]] | None) -> Server:
    place = Place(PATH, pointer_to("mcp_servers", name))
    if tools is None:
        return Server(name, Status.NOT_SCANNED, reason="did not start", place=place)
    return Server(name, Status.COMPLETE, definitions=tuple(map(_tool, tools)), place=place)


def _agent(name: str, entry: Mapping[str, Any] | list[str] | None) -> Agent:
    """A list is an allowlist, None an agent without one, a mapping the agent's whole entry."""
    settings: dict[str, Any] = {} if entry is None else {"allowed_tools": entry}
    if isinstance(entry, Mapping):
        settings = dict(entry)
    at = pointer_to("agents", name)
    allowed = settings.get("allowed_tools")
    references: Mapping[str, list[str]] = settings.get("references", {})
    return Agent(
        name=name,
        place=Place(PATH, at, at_key=True),
        allowed_tools=tuple(
            AllowEntry(tool, Place(PATH, f"{at}/allowed_tools/{number}")) for number, tool in enumerate(allowed or ())
        ),
        allowlist_place=None if allowed is None else Place(PATH, f"{at}/allowed_tools", at_key=True),
        blocked_content=tuple(settings.get("blocked_content", ())),
        suspended=settings.get("suspended", False),
        tool_references=tuple(
            ToolReference(tool, Place(PATH, at + pointer_to(where, tool), at_key=True), where)
            for where, tools in references.items()
            for tool in tools
        ),
        settings=settings,
    )


def _override(rule: str, action: str, scope: Mapping[str, Any]) -> RuleOverride:
    def references(key: str) -> tuple[ToolReference, ...]:
        return tuple(
            ToolReference(tool, Place(PATH, f"/rules/0/{key}/{number}"), f"rules[].{key}")
            for number, tool in enumerate(scope.get(key, ()))
        )

    return RuleOverride(
        rule,
        Action(action),
        Place(PATH, "/rules/0"),
        severity=scope.get("severity"),
        apply_to_tools=references("apply_to_tools"),
        exempt_tools=references("exempt_tools"),
    )


def _declare(agents: Mapping[str, Any] | None = None, *, servers: Iterable[str] = (), **rest: Any) -> Config:
    gateway = rest.get("gateway", {})
    return Config(
        path=PATH,
        servers=tuple(
            ServerSpec(name, Transport.STDIO, Place(PATH, pointer_to("mcp_servers", name)), command=name)
            for name in servers
        ),
        agents=tuple(_agent(name, entry) for name, entry in (agents or {}).items()),
        rules=tuple(_override(*entry) for entry in rest.get("rules", ())),
        gateway=Gateway(
            enabled=gateway.get("enabled", False),
            require_auth=gateway.get("require_auth", "auto"),
            place=Place(PATH, "/gateway", at_key=True) if gateway else None,
        ),
        default_policy=rest.get("default_policy", "allow"),
        settings=rest,
    )


def _offer(**servers: Iterable[str | Mapping[str, Any]] | None) -> Inventory:
    return Inventory(tuple(_server(name, tools) for name, tools in servers.items()))


@pytest.fixture(scope="session")
def offer() -> Callable[..., Inventory]:
    """`offer(files=["read_file", {...}], mail=None)`: servers with their tools; None could not be listed."""
    return _offer


@pytest.fixture(scope="session")
def declare() -> Callable[..., Config]:
    """`declare({"researcher": ["read_file"]}, servers=[...], gateway={...})`: a configuration."""
    return _declare
