"""The lock: what was audited, in a form that can be reviewed, and what differs from it now.

`drift(lock, inventory)` is the one comparison: `scan`, the stdio gate and the gateway all call it.
"""

from __future__ import annotations

from .changes import Change, What, changes
from .drift import drift, hits_of, told
from .model import VERSION, Acceptance, Lock, LockedDefinition, LockedFinding, LockedServer
from .review import reviewed
from .standing import Comparison, Standing, policy_digest
from .taking import inventory_of, is_recorded, object_of, server_of, taken

__all__ = [
    "VERSION",
    "Acceptance",
    "Change",
    "Comparison",
    "Lock",
    "LockedDefinition",
    "LockedFinding",
    "LockedServer",
    "Standing",
    "What",
    "changes",
    "drift",
    "hits_of",
    "inventory_of",
    "is_recorded",
    "object_of",
    "policy_digest",
    "reviewed",
    "server_of",
    "taken",
    "told",
]
