"""What lies beside a client's file that was changed, so that it can be had back: a copy from before the first change,
and what the changed lines do not say of the plain ones.

Both hold what the file held, secrets included, so neither is easier to read than the file was.
"""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from pathlib import Path

from oktsec_lint import lockfile
from oktsec_lint.core.errors import SourceError
from oktsec_lint.core.model import EMPTY, JsonValue
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.sources.discovery import read_bytes

_BACKUP = ".oktsec-backup"
_STATE = ".oktsec-state"
"""No endings by which a client that reads whole directories would take them for its own."""
_VERSION = 1


class Redirect(NamedTuple):
    """A URL that was replaced: both as they are spelled in the file."""

    was: str
    now: str
    server: str
    """Whose it is: in a list, another server may stand at the same pointer by now."""


class Kept(NamedTuple):
    """What the lines of one file do not say themselves, by JSON pointer."""

    added: tuple[str, ...] = ()
    """The `args` that were not there."""
    urls: Mapping[str, Redirect] = EMPTY

    def value(self) -> JsonValue:
        urls: dict[str, JsonValue] = {at: {**item._asdict()} for at, item in sorted(self.urls.items())}
        return {"version": _VERSION, "added": [*sorted(self.added)], "urls": urls}


def backup_of(path: Path) -> Path:
    """Where the copy of a file is, or would be."""
    return path.with_name(path.name + _BACKUP)


def state_of(path: Path) -> Path:
    """Where the rest is, or would be."""
    return path.with_name(path.name + _STATE)


def preserve(path: Path, data: bytes) -> bool:
    """Copies a file that holds `data` to where `backup_of` says, unless there is a copy already; returns whether it
    did. Raises SourceError."""
    backup = backup_of(path)
    there = backup.exists()
    lockfile.put(backup, data, _mode(path), str(backup), again=False, like=path)
    return not there


def keep(path: Path, kept: Kept) -> None:
    """Raises SourceError."""
    state = state_of(path)
    if kept == Kept():
        if state.exists():
            state.unlink()
        return
    text = json.dumps(kept.value(), indent=2, ensure_ascii=False) + "\n"
    if not state.exists() or read_bytes(state) != text.encode():
        lockfile.put(state, text.encode(), _mode(path), str(state), like=path)


def kept_of(path: Path) -> Kept:
    """Raises SourceError for what nobody but us should have written."""
    state = state_of(path)
    if not state.exists():
        return Kept()
    try:
        value = json.loads(read_bytes(state))
        if value["version"] != _VERSION:
            raise SourceError("another version has written it", path=str(state), hint="use that version to unwrap")
        urls = {
            str(at): Redirect(str(item["was"]), str(item["now"]), str(item["server"]))
            for at, item in value["urls"].items()
        }
        return Kept(tuple(map(str, value["added"])), urls)
    except (ValueError, KeyError, TypeError, AttributeError):
        hint = f"put {backup_of(path).name} back by hand, and delete this file"
        raise SourceError("this is not what `wrap` has written", path=str(state), hint=hint) from None


def forget(path: Path, data: bytes) -> bool:
    """Takes the copy away once the file holds the very same again; returns whether it did."""
    backup = backup_of(path)
    if not backup.exists() or read_bytes(backup) != data:
        return False
    backup.unlink()
    return True


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
