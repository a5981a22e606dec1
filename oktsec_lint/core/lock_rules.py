"""The lock's file name, and the ids of the rules about it: what a run has to know that meets no lock.

Apart from `core.lock`, whose digests and comparisons such a run need not load.
"""

from __future__ import annotations

LOCK_NAME = "oktsec.lock"
"""It stands beside the configuration."""
CATEGORY = "lock"

TEXT = "LCK-001"
SCHEMA = "LCK-002"
OTHER = "LCK-003"
INSTRUCTIONS = "LCK-004"
LAUNCH = "LCK-005"
SELF = "LCK-006"
ADDED = "LCK-007"
REMOVED = "LCK-008"
SERVER_ADDED = "LCK-009"
SERVER_REMOVED = "LCK-010"
POLICY = "LCK-011"
NEWER_RULES = "LCK-012"
EXPIRED = "LCK-013"
NO_LOCK = "LCK-014"
