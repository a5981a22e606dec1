"""Several processes that answer on one port: started, kept alive and ended by one that does nothing else.

They are forks, so that the key of their session ids is on no command line and in no environment.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress

from oktsec_lint.core.report import Exit
from oktsec_lint.core.values import NamedTuple


class Lines(NamedTuple):
    """A worker's two pipes to the one that started it."""

    alive: int
    """To read from: ends when that one is gone."""
    ready: int
    """To write one byte to, as soon as it listens."""


assert sys.platform != "win32"  # noqa: S101 - a type checker for that system reads no further

_FIRST_WAIT, _LONGEST_WAIT, _STEADY = 0.1, 30.0, 60.0
"""Seconds until a worker that died is started again, doubled each time; it counts as healed after so many."""
_PATIENCE = 45.0
"""Seconds that workers get to end in order: more than they give to the requests they still have."""
_HEEDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


class _Member(NamedTuple):
    number: int
    since: float


class Crew:
    """Runs `work(number, lines)`, which returns an exit code, in so many processes."""

    def __init__(self, size: int, work: Callable[[int, Lines], int], say: Callable[[str], None]) -> None:
        self._size = size
        self._work = work
        self._say = say
        self._members: dict[int, _Member] = {}
        self._due: dict[int, float] = {}
        """When a worker that died is started again, by its number."""
        self._failures: dict[int, int] = {}
        self._listening = 0
        self._code: int | None = None
        """How it ends; None until it does."""
        self._deadline = 0.0

    def run(self, ready: Callable[[], None]) -> int:
        """Until it is told to end by a signal, or a worker cannot start at all. `ready` is called when all listen."""
        with ExitStack() as stack:
            self._told, self._noted = socket.socketpair()
            stack.callback(self._told.close)
            stack.callback(self._noted.close)
            self._alive, self._begun = os.pipe(), os.pipe()
            for end in (*self._alive, *self._begun):
                stack.callback(os.close, end)
            for end in (self._told.fileno(), self._noted.fileno(), self._begun[0]):
                os.set_blocking(end, False)
            for heeded in _HEEDED:
                stack.callback(signal.signal, heeded, signal.signal(heeded, lambda *_: None))
            stack.callback(signal.set_wakeup_fd, signal.set_wakeup_fd(self._noted.fileno()))
            for number in range(self._size):
                self._start(number)
            while self._members or self._due:
                self._turn(ready)
        return Exit.CLEAN if self._code is None else self._code

    def _turn(self, ready: Callable[[], None]) -> None:
        select.select([self._told.fileno(), self._begun[0]], [], [], self._wait())
        with suppress(BlockingIOError):
            for number in self._told.recv(4096):
                self._heed(number)
        with suppress(BlockingIOError):
            before, self._listening = self._listening, self._listening + len(os.read(self._begun[0], 4096))
            if before < self._size <= self._listening:
                ready()
        self._reap()
        now = time.monotonic()
        for number in [number for number, due in self._due.items() if due <= now]:
            del self._due[number]
            self._start(number)
        if self._code is not None and now > self._deadline:
            self._tell(signal.SIGKILL)

    def _wait(self) -> float:
        until = [*self._due.values(), *((self._deadline,) if self._code is not None else ())]
        return max(0.0, min(until, default=time.monotonic() + _LONGEST_WAIT) - time.monotonic())

    def _heed(self, number: int) -> None:
        if number in {signal.SIGTERM, signal.SIGINT}:
            self._end(Exit.CLEAN)
        elif number == signal.SIGHUP:
            self._tell(signal.SIGHUP)

    def _end(self, code: int) -> None:
        if self._code is None:
            self._code, self._deadline = code, time.monotonic() + _PATIENCE
            self._due.clear()
            self._tell(signal.SIGTERM)

    def _tell(self, number: int) -> None:
        for pid in self._members:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _reap(self) -> None:
        while self._members:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            member = self._members.pop(pid, None)
            if member is not None and self._code is None:
                self._lost(member, os.waitstatus_to_exitcode(status))

    def _lost(self, member: _Member, code: int) -> None:
        """Starts it again after a while; where not all of them have ever listened, nothing is to be kept alive."""
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        if self._listening < self._size:
            self._end(code if code > 0 else Exit.ERROR)
            return
        lived = time.monotonic() - member.since
        failures = 0 if lived > _STEADY else self._failures.get(member.number, 0)
        self._failures[member.number] = failures + 1
        wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2**failures)
        self._due[member.number] = time.monotonic() + wait
        self._say(f"worker {member.number} {how}; it is started again in {wait:.1f} s")

    def _start(self, number: int) -> None:
        sys.stderr.flush()
        signal.pthread_sigmask(signal.SIG_BLOCK, _HEEDED)
        pid = os.fork()
        if not pid:
            self._become(number)
        self._members[pid] = _Member(number, time.monotonic())
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEEDED)

    def _become(self, number: int) -> None:
        """Does the work in this process, which ends with it."""
        code: int = Exit.ERROR
        try:
            signal.set_wakeup_fd(-1)
            for heeded in _HEEDED:
                signal.signal(heeded, signal.SIG_IGN if heeded == signal.SIGHUP else signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEEDED)
            self._told.close()
            self._noted.close()
            os.close(self._alive[1])
            os.close(self._begun[0])
            code = self._work(number, Lines(self._alive[0], self._begun[1]))
        finally:
            error = sys.exc_info()
            if error[0] is not None:
                sys.excepthook(*error)
            sys.stderr.flush()
            os._exit(code)
