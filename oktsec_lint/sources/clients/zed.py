"""Zed: `context_servers` in `settings.json` of the user or of a project.

Source: zed-industries/zed, docs/src/ai/mcp.md and the settings migration of 2026-02-04 (`always_allow_tool_actions`
became `tool_permissions.default`). A server of an extension has settings and nothing to start; nothing is expanded.
"""

from __future__ import annotations

from collections.abc import Iterator

from oktsec_lint.core.fields import Field
from oktsec_lint.core.manifest import Approval, Entry, Manifest
from oktsec_lint.sources.document import Document

from .entries import Dialect, approvals_of, entries_of, root_of

_DIALECT = Dialect("Zed")


def manifest(document: Document) -> Manifest:
    """The servers that Zed itself starts, and what its agent may call unasked."""
    root = root_of(document)
    entries = (entry for entry in entries_of(root["context_servers"], _DIALECT) if not _is_extension(entry))
    return Manifest(document.path, _DIALECT.format, tuple(entries), approvals=tuple(_approvals(root["agent"])))


def _is_extension(entry: Entry) -> bool:
    return not (entry.spec.command or entry.spec.url)


def _approvals(agent: Field) -> Iterator[Approval]:
    yield from approvals_of(agent, ("always_allow_tool_actions",))
    default = agent["tool_permissions"]["default"]
    if default.value == "allow":
        yield Approval(default)
