"""Texts that start with a brace or a bracket: JSON of either kind, JSON Lines, or a configuration in flow style."""

from __future__ import annotations

from oktsec_lint.core.errors import SourceError
from oktsec_lint.core.model import JsonValue

from .document import Document
from .json_lines import is_json_lines
from .json_reader import read_json
from .kinds import CONFIG_KEYS, HINT, neither
from .results import Snapshot
from .tools_list import holds_listing, read_snapshot, snapshot_of


def read_flow(path: str, text: str) -> Snapshot | Document:
    """A snapshot, or the document of a configuration. Raises SourceError for what is neither, or could be both."""
    if is_json_lines(text):
        return read_snapshot(path, text)
    try:
        document = read_json(path, text)
    except SourceError as not_json:
        return _flow_config(path, text, not_json)
    if not _is_config(path, document.value()):
        return snapshot_of(document)
    from .yaml_reader import read_yaml

    return read_yaml(path, text)


def _flow_config(path: str, text: str, not_json: SourceError) -> Document:
    """YAML's flow style looks like JSON with fewer quotes; what is no such configuration was meant to be JSON."""
    from .yaml_nodes import MappingNode
    from .yaml_reader import read_yaml

    try:
        document = read_yaml(path, text)
    except SourceError:
        raise not_json from None
    if isinstance(document.root, MappingNode) and not CONFIG_KEYS.isdisjoint(document.root.entries):
        return document
    raise not_json


def _is_config(path: str, value: JsonValue) -> bool:
    if not isinstance(value, dict):
        return False
    is_config, is_listing = not CONFIG_KEYS.isdisjoint(value), holds_listing(value)
    if is_config and is_listing:
        raise SourceError("this could be a configuration or a snapshot", path=path, line=1, hint=HINT)
    if not is_config and not is_listing:
        raise neither(path, value)
    return is_config
