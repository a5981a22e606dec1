"""`oktsec.yaml` as values: the part of the grammar that this tool acts on.

The grammar itself (every key upstream knows, its type and what it is worth here) is data in `sources/`; this module
only holds what the checks, the policy and the collector read. Field names are the YAML keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from .findings import Confidence, Severity
from .model import EMPTY, JsonValue, Place
from .values import NamedTuple

DENY_ALL = "__oktsec_deny_all__"
"""Upstream's sentinel: as the only entry of `allowed_tools` it allows nothing; a tool of that name is always denied."""
ALERT_COOLDOWN = 300.0
"""Seconds that `alerting.cooldown` means where it is not written: five minutes, as upstream documents."""


class Transport(StrEnum):
    """How a server is reached."""

    STDIO = "stdio"
    HTTP = "http"


class Action(StrEnum):
    """What a `rules:` override does with its rule's findings."""

    BLOCK = "block"
    QUARANTINE = "quarantine"
    ALLOW_AND_FLAG = "allow-and-flag"
    IGNORE = "ignore"


class ScanProfile(StrEnum):
    """How much message content (never definitions) is judged for an agent; upstream's three values."""

    STRICT = "strict"
    CONTENT_AWARE = "content-aware"
    MINIMAL = "minimal"


class ServerSpec(NamedTuple):
    """One entry of `mcp_servers`: how to start or reach it. Values may hold `${VAR}`, unexpanded."""

    name: str
    transport: Transport
    place: Place
    command: str = ""
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = EMPTY
    working_dir: str = ""
    url: str = ""
    headers: Mapping[str, str] = EMPTY


class AllowEntry(NamedTuple):
    """One entry of an agent's `allowed_tools`."""

    name: str
    place: Place


class ToolReference(NamedTuple):
    """A place in the config that names a tool: a policy, a constraint, a chain rule, an override's scope."""

    name: str
    place: Place
    where: str
    """The key that names it, such as `tool_policies` or `rules[].apply_to_tools`."""


class Agent(NamedTuple):
    """One entry of `agents`."""

    name: str
    place: Place
    allowed_tools: tuple[AllowEntry, ...] = ()
    """Empty means every tool (upstream's meaning)."""
    allowlist_place: Place | None = None
    """The `allowed_tools` key when it is written, even as `[]`; None when the key is missing."""
    blocked_content: tuple[str, ...] = ()
    """Category ids, after the documented aliases are resolved."""
    scan_profile: ScanProfile = ScanProfile.STRICT
    suspended: bool = False
    tool_references: tuple[ToolReference, ...] = ()
    settings: Mapping[str, JsonValue] = EMPTY
    """The whole entry as plain values, for the keys the gate reads."""
    unread: tuple[str, ...] = ()
    """Pointers, inside the entry, of what is written there but could not be read and so is missing in `settings`."""

    @property
    def unrestricted(self) -> bool:
        return not self.allowed_tools

    @property
    def denies_all(self) -> bool:
        return len(self.allowed_tools) == 1 and self.allowed_tools[0].name == DENY_ALL


class RuleOverride(NamedTuple):
    """One entry of `rules`: the user's own decision about a rule."""

    id: str
    action: Action
    place: Place
    severity: Severity | None = None
    apply_to_tools: tuple[ToolReference, ...] = ()
    exempt_tools: tuple[ToolReference, ...] = ()
    notify: tuple[str, ...] = ()
    """Names of webhooks, or URLs."""
    template: str = ""
    """What those are sent; empty for the usual body."""


class Webhook(NamedTuple):
    """One entry of `webhooks`. Its URL and the values of its headers may hold `${VAR}`, unexpanded."""

    url: str
    place: Place
    name: str = ""
    events: tuple[str, ...] = ()
    """Kinds of decisions (`blocked`, `quarantined`, `rejected`, `flagged`); empty means all of them."""
    headers: Mapping[str, str] = EMPTY


def is_address(recipient: str) -> bool:
    """Whether an entry of a `notify` is a URL, and no name of a webhook."""
    return "://" in recipient or "${" in recipient


class CategoryWebhook(NamedTuple):
    """One entry of `category_webhooks`: who hears of rules that no `notify` of their own speaks for."""

    categories: tuple[str, ...]
    """The category and content classes that the word in the file means."""
    notify: tuple[str, ...]
    place: Place


class Persona(StrEnum):
    """Who reads a report: how much of what is unsure, or only worth knowing, it shows. Never part of a verdict."""

    REGULAR = "regular"
    PEDANTIC = "pedantic"
    AUDITOR = "auditor"


class Suppression(NamedTuple):
    """The user's decision to live with a finding: an entry of `lint.suppress`, or a comment."""

    rule: str
    reason: str
    place: Place
    """The entry, or the first value on the line that a comment is for."""
    server: str = ""
    """Only findings about this server and what it offers; empty for all."""
    tool: str = ""
    """Only findings about this tool, by any of its names; empty for all."""
    at: str = ""
    """Only findings at this JSON pointer inside the object, or below it; empty for all."""
    until: str = ""
    """The last day it holds, as `2027-01-31`; empty for ever."""
    line: int = 0
    """Of a comment: the 1-based line that it is for. 0 for an entry."""
    written: int = 0
    """Of a comment: the line it stands on."""


class Lint(NamedTuple):
    """The `lint` section, and the comments that belong to it: how findings are lived with."""

    select: tuple[str, ...] = ()
    """Ids or families (`COV`) of the only rules to report; empty means all."""
    ignore: tuple[str, ...] = ()
    min_confidence: Confidence | None = None
    persona: Persona | None = None
    suppress: tuple[Suppression, ...] = ()
    lines: Mapping[str, tuple[int, int]] = EMPTY
    """Pointer to the lines of its key and of its value, for everything in the file; empty unless comments suppress."""


class AuthMethod(NamedTuple):
    """One entry of `gateway.auth_methods`."""

    name: str
    """Empty for one that could not be read: no method, but the list is not an empty one."""
    place: Place


class Gateway(NamedTuple):
    """The `gateway` section."""

    enabled: bool = False
    port: int = 9090
    bind: str = "127.0.0.1"
    endpoint_path: str = "/mcp"
    scan_responses: bool = True
    """False for what is written as such: results that are judged, and passed on whatever is found."""
    require_auth: str = "auto"
    auth_methods: tuple[AuthMethod, ...] = ()
    """Empty means what the deployment's profile implies."""
    trusted_loopback_headers: bool = False
    place: Place | None = None


class Deployment(NamedTuple):
    """The `deployment` section, as far as it decides who is let in."""

    enterprise: bool = False
    """The profile; the other one is `local`."""
    require_surface_auth: bool = False


class Token(NamedTuple):
    """One bearer token for the gateway (`type: gateway_bearer`), by its salted digest."""

    id: str
    hash: str
    """`sha256:<salt in hex>:<sha256 of salt and token in hex>`."""
    place: Place
    created_at: str = ""
    expires_at: str = ""
    """RFC 3339; empty for never. Anything else has expired."""
    revoked_at: str = ""
    """RFC 3339; whatever is written here ends the token."""


class Principal(NamedTuple):
    """One entry of `identity.principals`: an agent, and the tokens that prove it."""

    id: str
    """The agent's name under `agents`."""
    place: Place
    tokens: tuple[Token, ...] = ()


class Config(NamedTuple):
    """One loaded configuration. `Config()` judges a snapshot that came without one: no agents, no overrides."""

    path: str = ""
    format: str = ""
    """Whose manifest it was read from, such as `Claude Code`; empty for an `oktsec.yaml`, which alone names agents."""
    servers: tuple[ServerSpec, ...] = ()
    agents: tuple[Agent, ...] = ()
    rules: tuple[RuleOverride, ...] = ()
    gateway: Gateway = Gateway()
    deployment: Deployment = Deployment()
    principals: tuple[Principal, ...] = ()
    webhooks: tuple[Webhook, ...] = ()
    category_webhooks: tuple[CategoryWebhook, ...] = ()
    alert_cooldown: float = ALERT_COOLDOWN
    """Least seconds between two equal notifications; 0 for none."""
    default_policy: str = "allow"
    custom_rules_dir: str = ""
    custom_rules_place: Place | None = None
    settings: Mapping[str, JsonValue] = EMPTY
    """The whole document as plain values."""
    lint: Lint = Lint()
    unread: tuple[str, ...] = ()
    """Pointers of limits for every agent that are written but could not be read and so are missing in `settings`."""

    def agent(self, name: str) -> Agent | None:
        return next((agent for agent in self.agents if agent.name == name), None)
