"""What reading a file gives: a configuration or a snapshot, each with the document it stands in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from oktsec_lint.core.config import Config
from oktsec_lint.core.findings import Hit
from oktsec_lint.core.model import Server

from .document import Document


@dataclass(frozen=True, slots=True)
class LoadedConfig:
    """A configuration, the document it was read from, and what is wrong with it."""

    config: Config
    document: Document
    hits: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The servers of a saved listing and the document they were read from."""

    servers: tuple[Server, ...]
    document: Document


Source: TypeAlias = LoadedConfig | Snapshot
