"""Continue: `~/.continue/config.yaml`, and blocks in `.continue/mcpServers/` of a project.

The servers are a list, or the map that they are elsewhere in a file that was taken over from another client. Source:
docs.continue.dev, config.yaml reference and "How to set up MCP". A reference is `${{ secrets.NAME }}`; what it means
comes from Continue's own secrets or the environment.
"""

from __future__ import annotations

import re

from oktsec_lint.core.fields import Field
from oktsec_lint.core.manifest import Entry, Manifest
from oktsec_lint.sources.document import Document

from .entries import Dialect, entry_of, root_of

_SECRET = re.compile(r"\$\{\{\s*secrets\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
_DIALECT = Dialect("Continue", "${{{{ secrets.{} }}}}", lambda text: _SECRET.sub(r"${\1}", text))


def manifest(document: Document) -> Manifest:
    """The servers of a configuration or of one block."""
    listed = root_of(document)["mcpServers"]
    entries = tuple(_entry(field) for field in listed if isinstance(field.value, dict))
    return Manifest(document.path, _DIALECT.format, entries, _DIALECT.reference)


def _entry(field: Field) -> Entry:
    """Called as it says itself, not after its number in a list."""
    entry = entry_of(field, _DIALECT)
    name = field["name"].text()
    return entry._replace(spec=entry.spec._replace(name=name)) if name else entry
