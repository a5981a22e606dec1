"""Processes that lost their parent on Linux: who inherits them, how they are found, and their end."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

assert sys.platform == "linux"  # noqa: S101 - a type checker for another system reads no further

_SET_CHILD_SUBREAPER = 36
_SECONDS = 2.0
_NEAR = 32
_PARENT, _SESSION = 1, 3
"""Fields of /proc/PID/stat after the command name, see proc_pid_stat(5)."""


def become_parent(yes: int) -> None:
    import ctypes

    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, yes, 0, 0, 0)


def end_all(others: Collection[int]) -> None:
    """Round by round, because ending a process hands its own children to us."""
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        orphans = [pid for pid in children_elsewhere() if pid not in others]
        for pid in _stopped(orphans, until):
            _signal(pid, signal.SIGKILL)
        for pid in orphans:
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)
        if not orphans:
            return


def _stopped(roots: Iterable[int], until: float) -> list[int]:
    """The processes and all below them, each stopped before its children are looked up, so that it forks no more."""
    found: list[int] = []
    new = list(roots)
    while new and time.monotonic() < until:
        pid = new.pop()
        _signal(pid, signal.SIGSTOP)
        found.append(pid)
        new += _children_of(pid)
    return found + new


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _children_of(process: int) -> list[int]:
    """Much faster than a look through /proc, which a chain of forks outruns.

    Kernels may lack the list of children; then the next numbers are looked at, of which a new child has one.
    """
    children: list[int] = []
    with suppress(OSError):
        lists = list(Path(f"/proc/{process}/task").glob("*/children"))
        for path in lists:
            children += map(int, path.read_text().split())
        if lists:
            return children
    near = range(process + 1, process + 1 + _NEAR)
    return [number for number in near if (_stat(Path(f"/proc/{number}")) or (0,))[0] == process]


def children_elsewhere() -> Iterator[int]:
    """Our children in other sessions than our own."""
    if not _has_children():
        return
    own, session = os.getpid(), os.getsid(0)
    for entry in Path("/proc").iterdir():
        fields = _stat(entry) if entry.name.isdigit() else None
        if fields and fields[0] == own and fields[1] != session:
            yield int(entry.name)


def _has_children() -> bool:
    """Costs nothing where there are none, which is the rule; a look through /proc costs milliseconds."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _stat(process: Path) -> tuple[int, int] | None:
    """Parent and session; None when the process is gone."""
    with suppress(OSError):
        fields = (process / "stat").read_text(errors="replace").rpartition(")")[2].split()
        return int(fields[_PARENT]), int(fields[_SESSION])
    return None
