"""GitHub Copilot: `mcp-config.json` of its command line, and the same shape in a repository's settings.

Source: docs.github.com/copilot, how-tos for the CLI and the coding agent. `type` is `local`, `stdio`, `http` or `sse`;
`tools` says which tools there are, not which are called unasked; `$NAME` and `${NAME}` are expanded.
"""

from __future__ import annotations

from oktsec_lint.core.manifest import OKTSEC_REFERENCE, Manifest
from oktsec_lint.sources.document import Document

from .entries import Dialect, entries_of, root_of
from .references import dollar

_DIALECT = Dialect("GitHub Copilot", OKTSEC_REFERENCE, dollar)


def manifest(document: Document) -> Manifest:
    """The servers of the file."""
    entries = tuple(entries_of(root_of(document)["mcpServers"], _DIALECT))
    return Manifest(document.path, _DIALECT.format, entries, _DIALECT.reference)
