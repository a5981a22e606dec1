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
    """Lets SIGTERM and SIGHUP unwind the stack as Ctrl-C does; by default they end us and leave servers behind.

    Signals that somebody else handles, and threads that cannot set handlers, are left alone.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGTERM, *((signal.SIGHUP,) if hasattr(signal, "SIGHUP") else ()))
    ours = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, _leave)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)
