"""Lengths of time as a command line says them."""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {unit[0]: unit for unit in ("seconds", "minutes", "hours", "days", "weeks")}
_SPAN = re.compile(r"([0-9]{1,6})([smhdw])")


def span(text: str) -> timedelta | None:
    """What `30m`, `12h` or `7d` means; None for another text."""
    found = _SPAN.fullmatch(text)
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None
