"""What reading a file gives: a configuration or a snapshot, each with the document it stands in."""

from __future__ import annotations

from typing import TypeAlias

from oktsec_lint.core.config import Config
from oktsec_lint.core.findings import Hit
from oktsec_lint.core.manifest import Manifest
from oktsec_lint.core.model import Server
from oktsec_lint.core.values import NamedTuple

from .document import Document


class LoadedConfig(NamedTuple):
    """A configuration, the document it was read from, and what is wrong with it."""

    config: Config
    document: Document
    hits: tuple[Hit, ...] = ()
    manifest: Manifest | None = None
    """What it says of the servers beside how they are started; None only for a configuration that was made up."""


class Snapshot(NamedTuple):
    """The servers of a saved listing, or of a package, and the document they were read from."""

    servers: tuple[Server, ...]
    document: Document
    hits: tuple[Hit, ...] = ()
    manifest: Manifest | None = None
    """How the servers are started, where the file is a package's manifest and says it. Nothing of it is started."""


Source: TypeAlias = LoadedConfig | Snapshot
