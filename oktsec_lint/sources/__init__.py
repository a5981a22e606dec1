"""Files to values: an `oktsec.yaml` to a `Config`, a saved listing to `Server`s, both with the place of everything.

Parsing only: nothing here starts a server, reaches a network or judges. One module a format; `open_source` tells them
apart and imports only what the file needs. A file that is neither is an error that names both; everything else that
is wrong is data.
"""

from __future__ import annotations

from collections.abc import Collection

from oktsec_lint.core.errors import SourceError

from .document import Document, decode
from .results import LoadedConfig, Snapshot, Source

__all__ = ["Document", "LoadedConfig", "Snapshot", "Source", "load_config", "open_source"]

_ZIP = b"PK\x03\x04"


def open_source(
    path: str,
    data: bytes,
    *,
    known_rules: Collection[str] | None = None,
    known_categories: Collection[str] | None = None,
) -> Source:
    """What a file is, read as that. Raises SourceError for a file that is neither configuration nor snapshot.

    `path` is what the user wrote (`-` for standard input) and only used for positions. `known_rules` and
    `known_categories` are the ids of the rulebook, see `oktsec_yaml.load_config`.
    """
    if data.startswith(_ZIP):
        raise SourceError("this is an archive", path=path, hint="give the manifest.json that is inside it")
    opened = _read(path, decode(path, data))
    if isinstance(opened, Snapshot):
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


def _read(path: str, text: str) -> Snapshot | Document:
    """A snapshot, or the document of a configuration."""
    if text.lstrip()[:1] in ("{", "["):
        from .flow import read_flow

        return read_flow(path, text)
    from .kinds import read_block

    return read_block(path, text)
