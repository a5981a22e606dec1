"""What an admitted call would use up, as plain data: the part of a decision that depends on earlier calls.

`settle` in `ledger` is what it means. Whoever keeps the books elsewhere does the same in one step that nothing can come
between: everything is looked at first, in the order in which it stands here, and the first that does not hold denies;
only when all of it holds is everything used up. A denied call uses nothing up.
"""

from __future__ import annotations

from oktsec_lint.core.values import NamedTuple

from .model import Denial, Key


class Reservation(NamedTuple):
    """So much of what may be used within a time. Denied when the sum of the last `length` seconds and `amount` exceed
    `limit`; a sum that leaves a moment too late is allowed, one that leaves early is not."""

    key: Key
    amount: int
    """Calls, or billionths of an amount of money; 0 uses nothing, and is denied when the limit is exceeded already."""
    limit: int
    length: float
    """Seconds; what was used that long ago or longer does not count any more."""
    denial: Denial


class Slot(NamedTuple):
    """One of the calls that may run at once. Denied when `limit` of them do. It is free again when the call ends."""

    key: Key
    limit: int
    denial: Denial


class Pause(NamedTuple):
    """A time that has to pass. Denied when something was marked under `key` less than `seconds` ago, or in the future
    by a clock that jumped back."""

    key: Key
    seconds: float
    denial: Denial


class Demand(NamedTuple):
    """Everything that one call would use up: texts and numbers only."""

    rate: Reservation | None = None
    slot: Slot | None = None
    reservations: tuple[Reservation, ...] = ()
    """No two are of one key."""
    pauses: tuple[Pause, ...] = ()
    marks: tuple[Key, ...] = ()
    """Under which keys its time is remembered, the later one where there is one already."""
    approval: Denial | None = None
    """Why somebody has to approve it, looked at last: denied, and nothing is used up, though all the rest holds."""
