"""One wrapped stdio server from its start to its exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from oktsec_lint.protocol.gate import Event, Gate, Side

from .child import end, forward_signals, kill_group, start
from .pump import Outlet, Pump

_UNFINISHED, _IDLE = 30.0, 2.0
"""Seconds that a server gets after its client has left, with and without an answer to finish."""


def serve(gate: Gate, command: Sequence[str], environ: Mapping[str, str], record: Callable[[Event], str | None]) -> int:
    """Runs the server behind the gate, between our standard input and output; its exit code.

    Raises UsageError when it cannot be started. No process of its group outlives the call.
    """
    process = start(command, environ)
    forward_signals(process)
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the server was started without pipes")
    said = process.stdout.fileno()
    client = Outlet(os.dup(sys.stdout.fileno()))
    outlets = {Side.CLIENT: client, Side.SERVER: Outlet(os.dup(process.stdin.fileno()))}
    process.stdin.close()
    pump = Pump(gate, outlets, record, time.monotonic)

    def hear_client() -> None:
        pump.carry(Side.CLIENT, sys.stdin.fileno())
        pump.finish(_UNFINISHED)
        outlets[Side.SERVER].close()
        _leave(process, gate)

    listener = threading.Thread(target=hear_client, daemon=True)
    speaker = threading.Thread(target=pump.carry, args=(Side.SERVER, said), daemon=True)
    speaker.start()
    listener.start()
    speaker.join()
    code = end(process)
    client.close()
    return code


def _leave(process: subprocess.Popen[bytes], gate: Gate) -> None:
    """The client is gone: the server may finish what it was asked, and then has to go too."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(_UNFINISHED if gate.busy else _IDLE)
        return
    kill_group(process, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_IDLE)
        return
    kill_group(process, getattr(signal, "SIGKILL", signal.SIGTERM))
