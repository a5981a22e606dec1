"""Codex: `[mcp_servers.NAME]` in `config.toml` of the user or of a trusted project.

Source: openai/codex, docs/config.md and codex-rs `mcp_types`. Nothing is expanded; keys of their own hold the *names*
of variables: `env_vars`, `bearer_token_env_var`, `env_http_headers`.
"""

from __future__ import annotations

from collections.abc import Iterator

from oktsec_lint.core.fields import Field
from oktsec_lint.core.manifest import Approval, Entry, Manifest
from oktsec_lint.sources.document import Document

from .entries import Dialect, entry_of, root_of

_DIALECT = Dialect("Codex", headers=("http_headers",), secrets=("bearer_token",))
_UNASKED = "approve"
"""The mode in which nothing is asked; `prompt`, `writes` and `auto` ask, or leave it to the tool's own hints."""


def manifest(document: Document) -> Manifest:
    """The servers of the file."""
    servers = root_of(document)["mcp_servers"]
    entries = map(_entry, servers.members.values())
    return Manifest(document.path, _DIALECT.format, tuple(entries))


def _entry(field: Field) -> Entry:
    """An entry with what its client takes from the environment by name."""
    entry = entry_of(field, _DIALECT)
    env = {name: f"${{{name}}}" for name in _forwarded(field["env_vars"])}
    headers = {name: f"${{{variable}}}" for name, variable in field["env_http_headers"].text_map().items()}
    token = field["bearer_token_env_var"].text()
    if token:
        headers["Authorization"] = f"Bearer ${{{token}}}"
    spec = entry.spec._replace(env={**env, **entry.spec.env}, headers={**headers, **entry.spec.headers})
    return entry._replace(spec=spec, approvals=tuple(_approvals(field)))


def _forwarded(names: Field) -> Iterator[str]:
    """Names, or objects that have one."""
    return (name for item in names.items if (name := item.text() or item["name"].text()))


def _approvals(field: Field) -> Iterator[Approval]:
    default = field["default_tools_approval_mode"]
    if default.value == _UNASKED:
        yield Approval(default)
    for name, tool in field["tools"].members.items():
        if tool["approval_mode"].value == _UNASKED:
            yield Approval(tool["approval_mode"], (name,))
