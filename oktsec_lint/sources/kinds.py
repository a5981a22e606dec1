"""Configuration, manifest or neither: told by the top-level keys, and said in one way when a file is neither.

YAML and the grammar are imported by those who have a configuration to read; a snapshot needs neither.
"""

from __future__ import annotations

from oktsec_lint.core.errors import SourceError

from .document import Document
from .registry import by_shape, read_manifest
from .results import LoadedConfig

CONFIG_KEYS = frozenset({"mcp_servers", "agents", "gateway", "rules"})
"""Top-level keys that only an oktsec.yaml has, whatever the file looks like."""
OWN_NAMES = ("oktsec.yaml", "oktsec.yml")
"""A file of this name is meant to be a configuration, whatever is in it."""
HINT = "give an oktsec.yaml, a client's file such as .mcp.json (--as says whose), or a saved tools/list result"


def read_block(path: str, text: str) -> Document | LoadedConfig:
    """The document of an oktsec.yaml in YAML's usual style, where any key of the grammar tells, or a manifest. Raises
    SourceError."""
    from .grammar import ROOT
    from .yaml_nodes import MappingNode
    from .yaml_reader import read_yaml

    document = read_yaml(path, text)
    known = {key.name for key in ROOT.keys}
    if path.endswith(OWN_NAMES):
        return document
    if isinstance(document.root, MappingNode) and known.isdisjoint(document.root.entries):
        shape = by_shape(document.value())
        if shape is None:
            raise neither(path)
        from .manifests import manifest_config  # `flow` asks this module for words alone

        return manifest_config(document, read_manifest(shape, document))
    return document


def neither(path: str) -> SourceError:
    """The error for a file in which nothing tells what this tool could read it as."""
    return SourceError("neither a configuration nor a snapshot of a server", path=path, line=1, hint=HINT)
