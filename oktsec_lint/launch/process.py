"""One child process in a group of its own, and its certain end.

A server may fork, ignore signals, keep its pipes open or print for ever. So it leads its own session (POSIX), its whole
group is ended whatever the server itself did, and nothing here waits without a bound. What even leaves the group is
found by `adoption`.
"""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress

from oktsec_lint import processes
from oktsec_lint.core.display import quoted
from oktsec_lint.core.values import NamedTuple

from .entry import Launch

GRACE = 0.5
"""Seconds a server has after its input was closed, and again after it was asked to stop."""

_HURRY = 0.2
_LAST = 2.0


class NotStartedError(Exception):
    """The operating system refused to start it; the message says why, without any argument or value."""


class Process(NamedTuple):
    """A started server."""

    popen: subprocess.Popen[bytes]

    def wait(self, seconds: float) -> bool:
        """Whether it is over within this time."""
        with suppress(subprocess.TimeoutExpired):
            self.popen.wait(seconds)
            return True
        return False

    def interrupt(self) -> None:
        """Asks the whole group to stop, now."""
        processes.tell_group(self.popen, signal.SIGTERM)

    def end(self, *, hurry: bool = False) -> None:
        """Ends the whole group: by the closed input alone where that suffices, by force where not.

        Its input must have been closed, or be closed at the same time. `hurry` skips the polite part.
        """
        if hurry or not self.wait(GRACE):
            self.interrupt()
            self.wait(_HURRY if hurry else GRACE)
        processes.kill_group(self.popen)
        self.wait(_LAST)


def start(launch: Launch) -> Process:
    """Starts a server with all three pipes. Raises NotStartedError."""
    if not launch.command:
        raise NotStartedError("its entry has no `command`")
    try:
        command = [launch.command, *launch.args]
        return Process(processes.start(command, launch.env, launch.directory, stderr=subprocess.PIPE))
    except (OSError, ValueError) as error:
        raise NotStartedError(_why(error, launch)) from error


def _why(error: OSError | ValueError, launch: Launch) -> str:
    if not isinstance(error, OSError):
        return f"it cannot be started: {error}"
    if launch.directory and error.filename == launch.directory:
        return f"its working directory {quoted(launch.directory)} cannot be entered: {error.strerror}"
    if isinstance(error, FileNotFoundError):
        place = "" if os.sep in launch.command else " on PATH"
        return f"its command {_program(launch.command)} was not found{place}"
    return f"its command {_program(launch.command)} cannot be started: {error.strerror}"


def _program(command: str) -> str:
    """The program alone: a whole command line written where the program belongs may hold a secret further on."""
    first, *more = command.split(maxsplit=1) or [""]
    return f"{quoted(first)} …" if more else quoted(first)
