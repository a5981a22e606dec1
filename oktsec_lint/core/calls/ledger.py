"""One call's demand against what earlier calls have used up."""

from __future__ import annotations

from .demand import Demand, Pause, Reservation
from .model import CallState, Denial, Key
from .windows import Window

_NOTHING = Window()


def settle(demand: Demand, state: CallState, now: float) -> tuple[Denial | None, CallState]:
    """Why the call may not be made now, or None, and the state after it.

    `now` is in seconds, from a clock that does not go backwards. A denied call uses nothing up. An admitted one has
    used up its share at once, whatever becomes of it: calls that run side by side cannot overshoot together.
    """
    ledger = _Ledger(state, now)
    denial = ledger.denial(demand)
    return denial, state if denial is not None else ledger.settled(demand)


def ended(key: Key, state: CallState) -> CallState:
    """The state when a call that had a slot under `key` has ended."""
    left = {**state.running, key: state.running.get(key, 0) - 1}
    return state._replace(running={name: count for name, count in left.items() if count > 0})


class _Ledger:
    """A state, and the windows that one call adds to."""

    def __init__(self, state: CallState, now: float) -> None:
        self._state = state
        self._now = now
        self._windows: dict[Key, Window] = {}

    def denial(self, demand: Demand) -> Denial | None:
        slot = demand.slot
        if demand.rate is not None and not self._leaves(demand.rate):
            return demand.rate.denial
        if slot is not None and self._state.running.get(slot.key, 0) >= slot.limit:
            return slot.denial
        for item in demand.reservations:
            if not self._leaves(item):
                return item.denial
        return next((item.denial for item in demand.pauses if self._is_recent(item)), demand.approval)

    def settled(self, demand: Demand) -> CallState:
        """The state after the call."""
        windows, last, running = self._state
        if self._windows:
            windows = {**windows, **self._windows}
        if demand.marks:
            last = {**last, **{key: max(self._now, last.get(key, self._now)) for key in demand.marks}}
        if demand.slot is not None:
            running = {**running, demand.slot.key: running.get(demand.slot.key, 0) + 1}
        return CallState(windows, last, running)

    def _leaves(self, item: Reservation) -> bool:
        """Takes what is reserved; False when the limit does not leave that much."""
        window = self._state.windows.get(item.key, _NOTHING).since(self._now, item.length)
        if window.total + item.amount > item.limit:
            return False
        if item.amount:
            self._windows[item.key] = window.plus(item.amount, self._now, item.length)
        return True

    def _is_recent(self, item: Pause) -> bool:
        last = self._state.last.get(item.key)
        return last is not None and not self._now - last >= item.seconds
