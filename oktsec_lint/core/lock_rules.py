"""The lock's file name, and the ids of the rules about it: what a run has to know that meets no lock.

Apart from `core.lock`, whose digests and comparisons such a run need not load.
"""

from __future__ import annotations

import re

from .config import Config

LOCK_NAME = "oktsec.lock"
"""It stands beside the configuration; that of a client's file has that file's name in front."""
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


def lock_name(config: Config) -> str:
    """What the lock of a configuration is called."""
    file = re.split(r"[/\\]", config.path)[-1]
    return f"{file}.{LOCK_NAME}" if config.format else LOCK_NAME
