"""`rules`, `webhooks` and `category_webhooks`: the user's own decisions about findings, and who hears of them."""

from __future__ import annotations

from .shapes import Key, flag, list_of, map_of, section, text, texts

_UNREAD = "without a scope that can be read a `block` counts for every tool, and any other action for none"

RULE = section(
    Key("id", text(), "The rule", required=True, guards=True),
    Key(
        "action",
        text("block", "quarantine", "allow-and-flag", "ignore"),
        "What its findings lead to",
        required=True,
        guards=True,
        complaint='rule "{owner}" has invalid action "{value}" (valid: block, quarantine, allow-and-flag, ignore)',
    ),
    Key("severity", text("", "info", "low", "medium", "high", "critical"), "Its severity instead of its own"),
    Key("notify", texts(), "Names of webhooks, or URLs"),
    Key("template", text(), "What `notify` is sent, with placeholders such as `{{RULE}}`"),
    Key(
        "apply_to_tools",
        texts(),
        "The only tools the rule is for",
        guards=True,
        unread=_UNREAD,
        other_names=("tools", "tool", "only_tools", "apply_to", "applies_to", "scope"),
    ),
    Key(
        "exempt_tools",
        texts(),
        "Tools the rule is not for",
        guards=True,
        unread=_UNREAD,
        other_names=("exclude_tools", "except_tools", "exempt", "except", "exclude"),
    ),
    Key("managed_by_policy", flag(), "Written by a policy bundle"),
)

WEBHOOK = section(
    Key("name", text(), "What `notify` calls it"),
    Key("url", text(), "Where notifications go; `${VAR}` is expanded", required=True),
    Key("events", list_of(text("blocked", "quarantined", "rejected", "flagged")), "Which ones; empty means all"),
    Key("headers", map_of(text()), "HTTP headers to send; `${VAR}` is expanded; only known here"),
)

CATEGORY_WEBHOOK = section(
    Key("category", text(), "A rule category", required=True),
    Key("notify", texts(), "Names of webhooks, or URLs"),
)

RULES = list_of(RULE)
WEBHOOKS = list_of(WEBHOOK)
CATEGORY_WEBHOOKS = list_of(CATEGORY_WEBHOOK)
