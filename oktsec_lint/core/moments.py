"""Points in time as a configuration writes them (RFC 3339), compared without a clock or a calendar of the system."""

from __future__ import annotations

import re

_RFC_3339 = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]{1,18})?(?:Z|([-+])([0-9]{2}):([0-9]{2}))"
)
"""As Go's `time.Parse(time.RFC3339, ...)` reads it, which takes capital letters only."""
_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_EPOCH = 719_162
"""Days from the first of January of year 1 to that of 1970, in the Gregorian calendar."""
_FEBRUARY = 2
_LAST_HOUR, _LAST_MINUTE = 23, 59


def epoch_seconds(text: str) -> float | None:
    """Seconds since 1970 in UTC; None for what is no time."""
    found = _RFC_3339.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    offset_hours, offset_minutes = int(found[9] or 0), int(found[10] or 0)
    if not (1 <= month <= len(_LENGTHS) and 1 <= day <= _days_in(year, month)):
        return None
    if max(hour, offset_hours) > _LAST_HOUR or max(minute, second, offset_minutes) > _LAST_MINUTE:
        return None
    offset = (offset_hours * 60 + offset_minutes) * (-60 if found[8] == "-" else 60)
    local = ((_days_before(year, month) + day - 1) * 24 + hour) * 3600 + minute * 60 + second
    return local - offset + float(found[7] or 0)


def _days_in(year: int, month: int) -> int:
    return _LENGTHS[month - 1] + (month == _FEBRUARY and _is_leap(year))


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _days_before(year: int, month: int) -> int:
    """Days from 1970 to the first of a month; negative before."""
    past = year - 1
    leaps = past // 4 - past // 100 + past // 400
    leap_day = month > _FEBRUARY and _is_leap(year)
    return past * 365 + leaps + sum(_LENGTHS[: month - 1]) + leap_day - _EPOCH
