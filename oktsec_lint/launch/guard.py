"""Who ends a server when we cannot: a shell that notices our sudden death."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_GUARD = 'trap "" HUP INT QUIT TERM; read -r end || { sleep 2; kill -s TERM -- "-$1"; sleep 2; kill -s KILL -- "-$1"; }'
"""Reads until the gate is gone. One that ends in order ends its guard too."""


@contextmanager
def guarded(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Inside, a server that does not notice our sudden death (`kill -9`) is ended by somebody else: POSIX only.

    Who is killed cannot clean up, and not every server ends with its input. The guard is a shell in a session of its
    own, so that what is meant for our group does not reach it; it holds none of our streams.
    """
    guard = None
    if sys.platform != "win32":
        with suppress(OSError):  # a container may have no shell; then a closed input has to do
            guard = subprocess.Popen(
                ["/bin/sh", "-c", _GUARD, "oktsec-lint-guard", str(process.pid)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
    try:
        yield
    finally:
        if guard is not None:
            guard.kill()
            guard.communicate()
