"""One wrapped stdio server from its start to its exit code."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from oktsec_lint.launch.guard import guarded
from oktsec_lint.protocol.gate import Event, Gate, Side

from .child import end, forward_signals, outlive, start
from .pump import Outlet, Pump

_UNFINISHED, _IDLE = 30.0, 2.0
"""Seconds that a server gets after its client has left, with and without an answer to finish.

The same for everything else that may never come: 2 for the last words of who is gone, 30 for who might be busy.
"""


def serve(gate: Gate, command: Sequence[str], environ: Mapping[str, str], record: Callable[[Event], str | None]) -> int:
    """Runs the server behind the gate, between our standard input and output; its exit code.

    Raises UsageError when it cannot be started. No process of its group outlives the call.
    """
    process = start(command, environ)
    with guarded(process):
        return _Session(gate, process, record).run()


class _Session:
    """A running server, its client, and the threads between them. It is over when the server's process is."""

    def __init__(self, gate: Gate, process: subprocess.Popen[bytes], record: Callable[[Event], str | None]) -> None:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the server was started without pipes")
        self._process = process
        self._said = process.stdout.fileno()
        self._heard = sys.stdin.fileno()
        self._client = Outlet(_blocking(os.dup(sys.stdout.fileno())))
        self._server = Outlet(os.dup(process.stdin.fileno()))
        process.stdin.close()
        self._pump = Pump(gate, {Side.CLIENT: self._client, Side.SERVER: self._server}, record, time.monotonic)
        self._leaving = False
        """Whether the client has said its last word, or we were told to end."""
        self._defect: Exception | None = None

    def run(self) -> int:
        """Returns the server's exit code, or raises what went wrong in a thread of ours."""
        forward_signals(self._process, self._leave)
        speaker = _started(self._hear_server)
        listener = _started(self._hear_client)
        _started(lambda: self._miss_client(listener))
        outlive(self._process)
        code = end(self._process, 0)
        told = self._told_everything(speaker)
        self._pump.stop()
        self._client.close(_IDLE if told else 0.0)
        if self._defect is not None:
            raise self._defect
        return code

    def _told_everything(self, speaker: threading.Thread) -> bool:
        """Whether the client has taken what the server said, and that it ended. Only one that is leaving may not."""
        if _finished(speaker, self._client, _IDLE, lambda: self._leaving or self._pump.listens(Side.SERVER)):
            return True
        if not self._pump.listens(Side.SERVER):
            return False
        teller = _started(lambda: self._pump.ended(Side.SERVER))  # a stranger holds the output: it will never end
        return _finished(teller, self._client, _IDLE, lambda: self._leaving)

    def _leave(self) -> None:
        self._leaving = True

    def _hear_server(self) -> None:
        self._carry(Side.SERVER, self._said)
        end(self._process, _IDLE)

    def _hear_client(self) -> None:
        self._carry(Side.CLIENT, _blocking(self._heard))
        self._leave()
        end(self._process, _UNFINISHED if self._pump.owes() else _IDLE)

    def _miss_client(self, listener: threading.Thread) -> None:
        """A client may be gone while its words wait for a server that does not listen; then nobody would notice."""
        if _hung_up(self._heard) and not _finished(listener, self._server, _UNFINISHED, lambda: True):
            self._leave()
            end(self._process, 0)

    def _carry(self, side: Side, descriptor: int) -> None:
        """A defect of ours ends the whole session: half of one would hang, or pass what nobody has judged."""
        try:
            self._pump.carry(side, descriptor)
        except Exception as error:  # noqa: BLE001 - raised again by `run`
            self._defect = error
            end(self._process, 0)


def _started(work: Callable[[], None]) -> threading.Thread:
    """A daemon: it may wait for a peer that never says or takes anything."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def _finished(thread: threading.Thread, outlet: Outlet, patience: float, over: Callable[[], bool]) -> bool:
    """Waits for a thread that writes to `outlet`; False when nothing is taken for so many seconds and `over` agrees."""
    taken = -1
    while thread.is_alive():
        if taken == outlet.taken and over():
            return False
        taken = outlet.taken
        thread.join(patience)
    return True


def _blocking(descriptor: int) -> int:
    """A pipe that does not wait looks like one that has ended, and whoever started us may have left ours so."""
    if sys.platform != "win32":
        os.set_blocking(descriptor, True)
    return descriptor


def _hung_up(descriptor: int) -> bool:
    """Waits until nobody can write to a pipe any more, however much of it is unread; False where one cannot tell."""
    if sys.platform == "win32":
        return False
    poll = select.poll()
    poll.register(descriptor, getattr(select, "POLLRDHUP", 0))
    return bool(poll.poll())
