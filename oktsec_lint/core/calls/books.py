"""The books of one process: what its calls have used up, and which of them run."""

from __future__ import annotations

from .ledger import ended, settle
from .model import Call, CallState, Denial, Key
from .policy import CallPolicy


class Books:
    """In memory, for any number of gates that share them, one call at a time: not for several threads at once."""

    def __init__(self, policy: CallPolicy) -> None:
        self._policy = policy
        self._state = CallState()
        self._running: dict[str, Key] = {}
        """What each ticket has a slot of."""

    def admit(self, call: Call, ticket: str, now: float) -> Denial | None:
        """Why a call may not be made; None when it may, and then its share is used up.

        `ticket` is what `end` will call it: the JSON text of its id, and with several gates the gate besides. `now` is
        in seconds, from one clock for all gates.
        """
        demand = self._policy.demand(call)
        if isinstance(demand, Denial):
            return demand
        denial, self._state = settle(demand, self._state, now)
        if denial is None and demand.slot is not None:
            self._running[ticket] = demand.slot.key
        return denial

    def end(self, ticket: str) -> None:
        """A call runs no more. One that never had a slot, or has ended already, is none of ours."""
        key = self._running.pop(ticket, None)
        if key is not None:
            self._state = ended(key, self._state)

    def close(self) -> None:
        """There is nothing to let go of."""
