"""The wrapped server: a process of its own session, told every signal, and gone when we are."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress

from oktsec_lint.core.errors import UsageError

_POLITE, _FIRM = 2.0, 2.0
_OWN = "OKTSEC"
FORWARDED = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")
    if hasattr(signal, name)
)


def start(command: Sequence[str], environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """The server, with pipes for what it hears and says; its standard error is ours.

    It gets our environment without what is meant for oktsec itself. Raises UsageError when it cannot be started.
    """
    env = {name: value for name, value in environ.items() if not name.startswith(_OWN)}
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env=env,
            start_new_session=sys.platform != "win32",
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"cannot start {command[0]}: {reason.lower()}", hint="is it installed, and on the PATH?"
        ) from None


def forward_signals(process: subprocess.Popen[bytes]) -> None:
    """From now on every signal for us is one for the server's whole group."""

    def tell(number: int, _frame: object) -> None:
        kill_group(process, number)

    for number in FORWARDED:
        with suppress(OSError, ValueError):
            signal.signal(number, tell)


def kill_group(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            process.send_signal(number)
        else:
            os.killpg(process.pid, number)


def end(process: subprocess.Popen[bytes]) -> int:
    """Waits for a server whose input is closed, then insists; its exit code, or 128 and the signal's number."""
    for number, patience in ((signal.SIGTERM, _POLITE), (getattr(signal, "SIGKILL", signal.SIGTERM), _FIRM)):
        try:
            code = process.wait(patience)
            break
        except subprocess.TimeoutExpired:
            kill_group(process, number)
    else:
        code = process.wait()
    if sys.platform != "win32":
        kill_group(process, signal.SIGKILL)  # what it left behind in its session
    return 128 - code if code < 0 else code
