"""What becomes of held calls that ended long ago: into an archive, and out of the store."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

from oktsec_lint.core.errors import JournalError
from oktsec_lint.core.held import HeldCall, Terms
from oktsec_lint.core.lock.canonical import canonical

from .journal import utc
from .quarantine import Quarantine


def retire(store: Quarantine, terms: Terms, now: float) -> int:
    """Removes what ended longer ago than it is kept; how many. With an archive, nothing goes that is not in it.

    `now` is in seconds since 1970. Raises JournalError.
    """
    if not terms.retention:
        return 0
    folder = Path(terms.archive) if terms.archive else None
    return store.purge(now - terms.retention, None if folder is None else lambda calls: _archive(folder, calls, now))


def _archive(folder: Path, calls: list[HeldCall], now: float) -> None:
    """One file for its owner only, on the disk before this returns: a call a line, its arguments as JSON."""
    path = folder / f"quarantine-{utc(now).replace(':', '')}.jsonl.gz"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0), 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(gzip.compress("".join(map(_line, calls)).encode()))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise JournalError((error.strerror or str(error)).lower(), path=str(path)) from None


def _line(call: HeldCall) -> str:
    fields = {name: canonical(value) for name, value in call._asdict().items()} | {"arguments": call.arguments}
    members = (f'"{name}":{text}' for name, text in fields.items())
    return "{" + ",".join(members) + "}\n"
