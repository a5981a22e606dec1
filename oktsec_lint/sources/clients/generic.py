"""`mcpServers` in a file of any name: the shape that most clients have taken over from Claude Desktop.

Nobody knows whose file it is: every key that approves calls somewhere does so here, and every spelling of a reference
is one.
"""

from __future__ import annotations

from oktsec_lint.core.manifest import OKTSEC_REFERENCE, Manifest
from oktsec_lint.sources.document import Document

from .entries import Dialect, entries_of, root_of
from .references import prefixed

_DIALECT = Dialect(
    "a client",
    OKTSEC_REFERENCE,
    lambda text: prefixed(text, "."),
    approving=("alwaysAllow", "autoApprove", "trust"),
    programs={"headersHelper": "its headers"},
)


def manifest(document: Document) -> Manifest:
    """The servers of the file."""
    entries = tuple(entries_of(root_of(document)["mcpServers"], _DIALECT))
    return Manifest(document.path, _DIALECT.format, entries, _DIALECT.reference)
