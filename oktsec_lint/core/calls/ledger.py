"""One call's reservations: taken while it is being judged, kept only when it is admitted."""

from __future__ import annotations

from .model import CallState, Key
from .windows import Window

_NOTHING = Window()


class Ledger:
    """A state with what one call adds to it. A denied call's ledger is thrown away, so it uses nothing up."""

    def __init__(self, state: CallState, now: float) -> None:
        self._state = state
        self._now = now
        self._windows: dict[Key, Window] = {}
        self._last: dict[Key, float] = {}

    def reserve(self, key: Key, amount: int, limit: int, length: float) -> bool:
        """Take `amount` of what may be used in `length` seconds; False when `limit` does not leave that much."""
        window = self._state.windows.get(key, _NOTHING).since(self._now, length)
        if window.total + amount > limit:
            return False
        if amount:
            self._windows[key] = window.plus(amount, self._now, length)
        return True

    def is_recent(self, key: Key, seconds: float) -> bool:
        """Whether the last admission under a key was less than so many seconds ago, or in the future."""
        last = self._state.last.get(key)
        return last is not None and not self._now - last >= seconds

    def mark(self, key: Key) -> None:
        """Remember that something was admitted now."""
        self._last[key] = max(self._now, self._state.last.get(key, self._now))

    def settled(self) -> CallState:
        """The state after the call."""
        if not self._windows and not self._last:
            return self._state
        return CallState(
            {**self._state.windows, **self._windows} if self._windows else self._state.windows,
            {**self._state.last, **self._last} if self._last else self._state.last,
        )
