"""Who may call which tool now, and with what: every limit of an agent that needs no rulebook.

The first question the gate asks about a call, before anything looks at content. `CallPolicy` is compiled once for a
configuration; what it has to remember between calls (how often, how much, how long ago) is a `CallState` that goes in
and comes out, so the same call at the same time on the same state always gets the same answer.
"""

from __future__ import annotations

from .locked import LockedSchemas
from .model import Call, CallState, Denial
from .policy import CallPolicy

__all__ = ["Call", "CallPolicy", "CallState", "Denial", "LockedSchemas"]
