"""Cursor: `.cursor/mcp.json` of a project or of the home.

Source: cursor.com/docs/context/mcp. References are `${env:NAME}`, `${userHome}` and those of the workspace.
"""

from __future__ import annotations

from oktsec_lint.core.manifest import Manifest
from oktsec_lint.sources.document import Document

from .entries import Dialect, entries_of, root_of
from .references import ENV_PREFIX, prefixed, workspace_of


def manifest(document: Document) -> Manifest:
    """The servers of the file."""
    folder = workspace_of(document.path)
    dialect = Dialect("Cursor", ENV_PREFIX, lambda text: prefixed(text, folder), secrets=("auth.CLIENT_SECRET",))
    entries = tuple(entries_of(root_of(document)["mcpServers"], dialect))
    return Manifest(document.path, dialect.format, entries, dialect.reference)
