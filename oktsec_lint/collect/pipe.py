"""A running stdio server as events: three threads that move bytes, so that no flood and no silence can block anybody.

Threads rather than an event loop: they start in microseconds, work on Windows pipes, and cost a tenth of asyncio per
message. Nothing is buffered without a bound: long lines are dropped while they are read, lines and bytes are counted,
and of standard error only the end is kept.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import IO

from oktsec_lint.launch.entry import Launch
from oktsec_lint.launch.last_words import LastWords, ending
from oktsec_lint.launch.process import start
from oktsec_lint.protocol.dialogue import Closed, Dropped, Event, Heard, Silence
from oktsec_lint.protocol.listing import Limits
from oktsec_lint.protocol.wire import MAX_BYTES

from .options import Visit

_CHUNK = 1 << 16
_SETTLE = 0.2


class Pipe:
    """One connection to one process. Its owner must `close` it."""

    def __init__(self, launch: Launch, visit: Visit) -> None:
        """Raises NotStartedError."""
        self._process = start(launch)
        self._last_words = LastWords(launch.mask)
        self._limits = visit.limits
        self._deadline = visit.deadline
        self._overdue = visit.overdue
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._outbox: SimpleQueue[bytes | None] = SimpleQueue()
        self._closed: Closed | None = None
        self._hurry = False
        popen = self._process.popen
        _start_thread(self._read, popen.stdout)
        self._listener = _start_thread(self._listen, popen.stderr)
        _start_thread(self._write, popen.stdin)

    def send(self, message: bytes) -> None:
        """Puts one line on its way. A server that reads nothing blocks a thread, never the caller."""
        self._outbox.put(message + b"\n")

    def receive(self, until: float | None) -> Event:
        """The next event; `Silence` at `until`, `Closed` from the deadline on."""
        if self._closed is None:
            event = self._next(self._deadline if until is None else min(until, self._deadline))
            if not isinstance(event, Closed):
                return event
            self._closed = event
        return self._closed._replace(at=time.monotonic())

    def interrupt(self) -> None:
        """Ends the conversation from another thread."""
        self._hurry = True
        self._events.put(Closed("it was interrupted", time.monotonic()))
        self._process.interrupt()

    def close(self) -> None:
        """Ends the process and its whole group; returns when it is over."""
        self._outbox.put(None)
        self._process.end(hurry=self._hurry)

    def _next(self, limit: float) -> Event:
        now = time.monotonic()
        event: Event | None = None
        if now < self._deadline:
            with suppress(Empty):
                event = self._events.get(timeout=max(0.0, limit - now))
        now = time.monotonic()
        if now >= self._deadline:
            self._hurry = True
            return Closed(self._with_stderr(self._overdue + self._leaderless()), now)
        if event is None:
            return Silence(now)
        return event if event is not _END else Closed(self._with_stderr(self._ending(), _SETTLE), now)

    def _leaderless(self) -> str:
        code = self._process.popen.poll()
        return "" if code is None else f" (it exited with code {code}, but something it started holds its output)"

    def _ending(self) -> str:
        """Why there is nothing more to read."""
        if not self._process.wait(_SETTLE):
            return "it closed its output"
        return ending(self._process.popen.returncode)

    def _with_stderr(self, reason: str, settle: float = 0.0) -> str:
        self._listener.join(settle)
        return self._last_words.after(reason)

    def _read(self, stream: IO[bytes]) -> None:
        with stream, suppress(OSError):
            for event in _events(stream, self._limits):
                self._events.put(event)
        self._events.put(_END)

    def _listen(self, stream: IO[bytes]) -> None:
        with stream, suppress(OSError):
            while chunk := stream.read(_CHUNK):
                self._last_words.add(chunk)

    def _write(self, stream: IO[bytes]) -> None:
        with suppress(OSError), stream:
            while (line := self._outbox.get()) is not None:
                rest = memoryview(line)
                while rest:
                    rest = rest[stream.write(rest) :]


_END = Closed("", 0.0)


def _start_thread(target: Callable[[IO[bytes]], None], stream: IO[bytes] | None) -> threading.Thread:
    """A daemon: what escaped from the group may hold a pipe open for ever, and must not hold us."""
    thread = threading.Thread(target=target, args=(stream,), daemon=True)
    thread.start()
    return thread


def _events(stream: IO[bytes], limits: Limits) -> Iterator[Event]:
    """The lines of a stream, split at line feeds only, until its end or one of the limits."""
    line, dropping, total, count = bytearray(), False, 0, 0
    while chunk := stream.read(_CHUNK):
        total += len(chunk)
        *ended, rest = chunk.split(b"\n")
        for piece in ended:
            if not dropping:
                yield Heard(bytes(line) + piece, time.monotonic())
            line, dropping = bytearray(), False
        line += b"" if dropping else rest
        count += len(ended)
        if len(line) > MAX_BYTES:
            yield Dropped(time.monotonic())
            line, dropping = bytearray(), True
        if total > limits.total_bytes or count > limits.messages:
            yield Closed(_too_much(limits, total), time.monotonic())
            return
    if line:
        yield Heard(bytes(line), time.monotonic())


def _too_much(limits: Limits, total: int) -> str:
    if total > limits.total_bytes:
        return f"it sent more than {limits.total_bytes >> 20} MiB"
    return f"it sent more than {limits.messages:,} messages"
