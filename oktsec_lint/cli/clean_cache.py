"""Which locked definitions this rulebook has found nothing in, from run to run: a hook judges the same lock all day.

Only digests are kept, and only of what was clean: whatever has a finding is judged every time. A list belongs to one
rulebook digest, so another rule, weight or version starts a new one. It lies in the user's own cache directory; who
can write there can do worse than hide a finding, and a list that others could have written is not read.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

_LINE = re.compile(r"(?:tool|prompt|resource|template) sha256:[0-9a-f]{64}")
_MOST = 200_000
"""Definitions that one list holds; beyond it, it starts anew."""
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


class CleanCache:
    """One rulebook's list. Whatever goes wrong with the file only costs time."""

    def __init__(self, rulebook: str, environ: Mapping[str, str]) -> None:
        self._path = _directory(environ) / f"clean-{rulebook.removeprefix('sha256:')[:32]}.txt"
        self.known = self._read()

    def add(self, clean: frozenset[str]) -> None:
        """Remembers more clean definitions for the next run."""
        if clean <= self.known:
            return
        kept = clean | self.known if len(self.known) < _MOST else clean
        with suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with NamedTemporaryFile("w", encoding="ascii", dir=self._path.parent, delete=False) as file:
                file.write("".join(f"{key}\n" for key in sorted(kept)))
            Path(file.name).replace(self._path)

    def _read(self) -> frozenset[str]:
        try:
            about = self._path.stat()
            if about.st_mode & _OTHERS_MAY_WRITE or (hasattr(os, "getuid") and about.st_uid != os.getuid()):
                return frozenset()
            lines = self._path.read_text(encoding="ascii").splitlines()
        except (OSError, ValueError):
            return frozenset()
        return frozenset(lines) if all(map(_LINE.fullmatch, lines)) else frozenset()


def _directory(environ: Mapping[str, str]) -> Path:
    base = environ.get("XDG_CACHE_HOME") or environ.get("LOCALAPPDATA")
    if base and Path(base).is_absolute():
        return Path(base) / "oktsec-lint"
    return Path(environ.get("HOME", "~")).expanduser() / ".cache" / "oktsec-lint"
