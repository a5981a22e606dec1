"""A server's process and what it starts, on every system: how they begin together, are told, and end together.

POSIX has process groups. Windows has groups too, but knows only one thing to tell them, and ends processes one by one.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress


def start(
    command: Sequence[str], env: Mapping[str, str], directory: str = "", *, stderr: int | None = None
) -> subprocess.Popen[bytes]:
    """Starts a process as the leader of a group of its own, with unbuffered pipes for what it hears and says.

    `stderr` is as for Popen: ours for None. Raises OSError, and ValueError for what no system takes.
    """
    return subprocess.Popen(
        [_executable(command[0], env), *command[1:]],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        bufsize=0,
        env=dict(env),
        cwd=directory or None,
        start_new_session=sys.platform != "win32",
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )


def tell_group(process: subprocess.Popen[bytes], number: int) -> None:
    """Sends a signal to the whole group, also when its leader is long gone.

    Windows has no signals: an interrupt is Ctrl+Break there, everything else the end of the leader.
    """
    with suppress(OSError):
        if sys.platform != "win32":
            os.killpg(process.pid, number)
        elif number in {signal.SIGINT, signal.SIGBREAK}:
            process.send_signal(signal.CTRL_BREAK_EVENT)
        else:
            process.terminate()


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Ends every process of the group that is still there; on Windows, where its leader is, with what that started."""
    if sys.platform != "win32":
        tell_group(process, signal.SIGKILL)
    elif process.poll() is None:
        with suppress(OSError):
            subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)


def _executable(command: str, env: Mapping[str, str]) -> str:
    """The command as the operating system takes it. Windows finds `npx.cmd` for `npx` only with help."""
    if sys.platform != "win32":
        return command
    import shutil

    return shutil.which(command, path=env.get("PATH")) or command
