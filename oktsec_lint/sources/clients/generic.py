"""`mcpServers` in a file of any name: the shape that most clients have taken over from Claude Desktop."""

from __future__ import annotations

from oktsec_lint.core.manifest import Manifest
from oktsec_lint.sources.document import Document

from .entries import Dialect, entries_of, root_of

_DIALECT = Dialect(
    "a client", programs={"headersHelper": "its headers"}, approving=("alwaysAllow", "autoApprove", "trust")
)


def manifest(document: Document) -> Manifest:
    """Nobody knows how references are written here, so every spelling may be one, and none is suggested."""
    return Manifest(document.path, _DIALECT.format, tuple(entries_of(root_of(document)["mcpServers"], _DIALECT)))
