"""`agents`: who may call what, and under which conditions."""

from __future__ import annotations

from .shapes import Format, Key, flag, list_of, map_of, number, section, text, texts, whole

_MESSAGES = "it restricts messages between agents, and none of those pass through this tool"
_EGRESS = "it restricts outgoing connections, and only MCP traffic passes through this tool"
_RECORD = "a record for people"

ACL_ENTRY = section(
    Key("target", text(), "The agent that may be written to", required=True),
    Key(
        "constraints",
        list_of(
            section(
                Key("type", text("rate", "ttl"), "What is limited"),
                Key("max_messages", whole(0), "Messages per window, for `rate`"),
                Key("window_secs", whole(0), "Length of the window in seconds, for `rate`"),
                Key("expires_at", text(form=Format.DATE_TIME), "When the permission ends, for `ttl`"),
            )
        ),
        "Conditions of the permission",
    ),
)

TOOL_POLICY = section(
    Key("max_amount", number(0), "Highest amount a single call may carry", guards=True),
    Key("daily_limit", number(0), "Highest sum of amounts in 24 hours", guards=True),
    Key("require_approval_above", number(0), "Amount from which a call waits for approval", guards=True),
    Key("rate_limit", whole(0), "Calls per hour", guards=True),
)

TOOL_CONSTRAINT = section(
    Key("tool", text(), "The tool that is constrained", required=True, guards=True),
    Key(
        "parameters",
        map_of(
            section(
                Key("allowed_patterns", texts(), "Globs of which an argument must match one", guards=True),
                Key("blocked_patterns", texts(), "Globs of which an argument may match none", guards=True),
                Key("max_length", whole(0), "Longest argument, in characters", guards=True),
            )
        ),
        "Parameter name to its constraints",
        guards=True,
    ),
    Key("max_response_bytes", whole(0), "Longest result, in bytes", guards=True),
    Key("cooldown_secs", whole(0), "Seconds between two calls", guards=True),
)

TOOL_CHAIN_RULE = section(
    Key("if", text(), "The tool whose call starts the rule", required=True, guards=True),
    Key("then", texts(), "The tools that are denied afterwards", required=True, guards=True),
    Key("cooldown_secs", whole(0), "For how many seconds they are denied", guards=True),
)

EGRESS = section(
    Key("allowed_domains", texts(), "Hosts that may be reached"),
    Key("blocked_domains", texts(), "Hosts that may not be reached"),
    Key("scope", text(), "`internal`, or `internal+` and further hosts"),
    Key("tool_restrictions", map_of(texts()), "Tool name to the hosts it may reach"),
    Key("scan_requests", flag(), "Judge outgoing bodies"),
    Key("scan_responses", flag(), "Judge incoming bodies"),
    Key("blocked_categories", texts(), "Categories that stop a body"),
    Key("rate_limit", whole(0), "Requests per window"),
    Key("rate_window", whole(0), "Length of the window in seconds", default=60),
    Key("integrations", texts(), "Names of preset host lists"),
)

AGENT = section(
    Key(
        "can_message",
        texts(),
        "Agents that may be written to, or `*`",
        note=_MESSAGES,
        hint="list agent names only; conditions belong under `acl_entries`",
    ),
    Key("acl_entries", list_of(ACL_ENTRY), "Agents that may be written to, with conditions", note=_MESSAGES),
    Key("blocked_content", texts(), "Rule categories whose findings always block", guards=True),
    Key(
        "allowed_tools",
        texts(),
        "Tools the agent may call; empty or missing means every tool",
        guards=True,
        other_names=("tools", "allow", "allowlist"),
    ),
    Key("tool_policies", map_of(TOOL_POLICY), "Tool name to limits on amounts and rates", guards=True),
    Key("tool_constraints", list_of(TOOL_CONSTRAINT), "Limits on the arguments of a tool", guards=True),
    Key("tool_chain_rules", list_of(TOOL_CHAIN_RULE), "Tools that deny others for a while", guards=True),
    Key(
        "scan_profile",
        text("", "strict", "content-aware", "minimal"),
        "How much of the agent's messages is judged",
        default="strict",
        guards=True,
        complaint='agent "{owner}" has invalid scan_profile "{value}" (valid: strict, content-aware, minimal)',
    ),
    Key("suspended", flag(), "Deny everything", default=False, guards=True),
    Key("egress", EGRESS, "Outgoing connections", guards=True, note=_EGRESS),
    Key(
        "max_concurrent_calls",
        whole(),
        "Calls at once; 0 is 5, below 0 is no limit; when missing, only upstream's gateway has a limit (of 5)",
        default=0,
        guards=True,
    ),
    Key(
        "max_delegation_depth",
        whole(),
        "Length of a delegation chain; 0 is 3, below 0 is no limit",
        default=0,
        note="delegation chains belong to upstream's message API, which this tool does not have",
    ),
    Key(
        "key_version",
        whole(0),
        "Version of the agent's signing key",
        note="signing keys belong to upstream's message API, which this tool does not have",
    ),
    Key("description", text(), _RECORD),
    Key("created_by", text(), _RECORD),
    Key("created_at", text(form=Format.DATE_TIME), _RECORD),
    Key("location", text(), _RECORD),
    Key("tags", texts(), _RECORD),
    Key("source", text(), "Where `oktsec setup` found the agent"),
    Key("risk_level", text(), "What `oktsec setup` thought of the agent"),
)
