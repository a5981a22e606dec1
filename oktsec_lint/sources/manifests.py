"""A manifest that was read, as the configuration that it is: what is wrong with it, and nothing secret in its lines."""

from __future__ import annotations

from oktsec_lint.core.config import Config
from oktsec_lint.core.launch import launch_problems
from oktsec_lint.core.manifest import Manifest

from .concealment import concealed, discreet
from .document import Document
from .json_nodes import as_yaml
from .json_reader import looks_like_json, read_json
from .registry import Format, read_manifest
from .repeats import duplicate_keys
from .results import LoadedConfig


def load_manifest(path: str, text: str, known: Format) -> LoadedConfig:
    """The manifest in a text that is known to be one of that format. Raises SourceError when it cannot be read."""
    document = _document(path, text)
    return manifest_config(document, read_manifest(known, document))


def manifest_config(document: Document, manifest: Manifest) -> LoadedConfig:
    """The configuration that a manifest is."""
    config = Config(path=document.path, format=manifest.format, servers=manifest.servers())
    hits = (*duplicate_keys(document), *launch_problems(manifest))
    shown = document.concealing(concealed(document, as_yaml(document)))
    return LoadedConfig(config, shown, tuple(map(discreet, hits)), manifest)


def _document(path: str, text: str) -> Document:
    if looks_like_json(text):
        return read_json(path, text, comments=True)
    from .yaml_reader import read_yaml

    return read_yaml(path, text)
