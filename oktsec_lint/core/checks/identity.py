"""Agents that a gateway cannot tell apart, and callers that it lets in without any allowlist.

A gateway knows a caller by a bearer token of a principal, or (local profile, loopback) by the name in the
`X-Oktsec-Agent` header. An agent that can prove itself by neither never gets its own allowlist. The stdio proxy is told
the agent by `--agent`, so a configuration without a gateway has nothing to prove.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from oktsec_lint.core.config import Agent, Config
from oktsec_lint.core.display import listed, quoted
from oktsec_lint.core.findings import Hit, Severity
from oktsec_lint.core.model import Inventory, JsonValue, Kind, Place, Subject, pointer_to
from oktsec_lint.core.nearest import Spelling
from oktsec_lint.core.values import NamedTuple

UNIDENTIFIED, UNDECLARED = "COV-008", "COV-009"
_BEARER, _HEADER = "bearer_token", "trusted_loopback_header"


class _Door(NamedTuple):
    """How the configured gateway recognises callers."""

    demands: bool
    """A caller without identity is turned away (401)."""
    by_token: bool
    by_header: bool


def check(_inventory: Inventory, config: Config) -> Iterator[Hit]:
    """COV-008 and COV-009."""
    yield from _unknown_targets(config)
    if config.gateway.enabled:
        door = _door(config)
        yield from _unidentified(config, door)
        yield from _undeclared(config, door)


def _door(config: Config) -> _Door:
    deployment, gateway = _section(config.settings, "deployment"), _section(config.settings, "gateway")
    enterprise = deployment.get("profile") == "enterprise"
    strict = enterprise or deployment.get("require_surface_auth") is True
    methods = _texts(gateway.get("auth_methods"))
    header = _HEADER in methods or gateway.get("trusted_loopback_headers") is True or not methods
    return _Door(
        demands=_demanded(config.gateway.require_auth, strict=strict),
        by_token=not methods or _BEARER in methods,
        by_header=header and not enterprise,
    )


def _demanded(require_auth: str, *, strict: bool) -> bool:
    """`gateway.require_auth`: yes, no, or as the deployment asks; any other text is `auto` (upstream's reading)."""
    text = require_auth.strip().lower()
    return text in ("true", "yes", "1") or (strict and text not in ("false", "no", "0"))


def _unidentified(config: Config, door: _Door) -> Iterator[Hit]:
    if door.by_header:
        return
    proven = _proven(config) if door.by_token else frozenset()
    for agent in config.agents:
        if not agent.suspended and agent.name not in proven:
            yield _nobody(agent, door)


def _nobody(agent: Agent, door: _Door) -> Hit:
    effect = "every call is turned away" if door.demands else "it calls as nobody and its own settings never apply"
    method = "" if door.by_token else f", and add `{_BEARER}` to `gateway.auth_methods`"
    return Hit(
        UNIDENTIFIED,
        f"the gateway has no way to identify agent {quoted(agent.name)}, so {effect}",
        Subject("", Kind.CONFIG, f"agents.{agent.name}"),
        agent.place.pointer,
        agent.place,
        help=f"Give it a token of type `gateway_bearer` under `identity.principals`, id {quoted(agent.name)}{method}.",
    )


def _undeclared(config: Config, door: _Door) -> Iterator[Hit]:
    """Whoever is not declared has no allowlist; that matters once somebody else has one."""
    limited = [agent.name for agent in config.agents if not agent.unrestricted]
    if not limited or config.default_policy == "deny":
        return
    if door.by_header or not door.demands:
        yield _stranger(config, limited)
    elif door.by_token:
        declared = {agent.name for agent in config.agents}
        for number, principal in enumerate(_principals(config)):
            name = principal.get("id")
            if isinstance(name, str) and name not in declared and _has_token(principal):
                yield _undeclared_principal(config, name, number)


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
        f"`gateway.auth_methods: [{_BEARER}]`, and a token for each agent under `identity.principals`.",
    )


def _undeclared_principal(config: Config, name: str, number: int) -> Hit:
    place = Place(config.path, pointer_to("identity", "principals", number))
    return Hit(
        UNDECLARED,
        f"principal {quoted(name)} has a token but no entry under `agents`, so it may call every tool",
        Subject("", Kind.CONFIG, "identity.principals"),
        place.pointer,
        place,
        help=f"Add {quoted(name)} under `agents` with its `allowed_tools`, or write `default_policy: deny`.",
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
    return frozenset(str(principal.get("id")) for principal in _principals(config) if _has_token(principal))


def _has_token(principal: Mapping[str, JsonValue]) -> bool:
    tokens = (token for token in _list(principal.get("tokens")) if isinstance(token, dict))
    return any(token.get("type") == "gateway_bearer" and not token.get("revoked_at") for token in tokens)


def _principals(config: Config) -> list[Mapping[str, JsonValue]]:
    """In order; an entry of the wrong type is kept as an empty one, so that positions stay true."""
    entries = _list(_section(config.settings, "identity").get("principals"))
    return [entry if isinstance(entry, dict) else {} for entry in entries]


def _section(settings: Mapping[str, JsonValue], key: str) -> Mapping[str, JsonValue]:
    value = settings.get(key)
    return value if isinstance(value, dict) else {}


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _texts(value: JsonValue) -> list[str]:
    return [item for item in _list(value) if isinstance(item, str)]
