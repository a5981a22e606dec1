"""Agents that a gateway cannot tell apart, and callers that it lets in without any allowlist.

A gateway knows a caller by a bearer token of a principal, or (local profile, loopback) by the name in the
`X-Oktsec-Agent` header. An agent that can prove itself by neither never gets its own allowlist. The stdio proxy is told
the agent by `--agent`, so a configuration without a gateway has nothing to prove.
"""

from __future__ import annotations

from collections.abc import Iterator

from oktsec_lint.core.config import Agent, Config, Principal
from oktsec_lint.core.display import listed, quoted
from oktsec_lint.core.findings import Hit, Severity
from oktsec_lint.core.identity.door import BEARER, Door, door_of
from oktsec_lint.core.model import Inventory, JsonValue, Kind, Place, Subject, pointer_to
from oktsec_lint.core.nearest import Spelling

UNIDENTIFIED, UNDECLARED = "COV-008", "COV-009"


def check(_inventory: Inventory, config: Config) -> Iterator[Hit]:
    """COV-008 and COV-009."""
    yield from _unknown_targets(config)
    if config.gateway.enabled:
        door = door_of(config)
        yield from _unidentified(config, door)
        yield from _undeclared(config, door)


def _unidentified(config: Config, door: Door) -> Iterator[Hit]:
    if door.by_header:
        return
    proven = _proven(config) if door.by_token else frozenset()
    for agent in config.agents:
        if not agent.suspended and agent.name not in proven:
            yield _nobody(agent, door)


def _nobody(agent: Agent, door: Door) -> Hit:
    effect = "every call is turned away" if door.demands else "it calls as nobody and its own settings never apply"
    method = "" if door.by_token else f", and add `{BEARER}` to `gateway.auth_methods`"
    return Hit(
        UNIDENTIFIED,
        f"the gateway has no way to identify agent {quoted(agent.name)}, so {effect}",
        Subject("", Kind.CONFIG, f"agents.{agent.name}"),
        agent.place.pointer,
        agent.place,
        help=f"Give it a token of type `gateway_bearer` under `identity.principals`, id {quoted(agent.name)}{method}.",
    )


def _undeclared(config: Config, door: Door) -> Iterator[Hit]:
    """Whoever is not declared has no allowlist; that matters once somebody else has one."""
    limited = [agent.name for agent in config.agents if not agent.unrestricted]
    if not limited or config.default_policy == "deny":
        return
    if door.by_header or not door.demands:
        yield _stranger(config, limited)
    elif door.by_token:
        declared = {agent.name for agent in config.agents}
        for principal in config.principals:
            if principal.id not in declared and _has_token(principal):
                yield _undeclared_principal(principal)


def _stranger(config: Config, limited: list[str]) -> Hit:
    place = config.gateway.place or Place(config.path, pointer_to("gateway"))
    return Hit(
        UNDECLARED,
        "the gateway lets callers that are no declared agent call every tool: whoever leaves its name out, or makes "
        f"one up, escapes the allowlist of {listed(limited)}",
        Subject("", Kind.CONFIG, "gateway"),
        place.pointer,
        place,
        help="Write `default_policy: deny`; or have callers prove who they are: `gateway.require_auth: true`, "
        f"`gateway.auth_methods: [{BEARER}]`, and a token for each agent under `identity.principals`.",
    )


def _undeclared_principal(principal: Principal) -> Hit:
    name = quoted(principal.id)
    return Hit(
        UNDECLARED,
        f"principal {name} has a token but no entry under `agents`, so it may call every tool",
        Subject("", Kind.CONFIG, "identity.principals"),
        principal.place.pointer,
        principal.place,
        help=f"Add {name} under `agents` with its `allowed_tools`, or write `default_policy: deny`.",
    )


def _unknown_targets(config: Config) -> Iterator[Hit]:
    declared = {agent.name for agent in config.agents}
    spelling = Spelling(declared)
    for agent in config.agents:
        for target, pointer in _targets(agent):
            if target not in declared and target != "*":
                yield _unknown_target(agent, target, pointer, spelling.nearest(target))


def _unknown_target(agent: Agent, target: str, pointer: str, alike: tuple[str, ...]) -> Hit:
    place = agent.place.child(pointer)
    fix = f"Did you mean {quoted(alike[0])}? Otherwise add" if alike else "Add"
    return Hit(
        UNIDENTIFIED,
        f"agent {quoted(agent.name)} may message {quoted(target)}, which is not declared under `agents`",
        Subject("", Kind.CONFIG, f"agents.{agent.name}"),
        place.pointer,
        place,
        severity=Severity.LOW,
        help=f"{fix} {quoted(target)} under `agents`, or delete it here.",
    )


def _targets(agent: Agent) -> Iterator[tuple[str, str]]:
    """Whom an agent may message, each with its pointer below the agent's entry."""
    for number, target in enumerate(_list(agent.settings.get("can_message"))):
        if isinstance(target, str):
            yield target, pointer_to("can_message", number)
    for number, entry in enumerate(_list(agent.settings.get("acl_entries"))):
        target = entry.get("target") if isinstance(entry, dict) else None
        if isinstance(target, str):
            yield target, pointer_to("acl_entries", number, "target")


def _proven(config: Config) -> frozenset[str]:
    """Ids of the principals that can log in. Expiry is not looked at: a verdict does not depend on the day."""
    return frozenset(principal.id for principal in config.principals if _has_token(principal))


def _has_token(principal: Principal) -> bool:
    return any(not token.revoked_at for token in principal.tokens)


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []
