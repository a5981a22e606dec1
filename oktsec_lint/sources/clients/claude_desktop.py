"""Claude Desktop: `claude_desktop_config.json`.

Source: modelcontextprotocol.io/docs/develop/connect-local-servers. It starts stdio servers only, and expands nothing:
whatever stands in the file is passed on as it is.
"""

from __future__ import annotations

from oktsec_lint.core.manifest import Manifest
from oktsec_lint.sources.document import Document

from .entries import Dialect, entries_of, root_of

_DIALECT = Dialect("Claude Desktop")


def manifest(document: Document) -> Manifest:
    """The servers of the one file there is."""
    return Manifest(document.path, _DIALECT.format, tuple(entries_of(root_of(document)["mcpServers"], _DIALECT)))
