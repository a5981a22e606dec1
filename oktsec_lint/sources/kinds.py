"""Configuration, manifest or neither: told by the top-level keys, and said in one way when a file is neither.

YAML and the grammar are imported by those who have a configuration to read; a snapshot needs neither.
"""

from __future__ import annotations

from oktsec_lint.core.errors import SourceError

from .document import Document
from .registry import by_shape
from .results import LoadedConfig, Snapshot

CONFIG_KEYS = frozenset({"mcp_servers", "agents", "gateway", "rules"})
"""Top-level keys that only an oktsec.yaml has, whatever the file looks like."""
OWN_NAMES = ("oktsec.yaml", "oktsec.yml")
"""A file of this name is meant to be a configuration, whatever is in it."""
HINT = "give an oktsec.yaml, a client's file such as .mcp.json (--as says whose), or a saved tools/list result"


def read_block(path: str, text: str) -> Document | LoadedConfig | Snapshot:
    """The document of an oktsec.yaml in YAML's usual style, where any key of the grammar tells, or a manifest. Raises
    SourceError."""
    from .grammar import ROOT
    from .yaml_nodes import MappingNode
    from .yaml_reader import read_yaml

    document = read_yaml(path, text)
    if path.endswith(OWN_NAMES) or not isinstance(document.root, MappingNode):
        return document
    names = document.root.entries.keys()
    is_known = not names.isdisjoint(key.name for key in ROOT.keys)
    shape = by_shape(path, document.value()) if names.isdisjoint(CONFIG_KEYS) else None
    if shape is not None and (shape.package is not None or not is_known):
        from .manifests import opened_as  # `flow` asks this module for words alone

        return opened_as(shape, document)
    if not is_known:
        raise neither(path)
    return document


def neither(path: str) -> SourceError:
    """The error for a file in which nothing tells what this tool could read it as."""
    return SourceError("neither a configuration nor a snapshot of a server", path=path, line=1, hint=HINT)
