"""Files on disk that are replaced as a whole or not at all, and never under somebody else's hands: the lock, a
configuration that is corrected, a client's file and what is kept to have it back."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path
from tempfile import NamedTemporaryFile

from oktsec_lint.core.errors import SourceError
from oktsec_lint.sources.discovery import read_bytes
from oktsec_lint.sources.document import decode

from .reading import text_digest

_SUFFIX = ".tmp"
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
                _replace(target, text.encode())
            _clear(target)
    except OSError as error:
        raise SourceError(f"cannot be written: {(error.strerror or str(error)).lower()}", path=shown) from None


def exchange(path: Path, before: bytes, after: bytes, shown: str) -> None:
    """Replaces a file that holds `before` by `after`, in one step, keeping its mode. Raises SourceError when it holds
    something else by now, or cannot be written."""
    target = path.resolve()
    try:
        with _alone(target.parent):
            if stored(target, shown) != before:
                hint = "run the command again"
                raise SourceError("somebody else changed it while this run looked at it", path=shown, hint=hint)
            _replace(target, after)
            _clear(target)
    except OSError as error:
        raise SourceError(f"cannot be written: {(error.strerror or str(error)).lower()}", path=shown) from None


def put(path: Path, data: bytes, mode: int, shown: str, *, again: bool = True, like: Path | None = None) -> None:
    """Writes a file in one step, with `mode` from its first byte on. One that is there is left alone unless `again`.
    It belongs to whom `like` does. Raises SourceError when it cannot be written."""
    try:
        with _alone(path.parent):
            if again or not os.path.lexists(path):
                _replace(path, data, mode, like)
            _clear(path)
    except OSError as error:
        raise SourceError(f"cannot be written: {(error.strerror or str(error)).lower()}", path=shown) from None


def _refuse_foreign(path: Path, before: str, shown: str) -> None:
    data = stored(path, shown)
    now = "" if data is None else text_digest(decode(shown, data))
    if now != before:
        hint = "run the command again"
        raise SourceError("somebody else wrote it while this run looked at the servers", path=shown, hint=hint)


def _replace(path: Path, data: bytes, mode: int | None = None, like: Path | None = None) -> None:
    """Without a `mode`, the file keeps the one it has; owned as `like` or as before where the system lets us."""
    model = like or path
    old = model.stat() if model.exists() else None
    if mode is None:
        mode = stat.S_IMODE(old.st_mode) if old is not None else _FRESH
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", suffix=_SUFFIX, delete=False) as file:
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            _give(file.name, old)
            Path(file.name).chmod(mode)
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    _sync_directory(path.parent)


def _give(name: str, old: os.stat_result | None) -> None:
    """To whom the old file belonged: who runs this as root must not take files away from their user."""
    if sys.platform != "win32" and old is not None and (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()):
        with suppress(PermissionError):
            os.chown(name, old.st_uid, old.st_gid)


def _sync_directory(path: Path) -> None:
    """So that the new name survives a power cut; not every system can."""
    if sys.platform != "win32":
        with _opened(path) as directory:
            os.fsync(directory)


def _clear(path: Path) -> None:
    """What runs that were killed left behind. Nobody is writing: this run is alone."""
    for leftover in path.parent.glob(f".{escape(path.name)}.*{_SUFFIX}"):
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
