"""Decoded fields to the `Config` that checks, policy and collector read.

What could not be read counts as the stricter choice: an allowlist of the wrong type allows nothing, a policy that is
neither `allow` nor `deny` denies. The mistake itself was reported when it was decoded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from oktsec_lint.core.config import (
    ALERT_COOLDOWN,
    DENY_ALL,
    Action,
    Agent,
    AllowEntry,
    AuthMethod,
    CategoryWebhook,
    Config,
    Deployment,
    Gateway,
    RuleOverride,
    ScanProfile,
    ServerSpec,
    ToolReference,
    Webhook,
)
from oktsec_lint.core.fields import Field
from oktsec_lint.core.findings import Severity
from oktsec_lint.core.manifest import OKTSEC_REFERENCE, OKTSEC_YAML, Entry, Manifest
from oktsec_lint.sources.forms import seconds
from oktsec_lint.sources.grammar.rules import RULE

from .principals import principals
from .servers import transport_of
from .vocabulary import resolved
from .wording import meant_key

_AUTH_WORDS = {"yes": "true", "1": "true", "no": "false", "0": "false"}
_MOST_UNKNOWN = 4
"""Unknown keys of one override that are compared with the known ones; with more of them nothing in it is certain."""


def manifest_of(root: Field) -> Manifest:
    """What a decoded document says of its servers."""
    entries = tuple(Entry(_server(field), field) for field in root["mcp_servers"])
    return Manifest(root.at.path, OKTSEC_YAML, entries, OKTSEC_REFERENCE)


def build(root: Field, servers: tuple[ServerSpec, ...]) -> Config:
    """The configuration that a decoded document means, with the servers of its manifest."""
    custom_rules = root["custom_rules_dir"]
    return Config(
        path=root.at.path,
        servers=servers,
        agents=tuple(map(_agent, root["agents"])),
        rules=tuple(_overrides(root["rules"])),
        gateway=_gateway(root["gateway"]),
        deployment=_deployment(root["deployment"]),
        principals=tuple(principals(root["identity"]["principals"])),
        webhooks=tuple(_webhook(field) for field in root["webhooks"].items if field["url"].text()),
        category_webhooks=tuple(map(_category_webhook, root["category_webhooks"].items)),
        alert_cooldown=_cooldown(root["alerting"]["cooldown"]),
        default_policy=_default_policy(root["default_policy"]),
        custom_rules_dir=custom_rules.text(),
        custom_rules_place=custom_rules.at.place() if custom_rules.text() else None,
        settings=root.value if isinstance(root.value, dict) else {},
        unread=tuple(_limits_unread(root)),
    )


def _limits_unread(root: Field) -> Iterator[str]:
    """`agents` that cannot be read is every limit of everybody; a single agent answers for itself."""
    if root["agents"].broken:
        yield root["agents"].at.pointer
    yield from _unread(root["rate_limit"])


def _unread(field: Field) -> Iterator[str]:
    """Pointers of everything in a field that is written and could not be read."""
    if field.broken:
        yield field.at.pointer
    for part in field:
        yield from _unread(part)


def _default_policy(field: Field) -> str:
    return field.text() or ("deny" if field.broken else "allow")


def _server(field: Field) -> ServerSpec:
    return ServerSpec(
        name=field.name,
        transport=transport_of(field),
        place=field.at.place(at_key=True),
        command=field["command"].text().strip(),
        args=field["args"].texts(),
        env=field["env"].text_map(),
        working_dir=field["working_dir"].text(),
        url=field["url"].text().strip(),
        headers=field["headers"].text_map(),
    )


def _agent(field: Field) -> Agent:
    allowlist = field["allowed_tools"]
    return Agent(
        name=field.name,
        place=field.at.place(at_key=True),
        allowed_tools=tuple(_allow_entries(allowlist, field)),
        allowlist_place=allowlist.at.place(at_key=True) if allowlist.written else None,
        blocked_content=resolved(item.text() for item in field["blocked_content"].items),
        scan_profile=ScanProfile(field["scan_profile"].text() or ScanProfile.STRICT),
        suspended=field["suspended"].flag(broken=True),
        tool_references=tuple(_references(field)),
        settings=field.value if isinstance(field.value, dict) else {},
        unread=tuple(pointer.removeprefix(field.at.pointer) for pointer in _unread(field)),
    )


def _allow_entries(allowlist: Field, agent: Field) -> Iterator[AllowEntry]:
    if not allowlist.items and (allowlist.broken or agent.broken):
        yield AllowEntry(DENY_ALL, allowlist.at.place(at_key=True))
    for item in allowlist.items:
        yield AllowEntry(item.text(), item.at.place())


def _references(agent: Field) -> Iterator[ToolReference]:
    """Every place in an agent's entry that names a tool."""
    yield from _named(agent["tool_policies"], "tool_policies")
    for constraint in agent["tool_constraints"].items:
        yield from _texts((constraint["tool"],), "tool_constraints[].tool")
    for rule in agent["tool_chain_rules"].items:
        yield from _texts((rule["if"],), "tool_chain_rules[].if")
        yield from _texts(rule["then"].items, "tool_chain_rules[].then")
    yield from _named(agent["egress"]["tool_restrictions"], "egress.tool_restrictions")


def _named(mapping: Field, where: str) -> Iterator[ToolReference]:
    return (ToolReference(name, item.at.place(at_key=True), where) for name, item in mapping.members.items())


def _texts(fields: Iterable[Field], where: str) -> Iterator[ToolReference]:
    return (ToolReference(item.text(), item.at.place(), where) for item in fields if item.text())


def _overrides(rules: Field) -> Iterator[RuleOverride]:
    """Without a scope that can be read a `block` is one for every tool, and anything weaker is left out."""
    for field in rules.items:
        action, name = field["action"].text(), field["id"].text()
        if action and name and not _is_scope_unread(field):
            yield _override(field)
        elif name and action == Action.BLOCK:
            yield RuleOverride(name, Action.BLOCK, field["id"].at.place())


def _is_scope_unread(override: Field) -> bool:
    """Whether some limit of an override is not known: of the wrong type, with an empty entry, or misspelt."""
    written = override.value if isinstance(override.value, dict) else {}
    unknown = [name for name in written if name not in override.members]
    if any(override[key.name].broken for key in RULE.keys if key.unread) or len(unknown) > _MOST_UNKNOWN:
        return True
    return any(key.unread for key in (meant_key(name, RULE) for name in unknown) if key is not None)


def _override(field: Field) -> RuleOverride:
    severity = field["severity"].text()
    return RuleOverride(
        id=field["id"].text(),
        action=Action(field["action"].text()),
        place=field["id"].at.place(),
        severity=Severity[severity.upper()] if severity else None,
        apply_to_tools=tuple(_texts(field["apply_to_tools"].items, "rules[].apply_to_tools")),
        exempt_tools=tuple(_texts(field["exempt_tools"].items, "rules[].exempt_tools")),
        notify=field["notify"].texts(),
        template=field["template"].text(),
    )


def _webhook(field: Field) -> Webhook:
    return Webhook(
        url=field["url"].text().strip(),
        place=field["url"].at.place(),
        name=field["name"].text(),
        events=field["events"].texts(),
        headers=field["headers"].text_map(),
    )


def _category_webhook(field: Field) -> CategoryWebhook:
    return CategoryWebhook(resolved((field["category"].text(),)), field["notify"].texts(), field["notify"].at.place())


def _cooldown(field: Field) -> float:
    return ALERT_COOLDOWN if field.broken or not field.text() else seconds(field.text())


def _gateway(field: Field) -> Gateway:
    require_auth = field["require_auth"]
    auth = require_auth.text() or ("true" if require_auth.broken else "auto")
    return Gateway(
        enabled=field["enabled"].flag(),
        port=field["port"].whole(0) or Gateway().port,
        bind=field["bind"].text() or Gateway().bind,
        endpoint_path=field["endpoint_path"].text() or Gateway().endpoint_path,
        scan_responses=field["scan_responses"].flag(default=True, broken=True),
        require_auth=_AUTH_WORDS.get(auth, auth),
        auth_methods=tuple(_auth_methods(field["auth_methods"])),
        trusted_loopback_headers=field["trusted_loopback_headers"].flag(),
        place=field.at.place(at_key=True) if field.written else None,
    )


def _auth_methods(field: Field) -> Iterator[AuthMethod]:
    for item in field.items:
        yield AuthMethod(item.text(), item.at.place())
    if field.broken:
        yield AuthMethod("", field.at.place(at_key=True))


def _deployment(field: Field) -> Deployment:
    profile, demanded = field["profile"], field["require_surface_auth"]
    return Deployment(
        enterprise=profile.text() == "enterprise" or profile.broken or field.broken,
        require_surface_auth=demanded.flag(broken=True) or field.broken,
    )
