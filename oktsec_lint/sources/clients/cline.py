"""Cline: `cline_mcp_settings.json`.

Source: docs.cline.bot/mcp. `autoApprove` (once `alwaysAllow`) lists the tools that are called unasked. Nothing is
known to be expanded.
"""

from __future__ import annotations

from oktsec_lint.core.manifest import Manifest
from oktsec_lint.sources.document import Document

from .entries import Dialect, entries_of, root_of

_DIALECT = Dialect("Cline", approving=("autoApprove", "alwaysAllow"))


def manifest(document: Document) -> Manifest:
    """The servers of the file."""
    return Manifest(document.path, _DIALECT.format, tuple(entries_of(root_of(document)["mcpServers"], _DIALECT)))
