"""opencode: `opencode.json` or `.jsonc` of a project or of the user.

Source: opencode.ai/docs/mcp-servers and opencode.ai/config.json. The command is a list with its arguments; `mcp` maps
names to servers, or holds such a map as `servers`; references are `{env:NAME}` and `{file:path}`. An entry with nothing
but `enabled` changes one of another file.
"""

from __future__ import annotations

from oktsec_lint.core.manifest import Manifest
from oktsec_lint.sources.document import Document

from .entries import Dialect, entries_of, root_of
from .references import ENV_BRACES, braced

_DIALECT = Dialect(
    "opencode", ENV_BRACES, braced, env=("environment", "env"), secrets=("oauth.clientSecret",), overlays=True
)


def manifest(document: Document) -> Manifest:
    """The servers of the file."""
    servers = root_of(document)["mcp"]
    inner = servers["servers"]
    if inner.members and not (inner["command"].written or inner["url"].written):
        servers = inner
    return Manifest(document.path, _DIALECT.format, tuple(entries_of(servers, _DIALECT)), _DIALECT.reference)
