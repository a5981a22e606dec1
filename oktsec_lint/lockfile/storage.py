"""The lock on disk: replaced as a whole or not at all, and never under somebody else's hands."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

from oktsec_lint.core.errors import SourceError
from oktsec_lint.core.lock_rules import LOCK_NAME
from oktsec_lint.sources.discovery import read_bytes
from oktsec_lint.sources.document import decode

from .reading import text_digest

_PREFIX, _SUFFIX = f".{LOCK_NAME}.", ".tmp"
_FRESH = 0o644


def stored(path: Path, shown: str) -> bytes | None:
    """The bytes of the lock; None when there is none. Raises SourceError for what cannot be read."""
    return read_bytes(path, shown=shown) if os.path.lexists(path) else None


def write(path: Path, text: str, before: str, shown: str) -> None:
    """Replaces the lock by `text` in one step: a reader, or a crash, meets the old file or the new one.

    `before` is the digest of the lock that was read, empty when there was none. Raises SourceError when it is not that
    one any more: another run has written meanwhile, and what it wrote must not be lost.
    """
    target = path.resolve() if path.is_symlink() else path
    try:
        with _alone(target.parent):
            if stored(target, shown) != text.encode():
                _refuse_foreign(target, before, shown)
                _replace(target, text)
            _clear(target.parent)
    except OSError as error:
        raise SourceError(f"cannot be written: {(error.strerror or str(error)).lower()}", path=shown) from None


def _refuse_foreign(path: Path, before: str, shown: str) -> None:
    data = stored(path, shown)
    now = "" if data is None else text_digest(decode(shown, data))
    if now != before:
        hint = "run the command again"
        raise SourceError("somebody else wrote it while this run looked at the servers", path=shown, hint=hint)


def _replace(path: Path, text: str) -> None:
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else _FRESH
    with NamedTemporaryFile(
        "w", encoding="utf-8", newline="", dir=path.parent, prefix=_PREFIX, suffix=_SUFFIX, delete=False
    ) as file:
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).chmod(mode)
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    _sync_directory(path.parent)


def _sync_directory(path: Path) -> None:
    """So that the new name survives a power cut; not every system can."""
    if sys.platform != "win32":
        with _opened(path) as directory:
            os.fsync(directory)


def _clear(directory: Path) -> None:
    """What runs that were killed left behind. Nobody is writing: this run is alone."""
    for leftover in directory.glob(f"{_PREFIX}*{_SUFFIX}"):
        leftover.unlink(missing_ok=True)


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """No two runs inside for one directory; where there is no `flock`, a rename is all the protection there is."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    with _opened(directory) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


@contextmanager
def _opened(directory: Path) -> Iterator[int]:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
