"""Who may call which tool now, and with what: every limit of an agent that needs no rulebook.

The first question the gate asks about a call, before anything looks at content. `CallPolicy` is compiled once for a
configuration and says what a call would use up (`Demand`); whether that much is left is settled by whoever keeps the
books (how often, how much, how long ago): `Books` in this process, or a store that several share.
"""

from __future__ import annotations

from .books import Books
from .demand import Demand, Pause, Reservation, Slot
from .ledger import ended, settle
from .locked import LockedSchemas
from .model import Call, CallState, Denial, Key
from .policy import CallPolicy

__all__ = [
    "Books",
    "Call",
    "CallPolicy",
    "CallState",
    "Demand",
    "Denial",
    "Key",
    "LockedSchemas",
    "Pause",
    "Reservation",
    "Slot",
    "ended",
    "settle",
]
