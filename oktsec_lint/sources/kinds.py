"""Configuration or not: told by the top-level keys, and said in one way when a file is neither.

YAML and the grammar are imported by those who have a configuration to read; a snapshot needs neither.
"""

from __future__ import annotations

from collections.abc import Collection

from oktsec_lint.core.errors import SourceError

from .document import Document

CONFIG_KEYS = frozenset({"mcp_servers", "agents", "gateway", "rules"})
"""Top-level keys that only an oktsec.yaml has, whatever the file looks like."""
HINT = "give an oktsec.yaml (mcp_servers, agents, gateway, rules) or a saved tools/list result"

_CLIENT_KEYS = ("mcpServers", "servers", "context_servers")


def read_block(path: str, text: str) -> Document:
    """The document of a configuration in YAML's usual style, where any key of the grammar tells. Raises SourceError."""
    from .grammar import ROOT
    from .yaml_nodes import MappingNode
    from .yaml_reader import read_yaml

    document = read_yaml(path, text)
    known = {key.name for key in ROOT.keys}
    if isinstance(document.root, MappingNode) and known.isdisjoint(document.root.entries):
        raise neither(path, document.root.entries)
    return document


def neither(path: str, keys: Collection[str]) -> SourceError:
    """The error for a file with these top-level keys, which tell nothing this tool reads."""
    client = next((key for key in _CLIENT_KEYS if key in keys), "")
    if client:
        hint = f"entries of a client's `{client}` go under `mcp_servers:` of an oktsec.yaml"
        return SourceError("this looks like the configuration of an MCP client", path=path, line=1, hint=hint)
    return SourceError("neither an oktsec.yaml nor a snapshot of a server", path=path, line=1, hint=HINT)
