"""The grammar of `oktsec.yaml` as data: every key upstream knows or documents, and what it is worth to this tool.

Source: upstream's configuration structs at v0.16.1 (github.com/oktsec/oktsec, internal/config) and its documentation.
"""

from __future__ import annotations

from .agents import AGENT
from .elsewhere import (
    ALERTING,
    ANOMALY,
    AUDIT,
    FORWARD_PROXY,
    GUARD,
    HOOKS,
    IDENTITY,
    LLM,
    QUARANTINE,
    RATE_LIMIT,
    SERVER,
    TELEMETRY,
)
from .gateway import DEPLOYMENT, GATEWAY, MCP_SERVER
from .lint import LINT
from .rules import CATEGORY_WEBHOOKS, RULES, WEBHOOKS
from .shapes import Format, Key, Shape, Type, anything, map_of, section, text, texts

__all__ = ["ROOT", "Format", "Key", "Shape", "Type"]

_NO_MODEL = "no language model takes part in a verdict of this tool"
_NO_PROXY = "this tool has no forward proxy; only MCP traffic passes through it"

ROOT: Shape = section(
    Key("version", text(), "Version of this grammar; nothing reads it", default="1"),
    Key("deployment", DEPLOYMENT, "Where the gateway runs"),
    Key("server", SERVER, "Upstream's HTTP API", note="upstream's HTTP API and dashboard are not part of this tool"),
    Key("identity", IDENTITY, "Who callers are"),
    Key(
        "trust_boundaries",
        section(Key("internal", texts(), "Hosts that `egress.scope: internal` means")),
        "Names for groups of hosts",
        note="it only serves `egress`, which this tool does not enforce",
    ),
    Key(
        "default_policy",
        text("", "allow", "deny"),
        "What an undeclared agent may do",
        default="allow",
        guards=True,
        complaint='invalid default_policy "{value}" (must be allow or deny)',
    ),
    Key("agents", map_of(AGENT), "Agent name to what it may do", guards=True),
    Key("rules", RULES, "Decisions about rules", guards=True),
    Key("webhooks", WEBHOOKS, "Where notifications can go"),
    Key("category_webhooks", CATEGORY_WEBHOOKS, "Who hears of which category"),
    Key("db_backend", text("sqlite", "postgres", "postgresql"), "Where the journal is kept", default="sqlite"),
    Key("db_path", text(), "The journal's file, for SQLite", default="oktsec.db"),
    Key("db_dsn", text(), "The journal's database, for PostgreSQL"),
    Key("custom_rules_dir", text(), "Directory of further rule files, added to the built-in ones"),
    Key("quarantine", QUARANTINE, "Calls that wait for review"),
    Key("rate_limit", RATE_LIMIT, "How often an agent may call", guards=True),
    Key(
        "anomaly",
        ANOMALY,
        "Scores per agent",
        guards=True,
        note="this tool keeps no scores; a verdict depends on the message and the policy alone",
    ),
    Key("forward_proxy", FORWARD_PROXY, "Outgoing HTTP", guards=True, note=_NO_PROXY),
    Key("alerting", ALERTING, "How often somebody is told"),
    Key("gateway", GATEWAY, "The endpoint in front of every server"),
    Key("hooks", HOOKS, "Client hooks", guards=True, note="client hooks do not pass through this tool"),
    Key("mcp_servers", map_of(MCP_SERVER), "Server name to how it is started or reached"),
    Key("llm", LLM, "Language-model triage", note=_NO_MODEL),
    Key("telemetry", TELEMETRY, "What is sent home"),
    Key("guard", GUARD, "Watching client files", guards=True, note="this tool watches no files; scan them instead"),
    Key("audit", AUDIT, "Export of blocked content"),
    Key(
        "dashboard",
        anything(),
        "Only in upstream's documentation",
        note="upstream's documentation names it, upstream's code does not read it, and this tool has no dashboard",
    ),
    Key("lint", LINT, "Settings of this tool; upstream does not read them"),
)
"""The whole document."""
