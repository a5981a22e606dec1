"""Ctrl-C and its relatives: one flag, and everybody who has to hear of it at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn


class Stop:
    """Set once, from any thread; never unset."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: dict[object, Callable[[], None]] = {}
        self.is_set = False

    def set(self) -> None:
        with self._lock:
            self.is_set = True
            calls = tuple(self._calls.values())
        for call in calls:
            call()

    @contextmanager
    def calling(self, call: Callable[[], None]) -> Iterator[None]:
        """Has `call` called when the flag is set during the block, or at once when it already is."""
        key = object()
        with self._lock:
            self._calls[key] = call
            late = self.is_set
        if late:
            call()
        try:
            yield
        finally:
            with self._lock:
                del self._calls[key]


@contextmanager
def termination_raises() -> Iterator[None]:
    """Lets SIGTERM and the like unwind the stack as Ctrl-C does; by default they end us and leave servers behind.

    The first signal is the last that counts: what follows it would only disturb the clean-up, which takes seconds.
    Signals that somebody else handles, and threads that cannot set handlers, are left alone.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    known = {getattr(signal, name, None): signal.SIG_DFL for name in ("SIGTERM", "SIGHUP", "SIGQUIT")}
    handlers = {signal.SIGINT: signal.default_int_handler, **known}
    ours = {number: usual for number, usual in handlers.items() if number and signal.getsignal(number) is usual}

    def leave(number: int, _frame: FrameType | None) -> NoReturn:
        for other in ours:
            signal.signal(other, signal.SIG_IGN)
        raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)

    for number in ours:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number, usual in ours.items():
            signal.signal(number, usual)
