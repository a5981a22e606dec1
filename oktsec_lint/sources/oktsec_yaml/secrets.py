"""CFG-017 outside of `mcp_servers`: literal credentials in a configuration that gets committed."""

from __future__ import annotations

from collections.abc import Iterator

from oktsec_lint.core.fields import Field
from oktsec_lint.core.findings import Hit
from oktsec_lint.core.launch import credentials
from oktsec_lint.core.manifest import OKTSEC_REFERENCE

from .servers import webhook_urls


def plaintext_secrets(root: Field) -> Iterator[Hit]:
    """A hit for every literal credential, in reading order of the keys that may hold one."""
    for holder in (root["server"]["api_key"], root["llm"]["api_key"], root["llm"]["fallback"]["api_key"]):
        yield from credentials.in_key(holder, "an API key", _remedy(holder))
    yield from credentials.in_url(root["db_dsn"], "db_password", OKTSEC_REFERENCE)
    yield from credentials.in_url(root["rate_limit"]["redis_url"], "redis_password", OKTSEC_REFERENCE)
    for hook in root["webhooks"].items:
        variable = f"{hook['name'].text() or 'webhook'}_token"
        yield from credentials.in_headers(hook["headers"], variable, OKTSEC_REFERENCE)
    for address in webhook_urls(root):
        yield from credentials.in_url(address, "webhook_url", OKTSEC_REFERENCE)


def _remedy(holder: Field) -> str:
    """Where an API key can stand instead."""
    section, _, key = holder.at.dotted.partition(".")
    if section == "server":
        return "Delete it here and write `OKTSEC_API_KEY=...` into the file `.env` beside this one; upstream reads it."
    return f"Delete it here and let `{section}.{key}_env` name an environment variable that holds it."
