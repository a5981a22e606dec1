"""Texts that start with a brace or a bracket: JSON of any kind, JSON Lines, or a configuration in flow style."""

from __future__ import annotations

from oktsec_lint.core.errors import SourceError
from oktsec_lint.core.model import JsonValue

from .document import Document
from .json_lines import is_json_lines
from .json_reader import read_json
from .kinds import CONFIG_KEYS, HINT, neither
from .offers import LISTS
from .registry import Format, by_shape
from .results import LoadedConfig, Snapshot
from .tools_list import holds_listing, read_snapshot, snapshot_of


def read_flow(path: str, text: str) -> Snapshot | LoadedConfig | Document:
    """A snapshot, a manifest, or the document of an oktsec.yaml. Raises SourceError for what is none of them, or could
    be two."""
    if is_json_lines(text):
        return read_snapshot(path, text)
    try:
        document = read_json(path, text)
    except SourceError as not_json:
        return _flow_config(path, text, not_json)
    value = document.value()
    shape = by_shape(path, value)
    names = value if isinstance(value, dict) else ()
    if shape is not None and shape.package is not None and CONFIG_KEYS.isdisjoint(names):
        return _manifest(document, shape)
    if _is_config(path, value, other=shape is not None):
        from .yaml_reader import read_yaml

        return read_yaml(path, text)
    return snapshot_of(document) if shape is None else _manifest(document, shape)


def _flow_config(path: str, text: str, not_json: SourceError) -> LoadedConfig | Snapshot | Document:
    """YAML's flow style looks like JSON with fewer quotes, a client's file like JSON with comments; what is neither was
    meant to be JSON."""
    from .yaml_nodes import MappingNode
    from .yaml_reader import read_yaml

    try:
        commented = read_json(path, text, comments=True)
    except SourceError:
        commented = None
    shape = by_shape(path, commented.value()) if commented is not None else None
    if commented is not None and shape is not None:
        return _manifest(commented, shape)
    try:
        document = read_yaml(path, text)
    except SourceError:
        raise not_json from None
    if isinstance(document.root, MappingNode) and not CONFIG_KEYS.isdisjoint(document.root.entries):
        return document
    raise not_json


def _manifest(document: Document, shape: Format) -> LoadedConfig | Snapshot:
    from .manifests import opened_as  # a snapshot has no launch line to judge

    return opened_as(shape, document)


def _is_config(path: str, value: JsonValue, *, other: bool) -> bool:
    """Whether it is an oktsec.yaml and nothing else; `other` says that it could be a manifest."""
    if not isinstance(value, dict):
        return False
    is_config, is_listing = not CONFIG_KEYS.isdisjoint(value), _lists(value) if other else holds_listing(value)
    if (is_config or other) and is_listing:
        raise SourceError("this could be a configuration or a snapshot", path=path, line=1, hint=HINT)
    if is_config and other:
        raise SourceError("this could be an oktsec.yaml or another manifest", path=path, line=1, hint=HINT)
    if not (is_config or is_listing or other):
        raise neither(path)
    return is_config


def _lists(value: dict[str, JsonValue]) -> bool:
    """Whether a manifest lists definitions besides: a client's setting called `tools` is no list."""
    return any(isinstance(value.get(key), list) and value[key] for key in LISTS)
