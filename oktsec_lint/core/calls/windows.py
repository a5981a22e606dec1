"""How much was used in the last so many seconds, in a bounded amount of memory.

The first `EXACT` uses are remembered each for itself. Beyond that, uses less than one `PARTS`th of the window apart are
remembered as one, which leaves when its youngest does: a sum is then too high for a moment, never too low.
"""

from __future__ import annotations

from oktsec_lint.core.values import NamedTuple

EXACT = 64
PARTS = 64
LONGEST = EXACT + PARTS + 2
"""Most entries of a window."""


class Entry(NamedTuple):
    """Something used between two moments, in seconds."""

    first: float
    last: float
    amount: int


class Window(NamedTuple):
    """What was used, oldest first, and its sum."""

    entries: tuple[Entry, ...] = ()
    total: int = 0

    def since(self, now: float, length: float) -> Window:
        """The window without what was used `length` seconds ago or earlier.

        What a clock that jumped back puts into the future stays; so does everything when `now` is no number.
        """
        old = 0
        for entry in self.entries:
            if not now - entry.last >= length:
                break
            old += 1
        if not old:
            return self
        return Window(self.entries[old:], self.total - sum(entry.amount for entry in self.entries[:old]))

    def plus(self, amount: int, now: float, length: float) -> Window:
        """The window with something more in it."""
        latest = self.entries[-1] if len(self.entries) >= EXACT else None
        if latest is not None and not now - latest.first >= length / PARTS:
            joined = Entry(latest.first, max(latest.last, now), latest.amount + amount)
            return Window((*self.entries[:-1], joined), self.total + amount)
        return Window((*self.entries, Entry(now, now, amount)), self.total + amount)
