"""Kiro: `.kiro/settings/mcp.json` of a workspace or of the home.

Source: kiro.dev/docs/mcp/configuration. `autoApprove` lists the tools that are called unasked, `*` all of them;
references are `${NAME}`.
"""

from __future__ import annotations

from oktsec_lint.core.manifest import OKTSEC_REFERENCE, Manifest
from oktsec_lint.sources.document import Document

from .entries import Dialect, entries_of, root_of
from .references import prefixed

_DIALECT = Dialect("Kiro", OKTSEC_REFERENCE, lambda text: prefixed(text, "."), approving=("autoApprove",))


def manifest(document: Document) -> Manifest:
    """The servers of the file; `powers` holds those that an installed power has brought."""
    root = root_of(document)
    homes = (root["mcpServers"], root["powers"]["mcpServers"])
    entries = tuple(entry for home in homes for entry in entries_of(home, _DIALECT))
    return Manifest(document.path, _DIALECT.format, entries, _DIALECT.reference)
