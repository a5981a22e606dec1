"""Sections of upstream's other parts: its message API, forward proxy, dashboard and language-model triage.

They are known so that a misspelling in them is found and so that a report can say, key by key, what this tool leaves
to upstream. Storage and rate limits, which it does act on, are here too.
"""

from __future__ import annotations

from .gateway import HIGHEST_PORT, PRINCIPAL, SURFACE_AUTH
from .shapes import Format, Key, flag, list_of, map_of, number, section, text, texts, whole

_MESSAGE_API = "it belongs to upstream's message API, which this tool does not have"

SERVER = section(
    Key("port", whole(1, HIGHEST_PORT), "Port of the API", default=8080, complaint="invalid port: {value}"),
    Key("bind", text(), "Address of the API", default="127.0.0.1"),
    Key("log_level", text("debug", "info", "warn", "error"), "How much is logged", default="info"),
    Key("require_intent", flag(), "Refuse messages without a declared intent", default=False),
    Key("api_key", text(), "Key that callers of the API need"),
)

IDENTITY = section(
    Key("keys_dir", text(), "Directory of the agents' public keys", note=_MESSAGE_API),
    Key(
        "require_signature",
        flag(),
        "Refuse unsigned messages",
        default=True,
        note=f"{_MESSAGE_API}; callers of MCP tools are identified by tokens",
    ),
    Key("require_delegation", flag(), "Refuse messages without a delegation", default=False, note=_MESSAGE_API),
    Key(
        "ephemeral",
        section(
            Key("enabled", flag(), "Short-lived keys", default=False),
            Key("max_ttl", text(form=Format.DURATION), "How long they live", default="4h"),
            Key("max_per_task", whole(0), "How many a task may have", default=10),
        ),
        "Short-lived agent keys",
        note="upstream declares it and implements it nowhere",
    ),
    Key("principals", list_of(PRINCIPAL), "Who may call, and with which tokens", guards=True),
)

QUARANTINE = section(
    Key("enabled", flag(), "Hold suspicious calls for review", default=True, guards=True),
    Key("expiry_hours", whole(0), "Hours until a held call expires", default=24),
    Key("retention_days", whole(0), "Days until records are purged; 0 keeps them", default=0),
    Key("archive_dir", text(), "Where records go before they are purged"),
)

RATE_LIMIT = section(
    Key("per_agent", whole(0), "Calls per agent and window; 0 is no limit", default=100, guards=True),
    Key("window", whole(0), "Length of the window in seconds", default=60),
    Key("per_ip", whole(0), "Requests per address and window", note=_MESSAGE_API),
    Key("backend", text("memory", "redis"), "Where the windows are counted", default="memory"),
    Key("redis_url", text(), "The Redis server, for `redis`"),
)

ANOMALY = section(
    Key("check_interval", whole(0), "Seconds between checks", default=60),
    Key("risk_threshold", number(0), "Score that raises an alert", default=80),
    Key("min_messages", whole(0), "Messages before a score is given", default=10),
    Key("auto_suspend", flag(), "Suspend agents above the threshold", default=False),
)

_SCORES = "such alerts come from upstream's scores, which this tool does not keep; `webhooks` and `notify` do work"

ALERTING = section(
    Key("cooldown", text(form=Format.DURATION), "Least time between two equal notifications", default="5m"),
    Key("llm_threats", flag(), "Alert on what a language model found", note=_SCORES),
    Key("anomalies", flag(), "Alert on anomalies", note=_SCORES),
    Key("suspensions", flag(), "Alert on suspended agents", note=_SCORES),
)

FORWARD_PROXY = section(
    Key("enabled", flag(), "Run the forward proxy", default=False),
    Key("port", whole(0, HIGHEST_PORT), "Port of the proxy", default=8083),
    Key("bind", text(), "Address of the proxy, without a port", default="127.0.0.1"),
    Key("allowed_domains", texts(), "Hosts that may be reached; empty means all"),
    Key("blocked_domains", texts(), "Hosts that may not be reached"),
    Key("scan_requests", flag(), "Judge outgoing bodies", default=False),
    Key("scan_responses", flag(), "Judge incoming bodies", default=False),
    Key(
        "max_body_size",
        whole(0),
        "Longest body that is judged, in bytes",
        default=1 << 20,
        complaint="forward_proxy.max_body_size must be non-negative",
    ),
    *SURFACE_AUTH,
)

HOOKS = section(*SURFACE_AUTH)

GUARD = section(
    Key("enabled", flag(), "Watch the configuration files of AI clients", default=False),
    Key("watch_paths", texts(), "Further files to watch"),
)

AUDIT = section(
    Key(
        "export_blocked",
        flag(),
        "Write blocked content as test cases",
        default=False,
        note="content is never copied out of the journal here",
    ),
)

TELEMETRY = section(
    Key("disabled", flag(), "Send no anonymous ping; this tool sends none", default=False),
    Key(
        "tracing",
        section(
            Key("enabled", flag(), "Record traces", default=False),
            Key("exporter", text("stdout", "none"), "Where traces go", default="stdout"),
            Key("sampling_ratio", number(0, 1), "Share of calls that is traced", default=1.0),
            Key("service_name", text(), "Name in the traces"),
        ),
        "OpenTelemetry traces of the gateway",
    ),
)

_PROVIDERS = ("openai", "claude", "webhook")

LLM = section(
    Key("enabled", flag(), "Ask a language model about findings", default=False),
    Key("provider", text("", *_PROVIDERS), "Which one"),
    Key("model", text(), "Its name"),
    Key("base_url", text(), "Where it is reached"),
    Key("api_key", text(), "Its key"),
    Key("api_key_env", text(), "Environment variable that holds its key"),
    Key("api_version", text(), "Version of its API"),
    Key("max_tokens", whole(0), "Longest answer", default=2048),
    Key("temperature", number(0, 2), "How random answers are", default=0.1),
    Key("max_concurrent", whole(0), "Questions at once", default=3),
    Key("queue_size", whole(0), "Questions that may wait", default=100),
    Key("max_daily_requests", whole(0), "Questions a day; 0 is no limit", default=0),
    Key("timeout", text(form=Format.DURATION), "Longest wait for an answer", default="30s"),
    Key("analyze", section(*(Key(name, flag()) for name in "clean flagged quarantined blocked".split()))),
    Key(
        "triage",
        section(
            Key("enabled", flag()),
            Key("skip_verdicts", texts()),
            Key("sensitive_keywords", texts()),
            Key("min_content_length", whole(0)),
            Key("new_agent_pairs", flag()),
            Key("sample_rate", number(0, 1)),
            Key("external_urls", flag()),
        ),
    ),
    Key("two_stage", flag(), "Ask a short question first"),
    Key("min_content_length", whole(0), "Shorter messages are not asked about"),
    Key(
        "budget",
        section(
            Key("daily_limit_usd", number(0)),
            Key("monthly_limit_usd", number(0)),
            Key("warn_threshold", number(0, 1)),
            Key("on_limit", text("skip", "block")),
        ),
    ),
    Key(
        "fallback",
        section(
            Key("provider", text("", "none", *_PROVIDERS)),
            *(Key(name, text()) for name in "model base_url api_key api_key_env api_version".split()),
            Key("max_tokens", whole(0)),
            Key("timeout", text(form=Format.DURATION)),
        ),
    ),
    Key(
        "rulegen",
        section(
            Key("enabled", flag()),
            Key("output_dir", text()),
            Key("auto_reload", flag()),
            Key("require_approval", flag()),
            Key("min_confidence", number(0)),
        ),
    ),
    Key("intent", section(Key("enhanced", flag()), Key("history_window", whole(0)))),
    Key("webhook", section(Key("url", text()), Key("headers", map_of(text())))),
    Key(
        "escalation",
        section(Key("enabled", flag()), Key("risk_threshold", number(0)), Key("ttl_minutes", whole(0))),
    ),
)
