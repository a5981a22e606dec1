"""`gateway`, `mcp_servers` and what decides who is let in."""

from __future__ import annotations

from .shapes import Format, Key, flag, list_of, map_of, section, text, texts, whole

HIGHEST_PORT = 65535

SURFACE_AUTH = (
    Key(
        "require_auth",
        text("auto", "true", "false", "yes", "no", "1", "0"),
        "Whether callers must authenticate; `auto` follows the deployment profile",
        default="auto",
        guards=True,
        hint="write `auto`, `true` or `false`; upstream reads any other text as `auto`",
    ),
    Key(
        "auth_methods",
        list_of(text("bearer_token", "trusted_loopback_header", "mtls")),
        "How callers may authenticate",
        guards=True,
    ),
    Key(
        "trusted_loopback_headers",
        flag(),
        "Believe the agent header of callers on this machine",
        default=False,
        guards=True,
    ),
)
"""Shared by every surface that lets callers in."""

GATEWAY = section(
    Key("enabled", flag(), "Run the gateway", default=False),
    Key(
        "port",
        whole(0, HIGHEST_PORT),
        "Port to listen on; 0 is 9090",
        default=9090,
        complaint="invalid gateway port: {value}",
    ),
    Key("bind", text(), "Address to listen on", default="127.0.0.1", guards=True),
    Key("endpoint_path", text(), "Path of the MCP endpoint", default="/mcp"),
    Key(
        "scan_responses",
        flag(),
        "Withhold results that nobody should read; left out, they are, and with `false` they are only recorded",
        default=False,
        guards=True,
    ),
    Key(
        "dep_check",
        flag(),
        "Watch the dependency manifests of the servers",
        default=False,
        note="`oktsec.lock` pins what the servers offer and how they are started instead",
    ),
    Key(
        "verify_delegation_scope",
        flag(),
        "Compare results with a delegated scope",
        default=False,
        note="upstream only logs a guess here; delegation does not exist in this tool",
    ),
    Key(
        "disable_auto_register",
        flag(),
        "Do not add unknown agents to the configuration",
        default=False,
        note="this tool never adds agents; `default_policy: deny` is what refuses unknown ones",
    ),
    *SURFACE_AUTH,
)

MCP_SERVER = section(
    Key("transport", text(), "`stdio` starts a command, `http` reaches a url", other_names=("type", "transportType")),
    Key("command", text(), "The program to start", other_names=("cmd", "executable")),
    Key("args", texts(), "Its arguments; `${VAR}` is expanded when it starts", other_names=("arguments", "argv")),
    Key(
        "env",
        map_of(text()),
        "Its environment, added to a minimal one; `${VAR}` is expanded",
        other_names=("environment", "env_vars", "environment_variables", "variables"),
    ),
    Key("url", text(), "Where the server is reached", other_names=("endpoint", "uri", "serverUrl", "baseUrl")),
    Key(
        "headers",
        map_of(text()),
        "HTTP headers to send; `${VAR}` is expanded",
        other_names=("http_headers", "requestHeaders"),
    ),
    Key("working_dir", text(), "Where the program is started", other_names=("cwd", "workdir", "working_directory")),
    Key(
        "egress_sandbox",
        flag(),
        "Send the server's HTTP traffic through the forward proxy",
        default=False,
        guards=True,
        note="this tool has no forward proxy; restrict the server's network where it runs (container, firewall)",
    ),
)

DEPLOYMENT = section(
    Key(
        "profile",
        text("", "local", "enterprise"),
        "How strict the defaults are",
        default="local",
        guards=True,
        hint="write `local` or `enterprise`; upstream reads any other text as `local`",
    ),
    Key("org_id", text(), "Tenant id, stored and shown only"),
    Key("require_surface_auth", flag(), "Authenticate callers on every surface", default=False, guards=True),
)

TOKEN = section(
    Key("id", text(), "Name of the token"),
    Key(
        "type", text("gateway_bearer", "proxy_basic", "hook_bearer"), "What the token opens", required=True, guards=True
    ),
    Key("hash", text(form=Format.SALTED_DIGEST), "Salted digest of the token", required=True, guards=True),
    Key("created_at", text(form=Format.DATE_TIME), "When it was made"),
    Key("expires_at", text(form=Format.DATE_TIME), "When it ends", guards=True),
    Key("revoked_at", text(form=Format.DATE_TIME), "When it was taken back", guards=True),
    Key("last_used_at", text(form=Format.DATE_TIME), "When it was last seen"),
)

_CONTEXT = section(
    *(
        Key(name, text(), "Shown only")
        for name in "issuer subject audience client_id tenant_id provider source claims_hash".split()
    ),
    Key("groups", texts(), "Shown only"),
    Key("scopes", texts(), "Shown only"),
    Key("verified", flag(), "Shown only"),
    Key("expires_at", text(form=Format.DATE_TIME), "Shown only"),
)

PRINCIPAL = section(
    Key("id", text(), "The agent the tokens stand for", required=True, guards=True),
    Key("display_name", text(), "Shown only"),
    Key("kind", text("", "agent", "user", "service", "workspace"), "What the principal is", default="agent"),
    Key("workspace_id", text(), "Shown only"),
    Key(
        "allowed_surfaces",
        texts(),
        "Where the principal may come in",
        guards=True,
        note="upstream reads it and enforces it nowhere; a token's `type` is what limits it",
    ),
    Key("tokens", list_of(TOKEN), "The principal's tokens", guards=True),
    Key("context", _CONTEXT, "Where the identity comes from; shown only"),
)
