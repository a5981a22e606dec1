"""The wrapped server: a process of its own group, told every signal, and gone when we are, however we end."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from oktsec_lint import processes
from oktsec_lint.core.errors import UsageError

_FIRM = 2.0
"""Seconds between being asked to end and being ended."""
_GLANCE = 0.2 if sys.platform == "win32" else None
"""Seconds between two looks at a process; Windows delivers no Ctrl+C to a thread that waits."""
_OWN = "OKTSEC"
_ENDING = frozenset({"SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGBREAK"})
_FORWARDED = (*_ENDING, "SIGUSR1", "SIGUSR2")


def start(command: Sequence[str], environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """The server, with pipes for what it hears and says; its standard error is ours.

    It gets our environment without what is meant for oktsec itself. Raises UsageError when it cannot be started.
    """
    env = {name: value for name, value in environ.items() if not name.startswith(_OWN)}
    try:
        return processes.start(command, env)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"cannot start {command[0]}: {reason.lower()}", hint="is it installed, and on the PATH?"
        ) from None


def forward_signals(process: subprocess.Popen[bytes], leave: Callable[[], None]) -> None:
    """From now on every signal for us is one for the server's whole group; `leave` hears of those that mean the end."""
    for name in _FORWARDED:
        number = getattr(signal, name, None)
        if number is None:
            continue

        def tell(number: int, _frame: object, *, ending: bool = name in _ENDING) -> None:
            if ending:
                leave()
            processes.tell_group(process, number)

        with suppress(OSError, ValueError):
            signal.signal(number, tell)


def outlive(process: subprocess.Popen[bytes]) -> None:
    """Waits for the server's end; signals are heard meanwhile."""
    while process.returncode is None:
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GLANCE)


def end(process: subprocess.Popen[bytes], patience: float) -> int:
    """Gives the server so many seconds to end by itself, then insists; what it started ends with it.

    Returns its exit code, or 128 and the signal's number. Several threads may call it.
    """
    for insist, seconds in ((_ask, patience), (processes.kill_group, _FIRM)):
        try:
            process.wait(seconds)
            break
        except subprocess.TimeoutExpired:
            insist(process)
    code = process.wait()
    processes.kill_group(process)
    return 128 - code if code < 0 else code


def _ask(process: subprocess.Popen[bytes]) -> None:
    processes.tell_group(process, signal.SIGTERM)
