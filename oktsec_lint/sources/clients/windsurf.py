"""Windsurf: `mcp_config.json`.

Source: docs.windsurf.com/windsurf/cascade/mcp. A URL stands under `serverUrl` (or `url`); references are `${env:NAME}`
and `${file:/path}`.
"""

from __future__ import annotations

from oktsec_lint.core.manifest import Manifest
from oktsec_lint.sources.document import Document

from .entries import Dialect, entries_of, root_of
from .references import ENV_PREFIX, prefixed

_DIALECT = Dialect("Windsurf", ENV_PREFIX, lambda text: prefixed(text, "."))


def manifest(document: Document) -> Manifest:
    """The servers of the file."""
    entries = tuple(entries_of(root_of(document)["mcpServers"], _DIALECT))
    return Manifest(document.path, _DIALECT.format, entries, _DIALECT.reference)
