"""Who waits for a decision about a held call learns of it: at once where gateways tell each other, else in a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from oktsec_lint.core.errors import JournalError
from oktsec_lint.core.held import HeldCall, State

from .quarantine import Quarantine

if TYPE_CHECKING:
    from .redis.channel import Channel

_ROUND = 1.0
"""Seconds between two looks into the quarantine, while nobody would tell us."""
_SELDOM = 10.0
"""The same while somebody would: word may get lost."""
_ANY = ""
"""As `Channel` has it."""
_AWAKE = 0.5
"""Most seconds until a change of what is waited for is noticed."""


class Watch:
    """One thread for all that is waited for in this process."""

    def __init__(self, store: Quarantine, tell: Callable[[HeldCall], None], channel: Channel | None = None) -> None:
        """`tell` is called in the watch's own thread, once for each call, when it is pending no more. The store and the
        channel are the watch's own: `close` closes them."""
        self._store = store
        self._tell = tell
        self._channel = channel
        self._waiting: set[str] = set()
        self._turn = threading.Lock()
        self._change = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="decisions", daemon=True)
        self._thread.start()

    def add(self, call_id: str) -> None:
        """Waits for a decision about a call from now on, or for one that is there already."""
        with self._turn:
            self._waiting.add(call_id)
        self._change.set()

    def discard(self, call_id: str) -> None:
        """Does not wait any more. It may be told of all the same, if it is being told of just now."""
        with self._turn:
            self._waiting.discard(call_id)

    def close(self) -> None:
        """Tells nobody of anything any more; a second call does nothing."""
        self._closing = True
        self._change.set()
        self._thread.join()

    def _work(self) -> None:
        looked = float("-inf")
        while not self._closing:
            heard = self._word()
            every = _SELDOM if self._channel is not None and self._channel.listens else _ROUND
            if heard == _ANY or time.monotonic() - looked >= every:
                looked = time.monotonic()
                self._look(self._ids())
            elif heard in self._ids():
                self._look([heard])
        self._store.close()
        if self._channel is not None:
            self._channel.close()

    def _word(self) -> str | None:
        """The call that we are told of, `_ANY` when more is waited for, None when nothing happened for a while."""
        heard = None
        if self._channel is not None:
            heard = self._channel.heard(0.0 if self._change.is_set() else _AWAKE)
        if self._channel is None or not self._channel.listens:
            self._change.wait(_ROUND)
        if self._change.is_set():
            self._change.clear()
            return _ANY
        return heard

    def _ids(self) -> list[str]:
        with self._turn:
            return [*self._waiting]

    def _look(self, ids: list[str]) -> None:
        for call_id in ids:
            try:
                call = self._store.get(call_id, time.time())
            except JournalError:
                return  # an unreachable quarantine has decided nothing
            if call is not None and call.state is State.PENDING:
                continue
            with self._turn:
                waits = call_id in self._waiting
                self._waiting.discard(call_id)
            if waits and call is not None:
                self._tell(call)
