"""Terminal colours as bytes everybody understands, and only when asked: the sixteen-colour SGR codes of ECMA-48.

The text given to `paint` must be visible text already; nothing here looks inside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from oktsec_lint.core.findings import Severity


class Role(StrEnum):
    """What a piece of a text report is for; the value is its SGR parameters."""

    ERROR = "1;31"
    WARNING = "1;33"
    NOTE = "1;36"
    GOOD = "1;32"
    FRAME = "1;34"
    STRONG = "1"
    QUIET = "2"


ROLES: Mapping[Severity, Role] = {
    Severity.CRITICAL: Role.ERROR,
    Severity.HIGH: Role.ERROR,
    Severity.MEDIUM: Role.WARNING,
    Severity.LOW: Role.NOTE,
    Severity.INFO: Role.NOTE,
}


def paint(text: str, role: Role, *, color: bool) -> str:
    return f"\x1b[{role}m{text}\x1b[0m" if color and text else text
