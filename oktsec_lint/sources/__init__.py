"""Files to values: an `oktsec.yaml` or a client's file to a `Config`, a saved listing to `Server`s, with every place.

Parsing only: nothing here starts a server, reaches a network or judges. One module a format; `open_source` tells them
apart and imports only what the file needs. A file that is neither is an error that names both; everything else that
is wrong is data.
"""

from __future__ import annotations

from collections.abc import Collection

from .document import Document, decode
from .json_reader import looks_like_json
from .registry import Format, by_name, by_path
from .results import LoadedConfig, Snapshot, Source

__all__ = ["Document", "LoadedConfig", "Snapshot", "Source", "load_config", "open_source"]

_ZIP = b"PK\x03\x04"


def open_source(
    path: str,
    data: bytes,
    *,
    known_rules: Collection[str] | None = None,
    known_categories: Collection[str] | None = None,
    kind: str = "",
) -> Source:
    """What a file is, read as that. Raises SourceError for a file that is neither configuration nor snapshot.

    `path` is what the user wrote (`-` for standard input), used for positions and to know a client's file by its name.
    `known_rules` and `known_categories` are the ids of the rulebook, see `oktsec_yaml.load_config`. `kind` is the name
    of a format (`registry`) that it has to be read as; raises UsageError where there is no such format.
    """
    if data.startswith(_ZIP):
        from .packages.archive import open_archive

        return open_archive(path, data)
    opened = _read(path, decode(path, data), by_name(kind) if kind else by_path(path))
    if not isinstance(opened, Document):
        return opened
    from .oktsec_yaml import loaded

    return loaded(opened, known_rules, known_categories)


def load_config(
    path: str,
    text: str,
    *,
    known_rules: Collection[str] | None = None,
    known_categories: Collection[str] | None = None,
) -> LoadedConfig:
    """The configuration in a text that is known to be one, see `oktsec_yaml.load_config`."""
    from . import oktsec_yaml

    return oktsec_yaml.load_config(path, text, known_rules=known_rules, known_categories=known_categories)


def _read(path: str, text: str, known: Format | None) -> Snapshot | LoadedConfig | Document:
    """A snapshot, a manifest, or the document of an oktsec.yaml. `known` is what the file has to be."""
    if known is not None:
        from .manifests import load_manifest

        return load_manifest(path, text, known)
    if looks_like_json(text):
        from .flow import read_flow

        return read_flow(path, text)
    from .kinds import read_block

    return read_block(path, text)
