"""The lock: what was audited, in a form that can be reviewed, and what differs from it now.

`drift(lock, inventory)` is the one comparison: `scan`, the stdio gate and the gateway all call it.
"""

from __future__ import annotations

from .changes import Change, What, changes, updated
from .drift import drift, hits_of, told
from .model import NAME, VERSION, Acceptance, Lock, LockedDefinition, LockedFinding, LockedServer
from .review import object_of, reviewed
from .standing import MISSING, Comparison, Standing, policy_digest
from .taking import inventory_of, is_recorded, key_of, recorded, server_of, taken

__all__ = [
    "MISSING",
    "NAME",
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
    "key_of",
    "object_of",
    "policy_digest",
    "recorded",
    "reviewed",
    "server_of",
    "taken",
    "told",
    "updated",
]
