"""Where the bytes of configurations, snapshots and locks come from. What git holds is in `revision`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

from oktsec_lint.sources.discovery import read_bytes


class Files(Protocol):
    """Files by their path."""

    def exists(self, path: Path, /) -> bool:
        """Whether there is something of that name, even a dangling link."""

    def read(self, path: Path, /, *, shown: str) -> bytes:
        """The bytes of a file. Raises SourceError, naming the path as `shown`."""


class Disk:
    """The files as they are now."""

    def exists(self, path: Path) -> bool:
        return os.path.lexists(path)

    def read(self, path: Path, *, shown: str) -> bytes:
        return read_bytes(path, shown=shown)
