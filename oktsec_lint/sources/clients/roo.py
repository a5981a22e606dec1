"""Roo Code: `.roo/mcp.json` of a project, `mcp_settings.json` of the user.

Source: docs.roocode.com/features/mcp/using-mcp-in-roo. `alwaysAllow` lists the tools that are called unasked;
references are `${env:NAME}`.
"""

from __future__ import annotations

from oktsec_lint.core.manifest import Manifest
from oktsec_lint.sources.document import Document

from .entries import Dialect, entries_of, root_of
from .references import ENV_PREFIX, prefixed, workspace_of


def manifest(document: Document) -> Manifest:
    """The servers of the file."""
    folder = workspace_of(document.path)
    dialect = Dialect("Roo Code", ENV_PREFIX, lambda text: prefixed(text, folder), approving=("alwaysAllow",))
    entries = tuple(entries_of(root_of(document)["mcpServers"], dialect))
    return Manifest(document.path, dialect.format, entries, dialect.reference)
